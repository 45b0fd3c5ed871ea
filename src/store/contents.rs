//! What there is of an image: one walk answers all questions about that.

use std::collections::HashSet;

use super::{Blobs, Error};
use crate::digest::Digest;
use crate::image::{self, Descriptor, ImageManifest, Manifest, RawManifest};

/// The largest image manifest that is read, in bytes. Docker Hub takes none over 4 MiB.
const MANIFEST_MAX: u64 = 4 * 1024 * 1024;

/// The largest index that is read, in bytes.
const INDEX_MAX: u64 = 8 * 1024 * 1024;

/// How deep indexes may lie in indexes. The specification allows any depth; two are ever used.
const DEPTH_MAX: usize = 8;

/// An image manifest that is there.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) descriptor: Descriptor,
    pub(super) image: ImageManifest,
    /// Whether all its blobs are there as well.
    pub(super) complete: bool,
}

/// What there is of an image.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Its image manifests, in the order of its index.
    pub(super) images: Vec<Held>,
    /// Everything that belongs to it, whether it is there or not: manifests, configs, layers.
    pub(super) reached: HashSet<Digest>,
    /// The first thing that is not there.
    pub(super) missing: Option<Digest>,
    /// The first manifest that is there but cannot be read.
    pub(super) problem: Option<Error>,
}

impl Contents {
    /// Looks at all there is of the image `root`.
    ///
    /// # Errors
    /// [`Error::Io`] only: what is damaged or missing is part of the answer.
    pub(super) fn of(blobs: &Blobs, root: &Descriptor) -> Result<Self, Error> {
        let mut contents = Self::default();
        contents.visit(blobs, root, DEPTH_MAX)?;
        Ok(contents)
    }

    /// Whether everything is there.
    pub(super) fn is_complete(&self) -> bool {
        self.missing.is_none() && self.problem.is_none()
    }

    /// Those of its images of which everything is there.
    pub(super) fn complete_images(&self) -> impl Iterator<Item = &Held> {
        self.images.iter().filter(|held| held.complete)
    }

    fn visit(&mut self, blobs: &Blobs, node: &Descriptor, depth: usize) -> Result<(), Error> {
        if !self.reached.insert(node.digest.clone()) {
            return Ok(());
        }
        let manifest = match read_manifest(blobs, node).and_then(|raw| Ok(raw.parse()?)) {
            Ok(manifest) => manifest,
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(Error::Missing(digest)) => {
                self.missing.get_or_insert(digest);
                return Ok(());
            }
            // Something that an index may hold and that points to nothing.
            Err(_) if !node.media_type.is_manifest() => return Ok(()),
            Err(error) => {
                self.problem.get_or_insert(error);
                return Ok(());
            }
        };
        match manifest {
            Manifest::Image(image) => self.visit_image(blobs, node, image),
            Manifest::Index(_) if depth == 0 => {
                let error = image::Error::Limit("image index is nested too deeply");
                self.problem.get_or_insert(error.into());
                Ok(())
            }
            Manifest::Index(index) => {
                index.manifests.iter().try_for_each(|child| self.visit(blobs, child, depth - 1))
            }
        }
    }

    fn visit_image(&mut self, blobs: &Blobs, node: &Descriptor, image: ImageManifest) -> Result<(), Error> {
        let mut complete = true;
        for blob in image.blobs() {
            self.reached.insert(blob.digest.clone());
            // Foreign layers stay where they are.
            if !blob.media_type.is_foreign() && !blobs.contains(blob)? {
                complete = false;
                self.missing.get_or_insert_with(|| blob.digest.clone());
            }
        }
        self.images.push(Held { descriptor: node.clone(), image, complete });
        Ok(())
    }
}

/// Reads a manifest and verifies it.
pub(super) fn read_manifest(blobs: &Blobs, descriptor: &Descriptor) -> Result<RawManifest, Error> {
    let limit = if descriptor.media_type.is_index() { INDEX_MAX } else { MANIFEST_MAX };
    let bytes = blobs.read(&descriptor.digest, limit)?;
    Ok(RawManifest::verified(descriptor.clone(), bytes)?)
}

/// Finds out what the manifest with this digest is, of which nothing else is known.
pub(super) fn detect_manifest(blobs: &Blobs, digest: &Digest) -> Result<Descriptor, Error> {
    let bytes = blobs.read(digest, INDEX_MAX)?;
    let media_type = Manifest::detect(&bytes)?;
    Ok(Descriptor::new(media_type, digest.clone(), bytes.len() as u64))
}
