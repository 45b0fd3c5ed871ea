//! Writing archives: one pass over a file or a stream.
//!
//! The documents that say which images there are come last: an archive that was cut off has no images.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use super::documents::{self, DockerDocuments, blob_path};
use super::{Error, Origin, Output};
use crate::content::{self, BlobWriter};
use crate::diagnose::Failure;
use crate::digest::{self, Algorithm, Digest, Verifier};
use crate::image::{Descriptor, ImageManifest, Manifest, Platform, RawManifest};
use crate::reference::{Name, Reference, Selector};

/// What an image is called in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// By its reference, as Docker names images.
    Reference(Reference),
    /// By a text, as skopeo names the images of an OCI archive. A text that is a whole reference is one for
    /// Docker, too.
    Text(String),
    /// Not at all.
    Unnamed,
}

impl Label {
    /// By which name Docker finds it.
    fn reference(&self) -> Option<Reference> {
        match self {
            Self::Reference(reference) => Some(reference.clone()),
            Self::Text(text) if text.contains(['/', ':']) => text.parse().ok().map(Reference::or_latest),
            Self::Text(_) | Self::Unnamed => None,
        }
    }
}

/// Writes images into one archive. Cheap to clone.
///
/// One blob is written after the other: copy with one job. Blobs that several images share are there once.
/// The same images in the same order give the same bytes.
#[derive(Clone)]
pub struct Writer {
    tape: Arc<Mutex<Tape>>,
    free: Arc<Notify>,
}

/// The tar, as far as it is written.
struct Tape {
    output: Output,
    held: HashSet<Digest>,
    folders: HashSet<Algorithm>,
    /// The blob that is being written.
    open: Option<Open>,
    manifests: HashMap<Digest, Manifest>,
    images: Vec<(Label, Descriptor)>,
}

/// A blob of which not all bytes are there.
struct Open {
    blob: Descriptor,
    verifier: Verifier,
    /// Where its header begins in the tar.
    begin: u64,
}

impl Writer {
    /// Begins an archive.
    pub fn new(output: Output) -> Self {
        let tape = Tape {
            output,
            held: HashSet::new(),
            folders: HashSet::new(),
            open: None,
            manifests: HashMap::new(),
            images: Vec::new(),
        };
        Self { tape: Arc::new(Mutex::new(tape)), free: Arc::default() }
    }

    /// Where the next image goes. The selectors that it gets are not looked at.
    pub fn image(&self, label: Label) -> Target {
        Target { writer: self.clone(), label }
    }

    /// Ends the archive: writes the documents and makes the file visible.
    ///
    /// # Errors
    /// [`Error::Write`]; no file is there then.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the whole file or none.
    pub async fn finish(self) -> Result<(), Error> {
        let Ok(tape) = Arc::try_unwrap(self.tape) else { return Err(Error::Stopped) };
        let tape = tape.into_inner();
        let done = tokio::task::spawn_blocking(|| tape.finish()).await;
        done.unwrap_or_else(|lost| match lost.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Stopped),
        })
    }

    /// Waits until no other blob is on its way.
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

    fn begin(&mut self, blob: &Descriptor) -> Result<(), Error> {
        if self.open.is_some() || self.held.contains(&blob.digest) {
            return Ok(());
        }
        self.make_folders(blob.digest.algorithm())?;
        let begin = self.output.written();
        self.output.begin(&blob_path(&blob.digest), blob.size)?;
        self.open = Some(Open { blob: blob.clone(), verifier: blob.verifier(), begin });
        Ok(())
    }

    /// Takes the open blob back.
    fn forget(&mut self) -> Result<bool, Error> {
        match self.open.take() {
            Some(open) => self.output.rewind(open.begin),
            None => Ok(true),
        }
    }

    /// Ends the open blob.
    fn close(&mut self) -> Result<(), Error> {
        let Some(open) = &self.open else { return Ok(()) };
        if let Err(error) = open.verifier.clone().finish() {
            return Err(self.refuse(error));
        }
        self.output.pad()?;
        self.held.extend(self.open.take().map(|open| open.blob.digest));
        Ok(())
    }

    /// Takes back what is not what it should be. Where that cannot be done, there is no second attempt.
    fn refuse(&mut self, error: digest::Error) -> Error {
        match self.forget() {
            Ok(true) => error.into(),
            Ok(false) => Error::Spoiled { origin: self.output.origin().clone(), source: error },
            Err(error) => error,
        }
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

    fn finish(mut self) -> Result<(), Error> {
        let mut docker = DockerDocuments::default();
        for (label, root) in &self.images {
            if let Some(image) = self.image_for_docker(&root.digest) {
                docker.add(image, label.reference().as_ref());
            }
        }
        self.output.put(documents::INDEX, &documents::index(&self.images))?;
        self.output.put(documents::MANIFEST, &docker.manifest())?;
        self.output.put(documents::MARK.0, documents::MARK.1)?;
        if let Some(repositories) = docker.repositories() {
            self.output.put(documents::REPOSITORIES, &repositories)?;
        }
        self.output.finish()
    }

    /// The one image that Docker's manifest.json can name: of several platforms that of this machine, or else
    /// the first. None if it is no image, or not all of its layers are in the archive.
    fn image_for_docker(&self, root: &Digest) -> Option<&ImageManifest> {
        let mut candidates = Vec::new();
        let mut waiting = vec![root];
        let mut seen = HashSet::new();
        while let Some(digest) = waiting.pop() {
            if let Some(Manifest::Index(index)) = self.manifests.get(digest).filter(|_| seen.insert(digest)) {
                let images = index.manifests.iter().filter(|child| !child.is_attestation());
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
        (whole && image.config.media_type.is_image_config()).then_some(&**image)
    }
}

/// One image of an archive that is being written.
#[derive(Clone)]
pub struct Target {
    writer: Writer,
    label: Label,
}

impl content::Target for Target {
    type Writer = EntryWriter;

    async fn holds_manifest(&self, manifest: &Descriptor) -> Result<bool, Failure> {
        Ok(self.writer.tape.lock().await.manifests.contains_key(&manifest.digest))
    }

    async fn holds_blob(&self, blob: &Descriptor) -> Result<bool, Failure> {
        Ok(self.writer.tape.lock().await.held.contains(&blob.digest))
    }

    /// Never needed: all images of an archive share their blobs.
    async fn mount(&self, _blob: &Descriptor, _locations: &[Name]) -> Result<Option<Name>, Failure> {
        Ok(None)
    }

    async fn create(&self, blob: &Descriptor) -> Result<EntryWriter, Failure> {
        let mut tape = self.writer.tape_for(blob).await;
        tape.begin(blob)?;
        Ok(EntryWriter { size: blob.size, tape, free: Arc::clone(&self.writer.free) })
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        let mut tape = self.writer.tape_for(manifest.descriptor()).await;
        let digest = &manifest.descriptor().digest;
        tape.put(digest, manifest.bytes())?;
        tape.manifests.insert(digest.clone(), manifest.parse()?);
        Ok(())
    }

    async fn tag(&self, manifest: &RawManifest, _selector: &Selector) -> Result<(), Failure> {
        self.put_manifest(manifest).await?;
        let image = (self.label.clone(), manifest.descriptor().clone());
        self.writer.tape.lock().await.images.push(image);
        Ok(())
    }
}

/// Writes one blob into an archive.
pub struct EntryWriter {
    size: u64,
    tape: OwnedMutexGuard<Tape>,
    free: Arc<Notify>,
}

impl BlobWriter for EntryWriter {
    fn offset(&self) -> u64 {
        self.tape.open.as_ref().map_or(self.size, |open| open.verifier.seen())
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        let Tape { output, open: Some(open), .. } = &mut *self.tape else { return Ok(()) };
        // What is too much is found out before it is written.
        if let Err(error) = open.verifier.update(&bytes) {
            return Err(self.tape.refuse(error).into());
        }
        Ok(output.write(&bytes)?)
    }

    async fn commit(mut self) -> Result<(), Failure> {
        Ok(self.tape.close()?)
    }

    async fn discard(mut self) -> Result<(), Failure> {
        let origin: Origin = self.tape.output.origin().clone();
        if self.tape.forget()? {
            return Ok(());
        }
        let source = std::io::Error::other("what was written cannot be taken back");
        Err(Error::Write { origin, source }.into())
    }
}

impl Drop for EntryWriter {
    fn drop(&mut self) {
        // Who waits looks only after the tape is free, which it is when this has ended.
        self.free.notify_waiters();
    }
}
