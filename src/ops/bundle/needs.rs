//! The blobs that a bundle leaves out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::digest::Digest;
use crate::image::{self, Descriptor};
use crate::ops::Error;
use crate::ops::present::plan_present;
use crate::reference::Reference;

/// The version of the document. A reader that does not know it must not send a part of the bundle.
const VERSION: u32 = 1;

/// The document of a bundle.
#[derive(Debug, Serialize, Deserialize)]
struct Document {
    version: u32,
    needs: Vec<Listed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    digest: Digest,
    size: u64,
    repositories: BTreeSet<String>,
}

/// Blobs with the repositories where an older bundle has brought them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs(pub(super) BTreeMap<Digest, Need>);

/// A blob of an older bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) size: u64,
    /// The names of the images that have it, without tags, as they are in the bundle.
    pub(super) repositories: BTreeSet<String>,
}

impl Needs {
    /// Reads what a bundle leaves out. Another archive leaves out nothing.
    pub(super) fn of(archive: &Archive) -> Result<Self, Error> {
        let Some(bytes) = archive.bundle()? else { return Ok(Self::default()) };
        let failed = |source| image::Error::Parse { what: "list of a bundle", source };
        let document: Document = serde_json::from_slice(&bytes).map_err(failed)?;
        if document.version != VERSION {
            let version = document.version;
            return Err(Error::Invalid(format!(
                "the bundle has the format {version}, and only {VERSION} is known"
            )));
        }
        let needs = document.needs.into_iter();
        Ok(Self(
            needs
                .map(|Listed { digest, size, repositories }| (digest, Need { size, repositories }))
                .collect(),
        ))
    }

    /// Writes the document.
    pub(super) fn document(&self) -> Vec<u8> {
        let listed = |(digest, need): (&Digest, &Need)| Listed {
            digest: digest.clone(),
            size: need.size,
            repositories: need.repositories.clone(),
        };
        let document = Document { version: VERSION, needs: self.0.iter().map(listed).collect() };
        serde_json::to_vec(&document).expect("texts and numbers can always be written")
    }

    /// Returns all blobs that a registry has after this bundle, and those that it needs, were applied.
    pub(super) async fn brought_by(archive: &Archive) -> Result<Self, Error> {
        let old = Self::of(archive)?;
        let mut brought = Self::default();
        for image in archive.images() {
            let repository = image.reference.as_ref().map(|reference: &Reference| reference.name.to_string());
            let has = |blob: &Descriptor| archive.holds(blob) || old.0.contains_key(&blob.digest);
            let plan = plan_present(archive, &image.descriptor, |blob| Ok(has(blob))).await?;
            for blob in plan.blobs.iter().filter(|blob| !blob.media_type.is_foreign()) {
                if has(blob) {
                    let need = brought.0.entry(blob.digest.clone()).or_default();
                    need.size = blob.size;
                    need.repositories.extend(repository.clone());
                }
            }
        }
        Ok(brought)
    }
}
