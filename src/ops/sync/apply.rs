//! Does what a row of a plan says.

use super::super::copy::{Copied, CopyOptions, copy};
use super::super::open::Access;
use super::super::{Error, Place};
use super::SyncError;
use super::compare::found;
use crate::digest::Digest;
use crate::reference::{Reference, Selector};
use crate::sync::{Action, Original, Row};

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What was changed.
    pub change: Change,
    /// What the tag points to now; `None` if it is gone.
    pub digest: Option<Digest>,
    /// How many bytes of blobs were moved.
    pub moved: u64,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The tag is new.
    Created,
    /// The tag points to another image.
    Updated,
    /// The tag is gone.
    Deleted,
    /// Nothing: the destination is as the row wants it already.
    Nothing,
}

/// Does what one row says, unless the destination has changed since the plan was made.
///
/// The destination is asked first. If it already is what the row wants, nothing is done, so that a plan can be applied
/// again. `options` are those of a copy; their platforms are ignored.
///
/// # Errors
/// [`Error::ChangedSincePlan`], and the errors of [`copy`](super::super::copy()).
///
/// # Cancel safety
/// Dropping the future leaves the tag as it was, or as the row wants it.
pub async fn apply_row(access: Access<'_>, row: &Row, options: CopyOptions) -> Result<Applied, SyncError> {
    let now = found(access, &row.destination).await?;
    let changed = || {
        let (destination, was, is) = (Box::new(row.destination.clone()), row.found.clone(), now.clone());
        SyncError::Ops(Error::ChangedSincePlan { destination, was, is })
    };
    match (row.action, &row.source) {
        (Action::Unchanged, _) => Ok(Applied { change: Change::Nothing, digest: now, moved: 0 }),
        (Action::Delete, _) if now.is_none() => {
            Ok(Applied { change: Change::Nothing, digest: None, moved: 0 })
        }
        _ if is_as_wanted(row, now.as_ref()) => {
            Ok(Applied { change: Change::Nothing, digest: now, moved: 0 })
        }
        _ if now != row.found => Err(changed()),
        (Action::Delete, _) => delete(access, &row.destination).await,
        (Action::Create | Action::Update, None) => Err(SyncError::Missing),
        (action, Some(original)) => {
            let Copied { root, moved } = bring(access, original, &row.destination, options).await?;
            let change = if action == Action::Create { Change::Created } else { Change::Updated };
            Ok(Applied { change, digest: Some(root.digest), moved })
        }
    }
}

/// Reports whether the destination is what the row wants.
fn is_as_wanted(row: &Row, now: Option<&Digest>) -> bool {
    let result = row.source.as_ref().and_then(|original| original.result.as_ref());
    result.is_some() && result == now
}

/// Copies the image that the plan has seen, whatever its tag means now.
async fn bring(
    access: Access<'_>,
    original: &Original,
    destination: &Reference,
    options: CopyOptions,
) -> Result<Copied, SyncError> {
    let pinned = Reference { digest: Some(original.digest.clone()), ..original.image.clone() };
    let options = CopyOptions { platforms: original.platforms.clone(), ..options };
    let (from, to) = (Place::Registry(pinned), Place::Registry(destination.clone()));
    Ok(copy(access, &from, &to, options).await?)
}

async fn delete(access: Access<'_>, destination: &Reference) -> Result<Applied, SyncError> {
    let repository = access.remote.repository(&destination.name)?;
    let selector: Selector = destination.selector();
    repository.delete_manifest(&selector).await?;
    Ok(Applied { change: Change::Deleted, digest: None, moved: 0 })
}
