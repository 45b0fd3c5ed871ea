//! The bodies of requests.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt;

use super::refusal::Refusal;
use crate::protocol::{ErrorCode, ErrorItem};

/// How long a client may send nothing in the middle of a body.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// How much of a body that nobody wants is still taken, so that the client reads the answer.
const DRAIN_MAX: usize = 16 * 1024 * 1024;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// The body of a request as it arrives.
pub(super) struct Incoming {
    stream: BodyDataStream,
    ended: bool,
}

impl Incoming {
    pub(super) fn new(body: Body) -> Self {
        Self { stream: body.into_data_stream(), ended: false }
    }

    /// The next bytes; `None` after the last.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes: the next call gives them.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        let next = tokio::time::timeout(IDLE, self.stream.next()).await;
        self.ended = !matches!(next, Ok(Some(Ok(_))));
        match next {
            Ok(next) => next.transpose().map_err(|_| cut("the request ended early", StatusCode::BAD_REQUEST)),
            Err(_) => Err(cut("the request stalled", StatusCode::REQUEST_TIMEOUT)),
        }
    }

    /// The whole body, if it has at most `limit` bytes; otherwise `None`.
    pub(super) async fn read(&mut self, limit: usize) -> Result<Option<Bytes>, Refusal> {
        let mut content = Vec::new();
        while let Some(bytes) = self.next().await? {
            if content.len() + bytes.len() > limit {
                return Ok(None);
            }
            content.extend_from_slice(&bytes);
        }
        Ok(Some(content.into()))
    }

    /// Takes the rest and throws it away, within limits.
    pub(super) async fn drain(&mut self) {
        let rest = async {
            let mut taken = 0;
            while let Ok(Some(bytes)) = self.next().await {
                taken += bytes.len();
                if taken > DRAIN_MAX {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN_TIME, rest).await;
    }
}

/// Hardly ever read: the client is gone. But a proxy may be listening.
fn cut(message: &str, status: StatusCode) -> Refusal {
    Refusal::from(ErrorItem::new(ErrorCode::BlobUploadInvalid).with_message(message)).with_status(status)
}
