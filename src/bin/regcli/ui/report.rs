//! Turns errors into words, hints and exit codes. The only module that does.

use std::error::Error;
use std::fmt;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::ops::PlaceError;
use regcli::reference;
use unicode_width::UnicodeWidthStr as _;

use super::hints;
use super::progress::canvas::CANVAS;
use super::streams::{self, OutputError};
use crate::ui::format::safe::{message, safe_lines};
use crate::ui::format::wrap::wrapped_lines;

/// The exit code of a command that only looks, and has found something to do or a difference.
pub(crate) const SOMETHING_TO_DO: u8 = 10;

/// A failure that has already been reported; only the exit code is left.
#[derive(Debug, thiserror::Error)]
#[error("failed")]
pub(crate) struct Reported(pub(crate) u8);

impl Diagnose for Reported {}

/// A failed copy that left something behind, which the same command resumes.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(super) failure: Failure,
    /// A description of what is kept.
    pub(crate) kept: String,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for Unfinished {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.failure.as_ref())
    }
}

impl Diagnose for Unfinished {
    fn kind(&self) -> ErrorKind {
        self.failure.kind()
    }

    fn hint(&self) -> Option<Hint> {
        self.failure.hint()
    }
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Success.
    Done,
    /// With this exit code.
    Code(u8),
    /// By this signal.
    Interrupted(i32),
}

impl Exit {
    /// Converts the result of a command, and reports a failure.
    pub(crate) fn of(result: Result<(), Failure>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => failure(&error),
        }
    }
}

/// The exit code for an invalid flag, argument or reference.
pub(crate) const USAGE: u8 = 125;

/// The exit code when the reader of the output is gone, the same as for a program that SIGPIPE ends.
const PIPE: u8 = 141;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Code(code) => Self::from(code),
            Exit::Interrupted(signal) => Self::from(u8::try_from(128 + signal).unwrap_or(u8::MAX)),
        }
    }
}

/// Returns the exit code of a kind of failure, as documented for the command line.
pub(crate) fn code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Other => 1,
        ErrorKind::NotFound => 3,
        ErrorKind::Denied => 4,
        ErrorKind::Unreachable => 5,
        ErrorKind::Corrupt => 6,
        ErrorKind::RateLimited => 7,
        ErrorKind::Usage => USAGE,
    }
}

/// Reports the failure of a command and returns how the program ends.
pub(crate) fn failure(failure: &Failure) -> Exit {
    if let Some(Reported(code)) = failure.downcast_ref() {
        return Exit::Code(*code);
    }
    if failure.downcast_ref::<OutputError>().is_some_and(OutputError::is_broken_pipe) {
        return Exit::Code(PIPE);
    }
    tell(failure);
    Exit::Code(code(failure.kind()))
}

/// Reports an error that has neither a kind nor a hint, and returns how the program ends.
pub(crate) fn error(error: &(dyn Error + Send + Sync + 'static)) -> Exit {
    write(&text_of(error));
    Exit::Code(code(ErrorKind::Other))
}

/// Writes an error with its causes and its hint to standard error.
pub(crate) fn tell(failure: &Failure) {
    write(&text(failure));
}

/// Writes an error about one of several things, as [`tell`] does. It names the thing, unless its words do already.
pub(crate) fn tell_about(name: &str, failure: &Failure) {
    let text = text(failure);
    write(&if text.contains(name) { text } else { text.replacen("error: ", &format!("error: {name}: "), 1) });
}

/// `error: …`, and one `  caused by: …` for each cause.
fn text_of(error: &(dyn Error + 'static)) -> String {
    format!("error: {}", messages(error).join("\n  caused by: "))
}

/// The text of an error, an empty line and each `hint: …`.
fn text(failure: &Failure) -> String {
    let error: &(dyn Error + 'static) = failure.as_ref();
    let mut text = text_of(error);
    if let Some(bad) = bad_reference(error) {
        text.push_str(&caret(bad));
    }
    let advice = failure.hint().map(|hint| hints::words(&hint));
    let kept = failure.downcast_ref().map(|Unfinished { kept, .. }| kept.clone());
    for (number, hint) in advice.into_iter().chain(kept).enumerate() {
        let _ = write!(text, "{}\nhint: {hint}", if number == 0 { "\n" } else { "" });
    }
    text
}

/// Returns an error and its causes on one line, for programs: `this: because of that`.
pub(crate) fn on_one_line(failure: &Failure) -> String {
    messages(failure.as_ref()).join(": ")
}

/// Returns the message of an error, and of each cause that adds something.
fn messages(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut messages = vec![message(&error.to_string())];
    let mut said = error.to_string();
    for cause in causes(error) {
        let cause = cause.to_string();
        // Some errors only wrap another one, whose message then ends theirs.
        let is_said =
            said.strip_suffix(&cause).is_some_and(|before| before.is_empty() || before.ends_with(": "));
        if !is_said {
            messages.push(message(&cause));
        }
        said = cause;
    }
    messages
}

pub(crate) fn bad_reference<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a reference::Error> {
    std::iter::once(error).chain(causes(error)).find_map(|cause| match cause.downcast_ref() {
        Some(PlaceError::Reference(bad)) => Some(bad),
        _ => cause.downcast_ref(),
    })
}

/// Returns the causes of an error, the nearest first.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

/// Returns the reference as typed, with a caret below the invalid byte.
fn caret(bad: &reference::Error) -> String {
    let before = bad.input.get(..bad.position).unwrap_or(&bad.input);
    let width = safe_lines(before).width();
    format!("\n\n  {}\n  {}^", bad.input, " ".repeat(width))
}

/// Writes a text about an error to standard error, coloured on a terminal.
pub(crate) fn write(text: &str) {
    let text = safe_lines(text);
    let text = match streams::columns(io::stderr()) {
        Some(columns) => wrapped_lines(&text, columns),
        None => text.into_owned(),
    };
    let shown = if streams::has_colours(&io::stderr()) { coloured(&text) } else { text };
    CANVAS.suspend(|| {
        let _ = writeln!(io::stderr(), "{shown}");
    });
}

/// Colours the words that begin an error and a hint, in the colours of `doctor`.
fn coloured(text: &str) -> String {
    let line = |line: &str| match (line.strip_prefix("error:"), line.strip_prefix("hint:")) {
        (Some(rest), _) => format!("\u{1b}[1;31merror:\u{1b}[0m{rest}"),
        (_, Some(rest)) => format!("\u{1b}[32mhint:\u{1b}[0m{rest}"),
        _ => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Said(&'static str, #[source] Option<Box<Said>>);

    /// Returns the messages of errors that cause each other, the last one first.
    fn said(texts: &[&'static str]) -> Vec<String> {
        let chain = texts.iter().rev().fold(None, |cause, text| Some(Box::new(Said(text, cause))));
        messages(&*chain.unwrap())
    }

    #[test]
    fn u11_the_words_that_begin_an_error_and_a_hint_have_a_colour() {
        let expected =
            "\u{1b}[1;31merror:\u{1b}[0m no\n  caused by: error: x\n\n\u{1b}[32mhint:\u{1b}[0m yes";
        assert_eq!(coloured("error: no\n  caused by: error: x\n\nhint: yes"), expected);
    }

    #[test]
    fn u10_errors_are_broken_between_words_and_commands_are_not() {
        let text = "error: cannot copy blob 0123456789ab\n  caused by: connection refused by registry.example.com\n\n\
                    hint: run regcli login registry.example.com";
        let expected = "error: cannot copy blob\n  0123456789ab\n  caused by: connection\n    refused by\n    \
                        registry.example.com\n\nhint: run\n  regcli login registry.example.com";
        assert_eq!(wrapped_lines(text, 24), expected);
        assert_eq!(wrapped_lines(text, 80), text);
    }

    #[test]
    fn d11_a_cause_is_left_out_only_where_the_line_before_ends_with_it() {
        let enveloped = ["cannot pull: denied: no", "denied: no", "no"];
        assert_eq!(said(&enveloped), ["cannot pull: denied: no"]);
        assert_eq!(said(&["denied", "denied"]), ["denied"]);
        // A cause whose words only happen to occur in the line before.
        assert_eq!(
            said(&["cannot read manifest.json", "manifest"]),
            ["cannot read manifest.json", "manifest"]
        );
        assert_eq!(said(&["no connection for 5 s", "5"]), ["no connection for 5 s", "5"]);
        assert_eq!(said(&["cannot open", "open", "x"]), ["cannot open", "open", "x"]);
    }
}
