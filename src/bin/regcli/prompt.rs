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
    read_line().await
}

/// Asks for something that is not shown while it is typed.
///
/// # Cancel safety
/// As [`line`].
pub(crate) async fn secret(ui: &Ui, question: &str) -> Result<Secret, Failure> {
    // Before the question is seen: whoever answers at once is not shown either.
    let _echo = Echo::off().map_err(OutputError::reading)?;
    ui.ask(question)?;
    Ok(Secret::from(read_line().await?))
}

/// Reads on a thread that may block, so that signals are still seen.
async fn read_line() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line.trim_end_matches(['\r', '\n']).to_owned())
    });
    let read = read.await.unwrap_or_else(|lost| Err(io::Error::other(lost)));
    Ok(read.map_err(OutputError::reading)?)
}

/// Does not show what is typed until it is dropped, however the question ends: only its line break.
struct Echo(Termios);

impl Echo {
    /// What cannot be hidden is not asked for.
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
        // A terminal that is gone needs no mending.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
