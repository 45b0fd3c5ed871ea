//! Why a file does not say what to synchronize, with the place in it.

use super::format::Format;
use super::limits::{FILE_LIMIT, RULES_LIMIT};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::reference;

/// A file of rules that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something in a file is wrong.
    #[error("{file}:{line}:{column}: {problem}")]
    At {
        /// The file, as the caller named it.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong, and what is allowed.
        problem: Box<Problem>,
    },
    /// The file is larger than any list of rules can reasonably be.
    #[error("{file}: larger than {FILE_LIMIT} bytes")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// The file has the shape of none of the known formats.
    #[error("{file}: the format is unknown; expected one of: {}", Format::names())]
    Shape {
        /// The file.
        file: String,
    },
    /// The files do not belong together, such as two files of rules.
    #[error("{one} and {other} do not belong together")]
    Unrelated {
        /// A file.
        one: String,
        /// Another file.
        other: String,
    },
    /// No file was given, or only one with credentials.
    #[error("no file with rules")]
    NoRules,
    /// The format has no destination of its own, and the caller has named none.
    #[error("{file}: this format does not name a destination")]
    NoDestination {
        /// The file.
        file: String,
    },
    /// The format has destinations of its own, and the caller has named another one.
    #[error("{file}: this format names its own destinations")]
    OwnDestination {
        /// The file.
        file: String,
    },
    /// A source or a destination of the command line is invalid.
    #[error(transparent)]
    Argument(Problem),
}

/// What is wrong in a file, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not valid YAML, TOML or JSON.
    #[error("{0}")]
    Syntax(String),
    /// A key that the format does not have.
    #[error("unknown key {key:?}{}; expected one of: {}", nearest(.near.as_deref()), .known.join(", "))]
    UnknownKey {
        /// The key.
        key: String,
        /// The most similar known key.
        near: Option<String>,
        /// All known keys.
        known: Vec<&'static str>,
    },
    /// A key is missing.
    #[error("missing key {0:?}")]
    MissingKey(&'static str),
    /// A value has the wrong type.
    #[error("{key} must be {expected}; found {found}")]
    Type {
        /// The key.
        key: String,
        /// What is allowed, with an example.
        expected: &'static str,
        /// The type that was found.
        found: &'static str,
    },
    /// A value is not one of those allowed.
    #[error("{key} must be {expected}; found {found:?}")]
    Value {
        /// The key.
        key: String,
        /// What is allowed.
        expected: &'static str,
        /// The value.
        found: String,
    },
    /// A repository, an image, a tag or a digest is invalid.
    #[error("{text:?}: {source}")]
    Reference {
        /// The text.
        text: String,
        /// Why.
        source: reference::Error,
    },
    /// A platform is invalid.
    #[error(transparent)]
    Platform(#[from] crate::image::PlatformError),
    /// A glob or a regular expression is invalid or too large.
    #[error("pattern {text:?}: {reason}")]
    Pattern {
        /// The pattern.
        text: String,
        /// Why.
        reason: String,
    },
    /// A range of versions is invalid.
    #[error(
        "version range {text:?}: {part:?} is not a comparison such as >=1.2, ^1.2, ~1.2, 1.x, 1.2 - 1.4 or !=1.3"
    )]
    Range {
        /// The range.
        text: String,
        /// The part that is wrong.
        part: String,
    },
    /// A target is not a valid template.
    #[error("target {text:?}: {reason}")]
    Template {
        /// The target.
        text: String,
        /// Why.
        reason: String,
    },
    /// A target does not give a valid reference for an image.
    #[error("target {template:?} gives {expanded:?} for {image}, which is not a reference")]
    Expansion {
        /// The target.
        template: String,
        /// The image.
        image: String,
        /// The result.
        expanded: String,
    },
    /// A part of a foreign format that cannot be read without running a program or reading another file.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// An environment variable of the file is not set.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// Two parts of a rule contradict each other.
    #[error("{0}")]
    Conflict(String),
    /// More rules than any file can reasonably have.
    #[error("more than {RULES_LIMIT} rules")]
    TooMany,
}

fn nearest(near: Option<&str>) -> String {
    near.map(|near| format!(", did you mean {near:?}?")).unwrap_or_default()
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}

impl Diagnose for Problem {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}
