//! What there is of each platform of an image.

use std::collections::HashMap;

use super::contents::{Contents, Held, read_manifest};
use super::{Error, Store};
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest, Platform};

/// How much of something is in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// All of it.
    Whole,
    /// Its manifest, but not all of its blobs.
    Part,
    /// Nothing.
    Absent,
}

/// One image of an index, or the only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its ID, the digest of its config; of an image that is not here, the digest of its manifest.
    pub id: Digest,
    /// What it runs on, if that is known.
    pub platform: Option<Platform>,
    /// How much of it is here.
    pub presence: Presence,
    /// The bytes of its config and its layers that are in the store, compressed as they are.
    pub disk: u64,
    /// The bytes of its config and its layers by its manifest; `None` if that is not here.
    pub content: Option<u64>,
}

/// The images of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// Each of them, in the order of the index. Attestations are none.
    pub images: Vec<Branch>,
    /// The bytes of their configs and layers, each counted once.
    pub content: u64,
}

impl Store {
    /// Looks at each image of `root`. What cannot be read counts as not being here.
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
