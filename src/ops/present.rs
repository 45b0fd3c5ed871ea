//! Copying as much of an image as there is.

use std::collections::HashSet;

use crate::content::Source;
use crate::diagnose::{ErrorKind, Failure};
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest};
use crate::transfer::{Plan, Platforms};

use super::Error;

/// How many manifests are looked at; [`Plan::make`] takes no more either.
const MANIFESTS_MAX: usize = 10_000;

/// The plan of everything of `root` that is at `source`: of an index those of its images that are there, and
/// the index itself as it is. `holds` tells which blobs are there.
///
/// If there is nothing, the plan is of the whole, and copying it tells what is missing.
///
/// # Errors
/// As [`Plan::make`].
pub(super) async fn plan_present<S: Source>(
    source: &S,
    root: &Descriptor,
    holds: impl Fn(&Descriptor) -> Result<bool, Failure>,
) -> Result<Plan, Error> {
    let listed = present(source, root, holds).await?;
    let wanted = if listed.is_empty() { Platforms::All } else { Platforms::Listed(listed) };
    Ok(Plan::make(source, root, &wanted).await?)
}

/// Indexes that are there, and images of which everything is; nothing if there is none of the latter.
async fn present<S: Source>(
    source: &S,
    root: &Descriptor,
    holds: impl Fn(&Descriptor) -> Result<bool, Failure>,
) -> Result<HashSet<Digest>, Error> {
    let mut listed = HashSet::new();
    let mut images = 0;
    let mut waiting = vec![root.clone()];
    let mut seen = HashSet::new();
    while let Some(node) = waiting.pop() {
        if !seen.insert(node.digest.clone()) || seen.len() > MANIFESTS_MAX {
            continue;
        }
        if !node.media_type.is_manifest() && node.digest != root.digest {
            if holds(&node)? {
                listed.insert(node.digest);
            }
            continue;
        }
        let manifest = match source.manifest(&node).await {
            Ok(raw) => raw.parse()?,
            Err(failure) if failure.kind() == ErrorKind::NotFound => continue,
            Err(failure) => return Err(failure.into()),
        };
        match manifest {
            Manifest::Index(index) => {
                waiting.extend(index.manifests);
                listed.insert(node.digest);
            }
            Manifest::Image(image) => {
                let absent = |blob: &Descriptor| Ok(!blob.media_type.is_foreign() && !holds(blob)?);
                let mut blobs = image.blobs().map(absent);
                if !blobs
                    .try_fold(false, |any, absent: Result<bool, Failure>| Ok::<_, Failure>(any | absent?))?
                {
                    images += 1;
                    listed.insert(node.digest);
                }
            }
        }
    }
    Ok(if images == 0 { HashSet::new() } else { listed })
}
