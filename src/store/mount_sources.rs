//! Which repositories of a registry have which blobs, according to the store's own images.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::contents::read_manifest;
use super::{Blobs, Image};
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest};
use crate::reference::Name;

/// Maximum number of manifests that are read to find sources of mounts. A store may hold thousands of images.
/// A blob that is not found is uploaded instead, which is slower but equally correct.
const MANIFESTS_MAX: usize = 128;

/// Which repositories have which blobs.
#[derive(Debug, Default)]
pub(super) struct MountSources(HashMap<Digest, Vec<Name>>);

impl MountSources {
    /// Examines the images that may have blobs to mount into the repository `near`: those of other
    /// repositories of its registry, the newest of each first.
    pub(super) fn find(blobs: &Blobs, images: &[&Image], near: &Name) -> Self {
        let mut search = Search { blobs, left: MANIFESTS_MAX, found: Self::default() };
        for image in candidates(images, near) {
            if let Some(reference) = &image.reference {
                search.look_into(&reference.name, &image.descriptor);
            }
        }
        search.found
    }

    /// Returns the names of the repositories that have this blob.
    pub(super) fn of(&self, blob: &Digest) -> Vec<Name> {
        self.0.get(blob).cloned().unwrap_or_default()
    }

    fn add(&mut self, blob: &Digest, name: &Name) {
        let names = self.0.entry(blob.clone()).or_default();
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

/// A search through images that ends after [`MANIFESTS_MAX`] manifests.
struct Search<'a> {
    blobs: &'a Blobs,
    left: usize,
    found: MountSources,
}

impl Search<'_> {
    /// Adds the blobs that `root` refers to. Unreadable content adds nothing.
    fn look_into(&mut self, name: &Name, root: &Descriptor) {
        let mut waiting = vec![root.clone()];
        let mut seen = HashSet::new();
        while let Some(node) = waiting.pop() {
            if self.left == 0 {
                return;
            }
            if !seen.insert(node.digest.clone()) {
                continue;
            }
            self.left -= 1;
            match read_manifest(self.blobs, &node).map(|raw| raw.parse()) {
                Ok(Ok(Manifest::Image(image))) => {
                    image.blobs().for_each(|blob| self.found.add(&blob.digest, name));
                }
                Ok(Ok(Manifest::Index(index))) => waiting.extend(index.manifests.into_iter().rev()),
                _ => {}
            }
        }
    }
}

/// Returns the images to examine, in their order: those of other repositories of the registry of `near`.
fn candidates<'a>(images: &[&'a Image], near: &Name) -> Vec<&'a Image> {
    let is_near = |name: &Name| name.registry == near.registry && name != near;
    let newest_first = images.iter().enumerate().rev();
    let named =
        newest_first.filter_map(|(position, image)| Some((position, &image.reference.as_ref()?.name)));
    let mut repositories = HashSet::new();
    let (newest, others): (Vec<_>, Vec<_>) =
        named.filter(|(_, name)| is_near(name)).partition(|(_, name)| repositories.insert(*name));
    let chosen: BTreeSet<usize> =
        newest.into_iter().chain(others).take(MANIFESTS_MAX).map(|(position, _)| position).collect();
    chosen.into_iter().map(|position| images[position]).collect()
}
