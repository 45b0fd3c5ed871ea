//! Removing what no image needs.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::store::{Partials, Store, Swept};

use super::Error;

/// How long to wait for those who write to the store. A pull of minutes is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often they are asked.
const PAUSE: Duration = Duration::from_millis(100);

/// Removes the blobs that no image needs, and partial ones. Nobody's work is disturbed: while others write to
/// the store nothing is removed, and after ten seconds of that it is given up.
///
/// # Errors
/// [`Error::Busy`] if others write to the store all the time; that it cannot be read or changed.
///
/// # Cancel safety
/// A sweep that has begun goes on to its end.
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
