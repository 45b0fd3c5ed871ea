//! Why an operation at a registry failed.

use std::time::Duration;

use super::no_deletion::NoDeletion;
use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::http::Status;
use crate::protocol::{ErrorCode, Software};
use crate::reference::{Name, Registry, Tag};
use crate::{auth, config, http, image};

/// An operation at a registry failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration of the registry is invalid.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// A request failed.
    #[error(transparent)]
    Request(#[from] auth::Error),
    /// A manifest is invalid.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// A registry cannot delete content, or does not allow it.
    #[error(transparent)]
    Deletion(#[from] NoDeletion),
    /// A response does not conform to the API.
    #[error("{call}: not a registry's answer: {reason}")]
    Unexpected {
        /// The request.
        call: http::Call,
        /// The problem.
        reason: String,
        /// How to recover.
        recovery: Recovery,
    },
    /// The registry refused the bytes of an upload, whose session is no longer usable. The next attempt opens
    /// another one.
    #[error(transparent)]
    UploadRefused(http::Error),
    /// An upload was interrupted.
    #[error("{host}: upload broken: {reason}")]
    UploadBroken {
        /// The registry's server.
        host: String,
        /// The problem.
        reason: String,
        /// How to recover.
        recovery: Recovery,
    },
    /// The registry names a location for the next request that is not followed.
    #[error("{call}: the registry names {location}, which {reason}")]
    Misled {
        /// The request.
        call: http::Call,
        /// The location, without secrets.
        location: String,
        /// Why it is not followed.
        reason: &'static str,
    },
    /// A search has more pages than the limit.
    #[error("{call}: incomplete results: there are more than {pages} pages")]
    TooManyPages {
        /// The last request.
        call: http::Call,
        /// The number of pages that were read.
        pages: u32,
    },
    /// A body was too large for the registry, or for a proxy in front of it; the next one will be smaller.
    #[error("{call}: {bytes} bytes are too many for one request")]
    TooLarge {
        /// The request.
        call: http::Call,
        /// The size of the body.
        bytes: u64,
        /// The wait that the registry asked for.
        wait: Duration,
    },
    /// The registry has stored different content than was sent.
    #[error("{call}: the registry says it stored {actual}, not {expected}")]
    OtherDigest {
        /// The request.
        call: http::Call,
        /// The digest of the content.
        expected: crate::digest::Digest,
        /// The digest that the registry reports.
        actual: String,
    },
    /// An index that lists referrers in place of the registry cannot be changed.
    #[error("{name}:{tag}, which lists the referrers of a manifest, {reason}")]
    ReferrersTag {
        /// The repository.
        name: Box<Name>,
        /// The tag of the index.
        tag: Tag,
        /// Why it cannot be changed.
        reason: &'static str,
    },
    /// The registry has no list of its repositories, or denies access to it.
    #[error("{registry} does not list its repositories")]
    NoCatalog {
        /// The registry.
        registry: Registry,
        /// Its response.
        #[source]
        source: Box<Error>,
    },
    /// The software of the registry has neither a search nor a list of repositories.
    #[error("{registry} cannot be searched: {} has no search", software.name())]
    NoSearch {
        /// The registry.
        registry: Registry,
        /// The software.
        software: Software,
    },
    /// The registry is unreachable, and its mirrors have refused.
    #[error("{mirrors}; {host}: cannot be reached")]
    Nowhere {
        /// The mirrors, each with a short reason.
        mirrors: String,
        /// The registry's server.
        host: String,
        /// The full errors of both.
        #[source]
        source: Box<MirrorsSaid>,
    },
    /// The registry refused the credentials, or requires some.
    #[error("{message}")]
    LogIn {
        /// The message that Docker prints.
        message: String,
        /// The server that was asked.
        at: LogInAt,
        /// The error of the registry.
        #[source]
        source: Box<auth::Error>,
    },
}

/// The errors of the mirrors, with the registry's error as their source.
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

/// The server at which a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogInAt {
    /// The registry itself.
    Registry,
    /// The token service that the registry names.
    TokenService,
}

impl Error {
    /// Returns the registry's error response, if there is one. That of a failing token service says nothing
    /// about what was requested.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Request(error) => http_status(error),
            Self::LogIn { source, .. } => http_status(source),
            Self::NoCatalog { source, .. } => source.status(),
            _ => None,
        }
    }

    /// Reports whether a token service, and not the registry itself, refused the credentials of a login.
    /// Docker has a message of its own for that.
    pub fn is_refused_by_token_service(&self) -> bool {
        matches!(self, Self::LogIn { at: LogInAt::TokenService, .. }) && self.kind() == ErrorKind::Denied
    }

    /// Reports whether the registry says that the requested content does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(|status| status.status == reqwest::StatusCode::NOT_FOUND)
    }

    /// Reports whether the registry or its token service has responded with this error.
    pub(super) fn is_response(&self) -> bool {
        let of_service = |error: &auth::Error| matches!(error, auth::Error::Service(http::Error::Status(_)));
        self.status().is_some() || matches!(self, Self::Request(error) if of_service(error))
    }

    /// Reports whether no connection was ever established.
    pub(super) fn was_never_connected(&self) -> bool {
        let Self::Request(auth::Error::Http(error)) = self else { return false };
        matches!(error, http::Error::Transport { answered_before: false, .. })
    }

    /// Creates the error of a response that does not conform to the API and is not worth a retry.
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
            Self::Deletion(error) => error.kind(),
            // The bytes are not those that were requested, or are incomplete.
            Self::Unexpected { recovery: Recovery::Restart, .. } => ErrorKind::Corrupt,
            Self::Unexpected { recovery: Recovery::Retry { .. } | Recovery::Outage { .. }, .. } => {
                ErrorKind::Unreachable
            }
            Self::Unexpected { recovery: Recovery::Never, .. } => ErrorKind::Other,
            // The upload was unknown, not what it is for.
            Self::UploadRefused(error) => match error.kind() {
                ErrorKind::NotFound => ErrorKind::Other,
                kind => kind,
            },
            Self::UploadBroken { .. } => ErrorKind::Unreachable,
            Self::OtherDigest { .. } => ErrorKind::Corrupt,
            Self::TooLarge { .. }
            | Self::TooManyPages { .. }
            | Self::NoSearch { .. }
            | Self::Misled { .. }
            | Self::ReferrersTag { .. } => ErrorKind::Other,
            Self::NoCatalog { source, .. } => source.kind(),
            Self::Nowhere { source, .. } => source.source.kind(),
        }
    }

    fn brief(&self) -> Option<String> {
        match self {
            Self::Request(error) => error.brief(),
            Self::UploadRefused(_) | Self::UploadBroken { .. } => Some(self.to_string()),
            Self::TooLarge { call, bytes, .. } => {
                Some(format!("{}: {bytes} bytes are too many for one request", call.server()))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Request(error) => error.hint(),
            // A user who is logging in does not need this hint.
            Self::LogIn { source, .. } => source.hint().filter(|hint| !matches!(hint, Hint::LogIn { .. })),
            Self::Image(error) => error.hint(),
            Self::Deletion(error) => error.hint(),
            Self::NoCatalog { registry, source } => match source.kind() {
                ErrorKind::Denied => source.hint(),
                _ => Some(Hint::NameRepository { registry: registry.to_string() }),
            },
            Self::NoSearch { software: Software::GitHub, .. } => Some(Hint::ListPackages),
            Self::NoSearch { registry, .. } => Some(Hint::NameRepository { registry: registry.to_string() }),
            Self::Nowhere { source, .. } => source.source.hint(),
            Self::Misled { call, location, .. } => http::forward_hint(call, location),
            Self::UploadRefused(_)
            | Self::UploadBroken { .. }
            | Self::Unexpected { .. }
            | Self::OtherDigest { .. }
            | Self::TooManyPages { .. }
            | Self::ReferrersTag { .. }
            | Self::TooLarge { .. } => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Request(error) if is_digest_invalid(error) => Recovery::Restart,
            Self::Request(error) => error.recovery(),
            Self::Image(error) => error.recovery(),
            Self::Nowhere { source, .. } => source.source.recovery(),
            Self::Unexpected { recovery, .. } | Self::UploadBroken { recovery, .. } => *recovery,
            Self::UploadRefused(_) => Recovery::RETRY,
            Self::TooLarge { wait, .. } => Recovery::Retry { after: Some(*wait) },
            _ => Recovery::Never,
        }
    }

    fn is_overload(&self) -> bool {
        matches!(self, Self::Request(error) if error.is_overload())
    }
}

/// Reports whether the registry found that the bytes of an upload do not match the digest.
fn is_digest_invalid(error: &auth::Error) -> bool {
    http_status(error).is_some_and(|status| status.has_code(&ErrorCode::DigestInvalid))
}

fn http_status(error: &auth::Error) -> Option<&Status> {
    match error {
        auth::Error::Http(error) => error.status(),
        _ => None,
    }
}
