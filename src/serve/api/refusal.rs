//! Answers that say no.

use axum::http::header::HeaderName;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::response::json;
use crate::diagnose::{Diagnose, Hint};
use crate::protocol::{ErrorBody, ErrorCode, ErrorItem};
use crate::serve::sessions::SessionError;
use crate::store;

/// Why a request is not done, as its client gets to know it.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: ErrorBody,
    headers: Vec<(HeaderName, String)>,
}

impl Refusal {
    /// Several things that are wrong. The status is that of the first.
    pub(super) fn of(errors: Vec<ErrorItem>) -> Self {
        let status = errors.first().map_or(500, |item| item.code.status());
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, body: ErrorBody { errors }, headers: Vec::new() }
    }

    /// The same with another status.
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same with one header more.
    pub(super) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = json(self.status, self.body.to_json());
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl From<ErrorItem> for Refusal {
    fn from(item: ErrorItem) -> Self {
        Self::of(vec![item])
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        ErrorItem::new(code).into()
    }
}

/// What goes wrong here is for the log. The client gets to know no path.
impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
        match error.hint() {
            Some(Hint::FreeSpace { .. }) => {
                let item = ErrorItem::new(ErrorCode::Unknown).with_message("no space left on the registry");
                Self::from(item).with_status(StatusCode::INSUFFICIENT_STORAGE)
            }
            _ => ErrorCode::Unknown.into(),
        }
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Unknown => ErrorCode::BlobUploadUnknown.into(),
            SessionError::Busy => ErrorItem::new(ErrorCode::BlobUploadInvalid)
                .with_message("another request is working on this upload")
                .into(),
            SessionError::TooMany => {
                ErrorItem::new(ErrorCode::TooManyRequests).with_message("too many uploads are open").into()
            }
            SessionError::Store(error) => error.into(),
        }
    }
}
