//! One blob: there already, mounted, or written, with one loop of attempts around it.

use super::segments::{Ordered, Reading};
use super::{Ends, Event, Skip};
use crate::content::{BlobWriter, Source, Target};
use crate::diagnose::Failure;
use crate::image::Descriptor;
use crate::retry::{Attempts, Next};

/// From how many bytes on an attempt that failed has got further all the same.
const PROGRESS: u64 = 64 * 1024;

/// A blob on its way from one end to the other.
pub(super) struct Transfer<S, T> {
    ends: Ends<S, T>,
    blob: Descriptor,
    reading: Reading,
    /// How many bytes have been written so far, by all attempts.
    moved: u64,
}

impl<S, T> Transfer<S, T>
where
    S: Source + 'static,
    T: Target + 'static,
{
    pub(super) fn new(ends: &Ends<S, T>, blob: Descriptor, reading: &Reading) -> Self {
        Self { ends: ends.clone(), blob, reading: reading.clone(), moved: 0 }
    }

    /// What is copied.
    pub(super) fn blob(&self) -> &Descriptor {
        &self.blob
    }

    /// Sees to it that the blob is at the target and answers how many bytes had to be written.
    pub(super) async fn run(&mut self) -> Result<u64, Failure> {
        let mut attempts = self.reading.retry.begin();
        loop {
            let before = self.moved;
            let error = match self.attempt().await {
                Ok(()) => return Ok(self.moved),
                Err(error) => error,
            };
            if self.moved - before >= PROGRESS {
                attempts.progress();
            }
            self.wait_or_give_up(&mut attempts, error).await?;
        }
    }

    /// Decides about a failed attempt: answers after the wait if there is to be another one.
    async fn wait_or_give_up(&self, attempts: &mut Attempts, error: Failure) -> Result<(), Failure> {
        let wait = match attempts.failure(error.recovery()) {
            Next::GiveUp => return Err(error),
            Next::Continue(wait) => wait,
            Next::Restart(wait) => {
                // Bytes that were wrong may come from a source that has others to offer.
                self.ends.source.doubt(&self.blob);
                self.ends.target.create(&self.blob).await?.discard().await?;
                wait
            }
        };
        self.tell(Event::Interrupted {
            digest: self.blob.digest.clone(),
            attempt: attempts.failed(),
            wait,
            cause: error.to_string(),
        });
        tokio::time::sleep(wait).await;
        Ok(())
    }

    async fn attempt(&mut self) -> Result<(), Failure> {
        if let Some(reason) = self.skip().await? {
            self.tell(Event::Skipped { digest: self.blob.digest.clone(), reason });
            return Ok(());
        }
        self.write().await
    }

    async fn skip(&self) -> Result<Option<Skip>, Failure> {
        let Ends { source, target, .. } = &self.ends;
        if self.blob.media_type.is_foreign() {
            return Ok(Some(Skip::Foreign));
        }
        if target.holds_blob(&self.blob).await? {
            return Ok(Some(Skip::Present));
        }
        let from = target.mount(&self.blob, &source.locations(&self.blob)).await?;
        Ok(from.map(Skip::Mounted))
    }

    async fn write(&mut self) -> Result<(), Failure> {
        let mut writer = self.ends.target.create(&self.blob).await?;
        let (digest, size) = (self.blob.digest.clone(), self.blob.size);
        let offset = writer.offset();
        self.tell(Event::Started { digest: digest.clone(), offset, size });
        if offset < size {
            let mut reader = Ordered::new(&self.ends, &self.blob, offset, &self.reading);
            while let Some(bytes) = reader.next().await? {
                let length = bytes.len() as u64;
                if let Some(pace) = &self.reading.pace {
                    pace.keep(length).await;
                }
                writer.write(bytes).await?;
                self.moved += length;
                self.tell(Event::Advanced { digest: digest.clone(), bytes: length });
            }
        }
        writer.commit().await?;
        self.tell(Event::Finished { digest });
        Ok(())
    }

    fn tell(&self, event: Event) {
        self.ends.observer.event(event);
    }
}
