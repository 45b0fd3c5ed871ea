//! The standard streams: what they are, and that they do not work.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use regcli::config::Environment;
use regcli::diagnose::Diagnose;

/// A standard stream that does not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// A result could not be written.
    #[error("cannot write to standard output")]
    Writing(#[source] io::Error),
    /// Nothing could be read.
    #[error("cannot read from standard input")]
    Reading(#[source] io::Error),
}

impl OutputError {
    pub(crate) fn writing(error: io::Error) -> Self {
        Self::Writing(error)
    }

    pub(crate) fn reading(error: io::Error) -> Self {
        Self::Reading(error)
    }

    /// Whether nobody reads what is written.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Writing(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Diagnose for OutputError {}

/// Returns the columns of the terminal that a stream is; `None` if it is something else.
pub(crate) fn columns(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    // A terminal that does not know has the columns that terminals have always had.
    Some(if size.ws_col == 0 { 80 } else { size.ws_col.into() })
}

/// Reports whether words on a stream have colours: for people who look at a terminal that knows them and have not asked
/// for none (<https://no-color.org>).
pub(crate) fn has_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !is_dumb() && !Environment::of_process().no_color
}

pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}
