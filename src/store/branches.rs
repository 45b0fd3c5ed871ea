//! Which parts of each platform's image are in the store.

use std::collections::HashMap;

use super::contents::{Contents, Held, read_manifest};
use super::{Error, Store};
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest, Platform};

/// How much of an image is in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// All of it.
    Whole,
    /// Its manifest, but not all of its blobs.
    Part,
    /// Nothing.
    Absent,
}

/// One image of an index, or a single image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The image ID, which is the digest of its config. For an image that is not in the store, it is the
    /// digest of its manifest.
    pub id: Digest,
    /// The platform of the image, if known.
    pub platform: Option<Platform>,
    /// How much of the image is in the store.
    pub presence: Presence,
    /// The bytes of its config and its layers that are in the store, in compressed form.
    pub disk: u64,
    /// The bytes of its config and its layers according to its manifest, or `None` if the manifest is not in
    /// the store.
    pub content: Option<u64>,
}

/// The images of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// The images in the order of the index, without attestations.
    pub images: Vec<Branch>,
    /// The bytes of their configs and layers, each counted once.
    pub content: u64,
}

impl Store {
    /// Examines each image of `root`. Unreadable content counts as missing.
    ///
    /// # Errors
    /// [`Error::Io`] only.
    pub fn branches(&self, root: &Descriptor) -> Result<Branches, Error> {
        let children = match read_manifest(self.blobs(), root).map(|manifest| manifest.parse()) {
            Err(error @ Error::Io { .. }) => return Err(error),
            Ok(Ok(Manifest::Index(index))) => index.manifests,
            _ => vec![root.clone()],
        };
        let mut branches = Branches::default();
        let mut counted = HashMap::new();
        for child in children.iter().filter(|child| !child.is_attestation()) {
            let held = Contents::of(self.blobs(), child)?.images;
            if held.is_empty() {
                branches.images.push(absent(child));
            }
            for image in held {
                branches.images.push(self.branch(&image)?);
                counted.extend(image.image.blobs().map(|blob| (blob.digest.clone(), blob.size)));
            }
        }
        branches.content = counted.into_values().fold(0, u64::saturating_add);
        Ok(branches)
    }

    fn branch(&self, held: &Held) -> Result<Branch, Error> {
        let mut sizes = HashMap::new();
        let mut disk = 0_u64;
        for blob in held.image.blobs() {
            if sizes.insert(&blob.digest, blob.size).is_none() {
                disk = disk.saturating_add(self.blobs().size(&blob.digest)?.unwrap_or_default());
            }
        }
        let stated = held.descriptor.platform.clone();
        Ok(Branch {
            id: held.image.config.digest.clone(),
            platform: stated.or_else(|| self.config(&held.image.config).ok()?.platform()),
            presence: if held.complete { Presence::Whole } else { Presence::Part },
            disk,
            content: Some(sizes.into_values().fold(0, u64::saturating_add)),
        })
    }
}

fn absent(child: &Descriptor) -> Branch {
    Branch {
        id: child.digest.clone(),
        platform: child.platform.clone(),
        presence: Presence::Absent,
        disk: 0,
        content: None,
    }
}
