//! A part of a blob, which is read on after interruptions.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::content::{BlobReader, Source, is_elsewhere};
use crate::diagnose::Failure;
use crate::image::Descriptor;
use crate::retry::{Attempts, Next, Policy};
use crate::transfer::{Event, Observer, RateLimit};

/// Reads a part of a blob. An interrupted read resumes at the next byte.
pub(super) struct BlobPart<'a> {
    source: &'a dyn Source,
    blob: &'a Descriptor,
    rest: Range<u64>,
    attempts: Attempts,
    reader: Option<BlobReader>,
    /// Receives the progress.
    observer: Option<Arc<dyn Observer>>,
    limit: Option<Arc<RateLimit>>,
}

impl<'a> BlobPart<'a> {
    pub(super) fn new(
        source: &'a dyn Source,
        blob: &'a Descriptor,
        range: Range<u64>,
        policy: Policy,
    ) -> Self {
        let attempts = policy.begin();
        Self { source, blob, rest: range, attempts, reader: None, observer: None, limit: None }
    }

    /// Keeps a limit of bytes per second.
    pub(super) fn limited(self, limit: Option<Arc<RateLimit>>) -> Self {
        Self { limit, ..self }
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
            if is_elsewhere(self.source, self.blob, error.recovery()) {
                continue;
            }
            let wait = match self.attempts.failure(error.recovery()) {
                Next::GiveUp => return Err(error),
                Next::Continue(wait) | Next::Restart(wait) => wait,
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
            if let Some(limit) = &self.limit {
                limit.take(bytes.len() as u64).await;
            }
        }
        Ok(bytes)
    }

    fn tell(&self, event: Event) {
        if let Some(observer) = &self.observer {
            observer.event(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use tokio::time::Instant;

    use super::*;
    use crate::content::Memory;

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_bytes_counts_for_all_parts_together() {
        let source = Memory::default();
        let blob = source.insert(vec![7; 100_000]);
        let limit = Arc::new(RateLimit::new(NonZeroU64::new(10_000).unwrap()));
        let begun = Instant::now();
        for range in [0..40_000, 40_000..100_000] {
            let part = BlobPart::new(&source, &blob, range, Policy::ONCE);
            let mut part = part.limited(Some(Arc::clone(&limit)));
            while part.next().await.unwrap().is_some() {}
        }
        assert_eq!(begun.elapsed().as_secs(), 10);
    }
}
