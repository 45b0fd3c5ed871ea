//! Refusals of requests that change nothing, and what they leave open: a registry may refuse to say whether it
//! has content, and still allow access to it.
//!
//! A `HEAD` is only a question, and many registries and proxies refuse it although they allow the actual
//! request: virtual repositories, storage hosts behind redirects, namespaces whose repositories are created
//! by the first push. So a refused `HEAD` decides nothing, after authentication was tried. For a source,
//! `GET` decides; for a target, `POST`.

use reqwest::StatusCode;

use super::Error;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::protocol::ErrorCode;
use crate::{auth, http};

/// The refusal of a request that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The registry asks to wait.
    Busy,
    /// The registry failed this time.
    Trouble,
    /// The registry does not support such requests.
    Final,
}

impl Refusal {
    /// Classifies `error`. It is not a refusal if the content does not exist, if the server is silent, or if
    /// the error comes from a token service, which would refuse the next request as well.
    pub(super) fn of(error: &Error) -> Option<Self> {
        let Error::Request(auth::Error::Http(error)) = error else { return None };
        match error {
            http::Error::Redirect { .. } => Some(Self::Final),
            http::Error::Status(_) if error.kind() == ErrorKind::NotFound => None,
            http::Error::Status(status) if status.retry_after.is_some() => Some(Self::Busy),
            http::Error::Status(status) => Some(match status.status {
                StatusCode::TOO_MANY_REQUESTS => Self::Busy,
                StatusCode::NOT_IMPLEMENTED => Self::Final,
                code if code.is_server_error() => Self::Trouble,
                _ => Self::Final,
            }),
            _ => None,
        }
    }
}

impl Error {
    /// Reports whether the registry refused to say what exists. It may still allow the actual request, unless
    /// it has refused the credentials themselves. Those are not sent again, because some registries lock an
    /// account after a few attempts.
    pub fn leaves_open(&self) -> bool {
        let is_final = Refusal::of(self) == Some(Refusal::Final);
        let unknown = |status: &http::Status| {
            status.status == reqwest::StatusCode::UNAUTHORIZED && !status.has_code(&ErrorCode::Denied)
        };
        is_final && !self.status().is_some_and(unknown)
    }
}
