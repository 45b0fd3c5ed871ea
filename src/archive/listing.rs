//! The images that an archive lists by their names, and the positions of their blobs in the tar.

use std::collections::HashMap;

use super::Error;
use super::contents::{Absent, Contents, Span};
use super::documents;
use crate::digest::{self, Digest};
use crate::image::{Descriptor, RawManifest};
use crate::reference::{Reference, Selector};

/// An image of an archive under one of its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedImage {
    /// The name for Docker.
    pub reference: Option<Reference>,
    /// The name in an OCI layout, if it differs: often only the tag.
    pub label: Option<String>,
    /// The manifest or index.
    pub descriptor: Descriptor,
}

impl ArchivedImage {
    /// Returns the name for messages. It is foreign text, so escape it for a terminal.
    pub fn name(&self) -> String {
        match (&self.reference, &self.label) {
            (Some(reference), _) => reference.familiar(),
            (None, Some(label)) => label.clone(),
            (None, None) => self.descriptor.digest.to_string(),
        }
    }
}

/// Images, blobs and manifests of one archive.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) images: Vec<ArchivedImage>,
    /// Manifests built for archives that have none.
    pub(super) manifests: HashMap<Digest, RawManifest>,
    pub(super) blobs: HashMap<Digest, Span>,
}

impl Listing {
    /// Returns the position of a blob in the tar.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Content`] if the size differs, or an error for a link to a missing file.
    pub(super) fn span(&self, contents: &Contents, blob: &Descriptor) -> Result<Span, Error> {
        let Some(span) = self.blobs.get(&blob.digest).copied() else {
            let (origin, digest) = (contents.origin.clone(), blob.digest.clone());
            return Err(match contents.table.find(&documents::blob_path(&blob.digest)) {
                Err(absent @ (Absent::Target(_) | Absent::Circle)) => {
                    contents.invalid(format!("it has blob {digest} as a link, {absent}"))
                }
                _ => Error::Missing { origin, digest },
            });
        };
        if span.size != blob.size {
            let (digest, expected) = (blob.digest.clone(), blob.size);
            let source = digest::Error::Size { digest, expected, actual: span.size };
            let name = format!("blob {}", blob.digest);
            return Err(Error::Content { origin: contents.origin.clone(), name, source });
        }
        Ok(span)
    }

    /// Returns a manifest byte for byte, without checking its blobs.
    pub(super) fn read_manifest(
        &self,
        contents: &Contents,
        descriptor: &Descriptor,
    ) -> Result<RawManifest, Error> {
        if let Some(made) = self.manifests.get(&descriptor.digest) {
            return Ok(made.clone());
        }
        let span = self.span(contents, descriptor)?;
        let Some(bytes) = contents.read(span, descriptor.media_type.bytes_max())? else {
            return Err(contents.invalid(format!("manifest {} is too large", descriptor.digest)));
        };
        Ok(RawManifest::verified(descriptor.clone(), bytes.into())?)
    }
}

/// Parses the name of an image. An invalid reference is an error.
pub(super) fn parse_name(contents: &Contents, name: &str) -> Result<Reference, Error> {
    name.parse().map(normal).map_err(|source| Error::Name {
        origin: contents.origin.clone(),
        name: name.to_owned(),
        source: Box::new(source),
    })
}

/// Returns the reference with either a tag or a digest.
pub(super) fn normal(reference: Reference) -> Reference {
    match reference.selector() {
        Selector::Tag(tag) => Reference::tagged(reference.name, tag),
        Selector::Digest(digest) => Reference::digested(reference.name, digest),
    }
}
