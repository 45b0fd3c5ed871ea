//! One blob: present, mounted, or written, with one retry loop around it.

use std::time::{Duration, Instant};

use super::config::Config;
use super::controller::Purpose;
use super::ends::Ends;
use super::error::{End, Fault};
use super::given_up::GivenUp;
use super::line::{Counted, Line};
use super::spread::{Kept, Next as Arrived, Spread};
use super::tries::{PROGRESS, Reading};
use super::verified::{Check, Verified};
use super::waiting::Waiting;
use super::{Event, Skip};
use crate::content::{BlobWriter, Parts as _, is_elsewhere};
use crate::diagnose::Failure;
use crate::image::Descriptor;
use crate::retry::{Attempts, Next};

/// The transfer of a blob from the source to the target.
pub(super) struct Transfer {
    ends: Ends,
    blob: Descriptor,
    line: Line,
    /// How many bytes all attempts have written.
    moved: u64,
    /// How many bytes the target is known to have.
    position: u64,
    /// The furthest position of all earlier attempts.
    reached: u64,
    /// The check of the bytes that all attempts have sent, where no other verifies them.
    check: Option<Check>,
    /// What to check when the blob has arrived.
    config: Option<Config>,
}

impl Transfer {
    pub(super) fn new(ends: &Ends, blob: Descriptor, line: &Line) -> Self {
        let (moved, position, reached) = (0, 0, 0);
        let (ends, line) = (ends.clone(), line.clone());
        Self { ends, blob, line, moved, position, reached, check: None, config: None }
    }

    /// Adds a check of the image config that this blob is.
    pub(super) fn checking(self, config: Option<Config>) -> Self {
        Self { config, ..self }
    }

    /// Returns the blob that is transferred.
    pub(super) fn blob(&self) -> &Descriptor {
        &self.blob
    }

    /// Reports whether the blob has to be written. If not, the target has it now.
    pub(super) async fn is_needed(&mut self) -> Result<bool, Fault> {
        let mut attempts = self.line.retry.begin();
        loop {
            match self.skip().await {
                Ok(true) => return self.check().await.map(|()| false),
                Ok(false) => return Ok(true),
                Err(failure) => {
                    let fault = Fault::of_target(failure);
                    self.wait_or_give_up(&mut attempts, Purpose::Question, fault).await?;
                }
            }
        }
    }

    /// Writes a blob that [is needed](Self::is_needed) to the target and returns how many bytes were written.
    pub(super) async fn run(&mut self) -> Result<u64, Fault> {
        let mut attempts = self.line.retry.begin();
        let mut is_first = true;
        loop {
            let attempt = if is_first { self.write().await } else { self.attempt_again().await };
            let Err(fault) = attempt else { return self.check().await.map(|()| self.moved) };
            // Bytes that were handed over do not count: a target that loses them accepts the same bytes again
            // and again.
            if self.position >= self.reached + PROGRESS {
                attempts.progress();
            }
            self.reached = self.reached.max(self.position);
            self.wait_or_give_up(&mut attempts, Purpose::Blob, fault).await?;
            is_first = false;
        }
    }

    /// Checks images against their config, which is at the target now.
    async fn check(&mut self) -> Result<(), Fault> {
        match self.config.take() {
            Some(config) => config.check(&self.ends, &self.blob).await.map_err(Fault::of_source),
            None => Ok(()),
        }
    }

    /// Handles a failed attempt: waits and returns if there is to be another one.
    async fn wait_or_give_up(
        &mut self,
        attempts: &mut Attempts,
        purpose: Purpose,
        Fault { end, failure }: Fault,
    ) -> Result<(), Fault> {
        self.line.told(purpose, &failure);
        // What is checked here was right on its way to the target.
        let is_of_source = end == End::Source || self.check.is_none();
        if is_of_source && is_elsewhere(&*self.ends.source, &self.blob, failure.recovery()) {
            tracing::debug!("reading blob {} from the next server: {failure}", self.blob.digest);
            return self.begin_again().await;
        }
        let wait = match attempts.failure(failure.recovery()) {
            Next::GiveUp => return Err(Fault { end, failure: GivenUp::after(attempts, failure).into() }),
            Next::Continue(wait) => wait,
            Next::Restart(wait) => {
                self.begin_again().await?;
                wait
            }
        };
        self.tell(Event::Interrupted {
            digest: self.blob.digest.clone(),
            attempt: attempts.failed(),
            wait,
            cause: failure.brief().unwrap_or_else(|| failure.to_string()),
        });
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Removes what has come. Wrong bytes may be pieces that do not belong together.
    async fn begin_again(&mut self) -> Result<(), Fault> {
        self.line = self.line.unsplit();
        (self.position, self.reached, self.check) = (0, 0, None);
        self.discard().await.map_err(Fault::of_target)
    }

    /// Retries. The last attempt may have succeeded and only its response was lost; mounting was already
    /// tried.
    async fn attempt_again(&mut self) -> Result<(), Fault> {
        self.line.concurrency.open().await;
        if self.ends.target.holds_blob(&self.blob).await.map_err(Fault::of_target)? {
            self.tell(Event::Skipped { digest: self.blob.digest.clone(), reason: Skip::Present });
            return Ok(());
        }
        self.write().await
    }

    /// Tries to get the blob to the target without its bytes.
    async fn skip(&self) -> Result<bool, Failure> {
        self.line.concurrency.open().await;
        let reason = self.reason_to_skip().await?;
        let skipped = reason.is_some();
        if let Some(reason) = reason {
            self.tell(Event::Skipped { digest: self.blob.digest.clone(), reason });
        }
        Ok(skipped)
    }

    async fn reason_to_skip(&self) -> Result<Option<Skip>, Failure> {
        let Ends { source, target, .. } = &self.ends;
        if self.blob.media_type.is_foreign() {
            return Ok(Some(Skip::Foreign));
        }
        let mounts = target.mounts();
        if let Some(mounts) = mounts
            && let Some(from) = mounts.mount_nearby(&self.blob).await?
        {
            return Ok(Some(Skip::Mounted(from)));
        }
        if target.holds_blob(&self.blob).await? {
            return Ok(Some(Skip::Present));
        }
        let Some(mounts) = mounts else { return Ok(None) };
        let locations = match source.locations() {
            Some(locations) => locations.of(&self.blob, mounts.repository()).await,
            None => Vec::new(),
        };
        Ok(mounts.mount(&self.blob, &locations).await?.map(Skip::Mounted))
    }

    /// Removes the part of the blob that the target has.
    async fn discard(&self) -> Result<(), Failure> {
        match self.ends.target.partials() {
            Some(partials) => partials.discard(&self.blob).await,
            None => self.ends.target.create(&self.blob).await?.discard().await,
        }
    }

    async fn write(&mut self) -> Result<(), Fault> {
        // The check is moved out and back, because the next attempt needs to know what this one has sent.
        let mut check = self.check.take();
        let written = self.write_with(&mut check).await;
        self.check = check;
        written
    }

    async fn write_with(&mut self, check: &mut Option<Check>) -> Result<(), Fault> {
        self.line.concurrency.open().await;
        let asked = Instant::now();
        let mut writer = self.create().await?;
        if Check::is_due(&*writer, &*self.ends.source) && !Check::knows(check.as_ref(), writer.offset()) {
            // These bytes were never verified.
            writer.discard().await.map_err(Fault::of_target)?;
            writer = self.create().await?;
        }
        let mut unconfirmed = Unconfirmed::new(&self.line, &*writer, asked.elapsed());
        let (digest, size) = (self.blob.digest.clone(), self.blob.size);
        let offset = writer.offset();
        self.position = offset;
        let mut writer = Verified::new(writer, &self.blob, &*self.ends.source, check);
        if let Some(config) = &mut self.config {
            config.begin(writer.position());
        }
        let mut reader = Reader::new(self, &unconfirmed.line, &mut writer);
        self.tell(Event::Started { digest: digest.clone(), offset: reader.there(offset), size });
        if writer.position() < size {
            let read = self.read(&mut reader, &mut writer, &mut unconfirmed).await;
            self.moved += reader.brought();
            self.position += reader.brought();
            read?;
        }
        writer.commit().await?;
        unconfirmed.settle();
        self.tell(Event::Finished { digest });
        Ok(())
    }

    /// Brings everything to the writer that the reader returns.
    async fn read(
        &mut self,
        reader: &mut Reader,
        writer: &mut Verified<'_>,
        unconfirmed: &mut Unconfirmed,
    ) -> Result<(), Fault> {
        while let Some(next) = reader.next(writer).await? {
            let bytes = match next {
                Arrived::Bytes(bytes) => bytes,
                Arrived::Stored(end) => {
                    writer.catch_up(end).await.map_err(Fault::of_target)?;
                    continue;
                }
            };
            if let Some(config) = &mut self.config {
                config.pass(&bytes);
            }
            let length = writer.write(bytes).await?;
            if length == 0 {
                continue;
            }
            unconfirmed.add(length);
            self.moved += length;
            if unconfirmed.held == 0 {
                self.position += length;
            }
            self.tell(Event::Advanced { digest: self.blob.digest.clone(), bytes: length });
        }
        Ok(())
    }

    async fn create(&self) -> Result<Box<dyn BlobWriter>, Fault> {
        self.ends.target.create(&self.blob).await.map_err(Fault::of_target)
    }

    fn tell(&self, event: Event) {
        self.ends.observer.event(event);
    }
}

/// Reads a blob for a writer.
struct Reader {
    spread: Spread,
    /// The pieces that wait for their turn, if the writer takes bytes only in order.
    waiting: Option<Waiting>,
}

impl Reader {
    fn new(transfer: &Transfer, line: &Line, writer: &mut Verified<'_>) -> Self {
        let Transfer { ends, blob, .. } = transfer;
        let position = writer.position();
        let kept = writer.parts().map_or(Kept::InMemory, |parts| Kept::AtTarget(parts.present()));
        let waiting = (kept == Kept::InMemory).then(|| Waiting::new(line));
        Self { spread: Spread::new(Reading { ends, blob, line }, position, kept), waiting }
    }

    async fn next(&mut self, writer: &mut Verified<'_>) -> Result<Option<Arrived>, Fault> {
        let Some(waiting) = &mut self.waiting else {
            return match writer.parts() {
                Some(parts) => self.spread.next(parts).await,
                None => Ok(None),
            };
        };
        loop {
            if let Some(bytes) = waiting.next() {
                return Ok(Some(Arrived::Bytes(bytes)));
            }
            match self.spread.next(waiting).await? {
                Some(Arrived::Stored(end)) => waiting.catch_up(end).await.map_err(Fault::of_target)?,
                next => return Ok(next),
            }
        }
    }

    /// Returns how many bytes the target has. The writer has the first `offset` bytes.
    fn there(&self, offset: u64) -> u64 {
        if self.waiting.is_some() { offset } else { self.spread.there() }
    }

    /// Returns how many bytes have reached the target without passing through the writer.
    fn brought(&self) -> u64 {
        self.spread.brought()
    }
}

/// Bytes that were handed to a target and may not have arrived yet.
///
/// They fill the buffers on the way immediately, however slow the connection is. So they count only when
/// later bytes have pushed them out.
///
struct Unconfirmed {
    line: Line,
    /// How many bytes the buffers on the way may hold; zero if the target is local.
    held: u64,
    waiting: u64,
}

impl Unconfirmed {
    fn new(line: &Line, writer: &dyn BlobWriter, answered_after: Duration) -> Self {
        let held = writer.unconfirmed();
        if held == 0 {
            return Self { line: line.counting(Counted::Received), held, waiting: 0 };
        }
        line.concurrency.answered(answered_after);
        Self { line: line.counting(Counted::Confirmed), held, waiting: 0 }
    }

    fn add(&mut self, bytes: u64) {
        self.waiting += bytes;
        let arrived = self.waiting.saturating_sub(self.held);
        if self.held > 0 && arrived > 0 {
            self.line.concurrency.moved(arrived);
            self.waiting -= arrived;
        }
    }

    fn settle(self) {
        if self.held > 0 {
            self.line.concurrency.moved(self.waiting);
        }
    }
}
