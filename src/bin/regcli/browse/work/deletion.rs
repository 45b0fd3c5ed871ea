//! Deletions: a look at what would be lost, and what is done after a confirmation.

use regcli::diagnose::Failure;
use regcli::ops::deletion::{Caution, DeletionError, Depth, Named, Prepared, Selection, Target};
use regcli::reference::{Reference, Tag};

use super::courier::Courier;
use super::worker::Worker;
use crate::browse::entry::Entry;
use crate::browse::message::News;
use crate::browse::open::DELETE;

/// How many tags and referrers are named.
const NAMED_MAX: usize = 200;

/// Looks at what there is by the digest of a tag.
pub(super) async fn look(
    worker: &Worker<'_>,
    courier: &Courier,
    reference: &Reference,
) -> Result<(), Failure> {
    let (_, target) = prepare(worker, reference).await?;
    courier.bring(News::All(lines(&target)));
    courier.bring(News::Found(Box::new(target)));
    Ok(())
}

/// Removes a tag.
pub(super) async fn untag(worker: &Worker<'_>, shown: Target) -> Result<String, Failure> {
    let (prepared, target) = again(worker, shown).await?;
    prepared.untag(&target).await?;
    Ok(format!("Untagged {}", target.reference.familiar()))
}

/// Deletes an image with everything that was shown.
pub(super) async fn delete(worker: &Worker<'_>, shown: Target) -> Result<String, Failure> {
    let (prepared, target) = again(worker, shown).await?;
    let tags = prepared.delete(&target, Caution::Forced).await?;
    let tags: Vec<_> = tags.iter().map(Tag::as_str).collect();
    Ok(format!("Deleted {} with the tags {}", target.digest.short(), tags.join(", ")))
}

/// Looks again. What has changed since the user has seen it is not deleted.
async fn again(worker: &Worker<'_>, shown: Target) -> Result<(Prepared, Target), Failure> {
    let (prepared, target) = prepare(worker, &shown.reference).await?;
    match target == shown {
        true => Ok((prepared, target)),
        false => Err(DeletionError::Changed(Box::new(target.reference)).into()),
    }
}

async fn prepare(worker: &Worker<'_>, reference: &Reference) -> Result<(Prepared, Target), DeletionError> {
    let not_found = || DeletionError::NotFound(Box::new(reference.clone()));
    let tag = reference.tag.clone().ok_or_else(not_found)?;
    let named = Named { name: reference.name.clone(), selections: vec![Selection::Tag(tag)] };
    let prepared = Prepared::look(&worker.context.remote, &named, Depth::Indexes).await?;
    let target = prepared.targets.first().cloned().ok_or_else(not_found)?;
    Ok((prepared, target))
}

/// Returns the lines that describe what would be lost.
fn lines(target: &Target) -> Vec<Entry> {
    let tag = target.reference.tag.as_ref().map_or("", Tag::as_str);
    let loss = &target.loss;
    let mut lines = vec![
        format!("  image      {}", target.reference.name),
        format!("  digest     {}", target.digest),
        format!("  tag        {tag}"),
    ];
    let mut found: Vec<_> = loss.tags.iter().map(|tag| format!("  other tag  {tag}")).collect();
    found.extend(loss.indexes.iter().map(|(index, tags)| {
        let tags: Vec<_> = tags.iter().map(Tag::as_str).collect();
        format!("  index      {} {}", index.short(), tags.join(" "))
    }));
    found.extend(loss.referrers.iter().map(|referrer| format!("  referrer   {}", referrer.short())));
    if found.len() > NAMED_MAX {
        let more = found.len() - NAMED_MAX;
        found.truncate(NAMED_MAX);
        found.push(format!("  and {more} more"));
    }
    lines.append(&mut found);
    lines.push(String::new());
    lines.push(format!("{DELETE:12} deletes the image with all of its tags"));
    lines.push(format!("{tag:12} removes only this tag"));
    if !loss.indexes.is_empty() {
        lines.push("An index needs the image: without it, pulls of the index fail.".to_owned());
    }
    lines.iter().map(|line| Entry::named(line)).collect()
}
