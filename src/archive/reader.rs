//! Archives as sources of a copy.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use super::contents::{Absent, Contents, Span};
use super::documents::{self, Index};
use super::listing::{ArchivedImage, Listing, normal, parse_name};
use super::writer::aside;
use super::{Error, Input, agreement, docker, scan};
use crate::content::{BlobReader, Chunk, Source};
use crate::diagnose::Failure;
use crate::digest::Verifier;
use crate::image::{
    self, CONFIG_BYTES_MAX, CONTAINERD_NAME, Descriptor, ImageManifest, Manifest, REF_NAME, RawManifest,
};
use crate::reference::{Reference, Selector};
use crate::store::disk;

/// Maximum size of a list of images, in bytes.
const LIST_MAX: u64 = 8 * 1024 * 1024;

/// How many bytes of a blob are read at a time.
const CHUNK: u64 = 256 * 1024;

/// Images in an archive. Cheap to clone.
///
/// From an OCI layout, even with Docker's documents next to it, manifests and blobs are returned byte for
/// byte. Docker's older archives have no manifests, so they are built with OCI's media types. Their layers
/// stay unchanged, which usually means uncompressed: compressing them would be the most expensive step and
/// would give a digest that no registry has.
#[derive(Clone, Debug)]
pub struct Archive {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    contents: Contents,
    listing: Listing,
}

impl Archive {
    /// Opens an archive. If it is compressed or comes through a pipe, it is unpacked into a file without a
    /// name in the folder `scratch`, which is created if necessary.
    ///
    /// # Errors
    /// The variants of [`Error`] that concern reading: the input is not an archive, is damaged, or
    /// contradicts itself.
    ///
    /// # Cancel safety
    /// Dropping the future stops the unpacking and leaves nothing behind.
    pub async fn open(input: Input, scratch: impl Into<PathBuf>) -> Result<Self, Error> {
        let stop = StopOnDrop(Arc::default());
        let (stopped, scratch) = (Arc::clone(&stop.0), scratch.into());
        aside(move || {
            let contents = scan::scan(input, &scratch, &stopped)?;
            let listing = find(&contents, &stopped)?;
            Ok(Self { inner: Arc::new(Inner { contents, listing }) })
        })
        .await
    }

    /// Returns the images, one for each name, in the archive's order.
    pub fn images(&self) -> &[ArchivedImage] {
        &self.inner.listing.images
    }

    /// Returns the image named `name`, which is its reference or its name in an OCI layout. Without a name,
    /// returns the only image.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::SeveralImages`].
    pub fn find(&self, name: Option<&str>) -> Result<&ArchivedImage, Error> {
        let origin = || self.inner.contents.origin.clone();
        let Some(name) = name else { return self.only_image() };
        let reference = name.parse::<Reference>().ok().map(normal);
        let labelled = self.images().iter().find(|image| image.label.as_deref() == Some(name));
        let called = |image: &&ArchivedImage| reference.is_some() && image.reference == reference;
        let found = labelled.or_else(|| self.images().iter().find(called));
        found.ok_or_else(|| Error::NotFound { origin: origin(), name: name.to_owned() })
    }

    /// Reports whether it has a blob of the right size.
    pub fn holds(&self, blob: &Descriptor) -> bool {
        self.inner.listing.blobs.get(&blob.digest).is_some_and(|span| span.size == blob.size)
    }

    /// Checks that it has a blob of the right size.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Content`].
    pub fn check(&self, blob: &Descriptor) -> Result<(), Error> {
        self.span(blob).map(drop)
    }

    /// Returns the document of a bundle, if there is one. It is foreign text.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is too large; [`Error::Read`].
    pub fn bundle(&self) -> Result<Option<Vec<u8>>, Error> {
        let contents = &self.inner.contents;
        let Ok(span) = contents.table.find(documents::BUNDLE) else { return Ok(None) };
        match contents.read(span, LIST_MAX)? {
            Some(document) => Ok(Some(document)),
            None => Err(contents.invalid(format!("{} is larger than {LIST_MAX} bytes", documents::BUNDLE))),
        }
    }

    /// Hashes all blobs and manifests of an OCI archive, and returns their number.
    ///
    /// # Errors
    /// [`Error::Content`] for the first that does not match its digest; [`Error::Read`].
    ///
    /// # Cancel safety
    /// Dropping the future stops the hashing.
    pub async fn verify(&self) -> Result<usize, Error> {
        let stop = StopOnDrop(Arc::default());
        let (stopped, archive) = (Arc::clone(&stop.0), self.clone());
        aside(move || archive.verify_all(&stopped)).await
    }

    fn verify_all(&self, stopped: &AtomicBool) -> Result<usize, Error> {
        let (contents, blobs) = (&self.inner.contents, &self.inner.listing.blobs);
        let mut chunk = vec![0; usize::try_from(CHUNK).unwrap_or_default()];
        for (digest, span) in blobs {
            let mut verifier = Verifier::new(digest, span.size);
            let (mut at, end) = (span.at, span.at + span.size);
            while at < end {
                if stopped.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                let length = usize::try_from(end - at).unwrap_or(chunk.len()).min(chunk.len());
                contents.read_at(&mut chunk[..length], at)?;
                verifier.update(&chunk[..length])?;
                at += length as u64;
            }
            verifier.finish().map_err(|source| {
                let (origin, name) = (contents.origin.clone(), format!("blob {digest}"));
                Error::Content { origin, name, source }
            })?;
        }
        Ok(blobs.len())
    }

    fn only_image(&self) -> Result<&ArchivedImage, Error> {
        let (first, others) = self.images().split_first().expect("an archive without images is none");
        if others.iter().all(|other| other.descriptor.digest == first.descriptor.digest) {
            return Ok(first);
        }
        let names = self.images().iter().map(ArchivedImage::name).collect();
        Err(Error::SeveralImages { origin: self.inner.contents.origin.clone(), names })
    }

    fn span(&self, blob: &Descriptor) -> Result<Span, Error> {
        self.inner.listing.span(&self.inner.contents, blob)
    }

    /// Reads a manifest, and compares an image with its config and the sizes of its files, as far as they are
    /// in the archive.
    fn read_manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Error> {
        let (contents, listing) = (&self.inner.contents, &self.inner.listing);
        let manifest = listing.read_manifest(contents, descriptor)?;
        if descriptor.media_type.is_image_manifest()
            && let Manifest::Image(image) = manifest.parse()?
        {
            check_image(contents, listing, &image)?;
        }
        Ok(manifest)
    }
}

/// Refuses an image that could never run, because its layers differ from those in its config or have other
/// sizes. A target that already has the blobs would detect neither.
fn check_image(contents: &Contents, listing: &Listing, image: &ImageManifest) -> Result<(), Error> {
    for blob in image.blobs().filter(|blob| listing.blobs.contains_key(&blob.digest)) {
        listing.span(contents, blob)?;
    }
    let Some(config) = listing.blobs.get(&image.config.digest).copied() else { return Ok(()) };
    if image.config.media_type.is_image_config()
        && let Some(config) = contents.read(config, CONFIG_BYTES_MAX)?
    {
        image::check_layers(image.layers.len(), &config)?;
    }
    Ok(())
}

#[async_trait]
impl Source for Archive {
    /// Returns the image with this digest. Tags are ignored: [`Archive::find`] handles names.
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        let Selector::Digest(digest) = selector else { return Ok(self.only_image()?.descriptor.clone()) };
        let found = self.images().iter().find(|image| image.descriptor.digest == *digest);
        let origin = self.inner.contents.origin.clone();
        Ok(found
            .map(|image| image.descriptor.clone())
            .ok_or_else(|| Error::Missing { origin, digest: digest.clone() })?)
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.read_manifest(descriptor)?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        let span = self.span(blob)?;
        let (start, end) = (range.start.min(span.size), range.end.min(span.size));
        let span = Span { at: span.at + start, size: end.saturating_sub(start) };
        let reader = SpanReader { archive: self.clone(), span };
        Ok(BlobReader::new(stream::try_unfold(reader, async |mut reader: SpanReader| {
            Ok(reader.next()?.map(|bytes| (Chunk::Bytes(bytes), reader)))
        })))
    }
}

/// Reads a part of a blob of an archive. The bytes are not verified.
struct SpanReader {
    archive: Archive,
    span: Span,
}

impl SpanReader {
    fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let length = self.span.size.min(CHUNK);
        if length == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; usize::try_from(length).unwrap_or_default()];
        disk::in_place(|| self.archive.inner.contents.read_at(&mut chunk, self.span.at))?;
        self.span = Span { at: self.span.at + length, size: self.span.size - length };
        Ok(Some(chunk.into()))
    }
}

/// Stops the reading thread when its result is no longer needed.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads the list of images. If there are two lists, they have to [agree](agreement).
fn find(contents: &Contents, stopped: &AtomicBool) -> Result<Listing, Error> {
    if let Some(name) = &contents.table.ambiguous {
        return Err(contents.invalid(format!("it has {name:?} twice")));
    }
    let index = list::<Index>(contents, documents::INDEX)?;
    let images = list(contents, documents::MANIFEST)?;
    let found = match (index, images) {
        (Some(index), Some(images)) => {
            agreement::settle(contents, find_oci(contents, index)?, images, stopped)?
        }
        (Some(index), None) => find_oci(contents, index)?,
        (None, Some(images)) => docker::find(contents, images, stopped)?,
        (None, None) if contents.table.find(documents::REPOSITORIES).is_ok() => {
            return Err(
                contents.invalid("it was saved by Docker before 1.10, whose archives are not supported")
            );
        }
        (None, None) => return Err(Error::NoImages(contents.origin.clone())),
    };
    for image in &found.images {
        check_name(contents, image)?;
    }
    match found.images.is_empty() {
        true => Err(contents.invalid("it lists no image")),
        false => Ok(found),
    }
}

/// Refuses a `NAME@DIGEST` with another digest than the image's, because users of the digest rely on it.
fn check_name(contents: &Contents, image: &ArchivedImage) -> Result<(), Error> {
    let labelled = image.label.as_deref().filter(|label| label.contains('@'));
    let mut names = image.reference.clone().into_iter().chain(labelled.and_then(|label| label.parse().ok()));
    let actual = &image.descriptor.digest;
    match names.find(|name| name.digest.as_ref().is_some_and(|digest| digest != actual)) {
        None => Ok(()),
        Some(name) => {
            let name = name.familiar();
            Err(contents.invalid(format!("it names the image {actual} {name}, which has another digest")))
        }
    }
}

fn list<T: serde::de::DeserializeOwned>(contents: &Contents, name: &'static str) -> Result<Option<T>, Error> {
    let span = match contents.table.find(name) {
        Ok(span) => span,
        Err(Absent::File) => return Ok(None),
        Err(absent) => return Err(contents.invalid(format!("it has {name:?}, {absent}"))),
    };
    let Some(bytes) = contents.read(span, LIST_MAX)? else {
        return Err(contents.invalid(format!("{name} is larger than {LIST_MAX} bytes")));
    };
    let document = serde_json::from_slice(&bytes);
    document.map(Some).map_err(|source| Error::Document { origin: contents.origin.clone(), name, source })
}

fn find_oci(contents: &Contents, index: Index) -> Result<Listing, Error> {
    let mut found = Listing::default();
    for name in contents.table.names() {
        if let Some(digest) = documents::blob_digest(name)
            && let Ok(span) = contents.table.find(name)
        {
            found.blobs.insert(digest, span);
        }
    }
    let entries = index.manifests.unwrap_or_default();
    for descriptor in entries.into_iter().filter(|entry| entry.media_type.is_manifest()) {
        let reference = reference_of(contents, &descriptor)?;
        let label = descriptor.annotations.get(REF_NAME).cloned();
        found.images.push(ArchivedImage { reference, label, descriptor });
    }
    Ok(found)
}

/// Returns the reference that names an entry of an index. The annotation of Docker and containerd holds
/// nothing else. OCI's may be any text, and often is a tag.
fn reference_of(contents: &Contents, entry: &Descriptor) -> Result<Option<Reference>, Error> {
    if let Some(name) = entry.annotations.get(CONTAINERD_NAME) {
        return parse_name(contents, name).map(Some);
    }
    let name = entry.annotations.get(REF_NAME).filter(|name| name.contains(['/', ':', '@']));
    Ok(name.and_then(|name| name.parse().ok()).map(normal))
}
