//! Why a registry could not be convinced.

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
    /// The token service gave no token, however often it was asked. The request that it was for is not to be made again
    /// for that.
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
    /// The registry names another token service than at the login.
    #[error("{registry} names another token service than at the login: {named}, not {expected}")]
    OtherTokenService {
        /// The registry.
        registry: Registry,
        /// The host of the token service that it names now.
        named: String,
        /// That of the one that has checked the credentials.
        expected: String,
    },
    /// The token service's answer holds no token.
    #[error("{call}: the token service's answer holds no token")]
    NoToken {
        /// The request.
        call: http::Call,
    },
    /// The token had run out in the middle of a body that can be sent only once. There is a new one now.
    #[error("the token for {registry} had run out")]
    Renewed {
        /// The registry.
        registry: Registry,
        /// What it said: the truth, if it says so to the new one as well.
        #[source]
        refusal: Box<http::Error>,
    },
}

impl Error {
    /// The same after the last attempt to get a token.
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
