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
    /// The token service issued no token, even after retries, for a reason other than the credentials. The
    /// request that needed the token must not be retried for that. Its status says nothing about the content
    /// that was requested.
    #[error("{}", of_service(.0))]
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
    /// Marks the error of the last attempt to get a token. A refusal of the credentials is the same error
    /// whether the registry or its token service checks them.
    pub(super) fn of_service(self) -> Self {
        match self {
            Self::Http(error @ http::Error::Status(_)) if error.kind() == ErrorKind::Denied => {
                Self::Http(error)
            }
            Self::Http(error @ (http::Error::Status(_) | http::Error::Unexpected { .. })) => {
                Self::Service(error)
            }
            Self::Http(error) if error.recovery() != Recovery::Never => Self::Service(error),
            other => other,
        }
    }
}

/// Returns the error of a token service with the name of the service.
fn of_service(error: &http::Error) -> String {
    match error.status() {
        Some(status) => format!("token service {}", status.of_server()),
        None => error.to_string(),
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Http(error) => error.kind(),
            Self::Service(error) => match error.kind() {
                ErrorKind::NotFound => ErrorKind::Other,
                kind => kind,
            },
            Self::Renewed { .. } => ErrorKind::Denied,
            Self::Realm { .. } | Self::OtherTokenService { .. } | Self::NoToken { .. } => ErrorKind::Denied,
        }
    }

    fn brief(&self) -> Option<String> {
        match self {
            Self::Service(error) if error.status().is_some() => Some(of_service(error)),
            Self::Http(error) | Self::Service(error) => error.brief(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Http(error) | Self::Service(error) => error.hint(),
            Self::OtherTokenService { registry, .. } => {
                Some(Hint::AcceptTokenService { registry: registry.to_string() })
            }
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
