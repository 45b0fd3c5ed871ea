//! The standard streams: their properties, and their errors.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use regcli::config::Environment;
use regcli::diagnose::Diagnose;

/// An error of a standard stream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// A result could not be written.
    #[error("cannot write to standard output")]
    Writing(#[source] io::Error),
    /// Standard input could not be read.
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

    /// Reports whether the reader of standard output is gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Writing(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Diagnose for OutputError {}

/// Returns the width of the terminal behind a stream, or `None` if it is not a terminal.
pub(crate) fn columns(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    // The width of a terminal that does not report one.
    Some(if size.ws_col == 0 { 80 } else { size.ws_col.into() })
}

/// Reports whether to colour words on a stream: on a terminal that supports colours, unless the user opted
/// out (<https://no-color.org>).
pub(crate) fn has_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !is_dumb() && !Environment::of_process().no_color
}

pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Reports whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}
