//! Which content of an image is in the store: one walk answers all questions about it.

use std::collections::HashSet;

use serde_json::Value;

use super::{Blobs, Error};
use crate::digest::Digest;
use crate::image::{self, Descriptor, ImageManifest, MANIFEST_BYTES_MAX, Manifest, RawManifest};

/// Maximum depth of indexes within indexes. The specification allows any depth, but in practice it is at most
/// two.
const DEPTH_MAX: usize = 8;

/// An image manifest that is in the store.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) descriptor: Descriptor,
    pub(super) image: ImageManifest,
    /// Whether all its blobs are in the store as well.
    pub(super) complete: bool,
}

/// The content of an image, as far as it is in the store.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Its image manifests, in the order of its index.
    pub(super) images: Vec<Held>,
    /// All content of the image, whether in the store or not: manifests, configs, layers.
    pub(super) reached: HashSet<Digest>,
    /// The first missing content.
    pub(super) missing: Option<Digest>,
    /// The first missing blob of an image whose manifest is in the store. The manifest is written last, so
    /// the blob was there before.
    pub(super) lost: Option<Digest>,
    /// The first manifest that is in the store but cannot be read.
    pub(super) problem: Option<Error>,
    /// Why the content is not completely known.
    pub(super) gap: Option<Gap>,
}

/// Why the content of an image is not completely known.
#[derive(Debug)]
pub(super) enum Gap {
    /// [`Contents::problem`] gives the reason.
    Problem,
    /// This manifest was in the store before, and is missing now.
    Lost(Digest),
    /// An entry of an index that may be a manifest cannot be read.
    Unreadable(Error),
}

impl Contents {
    /// Examines all content of the image `root`.
    ///
    /// # Errors
    /// [`Error::Io`] only: damaged or missing content is part of the result.
    pub(super) fn of(blobs: &Blobs, root: &Descriptor) -> Result<Self, Error> {
        let mut contents = Self::default();
        contents.visit(blobs, root, DEPTH_MAX)?;
        Ok(contents)
    }

    /// Returns why the content of the image is not completely known. A manifest of an index that was never in
    /// the store is not a reason, because the content it refers to was never there either.
    pub(super) fn into_gap(self) -> Option<Error> {
        match self.gap? {
            Gap::Problem => self.problem,
            Gap::Lost(digest) => Some(Error::Missing(digest)),
            Gap::Unreadable(error) => Some(error),
        }
    }

    /// Reports whether all content is in the store.
    pub(super) fn is_complete(&self) -> bool {
        self.missing.is_none() && self.problem.is_none()
    }

    /// Returns the images whose content is completely in the store.
    pub(super) fn complete_images(&self) -> impl Iterator<Item = &Held> {
        self.images.iter().filter(|held| held.complete)
    }

    fn visit(&mut self, blobs: &Blobs, node: &Descriptor, depth: usize) -> Result<(), Error> {
        if !self.reached.insert(node.digest.clone()) {
            return Ok(());
        }
        let raw = match read_manifest(blobs, node) {
            Ok(raw) => raw,
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(Error::Missing(digest)) => {
                let is_root = depth == DEPTH_MAX;
                if is_root || blobs.was_set_aside(&digest)? {
                    self.gap.get_or_insert_with(|| Gap::Lost(digest.clone()));
                }
                self.missing.get_or_insert(digest);
                return Ok(());
            }
            Err(error) => {
                self.cannot_read(node, error);
                return Ok(());
            }
        };
        match raw.parse() {
            Ok(Manifest::Image(image)) => self.visit_image(blobs, node, *image),
            Ok(Manifest::Index(_)) if depth == 0 => {
                self.cannot_read(node, image::Error::Limit("image index is nested too deeply").into());
                Ok(())
            }
            // A document of another kind, which an index may hold. It is complete, so all its references are
            // in its text.
            Err(_) if !node.media_type.is_manifest() => {
                self.reached.extend(digests_within(raw.bytes()));
                Ok(())
            }
            Err(error) => {
                self.cannot_read(node, error.into());
                Ok(())
            }
            Ok(Manifest::Index(index)) => {
                index.manifests.iter().try_for_each(|child| self.visit(blobs, child, depth - 1))
            }
        }
    }

    /// Records that the references of `node` are unknown.
    fn cannot_read(&mut self, node: &Descriptor, error: Error) {
        if node.media_type.is_manifest() {
            self.problem.get_or_insert(error);
            self.gap.get_or_insert(Gap::Problem);
        } else if !matches!(error, Error::TooLarge { .. }) {
            // It may be a manifest with another media type. A document that is too large is not a manifest.
            self.gap.get_or_insert(Gap::Unreadable(error));
        }
    }

    fn visit_image(&mut self, blobs: &Blobs, node: &Descriptor, image: ImageManifest) -> Result<(), Error> {
        let mut complete = true;
        for blob in image.blobs() {
            self.reached.insert(blob.digest.clone());
            // Foreign layers are never in the store.
            if !blob.media_type.is_foreign() && !blobs.contains(blob)? {
                complete = false;
                self.missing.get_or_insert_with(|| blob.digest.clone());
                self.lost.get_or_insert_with(|| blob.digest.clone());
            }
        }
        self.images.push(Held { descriptor: node.clone(), image, complete });
        Ok(())
    }
}

/// Reads a manifest and verifies it.
pub(super) fn read_manifest(blobs: &Blobs, descriptor: &Descriptor) -> Result<RawManifest, Error> {
    let bytes = blobs.read(&descriptor.digest, MANIFEST_BYTES_MAX)?;
    Ok(RawManifest::verified(descriptor.clone(), bytes)?)
}

/// Determines the type of the manifest with this digest from its content.
pub(super) fn detect_manifest(blobs: &Blobs, digest: &Digest) -> Result<Descriptor, Error> {
    let bytes = blobs.read(digest, MANIFEST_BYTES_MAX)?;
    let media_type = Manifest::detect(&bytes)?;
    Ok(Descriptor::new(media_type, digest.clone(), bytes.len() as u64))
}

/// Returns every digest anywhere in a document of unknown format.
pub(super) fn digests_within(document: &[u8]) -> Vec<Digest> {
    let mut digests = Vec::new();
    if let Ok(document) = serde_json::from_slice(document) {
        collect_digests(&document, &mut digests);
    }
    digests
}

/// Adds every text of `value` that is a digest.
pub(super) fn collect_digests(value: &Value, digests: &mut Vec<Digest>) {
    match value {
        // Upper-case letters are not allowed in a digest, but other programs may mean the same file by it.
        Value::String(text) => digests.extend(text.to_ascii_lowercase().parse::<Digest>()),
        Value::Array(values) => values.iter().for_each(|value| collect_digests(value, digests)),
        Value::Object(fields) => fields.values().for_each(|value| collect_digests(value, digests)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
