//! Errors of configuration.

use std::fmt;
use std::path::PathBuf;

use super::mirror::MirrorError;
use crate::diagnose::{Diagnose, Failure, Hint, io_hint};

/// Configuration that cannot be used. Docker's words are used where it has any.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file exists but cannot be read.
    #[error("Error loading config file: open {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file is larger than any of its kind can reasonably be, so it was not read.
    #[error("Error loading config file: {} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A file is not JSON.
    #[error("Error parsing config file ({})", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        #[source]
        source: JsonError,
    },
    /// A field has the wrong type. The rest of the file is used.
    #[error("Error parsing config file ({}): {field} is not {expected}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field, `auths.example.com`.
        field: String,
        /// `a string`, `an object`.
        expected: &'static str,
    },
    /// A mirror of a daemon.json is invalid. The others are used.
    #[error("Error parsing config file ({})", path.display())]
    Mirror {
        /// The file.
        path: PathBuf,
        /// What is wrong with the mirror.
        #[source]
        source: MirrorError,
    },
    /// regcli's own config.toml is invalid; as a warning, a file in TOML of another program.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Own {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The parser's message.
        message: String,
    },
    /// regcli's own config.toml cannot be written. It is unchanged.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A client certificate has no key. Docker's words.
    #[error(
        "missing key {key} for client certificate {certificate}. CA certificates must use the extension .crt"
    )]
    MissingKey {
        /// The folder of both.
        folder: PathBuf,
        /// The missing file.
        key: String,
        /// The existing file.
        certificate: String,
    },
    /// A client key has no certificate. Docker's words.
    #[error("missing client certificate {certificate} for key {key}")]
    MissingCertificate {
        /// The folder of both.
        folder: PathBuf,
        /// The existing file.
        key: String,
        /// The missing file.
        certificate: String,
    },
    /// The address of a Docker Engine is invalid. Docker's words.
    #[error("invalid bind address format: {}", without_user(host))]
    EngineAddress {
        /// The address, as configured.
        host: String,
    },
    /// A Docker Engine behind an SSH connection.
    #[error("Docker hosts over ssh:// are not supported: {}", without_user(host))]
    EngineBySsh {
        /// The address, as configured.
        host: String,
        /// The server, `user@host`.
        server: String,
    },
    /// The address of a Docker Engine that only other systems support.
    #[error("Docker hosts over {scheme}:// are not supported: {}", without_user(host))]
    EngineScheme {
        /// The address, as configured.
        host: String,
        /// `npipe`, `fd`.
        scheme: String,
    },
    /// The context does not exist. Docker's words.
    #[error("context {name:?}: context not found: open {}: no such file or directory", path.display())]
    NoContext {
        /// The name of the context.
        name: String,
        /// The file that would describe the context.
        path: PathBuf,
    },
    /// The home folder is unknown.
    #[error("cannot tell where {what} is: HOME is not set")]
    NoHome {
        /// `the image store`, `the cache`, `config.json`.
        what: &'static str,
    },
}

/// The value of [`Error::NoHome`] if the folder of the image store is unknown.
pub(crate) const STORE: &str = "the image store";

impl Diagnose for Error {
    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Read { path, source } | Self::Write { path, source } => io_hint(source, path),
            Self::TooLarge { path, .. }
            | Self::Json { path, .. }
            | Self::Field { path, .. }
            | Self::Mirror { path, .. }
            | Self::Own { path, .. } => Some(Hint::FixFile { path: path.clone() }),
            Self::MissingKey { folder, .. } | Self::MissingCertificate { folder, .. } => {
                Some(Hint::CheckPath { path: folder.clone() })
            }
            Self::EngineAddress { .. } | Self::EngineScheme { .. } => Some(Hint::NameEngine),
            Self::EngineBySsh { server, .. } => Some(Hint::ForwardSocket { server: server.clone() }),
            Self::NoContext { .. } => Some(Hint::SeeContexts),
            Self::NoHome { what } if *what == STORE => Some(Hint::NameStore),
            Self::NoHome { .. } => None,
        }
    }
}

/// Returns an address without a user and a password.
fn without_user(address: &str) -> String {
    let Some((before, host)) = address.rsplit_once('@') else { return address.to_owned() };
    let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://"));
    format!("{}{host}", scheme.unwrap_or_default())
}

/// Why a text is not JSON: in Go's words if it ends too early, else with line and column.
#[derive(Debug)]
pub struct JsonError(serde_json::Error);

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.classify() {
            serde_json::error::Category::Eof => f.write_str("unexpected EOF"),
            _ => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl std::error::Error for JsonError {}

/// A problem that stops nothing: the command continues without the unreadable part.
///
/// Displayed on one line with its causes, to follow `WARNING: `.
#[derive(Debug)]
pub struct Warning(Failure);

impl Warning {
    /// Returns the error inside, if it is an `E`.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// Returns what the user can do about it.
    pub fn hint(&self) -> Option<Hint> {
        self.0.hint()
    }
}

impl<E: Diagnose> From<E> for Warning {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outermost = self.0.as_ref();
        write!(f, "{outermost}")?;
        let mut cause = outermost.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
