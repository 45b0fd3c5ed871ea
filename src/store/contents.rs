//! What there is of an image: one walk answers all questions about that.

use std::collections::HashSet;

use serde_json::Value;

use super::{Blobs, Error};
use crate::digest::Digest;
use crate::image::{self, Descriptor, ImageManifest, MANIFEST_BYTES_MAX, Manifest, RawManifest};

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
    /// Why it is not known what all belongs to it.
    pub(super) gap: Option<Gap>,
}

/// Why it is not known what belongs to an image.
#[derive(Debug)]
pub(super) enum Gap {
    /// [`Contents::problem`] says why.
    Problem,
    /// This manifest was here once, and is not any more.
    Lost(Digest),
    /// Something of an index that may be a manifest cannot be read.
    Unreadable(Error),
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

    /// Why it is not known what belongs to the image. A manifest of an index that was never here is no such reason:
    /// neither was what it refers to.
    pub(super) fn into_gap(self) -> Option<Error> {
        match self.gap? {
            Gap::Problem => self.problem,
            Gap::Lost(digest) => Some(Error::Missing(digest)),
            Gap::Unreadable(error) => Some(error),
        }
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
            // A document of another kind, which an index may hold. It is whole, so all that it can mean stands in it.
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

    /// Records that what `node` refers to is not known.
    fn cannot_read(&mut self, node: &Descriptor, error: Error) {
        if node.media_type.is_manifest() {
            self.problem.get_or_insert(error);
            self.gap.get_or_insert(Gap::Problem);
        } else if !matches!(error, Error::TooLarge { .. }) {
            // It may be a manifest that is called something else; what is too large is none.
            self.gap.get_or_insert(Gap::Unreadable(error));
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
    let bytes = blobs.read(&descriptor.digest, MANIFEST_BYTES_MAX)?;
    Ok(RawManifest::verified(descriptor.clone(), bytes)?)
}

/// Finds out what the manifest with this digest is, of which nothing else is known.
pub(super) fn detect_manifest(blobs: &Blobs, digest: &Digest) -> Result<Descriptor, Error> {
    let bytes = blobs.read(digest, MANIFEST_BYTES_MAX)?;
    let media_type = Manifest::detect(&bytes)?;
    Ok(Descriptor::new(media_type, digest.clone(), bytes.len() as u64))
}

/// Every digest that stands anywhere in a document of which the format is not known.
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
        // Upper-case letters are not allowed in a digest, and mean the same file to others.
        Value::String(text) => digests.extend(text.to_ascii_lowercase().parse::<Digest>()),
        Value::Array(values) => values.iter().for_each(|value| collect_digests(value, digests)),
        Value::Object(fields) => fields.values().for_each(|value| collect_digests(value, digests)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
