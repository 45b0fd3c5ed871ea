//! What tags mean at their registries now, and which newer versions there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt as _, stream};

use super::{Error, all_tags};
use crate::digest::Digest;
use crate::mentions::{Step, newest};
use crate::reference::{Name, Reference, Tag};
use crate::remote::Remote;

/// How many questions are asked concurrently: each waits for a round trip.
const QUESTIONS_MAX: usize = 16;

/// What a tag means at its registry now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// The digest of its manifest or index.
    pub digest: Digest,
    /// The newest tag of the repository that is a newer version.
    pub newer: Option<Tag>,
}

/// Asks registries what tags mean now, each once: by a HEAD request, which counts as a pull nowhere. Mirrors are not asked,
/// also if a registry is unreachable. With a `step` the tags of each repository are listed, to find newer versions.
///
/// The result has an entry for each image.
///
/// # Cancel safety
/// Dropping the future leaves nothing behind.
pub async fn current_images(
    remote: &Remote,
    images: &BTreeSet<Reference>,
    step: Option<Step>,
) -> BTreeMap<Reference, Result<Current, Error>> {
    let names: BTreeSet<&Name> = images.iter().filter(|_| step.is_some()).map(|image| &image.name).collect();
    let lists = names.into_iter().map(|name| async move { (name, all_tags(remote, name).await) });
    let mut lists: HashMap<_, _> = stream::iter(lists).buffer_unordered(QUESTIONS_MAX).collect().await;
    let digests = images.iter().map(|image| async move { (image, digest_of(remote, image).await) });
    let mut digests = stream::iter(digests).buffer_unordered(QUESTIONS_MAX);
    let mut found = BTreeMap::new();
    while let Some((image, digest)) = digests.next().await {
        let current = digest.and_then(|digest| {
            let newer = match (step, lists.get_mut(&image.name)) {
                (Some(step), Some(list)) => newer(image, list, step)?,
                _ => None,
            };
            Ok(Current { digest, newer })
        });
        found.insert(image.clone(), current);
    }
    found
}

/// Resolves a tag at the registry itself, and never at a mirror, whose digest may be an old one.
async fn digest_of(remote: &Remote, image: &Reference) -> Result<Digest, Error> {
    let repository = remote.repository(&image.name)?.past_mirrors();
    let failed = |error| Error::of_pull(image, error);
    match repository.head_manifest(&image.selector()).await.map_err(failed)? {
        Some(found) => Ok(found.digest),
        // A failed HEAD request does not say why.
        None => {
            Ok(repository.get_manifest(&image.selector()).await.map_err(failed)?.descriptor().digest.clone())
        }
    }
}

/// Returns the newest version in a list of tags. The error of a list is that of its first image.
fn newer(
    image: &Reference,
    list: &mut Result<Vec<Reference>, Error>,
    step: Step,
) -> Result<Option<Tag>, Error> {
    let tags = match list {
        Ok(tags) => tags,
        Err(_) => return std::mem::replace(list, Ok(Vec::new())).map(|_| None),
    };
    let texts = tags.iter().filter_map(|tagged| tagged.tag.as_ref()).map(Tag::as_str);
    Ok(image.tag.as_ref().and_then(|tag| newest(tag, texts, step)))
}
