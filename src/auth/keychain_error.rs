//! What can go wrong with stored credentials.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{self, JsonError};
use crate::diagnose::{Diagnose, ErrorKind, Hint, io_hint};

/// Credentials that cannot be read or written. What Docker has words for is said in them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeychainError {
    /// config.json cannot be read, or is not what it should be. It is never written over then.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// One entry of a file is broken; the others are used.
    #[error("Error parsing config file ({})", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// `DOCKER_AUTH_CONFIG` is not JSON.
    #[error("Failed to create credential store from DOCKER_AUTH_CONFIG")]
    Variable(#[source] JsonError),
    /// An entry of `DOCKER_AUTH_CONFIG` is broken.
    #[error("Failed to create credential store from DOCKER_AUTH_CONFIG")]
    VariableEntry(#[source] DecodeError),
    /// A helper's name could lead to another program than a helper.
    #[error("credential helper {0:?} has a name that is not allowed")]
    HelperName(String),
    /// A helper failed.
    #[error("error {doing} credentials - err: {reason}, out: `{output}`")]
    Helper {
        /// `getting`, `storing`, `erasing`, `listing`.
        doing: &'static str,
        /// `exit status 1`, `exec: …`.
        reason: String,
        /// What it wrote to its standard output; never a secret.
        output: String,
    },
    /// A helper did not end in time, and was killed.
    #[error("docker-credential-{name} did not answer within {limit:?}")]
    HelperTimeout {
        /// The helper's name.
        name: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// A helper could not forget a registry under any of its keys. Docker's words.
    #[error("could not erase credentials:\n{key}: {reason}")]
    NotErased {
        /// The key that the registry goes by.
        key: String,
        /// What the helper said of it.
        reason: String,
    },
    /// A helper refused what it was asked; its words are those of the protocol.
    #[error("{0}")]
    HelperRefused(&'static str),
    /// A helper wrote something to its standard error, which Docker passes on.
    #[error("docker-credential-{name}: {text}")]
    HelperNote {
        /// The helper's name.
        name: String,
        /// The text; foreign, so to be escaped before it is shown.
        text: String,
    },
    /// There is no keyring: nobody is logged in at a desktop here, as on a server or in a container.
    #[error("the system has no keyring here: no Secret Service answers on a session bus")]
    NoKeyring,
    /// The same, and what follows from that.
    #[error(
        "the system has no keyring here: no Secret Service answers on a session bus; config.json is used instead"
    )]
    FileInstead,
    /// The system's keyring failed.
    #[error("the system's keyring failed: {0}")]
    Keyring(String),
    /// A kind of credential that helpers and keyrings have no form for.
    #[error("a registry token cannot be kept by a credential helper")]
    NotForHelpers,
    /// A user name that the format of the file cannot hold.
    #[error("a user name must not hold a colon")]
    UserName,
    /// A file cannot be written.
    #[error("{action} {}", path.display())]
    Write {
        /// `mkdir`, `open`, `write`, `rename`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process has kept config.json locked.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The lock's file.
        path: PathBuf,
    },
    /// A file with secrets can be read by other users. Nothing was written to it.
    #[error(
        "{path} holds credentials and can be read by other users (mode {mode:04o}); close it with: chmod 600 {path}",
        path = path.display()
    )]
    Readable {
        /// The file.
        path: PathBuf,
        /// The permissions that it has.
        mode: u32,
    },
    /// A file with secrets could be read by other users. It is closed now.
    #[error("{} holds credentials and could be read by other users (mode {mode:04o}); its mode is 0600 now", path.display())]
    WasReadable {
        /// The file.
        path: PathBuf,
        /// The permissions that it had.
        mode: u32,
    },
}

/// Why an `auth` field cannot be used; Docker's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not base64 from this byte on.
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    /// No colon, no user in front of it, or no text.
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
            Self::Entry { path, .. } => Some(Hint::MendFile { path: path.clone() }),
            Self::Write { path, source, .. } => io_hint(source, path),
            _ => None,
        }
    }
}
