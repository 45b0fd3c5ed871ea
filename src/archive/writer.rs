//! Writes archives in one pass, to a file or a stream.
//!
//! The documents that list the images come last, so that a truncated archive has no images.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use super::documents::{self, DockerDocuments, Label, blob_path};
use super::region::{Region, Regions};
use super::{Error, Output};
use crate::content::{self, BlobWriter, Existence};
use crate::diagnose::Failure;
use crate::digest::{self, Algorithm, Digest, Verifier};
use crate::image::{Descriptor, ImageManifest, Manifest, Platform, RawManifest};
use crate::reference::Selector;

/// Writes images into one archive. Cheap to clone.
///
/// In a file, blobs are written concurrently, each to its position. In a stream, they are written one after
/// the other. Content that several images share is written once. The same images in the same order, copied
/// with one job, give the same bytes.
#[derive(Clone)]
pub struct Writer {
    tape: Arc<Mutex<Tape>>,
    held: Held,
    free: Arc<Notify>,
}

/// The content of the archive, known without waiting for the tape.
#[derive(Clone, Default)]
struct Held(Arc<std::sync::Mutex<HashSet<Digest>>>);

impl Held {
    fn contains(&self, digest: &Digest) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    /// Records a digest, and reports whether it is new.
    fn insert(&self, digest: Digest) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(digest)
    }
}

/// The tar, as far as it is written.
struct Tape {
    output: Output,
    held: Held,
    folders: HashSet<Algorithm>,
    /// The blobs that are being written to a file.
    regions: Regions,
    /// The blob that is being written to a stream.
    open: Option<Open>,
    manifests: HashMap<Digest, Manifest>,
    images: Vec<(Label, Descriptor)>,
    /// The document of a bundle.
    bundle: Option<Vec<u8>>,
}

/// An incomplete blob of a stream.
struct Open {
    blob: Descriptor,
    verifier: Verifier,
}

impl Writer {
    /// Begins an archive.
    pub fn new(output: Output) -> Self {
        let held = Held::default();
        let tape = Tape {
            output,
            held: held.clone(),
            folders: HashSet::new(),
            regions: Regions::default(),
            open: None,
            manifests: HashMap::new(),
            images: Vec::new(),
            bundle: None,
        };
        Self { tape: Arc::new(Mutex::new(tape)), held, free: Arc::default() }
    }

    /// Returns the target for one of several images. Call [`finish`](Self::finish) after the last one. The
    /// selectors passed to the target are ignored.
    pub fn image(&self, label: Label) -> Target {
        Target { writer: self.clone(), label, place: Place::Among }
    }

    /// Returns the target for the only image of an archive. The archive is finished with it.
    pub fn only_image(output: Output, label: Label) -> Target {
        Target { writer: Self::new(output), label, place: Place::Alone }
    }

    /// Adds the document of a bundle, which is written with the other documents. [`Archive::bundle`] reads it.
    ///
    /// [`Archive::bundle`]: super::Archive::bundle
    pub async fn add_bundle(&self, document: Vec<u8>) {
        self.tape.lock().await.bundle = Some(document);
    }

    /// Finishes the archive: writes the documents and makes the file visible. Nothing can be written
    /// afterwards.
    ///
    /// # Errors
    /// [`Error::Write`]; the file does not exist then.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the complete file or none.
    pub async fn finish(&self) -> Result<(), Error> {
        let mut tape = Arc::clone(&self.tape).lock_owned().await;
        let finished = aside(move || {
            tape.finish()?;
            Ok(tape)
        });
        finished.await?.output.deliver().await
    }

    /// Waits until no other blob is being written.
    async fn tape_for(&self, blob: &Descriptor) -> OwnedMutexGuard<Tape> {
        loop {
            let freed = self.free.notified();
            let tape = Arc::clone(&self.tape).lock_owned().await;
            if tape.open.as_ref().is_none_or(|open| open.blob.digest == blob.digest) {
                return tape;
            }
            drop(tape);
            freed.await;
        }
    }
}

impl Tape {
    fn put(&mut self, digest: &Digest, content: &[u8]) -> Result<(), Error> {
        if self.held.insert(digest.clone()) {
            self.make_folders(digest.algorithm())?;
            self.output.put(&blob_path(digest), content)?;
        }
        Ok(())
    }

    /// Begins or resumes a blob at its position in the file. Returns `None` if it is complete.
    fn region(&mut self, blob: &Descriptor) -> Result<Option<Region>, Error> {
        if self.held.contains(&blob.digest) {
            return Ok(None);
        }
        if !self.regions.have(blob) {
            self.make_folders(blob.digest.algorithm())?;
            let at = self.output.reserve(&blob_path(&blob.digest), blob.size)?;
            self.regions.reserve(blob, at);
        }
        Ok(self.regions.open(blob, self.output.places()?, self.output.origin().clone()))
    }

    /// Begins or resumes a blob in the stream.
    fn begin(&mut self, blob: &Descriptor) -> Result<(), Error> {
        if self.open.is_some() || self.held.contains(&blob.digest) {
            return Ok(());
        }
        self.make_folders(blob.digest.algorithm())?;
        self.output.begin(&blob_path(&blob.digest), blob.size)?;
        self.open = Some(Open { blob: blob.clone(), verifier: blob.verifier() });
        Ok(())
    }

    /// Takes the next bytes of the open blob. Excess bytes are refused before they are written.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some(open) = &mut self.open else { return Ok(()) };
        match open.verifier.update(bytes) {
            Ok(()) => self.output.write(bytes),
            Err(error) => Err(self.spoiled(error)),
        }
    }

    /// Ends the open blob.
    fn close(&mut self) -> Result<(), Error> {
        let Some(open) = &self.open else { return Ok(()) };
        if let Err(error) = open.verifier.clone().finish() {
            return Err(self.spoiled(error));
        }
        self.output.pad()?;
        if let Some(open) = self.open.take() {
            self.held.insert(open.blob.digest);
        }
        Ok(())
    }

    /// Returns the error of wrong content in a stream. It cannot be removed again, so there is no second
    /// attempt.
    fn spoiled(&self, source: digest::Error) -> Error {
        Error::Spoiled { origin: self.output.origin().clone(), source }
    }

    fn make_folders(&mut self, algorithm: Algorithm) -> Result<(), Error> {
        if self.folders.is_empty() {
            self.output.folder("blobs/")?;
        }
        if self.folders.insert(algorithm) {
            self.output.folder(&format!("blobs/{algorithm}/"))?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        if self.open.is_some() || !self.regions.are_whole() {
            return Err(Error::Stopped);
        }
        let mut docker = DockerDocuments::default();
        for (label, root) in &self.images {
            if let Some(image) = self.image_for_docker(&root.digest) {
                docker.add(image, label.reference().as_ref());
            }
        }
        if let Some(bundle) = self.bundle.take() {
            self.output.put(documents::BUNDLE, &bundle)?;
        }
        self.output.put(documents::INDEX, &documents::index(&self.images))?;
        self.output.put(documents::MANIFEST, &docker.manifest())?;
        self.output.put(documents::MARK.0, documents::MARK.1)?;
        if let Some(repositories) = docker.repositories() {
            self.output.put(documents::REPOSITORIES, &repositories)?;
        }
        self.output.finish()
    }

    /// Returns the one image that Docker's manifest.json can name: if there are several platforms, that of
    /// this machine, or else the first. Returns `None` if it is not an image or some of its layers are
    /// missing.
    fn image_for_docker(&self, root: &Digest) -> Option<&ImageManifest> {
        let mut candidates = Vec::new();
        let mut waiting = vec![root];
        let mut seen = HashSet::new();
        while let Some(digest) = waiting.pop() {
            if let Some(Manifest::Index(index)) = self.manifests.get(digest).filter(|_| seen.insert(digest)) {
                let images =
                    index.manifests.iter().filter(|child| !child.is_attestation() && !child.is_artifact());
                candidates.extend(images.filter(|child| self.loadable(&child.digest).is_some()).cloned());
                waiting.extend(index.manifests.iter().map(|child| &child.digest));
            }
        }
        let chosen = Platform::host_with_level().select(&candidates).or(candidates.first());
        self.loadable(chosen.map_or(root, |chosen| &chosen.digest))
    }

    fn loadable(&self, digest: &Digest) -> Option<&ImageManifest> {
        let Some(Manifest::Image(image)) = self.manifests.get(digest) else { return None };
        let whole = image.blobs().all(|blob| self.held.contains(&blob.digest));
        (whole && image.is_runnable()).then_some(&**image)
    }
}

/// Runs `work`, which may wait for the reader of a pipe, on a thread of its own, so that the task can be
/// stopped meanwhile.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|lost| match lost.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(Error::Stopped),
    })
}

/// One image of an archive that is being written.
#[derive(Clone)]
pub struct Target {
    writer: Writer,
    label: Label,
    place: Place,
}

/// Whether an image is the only one of its archive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Alone,
    Among,
}

/// It mounts nothing, because all images of an archive share their blobs.
#[async_trait]
impl content::Target for Target {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        Ok(self.writer.held.contains(&blob.digest).into())
    }

    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        let mut tape = self.writer.tape_for(blob).await;
        let way = if tape.output.has_places() {
            tape.region(blob)?.map_or(Way::Done, |region| Way::Place(Box::new(region)))
        } else {
            tape.begin(blob)?;
            Way::Stream(tape)
        };
        Ok(Box::new(EntryWriter { blob: blob.clone(), way, writer: self.writer.clone() }))
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        let mut tape = self.writer.tape_for(manifest.descriptor()).await;
        let (parsed, manifest) = (manifest.parse()?, manifest.clone());
        let put = aside(move || {
            let digest = &manifest.descriptor().digest;
            tape.put(digest, manifest.bytes())?;
            tape.manifests.insert(digest.clone(), parsed);
            Ok(tape)
        });
        Ok(put.await?.output.deliver().await?)
    }

    async fn tag(&self, manifest: &RawManifest, _selector: &Selector) -> Result<(), Failure> {
        self.put_manifest(manifest).await?;
        let image = (self.label.clone(), manifest.descriptor().clone());
        let mut tape = self.writer.tape.lock().await;
        if !tape.images.contains(&image) {
            tape.images.push(image);
        }
        drop(tape);
        if self.place == Place::Alone {
            self.writer.finish().await?;
        }
        Ok(())
    }
}

/// Writes one blob into an archive.
struct EntryWriter {
    blob: Descriptor,
    way: Way,
    writer: Writer,
}

/// The way a blob gets into the tar.
enum Way {
    /// It is complete already.
    Done,
    /// To its position in a file.
    Place(Box<Region>),
    /// Directly into the stream, while no other blob is written.
    Stream(OwnedMutexGuard<Tape>),
}

#[async_trait]
impl BlobWriter for EntryWriter {
    fn offset(&self) -> u64 {
        match &self.way {
            Way::Done => self.blob.size,
            Way::Place(region) => region.offset(),
            Way::Stream(tape) => tape.open.as_ref().map_or(self.blob.size, |open| open.verifier.seen()),
        }
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        match &mut self.way {
            Way::Done => Ok(()),
            Way::Place(region) => Ok(region.take(&bytes)?),
            Way::Stream(tape) => {
                tape.take(&bytes)?;
                Ok(tape.output.deliver().await?)
            }
        }
    }

    async fn commit(mut self: Box<Self>) -> Result<(), Failure> {
        match std::mem::replace(&mut self.way, Way::Done) {
            Way::Done => {}
            Way::Place(region) => {
                region.commit()?;
                self.writer.held.insert(self.blob.digest.clone());
            }
            Way::Stream(mut tape) => {
                let closed = match tape.close() {
                    Ok(()) => tape.output.deliver().await,
                    Err(error) => Err(error),
                };
                drop(tape);
                self.writer.free.notify_waiters();
                closed?;
            }
        }
        Ok(())
    }

    async fn discard(mut self: Box<Self>) -> Result<(), Failure> {
        match &mut self.way {
            Way::Done => Ok(()),
            Way::Place(region) => {
                region.discard();
                Ok(())
            }
            Way::Stream(tape) => {
                let origin = tape.output.origin().clone();
                let source = std::io::Error::other("the written bytes cannot be removed again");
                Err(Error::Write { origin, source }.into())
            }
        }
    }
}

impl Drop for EntryWriter {
    fn drop(&mut self) {
        // Other writers check only when the tape is free, which it is when this has ended.
        if matches!(self.way, Way::Stream(_)) {
            self.writer.free.notify_waiters();
        }
    }
}
