//! Errors of stored credentials.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{self, JsonError};
use crate::diagnose::{Diagnose, ErrorKind, Hint, io_hint};

/// Credentials cannot be read or written. Docker's words are used where Docker has them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeychainError {
    /// config.json cannot be read, or is invalid. It is never overwritten then.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// One entry of a file is invalid; the others are used.
    #[error("Error parsing config file ({})", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: DecodeError,
    },
    /// `DOCKER_AUTH_CONFIG` is not JSON.
    #[error("Failed to create credential store from DOCKER_AUTH_CONFIG")]
    Variable(#[source] JsonError),
    /// An entry of `DOCKER_AUTH_CONFIG` is invalid.
    #[error("Failed to create credential store from DOCKER_AUTH_CONFIG")]
    VariableEntry(#[source] DecodeError),
    /// The name of a helper could lead to another program.
    #[error("credential helper {0:?} has a name that is not allowed")]
    HelperName(String),
    /// A helper failed.
    #[error("error {doing} credentials - err: {reason}, out: `{output}`")]
    Helper {
        /// `getting`, `storing`, `erasing`, `listing`.
        doing: &'static str,
        /// `exit status 1`, `exec: …`.
        reason: String,
        /// The helper's standard output, without secrets.
        output: String,
    },
    /// A helper exceeded its time limit, and was killed.
    #[error("docker-credential-{name} did not answer within {limit:?}")]
    HelperTimeout {
        /// The helper's name.
        name: String,
        /// The time limit.
        limit: Duration,
    },
    /// A helper could not erase a registry under any of its keys. Docker's words.
    #[error("could not erase credentials:\n{key}: {reason}")]
    NotErased {
        /// The key of the registry.
        key: String,
        /// The helper's message.
        reason: String,
    },
    /// A helper refused the request, with a message of the protocol.
    #[error("{0}")]
    HelperRefused(&'static str),
    /// A helper wrote to its standard error, which Docker passes on.
    #[error("docker-credential-{name}: {text}")]
    HelperNote {
        /// The helper's name.
        name: String,
        /// The text; it is untrusted and has to be escaped before it is shown.
        text: String,
    },
    /// The keyring is missing because there is no desktop session, as on a server or in a container.
    #[error("no keyring is available: no Secret Service responds on the session bus")]
    NoKeyring,
    /// The same, with the consequence.
    #[error(
        "no keyring is available: no Secret Service responds on the session bus; config.json is used instead"
    )]
    FileInstead,
    /// The keyring of the system failed.
    #[error("the system's keyring failed: {0}")]
    Keyring(String),
    /// A kind of credential that helpers and keyrings cannot store.
    #[error("a credential helper cannot store a registry token")]
    NotForHelpers,
    /// A user name that the file format cannot represent.
    #[error("a user name must not contain a colon")]
    UserName,
    /// A file cannot be written.
    #[error("{action} {}", path.display())]
    Write {
        /// `mkdir`, `open`, `write`, `rename`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// Another process holds the lock of config.json.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A file with secrets is readable for other users. It was not written.
    #[error(
        "{path} holds credentials and can be read by other users (mode {mode:04o}); close it with: chmod 600 {path}",
        path = path.display()
    )]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file with secrets was readable for other users. It is not any more.
    #[error("{} holds credentials and could be read by other users (mode {mode:04o}); its mode is 0600 now", path.display())]
    WasReadable {
        /// The file.
        path: PathBuf,
        /// Its former permissions.
        mode: u32,
    },
}

/// Why an `auth` field is invalid, in Docker's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Invalid base64 from this byte on.
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    /// There is no colon, no user name before it, or no text.
    #[error("invalid auth configuration file")]
    Format,
}

impl Diagnose for KeychainError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(error) => error.kind(),
            Self::UserName => ErrorKind::Usage,
            _ => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Entry { path, .. } => Some(Hint::FixFile { path: path.clone() }),
            Self::Write { path, source, .. } => io_hint(source, path),
            _ => None,
        }
    }
}
