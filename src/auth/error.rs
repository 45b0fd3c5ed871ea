//! Why a request to a registry failed, including its authentication.

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::http;
use crate::reference::Registry;

/// An authenticated request that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself, or the one for a token.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The token service issued no token, even after retries. The request that needed the token must not be
    /// retried for that.
    #[error(transparent)]
    Service(http::Error),
    /// The registry names a token service that credentials are not sent to.
    #[error("{registry} names a token service that is not trusted: {realm}: {reason}")]
    Realm {
        /// The registry.
        registry: Registry,
        /// The token service, as the registry names it.
        realm: String,
        /// Why not.
        reason: &'static str,
    },
    /// The registry names a different token service than at the login.
    #[error("{registry} names another token service than at the login: {named}, not {expected}")]
    OtherTokenService {
        /// The registry.
        registry: Registry,
        /// The host of the token service that it names now.
        named: String,
        /// The host of the token service that has checked the credentials.
        expected: String,
    },
    /// The token service's response contains no token.
    #[error("{call}: the token service's response contains no token")]
    NoToken {
        /// The request.
        call: http::Call,
    },
    /// The token expired in the middle of a body that can be sent only once. A new token is available.
    #[error("the token for {registry} had expired")]
    Renewed {
        /// The registry.
        registry: Registry,
        /// The registry's refusal, which is final if it refuses the new token as well.
        #[source]
        refusal: Box<http::Error>,
    },
}

impl Error {
    /// Marks the error of the last attempt to get a token.
    pub(super) fn of_service(self) -> Self {
        match self {
            Self::Http(error) if error.recovery() != Recovery::Never => Self::Service(error),
            other => other,
        }
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Http(error) | Self::Service(error) => error.kind(),
            Self::Renewed { .. } => ErrorKind::Denied,
            Self::Realm { .. } | Self::OtherTokenService { .. } | Self::NoToken { .. } => ErrorKind::Denied,
        }
    }

    fn brief(&self) -> Option<String> {
        match self {
            Self::Http(error) | Self::Service(error) => error.brief(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Http(error) | Self::Service(error) => error.hint(),
            Self::OtherTokenService { registry, .. } => Some(Hint::LogIn { registry: registry.to_string() }),
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Http(error) => error.recovery(),
            Self::Renewed { .. } => Recovery::RETRY,
            Self::Service(_) | Self::Realm { .. } | Self::OtherTokenService { .. } | Self::NoToken { .. } => {
                Recovery::Never
            }
        }
    }

    fn is_overload(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_overload())
    }
}
