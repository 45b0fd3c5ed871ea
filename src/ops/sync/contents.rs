//! The blobs of the images to copy, for the bytes of a plan and for dividing it.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt};

use super::super::copy::plan_for;
use super::super::open::Access;
use super::wanted::QUESTIONS;
use crate::digest::Digest;
use crate::sync::{Blob, Original, Row};
use crate::transfer::{Plan, Platforms};

/// Reads the manifests of the images to copy and enters their blobs into the rows. Returns the list of all blobs.
///
/// A registry that limits pulls is not asked: each manifest would count. An image that cannot be read stays without
/// its blobs, and the copy reports why.
pub(super) async fn read(access: Access<'_>, rows: &mut [Row]) -> Vec<Blob> {
    let mut images: HashMap<(String, Digest), Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.is_work()) {
        if let Some(original) = &row.source {
            let platforms: Vec<_> = original.platforms.iter().map(ToString::to_string).collect();
            let name = format!("{} {}", original.image.name, platforms.join(","));
            images.entry((name, original.digest.clone())).or_default().push(index);
        }
    }
    let groups: Vec<(Original, Vec<usize>)> =
        images.into_values().filter_map(|group| Some((rows[group[0]].source.clone()?, group))).collect();
    let reads =
        groups.into_iter().map(|(original, group)| async move { (content(access, &original).await, group) });
    let mut reads = std::pin::pin!(stream::iter(reads).buffer_unordered(QUESTIONS));
    let mut list = Blobs::default();
    while let Some((content, group)) = reads.next().await {
        let Some(content) = content else { continue };
        let indices: Vec<u32> = content.into_iter().filter_map(|blob| list.index(blob)).collect();
        for row in group {
            rows[row].content = Some(indices.clone());
        }
    }
    list.blobs
}

/// Returns the manifests and blobs of an image, each once.
async fn content(access: Access<'_>, original: &Original) -> Option<Vec<Blob>> {
    let repository = access.remote.repository(&original.image.name).ok()?;
    if repository.pull_limit().is_some_and(|limit| limit.window.is_some()) {
        return None;
    }
    // From now on the repository has it in memory, so that the copy does not read it again.
    let root = repository.manifest_of(&original.digest).await.ok()?.descriptor().clone();
    let plan = match &original.platforms[..] {
        [] => Plan::make(&repository, &root, &Platforms::All).await.ok()?,
        platforms => plan_for(&repository, root, platforms).await.ok()?,
    };
    let mut blobs: Vec<Blob> = Vec::new();
    let all = plan.manifests.iter().map(crate::image::RawManifest::descriptor).chain(&plan.blobs);
    for content in all {
        if !blobs.iter().any(|blob| blob.digest == content.digest) {
            blobs.push(Blob { digest: content.digest.clone(), size: content.size });
        }
    }
    Some(blobs)
}

/// The list of blobs, each once.
#[derive(Default)]
struct Blobs {
    blobs: Vec<Blob>,
    indices: HashMap<Digest, u32>,
}

impl Blobs {
    /// Returns the index of a blob; `None` if there are too many.
    fn index(&mut self, blob: Blob) -> Option<u32> {
        if let Some(index) = self.indices.get(&blob.digest) {
            return Some(*index);
        }
        let index = u32::try_from(self.blobs.len()).ok()?;
        self.indices.insert(blob.digest.clone(), index);
        self.blobs.push(blob);
        Some(index)
    }
}
