//! One blob: there already, mounted, or written, with one loop of attempts around it.

use super::segments::{Ordered, Reading};
use super::{Ends, Event, Skip};
use crate::content::{BlobWriter, Source, Target};
use crate::diagnose::Failure;
use crate::image::Descriptor;
use crate::retry::{Attempts, Next};

/// From how many bytes on an attempt that failed has got further all the same.
const PROGRESS: u64 = 64 * 1024;

/// Sees to it that `blob` is at the target and answers how many bytes had to be written.
pub(super) async fn copy<S, T>(
    ends: &Ends<S, T>,
    blob: &Descriptor,
    reading: &Reading,
) -> Result<u64, Failure>
where
    S: Source + 'static,
    T: Target + 'static,
{
    let mut attempts = reading.retry.begin();
    let mut moved = 0;
    loop {
        let before = moved;
        let error = match attempt(ends, blob, reading, &mut moved).await {
            Ok(()) => return Ok(moved),
            Err(error) => error,
        };
        if moved - before >= PROGRESS {
            attempts.progress();
        }
        wait_or_give_up(ends, blob, &mut attempts, error).await?;
    }
}

/// Decides about a failed attempt: answers after the wait if there is to be another one.
async fn wait_or_give_up<S: Source, T: Target>(
    ends: &Ends<S, T>,
    blob: &Descriptor,
    attempts: &mut Attempts,
    error: Failure,
) -> Result<(), Failure> {
    let wait = match attempts.failure(error.recovery()) {
        Next::GiveUp => return Err(error),
        Next::Continue(wait) => wait,
        Next::Restart(wait) => {
            // Bytes that were wrong may come from a source that has others to offer.
            ends.source.doubt(blob);
            ends.target.create(blob).await?.discard().await?;
            wait
        }
    };
    ends.observer.event(Event::Interrupted {
        digest: blob.digest.clone(),
        attempt: attempts.failed(),
        wait,
        cause: error.to_string(),
    });
    tokio::time::sleep(wait).await;
    Ok(())
}

async fn attempt<S, T>(
    ends: &Ends<S, T>,
    blob: &Descriptor,
    reading: &Reading,
    moved: &mut u64,
) -> Result<(), Failure>
where
    S: Source + 'static,
    T: Target + 'static,
{
    if let Some(reason) = skip(ends, blob).await? {
        ends.observer.event(Event::Skipped { digest: blob.digest.clone(), reason });
        return Ok(());
    }
    write(ends, blob, reading, moved).await
}

async fn skip<S: Source, T: Target>(ends: &Ends<S, T>, blob: &Descriptor) -> Result<Option<Skip>, Failure> {
    if blob.media_type.is_foreign() {
        return Ok(Some(Skip::Foreign));
    }
    if ends.target.holds_blob(blob).await? {
        return Ok(Some(Skip::Present));
    }
    let from = ends.target.mount(blob, &ends.source.locations(blob)).await?;
    Ok(from.map(Skip::Mounted))
}

async fn write<S, T>(
    ends: &Ends<S, T>,
    blob: &Descriptor,
    reading: &Reading,
    moved: &mut u64,
) -> Result<(), Failure>
where
    S: Source + 'static,
    T: Target + 'static,
{
    let mut writer = ends.target.create(blob).await?;
    let offset = writer.offset();
    let digest = || blob.digest.clone();
    ends.observer.event(Event::Started { digest: digest(), offset, size: blob.size });
    if offset < blob.size {
        let mut reader = Ordered::new(ends, blob, offset, reading);
        while let Some(bytes) = reader.next().await? {
            let length = bytes.len() as u64;
            if let Some(pace) = &reading.pace {
                pace.keep(length).await;
            }
            writer.write(bytes).await?;
            *moved += length;
            ends.observer.event(Event::Advanced { digest: digest(), bytes: length });
        }
    }
    writer.commit().await?;
    ends.observer.event(Event::Finished { digest: digest() });
    Ok(())
}
