//! Checks the free space for a copy.

use std::collections::HashSet;

use super::Error;
use crate::content::{Partials as _, Target as _};
use crate::store::{LocalRepository, Store};
use crate::transfer::Plan;

/// Checks the space of a target without creating anything there.
///
/// # Errors
/// The same as those of [`check_space`].
pub(super) async fn look_for_space(target: &LocalRepository, plan: &Plan) -> Result<(), Error> {
    let target = target.clone().read_only();
    check_space(target.store(), &target, plan).await
}

/// Checks before the first byte that the missing blobs of `plan` fit on the disk, with 5% to spare.
///
/// # Errors
/// [`Error::NoSpace`] with the number of bytes to free.
pub(super) async fn check_space(store: &Store, target: &LocalRepository, plan: &Plan) -> Result<(), Error> {
    let mut missing = 0_u64;
    let mut seen = HashSet::new();
    for blob in plan.blobs.iter().filter(|blob| !blob.media_type.is_foreign()) {
        if seen.insert(&blob.digest) && !target.holds_blob(blob).await? {
            let left = blob.size.saturating_sub(target.partial(blob).await?);
            missing = missing.saturating_add(left);
        }
    }
    let needed = missing.saturating_add(missing / 20);
    match store.blobs().free_space() {
        Some(free) if free < needed => {
            Err(Error::NoSpace { path: store.root().to_owned(), needed: needed - free })
        }
        _ => Ok(()),
    }
}
