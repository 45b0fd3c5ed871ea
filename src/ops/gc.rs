//! Garbage collection: removes content that no image needs.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::store::{Partials, Store, Swept};

use super::Error;

/// How long to wait for other processes that write to the store. A pull may take minutes, which is too long.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the store is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// Removes the blobs that no image needs, and partial blobs. Other processes are not disturbed: nothing is
/// removed while they write to the store, and the collection gives up after ten seconds.
///
/// # Errors
/// [`Error::Busy`] if other processes keep writing to the store; an error if it cannot be read or changed.
///
/// # Cancel safety
/// A sweep that has started runs to its end.
pub async fn collect_garbage(store: &Store, partials: Partials) -> Result<Swept, Error> {
    let begun = Instant::now();
    loop {
        match store.sweep_with(partials).await? {
            Some(swept) => return Ok(swept),
            None if begun.elapsed() >= PATIENCE => return Err(Error::Busy(store.root().to_owned())),
            None => sleep(PAUSE).await,
        }
    }
}
