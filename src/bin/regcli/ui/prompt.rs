//! Questions to a person at the terminal.

use std::io::{self, IsTerminal as _, Read as _};

use regcli::auth::Secret;
use regcli::diagnose::Failure;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::ui::Ui;
use crate::ui::streams::OutputError;

/// Asks for a line.
///
/// # Cancel safety
/// Dropping the future restores the terminal. The next typed line may be lost.
pub(crate) async fn line(ui: &Ui, question: &str) -> Result<String, Failure> {
    ask(ui, question).await
}

/// Asks for a text that is not shown while it is typed.
///
/// # Cancel safety
/// As [`line`].
pub(crate) async fn secret(ui: &Ui, question: &str) -> Result<Secret, Failure> {
    // Before the question appears, so that even an immediate reply is hidden.
    let _echo = Echo::off().map_err(OutputError::reading)?;
    Ok(Secret::from(ask(ui, question).await?))
}

/// A question without a reply yet. Dropped like that, it ends its line, so that the prompt of the shell
/// starts a new one.
struct Open<'a>(Option<&'a Ui>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(ui) = self.0.filter(|_| io::stdout().is_terminal()) {
            // A closed standard output cannot be reported.
            let _ = ui.ask("\n");
        }
    }
}

async fn ask(ui: &Ui, question: &str) -> Result<String, Failure> {
    ui.ask(question)?;
    let mut open = Open(Some(ui));
    let line = read_line().await?;
    if line.ends_with(['\r', '\n']) {
        open.0 = None;
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Returns standard input without one line break at its end, or its first `limit` bytes if it is longer.
///
/// # Cancel safety
/// Dropping the future loses the input that was read.
pub(crate) async fn to_the_end(limit: u64) -> Result<Secret, Failure> {
    let read = blocking(move || {
        let mut text = String::new();
        io::stdin().take(limit).read_to_string(&mut text).map(|_| text)
    });
    let mut text = read.await?;
    let end = text.strip_suffix("\r\n").or_else(|| text.strip_suffix(['\n', '\r']));
    let length = end.unwrap_or(&text).len();
    text.truncate(length);
    Ok(Secret::from(text))
}

async fn read_line() -> Result<String, Failure> {
    let read = blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    read.await
}

/// Reads on a thread that may block, so that the command can still be stopped.
async fn blocking(read: impl FnOnce() -> io::Result<String> + Send + 'static) -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.unwrap_or_else(|lost| Err(io::Error::other(lost)));
    Ok(read.map_err(OutputError::reading)?)
}

/// Hides typed characters, except the line break, until dropped, however the question ends.
struct Echo(Termios);

impl Echo {
    /// Turns the echo off. If that fails, the question must not be asked.
    fn off() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Now, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // A terminal that is gone needs no reset.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
