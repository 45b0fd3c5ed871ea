//! Prunes repositories: makes plans, and applies them after another look.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::error::DeletionError;
use super::family::{Depth, Reading};
use super::graph::{Family, Kind, Links};
use super::plan::RepositoryPlan;
use super::policy::{Decision, MaxDelete, Policy, decide};
use super::removal::{Chosen, Removal};
use crate::digest::Digest;
use crate::ops::Error;
use crate::reference::{Name, Reference, Tag};
use crate::remote::{self, Deletion, Remote, TagsOfDigest};

/// How many deletions are requested concurrently. Registries lock while they delete.
const CONCURRENT: usize = 8;

/// What a prune of a repository would do.
#[derive(Debug)]
pub struct Pruning {
    /// The repository.
    pub name: Name,
    /// The rows, and what goes.
    pub decision: Decision,
}

impl Pruning {
    /// Returns how many tags the repository has.
    pub fn tags(&self) -> usize {
        self.decision.rows.iter().filter(|row| row.tag.is_some()).count()
    }

    /// Reports whether more tags would go than allowed.
    ///
    /// # Errors
    /// [`DeletionError::TooMuch`].
    pub fn check(&self, limit: MaxDelete) -> Result<(), DeletionError> {
        let (going, all) = (self.decision.removal.tags.len(), self.tags());
        let limit = limit.of(all);
        match going > limit {
            true => Err(DeletionError::TooMuch { name: self.name.clone(), going, all, limit }),
            false => Ok(()),
        }
    }
}

/// A tag or a manifest of a plan, and what was done with it.
#[derive(Debug)]
pub struct Applied {
    /// With the tag or the digest.
    pub reference: Reference,
    /// What was done.
    pub result: Result<Done, DeletionError>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was deleted.
    Deleted,
    /// It was not there any more.
    WasGone,
}

/// Decides what a prune of `name` would do, and changes nothing.
///
/// # Errors
/// [`DeletionError`] if the repository cannot be read as a whole, or its registry cannot delete.
pub async fn plan_prune(remote: &Remote, name: &Name, policy: &Policy) -> Result<Pruning, DeletionError> {
    let deletion = remote.deletion(name).await?;
    let mut reading = read(&deletion, &BTreeSet::new()).await?;
    if policy.untagged.is_some() {
        reading.subjects().await?;
    }
    let family = reading.so_far();
    let mut undated = BTreeSet::new();
    if policy.needs_dates() {
        let considered = family.tags.iter().filter(|(tag, _)| policy.considers(tag));
        undated.extend(considered.map(|(_, digest)| digest.clone()));
    }
    if policy.untagged.is_some() {
        undated.extend(family.members.keys().cloned());
    }
    reading.dates(undated).await?;
    let decision = decide(&reading.family(), policy, Timestamp::now());
    Ok(Pruning { name: name.clone(), decision })
}

/// Does what `plan` says, as far as it is still right: a tag that has moved stays, and so does a manifest that
/// something needs now. `report` is called for each tag and manifest of the plan.
///
/// # Errors
/// [`DeletionError`] if the repository cannot be read as a whole: nothing is deleted then.
///
/// # Cancel safety
/// Dropping the future leaves every tag that is there whole. The same plan can be applied again.
pub async fn apply_prune(
    remote: &Remote,
    plan: &RepositoryPlan,
    report: &(dyn Fn(Applied) + Sync),
) -> Result<(), DeletionError> {
    if plan.is_empty() {
        return Ok(());
    }
    let deletion = remote.deletion(&plan.name).await?;
    let family = read(&deletion, &plan.manifests).await?.family();
    let same = plan.tags.iter().filter(|(tag, digest)| family.tags.get(*tag) == Some(*digest));
    let chosen = Chosen {
        tags: same.map(|(tag, digest)| (tag.clone(), digest.clone())).collect(),
        untagged: plan.manifests.clone(),
    };
    let mut removal = Removal::of(&family, &chosen);
    for step in &mut removal.steps {
        step.retain(|digest| plan.manifests.contains(digest));
    }
    let applying = Applying {
        deletion: &deletion,
        family: &family,
        links: Links::of(&family),
        removal: &removal,
        report,
        blocked: Mutex::default(),
    };
    deletion.check_allowed().await?;
    applying.leave_out(plan);
    applying.run().await;
    Ok(())
}

/// Reads a repository as a whole, with these manifests.
async fn read<'a>(
    deletion: &'a Deletion,
    manifests: &BTreeSet<Digest>,
) -> Result<Reading<'a>, DeletionError> {
    let repository = deletion.repository();
    let mut reading = Reading::of(repository);
    reading.tags().await.map_err(|error| match error {
        DeletionError::Remote(error) => Error::of_tags(repository.name(), error).into(),
        other => other,
    })?;
    reading.manifests(Depth::Whole).await?;
    reading.look_for(manifests).await?;
    reading.listed(deletion.listed().await?).await?;
    let all = reading.so_far().members.iter().filter(|(_, member)| member.kind != Kind::Missing);
    let all = all.map(|(digest, _)| digest.clone()).collect();
    reading.referrers(all).await?;
    Ok(reading)
}

/// A plan that is being applied.
struct Applying<'a> {
    deletion: &'a Deletion,
    family: &'a Family,
    links: Links<'a>,
    removal: &'a Removal,
    report: &'a (dyn Fn(Applied) + Sync),
    /// The manifests that have to stay, because something could not be deleted that needs them.
    blocked: Mutex<BTreeSet<Digest>>,
}

impl Applying<'_> {
    fn name(&self) -> &Name {
        self.deletion.repository().name()
    }

    fn tell(&self, reference: Reference, result: Result<Done, DeletionError>) {
        (self.report)(Applied { reference, result });
    }

    fn tagged(&self, tag: &Tag) -> Reference {
        Reference::tagged(self.name().clone(), tag.clone())
    }

    fn digested(&self, digest: &Digest) -> Reference {
        Reference::digested(self.name().clone(), digest.clone())
    }

    /// Reports what the plan has and what stays, or is gone already.
    fn leave_out(&self, plan: &RepositoryPlan) {
        for tag in plan.tags.keys().filter(|tag| !self.removal.tags.contains_key(*tag)) {
            let reference = self.tagged(tag);
            let result = match self.family.tags.contains_key(tag) {
                true => Err(DeletionError::Changed(Box::new(reference.clone()))),
                false => Ok(Done::WasGone),
            };
            self.tell(reference, result);
        }
        let going: BTreeSet<_> = self.removal.manifests().collect();
        for digest in plan.manifests.iter().filter(|digest| !going.contains(digest)) {
            let reference = self.digested(digest);
            let is_there = self.family.members.get(digest).is_some_and(|member| member.kind != Kind::Missing);
            let result = match is_there {
                true => Err(DeletionError::Needed(Box::new(reference.clone()))),
                false => Ok(Done::WasGone),
            };
            self.tell(reference, result);
        }
    }

    async fn run(&self) {
        let tags = match self.deletion.tags_of_digest() {
            TagsOfDigest::Removed => self.removal.tags_alone(),
            TagsOfDigest::Protecting => self.removal.tags.clone(),
        };
        stream::iter(&tags).for_each_concurrent(CONCURRENT, |(tag, digest)| self.untag(tag, digest)).await;
        for step in &self.removal.steps {
            let step: Vec<_> = step.iter().filter(|digest| !self.is_blocked(digest)).collect();
            stream::iter(step).for_each_concurrent(CONCURRENT, |digest| self.delete(digest)).await;
        }
    }

    async fn untag(&self, tag: &Tag, digest: &Digest) {
        let result = done(self.deletion.untag(tag).await);
        if result.is_err() {
            self.block(digest);
        }
        self.tell(self.tagged(tag), result);
    }

    async fn delete(&self, digest: &Digest) {
        let result = done(self.deletion.delete(digest).await);
        if result.is_err() {
            self.block(digest);
        } else if self.deletion.tags_of_digest() == TagsOfDigest::Removed {
            for (tag, _) in self.removal.tags.iter().filter(|(_, target)| *target == digest) {
                self.tell(self.tagged(tag), Ok(Done::Deleted));
            }
        }
        self.tell(self.digested(digest), result);
    }

    fn block(&self, digest: &Digest) {
        let member = self.family.members.get_key_value(digest);
        let below = member.map(|(digest, _)| self.links.closure([digest]));
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        blocked.extend(below.into_iter().flatten().cloned());
    }

    fn is_blocked(&self, digest: &Digest) -> bool {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }
}

/// Returns what was done; what is gone needs no deletion.
fn done(result: Result<(), remote::Error>) -> Result<Done, DeletionError> {
    match result {
        Ok(()) => Ok(Done::Deleted),
        Err(error) if error.is_not_found() => Ok(Done::WasGone),
        Err(error) => Err(error.into()),
    }
}
