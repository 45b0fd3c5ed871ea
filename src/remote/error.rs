//! Why something at a registry could not be done.

use std::time::Duration;

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::http::Status;
use crate::protocol::ErrorCode;
use crate::reference::Registry;
use crate::{auth, config, http, image};

/// An operation at a registry that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration of the registry cannot be used.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// A request failed.
    #[error(transparent)]
    Request(#[from] auth::Error),
    /// A manifest is not what it should be.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// An answer is not what the API says.
    #[error("{call}: not a registry's answer: {reason}")]
    Unexpected {
        /// The request.
        call: http::Call,
        /// What is odd about it.
        reason: String,
        /// What to do about it.
        recovery: Recovery,
    },
    /// The registry names a place for what comes next that is not gone to.
    #[error("{call}: the registry names {location}, which {reason}")]
    Misled {
        /// The request.
        call: http::Call,
        /// The place, without anything secret.
        location: String,
        /// Why it is not gone to.
        reason: &'static str,
    },
    /// A search has more pages than are read.
    #[error("{call}: not all was found: there are more than {pages} pages")]
    TooManyPages {
        /// The last request.
        call: http::Call,
        /// How many were read.
        pages: u32,
    },
    /// A body was too large for the registry, or for a proxy before it; the next one will be smaller.
    #[error("{call}: {bytes} bytes are too many at once")]
    TooLarge {
        /// The request.
        call: http::Call,
        /// How many there were.
        bytes: u64,
        /// How long the registry asked to wait.
        wait: Duration,
    },
    /// The registry has stored something else than what was sent.
    #[error("{call}: the registry says it stored {actual}, not {expected}")]
    OtherDigest {
        /// The request.
        call: http::Call,
        /// What was sent.
        expected: crate::digest::Digest,
        /// What the registry says.
        actual: String,
    },
    /// The registry keeps no list of its repositories, or does not show it.
    #[error("{registry} does not list its repositories")]
    NoCatalog {
        /// The registry.
        registry: Registry,
        /// Its answer.
        #[source]
        source: Box<Error>,
    },
    /// The registry cannot be reached, and its mirrors have said no.
    #[error("{mirrors}; {host}: cannot be reached")]
    Nowhere {
        /// The mirrors, each with what it said in two words.
        mirrors: String,
        /// The registry's server.
        host: String,
        /// What both said in full.
        #[source]
        source: Box<MirrorsSaid>,
    },
    /// The registry refused this user's credentials, or wants some.
    #[error("{message}")]
    LogIn {
        /// What Docker would print.
        message: String,
        /// Who was asked.
        at: LogInAt,
        /// What the registry said.
        #[source]
        source: Box<auth::Error>,
    },
}

/// What mirrors said, and below it why the registry itself cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub struct MirrorsSaid {
    said: String,
    source: Error,
}

impl MirrorsSaid {
    pub(super) fn before(said: String, source: Error) -> Self {
        Self { said, source }
    }
}

/// Where a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogInAt {
    /// At the registry itself.
    Registry,
    /// At the token service that it names.
    TokenService,
}

impl Error {
    /// The registry's answer, if it gave one that says no.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Request(error) => http_status(error),
            Self::LogIn { source, .. } => http_status(source),
            Self::NoCatalog { source, .. } => source.status(),
            _ => None,
        }
    }

    /// Whether a token service did not take the credentials of a login, as against the registry itself. Docker has
    /// words of its own for that.
    pub fn is_refused_by_token_service(&self) -> bool {
        matches!(self, Self::LogIn { at: LogInAt::TokenService, .. }) && self.kind() == ErrorKind::Denied
    }

    /// Whether the registry says that there is no such thing.
    pub(super) fn is_not_found(&self) -> bool {
        self.status().is_some_and(|status| status.status == reqwest::StatusCode::NOT_FOUND)
    }

    /// Whether the server has never been reached.
    pub(super) fn is_no_connection(&self) -> bool {
        let Self::Request(auth::Error::Http(error)) = self else { return false };
        matches!(error, http::Error::Transport { answered_before: false, .. })
    }

    /// An answer that is not what the API says, and will not be another time.
    pub(super) fn unexpected(call: &http::Call, reason: impl Into<String>) -> Self {
        Self::Unexpected { call: call.clone(), reason: reason.into(), recovery: Recovery::Never }
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        Self::Request(error.into())
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(error) => error.kind(),
            Self::Request(error) if is_digest_invalid(error) => ErrorKind::Corrupt,
            Self::Request(error) => error.kind(),
            Self::LogIn { source, .. } => source.kind(),
            Self::Image(error) => error.kind(),
            // Other bytes than those that were asked for; none, or too few of them.
            Self::Unexpected { recovery: Recovery::Restart, .. } => ErrorKind::Corrupt,
            Self::Unexpected { recovery: Recovery::Retry { .. } | Recovery::Outage { .. }, .. } => {
                ErrorKind::Unreachable
            }
            Self::Unexpected { recovery: Recovery::Never, .. } => ErrorKind::Other,
            Self::OtherDigest { .. } => ErrorKind::Corrupt,
            Self::TooLarge { .. } | Self::TooManyPages { .. } | Self::Misled { .. } => ErrorKind::Other,
            Self::NoCatalog { source, .. } => source.kind(),
            Self::Nowhere { source, .. } => source.source.kind(),
        }
    }

    fn brief(&self) -> Option<String> {
        match self {
            Self::Request(error) => error.brief(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Request(error) => error.hint(),
            // Who logs in need not be told to.
            Self::LogIn { source, .. } => source.hint().filter(|hint| !matches!(hint, Hint::LogIn { .. })),
            Self::Image(error) => error.hint(),
            Self::NoCatalog { registry, source } => match source.kind() {
                ErrorKind::Denied => source.hint(),
                _ => Some(Hint::NameRepository { registry: registry.to_string() }),
            },
            Self::Nowhere { source, .. } => source.source.hint(),
            Self::Misled { call, location, .. } => http::forward_hint(call, location),
            Self::Unexpected { .. }
            | Self::OtherDigest { .. }
            | Self::TooManyPages { .. }
            | Self::TooLarge { .. } => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Request(error) if is_digest_invalid(error) => Recovery::Restart,
            Self::Request(error) => error.recovery(),
            Self::Image(error) => error.recovery(),
            Self::Nowhere { source, .. } => source.source.recovery(),
            Self::Unexpected { recovery, .. } => *recovery,
            Self::TooLarge { wait, .. } => Recovery::Retry { after: Some(*wait) },
            _ => Recovery::Never,
        }
    }

    fn is_overload(&self) -> bool {
        matches!(self, Self::Request(error) if error.is_overload())
    }
}

/// Whether the registry found that an upload's bytes are not those of its digest.
fn is_digest_invalid(error: &auth::Error) -> bool {
    http_status(error).is_some_and(|status| status.has_code(&ErrorCode::DigestInvalid))
}

fn http_status(error: &auth::Error) -> Option<&Status> {
    match error {
        auth::Error::Http(error) | auth::Error::Service(error) => error.status(),
        _ => None,
    }
}
