//! Asking a person at the terminal.

use std::io;

use regcli::auth::Secret;
use regcli::diagnose::Failure;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::output::{OutputError, Ui};

/// Asks for a line.
///
/// # Cancel safety
/// Dropping the future leaves the terminal as it was. What is typed next may get lost.
pub(crate) async fn line(ui: &Ui, question: &str) -> Result<String, Failure> {
    ui.ask(question)?;
    aside(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line.trim_end_matches(['\r', '\n']).to_owned())
    })
    .await
}

/// Asks for something that is not shown while it is typed.
///
/// # Cancel safety
/// As [`line`].
pub(crate) async fn secret(ui: &Ui, question: &str) -> Result<Secret, Failure> {
    // Before the question is seen: whoever answers at once is not shown either.
    let _echo = Echo::off();
    ui.ask(question)?;
    // The line break is shown by the terminal.
    Ok(Secret::from(aside(rpassword::read_password).await?))
}

/// Reads on a thread that may block, so that signals are still seen.
async fn aside(read: impl FnOnce() -> io::Result<String> + Send + 'static) -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(read).await;
    Ok(read.unwrap_or_else(|lost| Err(io::Error::other(lost))).map_err(OutputError::reading)?)
}

/// Does not show what is typed until it is dropped, however the question ends.
struct Echo(Option<Termios>);

impl Echo {
    fn off() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut hidden) = before.clone() {
            hidden.local_modes.remove(LocalModes::ECHO);
            // What cannot be hidden here is hidden when it is read, or not asked for.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &hidden);
        }
        Self(before)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // A terminal that is gone needs no mending.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
