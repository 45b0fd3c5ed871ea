//! The tags of destinations that no rule brings.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt};

use super::super::Error;
use super::super::all_tags::all_tags;
use super::super::open::Access;
use super::compare::found;
use super::error::{SyncError, SyncProblem};
use super::wanted::QUESTIONS;
use crate::digest::Digest;
use crate::reference::{Name, Reference, subject_in};
use crate::sync::{Action, Row};

/// Returns a row for each tag of these repositories that is to be deleted. `rows` are the tags that rules bring.
///
/// Tags of signatures and the like, `sha256-HEX.sig`, belong to their image: they are deleted with it and not
/// otherwise.
pub(super) async fn surplus(
    access: Access<'_>,
    repositories: Vec<Name>,
    rows: &[Row],
) -> (Vec<Row>, Vec<SyncProblem>) {
    let brought: HashSet<&Reference> = rows.iter().map(|row| &row.destination).collect();
    let (mut deletes, mut problems) = (Vec::new(), Vec::new());
    for name in repositories {
        let result = surplus_of(access, &name, &brought).await;
        match result {
            Ok(found) => deletes.extend(doomed(found, rows, &name)),
            Err(error) => problems.push(SyncProblem { name: name.to_string(), error: error.into() }),
        }
    }
    (deletes, problems)
}

/// A tag, with the digest that it points to.
struct Extra {
    reference: Reference,
    digest: Digest,
}

/// Returns the tags of a repository that no rule brings.
async fn surplus_of(
    access: Access<'_>,
    name: &Name,
    brought: &HashSet<&Reference>,
) -> Result<Vec<Extra>, Error> {
    let tags = match all_tags(access.remote, name).await {
        Ok(tags) => tags,
        // The repository does not exist before the first push.
        Err(Error::RepositoryNotFound { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let extra = tags.into_iter().filter(|tag| !brought.contains(tag));
    let asked = stream::iter(extra).map(|reference| async {
        let digest = found(access, &reference).await;
        digest.map(|digest| digest.map(|digest| Extra { reference, digest }))
    });
    let mut asked = std::pin::pin!(asked.buffered(QUESTIONS));
    let mut extras = Vec::new();
    while let Some(extra) = asked.next().await {
        match extra {
            Ok(extra) => extras.extend(extra),
            Err(SyncError::Ops(error)) => return Err(error),
            Err(other) => return Err(Error::Invalid(other.to_string())),
        }
    }
    extras.sort_unstable_by(|one, other| one.reference.cmp(&other.reference));
    extras.dedup_by(|one, other| one.reference == other.reference);
    Ok(extras)
}

/// Returns the digest of the image that a tag belongs to, as hex digits.
fn subject(extra: &Extra) -> Option<&str> {
    subject_in(extra.reference.tag.as_ref()?)
}

/// Returns the rows of the tags to delete, without those that belong to an image that stays.
fn doomed(extras: Vec<Extra>, rows: &[Row], name: &Name) -> Vec<Row> {
    let (attached, images): (Vec<_>, Vec<_>) = extras.into_iter().partition(|extra| subject(extra).is_some());
    let stays: HashSet<&Digest> = rows
        .iter()
        .filter(|row| row.destination.name == *name)
        .filter_map(|row| row.source.as_ref()?.result.as_ref())
        .collect();
    let goes: HashSet<String> = images
        .iter()
        .filter(|image| !stays.contains(&image.digest))
        .map(|image| image.digest.hex().to_owned())
        .collect();
    let attached =
        attached.into_iter().filter(|extra| subject(extra).is_some_and(|subject| goes.contains(subject)));
    let delete = |Extra { reference, digest }| Row {
        action: Action::Delete,
        rule: None,
        source: None,
        destination: reference,
        found: Some(digest),
        content: None,
    };
    let rows: Vec<Row> = attached.collect::<Vec<_>>().into_iter().map(delete).collect();
    // An image goes before what is attached to it, so that an interrupt leaves no image without its signature.
    images.into_iter().map(delete).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{Original, Referrers};

    fn extra(tag: &str, digest: &Digest) -> Extra {
        Extra { reference: format!("to.lab/app:{tag}").parse().unwrap(), digest: digest.clone() }
    }

    #[test]
    fn signatures_go_with_their_image_and_not_before() {
        let [old, new] = [b"old", b"new"].map(|content| Digest::sha256(content));
        let kept = Row {
            action: Action::Unchanged,
            rule: Some(0),
            source: Some(Original {
                image: "from.lab/app:2".parse().unwrap(),
                digest: new.clone(),
                result: Some(new.clone()),
                platforms: Vec::new(),
                referrers: Referrers::Leave,
            }),
            destination: "to.lab/app:2".parse().unwrap(),
            found: Some(new.clone()),
            content: None,
        };
        let signed = |digest: &Digest, suffix: &str| format!("sha256-{}{suffix}", digest.hex());
        let extras = vec![
            extra(&signed(&old, ".sig"), &Digest::sha256(b"1")),
            extra(&signed(&new, ".sig"), &Digest::sha256(b"2")),
            extra(&signed(&Digest::sha256(b"child"), ""), &Digest::sha256(b"3")),
            extra("1", &old),
            extra("also-2", &new),
        ];
        let rows = doomed(extras, std::slice::from_ref(&kept), &kept.destination.name);
        let tags: Vec<_> = rows.iter().map(|row| row.destination.tag.as_ref().unwrap().to_string()).collect();
        assert_eq!(tags, ["1", "also-2", &signed(&old, ".sig")]);
        assert_eq!(rows[0].found, Some(old));
    }
}
