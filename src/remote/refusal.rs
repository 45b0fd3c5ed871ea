//! How a server refuses a question that changes nothing, and what that leaves open.

use reqwest::StatusCode;

use super::Error;
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::protocol::ErrorCode;
use crate::{auth, http};

/// The refusal of a question that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The registry wants to be left alone for a while.
    Busy,
    /// It fails at the question, this time.
    Trouble,
    /// It does not answer such questions.
    Final,
}

impl Refusal {
    /// Finds out whether `error` is one. That something is not there is none, nor is silence, nor what a token
    /// service says: it would say the same of the next request.
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
    /// Whether the registry refused to say what is there. What it allows is another question, unless it has refused the
    /// credentials themselves: no request is made with those again, because some lock an account after a few.
    pub fn leaves_open(&self) -> bool {
        let is_final = Refusal::of(self) == Some(Refusal::Final);
        let unknown = |status: &http::Status| {
            status.status == reqwest::StatusCode::UNAUTHORIZED && !status.has_code(&ErrorCode::Denied)
        };
        is_final && !self.status().is_some_and(unknown)
    }
}
