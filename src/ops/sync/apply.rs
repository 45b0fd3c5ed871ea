//! Does what a row of a plan says.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::super::copy::{Copied, CopyOptions, copy};
use super::super::open::Access;
use super::super::referrers::{CopiedImage, CopyReferrersOptions, RelatedTags, copy_referrers};
use super::super::{Error, Place};
use super::compare::found;
use super::error::SyncError;
use crate::digest::Digest;
use crate::reference::{Name, Reference};
use crate::remote::Deletion;
use crate::sync::{Action, Original, Referrers, Row};

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What was changed.
    pub change: Change,
    /// What the tag points to now; `None` if it is gone.
    pub digest: Option<Digest>,
    /// How many bytes of blobs were moved.
    pub moved: u64,
    /// How many artifacts that refer to the image were copied with it.
    pub referrers: usize,
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

/// The options of applying a row.
pub struct ApplyOptions {
    /// The options of the copy. Its platforms are ignored: the row has its own.
    pub copy: CopyOptions,
    /// What the rows of one plan share.
    pub shared: SharedByRows,
}

/// What the rows of one plan share. Clones share everything.
#[derive(Clone, Default)]
pub struct SharedByRows {
    /// The lists of tags, for referrers.
    related: RelatedTags,
    /// How tags are deleted in the repositories in which some were.
    deletions: Arc<Mutex<HashMap<Name, Arc<Deletion>>>>,
}

/// Does what one row says, unless the destination has changed since the plan was made.
///
/// The destination is asked first. If it already is what the row wants, nothing is done, so that a plan can be applied
/// again; what refers to the image is copied in any case, if the row wants that.
///
/// # Errors
/// [`Error::ChangedSincePlan`], and the errors of [`copy`](super::super::copy()).
///
/// # Cancel safety
/// Dropping the future leaves the tag as it was, or as the row wants it.
pub async fn apply_row(access: Access<'_>, row: &Row, options: ApplyOptions) -> Result<Applied, SyncError> {
    let now = found(access, &row.destination).await?;
    match (row.action, &row.source) {
        (Action::Unchanged, _) => Ok(Applied::nothing(now)),
        (Action::Delete, _) if now.is_none() => Ok(Applied::nothing(None)),
        (Action::Delete, _) if now == row.found => delete(access, &row.destination, &options.shared).await,
        (Action::Create | Action::Update, Some(original)) if is_as_wanted(original, now.as_ref()) => {
            let referrers = Carrier { access, original, destination: &row.destination, options: &options };
            referrers.carry(Applied::nothing(now)).await
        }
        (Action::Create | Action::Update, Some(original)) if now == row.found => {
            let carrier = Carrier { access, original, destination: &row.destination, options: &options };
            let Copied { root, moved } = carrier.image().await?;
            let change = if row.action == Action::Create { Change::Created } else { Change::Updated };
            carrier.carry(Applied { change, digest: Some(root.digest), moved, referrers: 0 }).await
        }
        (Action::Create | Action::Update, None) => Err(SyncError::Missing),
        _ => {
            let (destination, was) = (Box::new(row.destination.clone()), row.found.clone());
            Err(SyncError::Ops(Error::ChangedSincePlan { destination, was, is: now }))
        }
    }
}

impl Applied {
    fn nothing(digest: Option<Digest>) -> Self {
        Self { change: Change::Nothing, digest, moved: 0, referrers: 0 }
    }
}

/// Reports whether the destination is what the row wants.
fn is_as_wanted(original: &Original, now: Option<&Digest>) -> bool {
    original.result.is_some() && original.result.as_ref() == now
}

/// Brings an image to its destination.
struct Carrier<'a> {
    access: Access<'a>,
    original: &'a Original,
    destination: &'a Reference,
    options: &'a ApplyOptions,
}

impl Carrier<'_> {
    /// Returns the image that the plan has seen, whatever its tag means now.
    fn pinned(&self) -> Reference {
        Reference { digest: Some(self.original.digest.clone()), ..self.original.image.clone() }
    }

    async fn image(&self) -> Result<Copied, SyncError> {
        let CopyOptions { tags, transfer, sharing, budget, observer, .. } = &self.options.copy;
        let options = CopyOptions {
            platforms: self.original.platforms.clone(),
            tags: *tags,
            transfer: transfer.clone(),
            sharing: sharing.clone(),
            budget: budget.clone(),
            observer: Arc::clone(observer),
        };
        let (from, to) = (Place::Registry(self.pinned()), Place::Registry(self.destination.clone()));
        Ok(copy(self.access, &from, &to, options).await?)
    }

    /// Copies what refers to the image, if the row wants that.
    async fn carry(&self, applied: Applied) -> Result<Applied, SyncError> {
        let (Referrers::Carry, Some(digest)) = (self.original.referrers, applied.digest.clone()) else {
            return Ok(applied);
        };
        let options = referrers_options(&self.options.copy, &self.options.shared);
        let image = CopiedImage { digest: &digest, options: &options };
        let copied = copy_referrers(self.access, &self.pinned(), &self.destination.name, image).await?;
        let change = match applied.change {
            Change::Nothing if copied.count > 0 => Change::Updated,
            change => change,
        };
        Ok(Applied { change, moved: applied.moved + copied.moved, referrers: copied.count, ..applied })
    }
}

fn referrers_options(copy: &CopyOptions, shared: &SharedByRows) -> CopyReferrersOptions {
    CopyReferrersOptions {
        transfer: copy.transfer.clone(),
        sharing: copy.sharing.clone(),
        tags: shared.related.clone(),
        observer: Arc::clone(&copy.observer),
    }
}

/// Deletes a tag in the way of its registry, and nothing else.
async fn delete(
    access: Access<'_>,
    destination: &Reference,
    shared: &SharedByRows,
) -> Result<Applied, SyncError> {
    let Some(tag) = &destination.tag else { return Err(SyncError::Missing) };
    let deletion = {
        let mut deletions = shared.deletions.lock().await;
        match deletions.get(&destination.name) {
            Some(deletion) => Arc::clone(deletion),
            None => {
                let deletion = Arc::new(access.remote.deletion(&destination.name).await?);
                deletions.insert(destination.name.clone(), Arc::clone(&deletion));
                deletion
            }
        }
    };
    deletion.untag(tag).await?;
    Ok(Applied { change: Change::Deleted, ..Applied::nothing(None) })
}
