//! A part of a blob, which is read on after interruptions.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::content::{BlobReader, Source};
use crate::diagnose::Failure;
use crate::image::Descriptor;
use crate::retry::{Attempts, Next, Policy};
use crate::transfer::{Event, Observer};

/// Reads a part of a blob. An interrupted read resumes at the next byte.
pub(super) struct BlobPart<'a> {
    source: &'a dyn Source,
    blob: &'a Descriptor,
    rest: Range<u64>,
    attempts: Attempts,
    reader: Option<BlobReader>,
    /// Receives the progress.
    observer: Option<Arc<dyn Observer>>,
}

impl<'a> BlobPart<'a> {
    pub(super) fn new(
        source: &'a dyn Source,
        blob: &'a Descriptor,
        range: Range<u64>,
        policy: Policy,
    ) -> Self {
        Self { source, blob, rest: range, attempts: policy.begin(), reader: None, observer: None }
    }

    /// Reports the progress to `observer`.
    pub(super) fn observed(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Returns the next bytes; `None` at the end. They are not verified.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let error = match self.attempt().await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            self.reader = None;
            let wait = match self.attempts.failure(error.recovery()) {
                Next::GiveUp => return Err(error),
                Next::Continue(wait) => wait,
                Next::Restart(wait) => {
                    self.source.doubt(self.blob);
                    wait
                }
            };
            tracing::debug!("reading blob {} again from byte {}: {error}", self.blob.digest, self.rest.start);
            self.tell(Event::Interrupted {
                digest: self.blob.digest.clone(),
                attempt: self.attempts.failed(),
                wait,
                cause: error.to_string(),
            });
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => self.reader.insert(self.source.open(self.blob, self.rest.clone()).await?),
        };
        let bytes = reader.next().await?;
        if let Some(bytes) = &bytes {
            self.attempts.progress();
            self.rest.start += bytes.len() as u64;
            self.tell(Event::Advanced { digest: self.blob.digest.clone(), bytes: bytes.len() as u64 });
        }
        Ok(bytes)
    }

    fn tell(&self, event: Event) {
        if let Some(observer) = &self.observer {
            observer.event(event);
        }
    }
}
