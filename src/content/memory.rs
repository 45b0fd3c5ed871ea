//! Both ends of a copy in memory, for tests and examples. It can fail on purpose.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use super::{BlobReader, BlobWriter, Chunk, Existence, Locations, Mounts, Partials, Source, Target};
use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType, RawManifest};
use crate::reference::{Name, Selector};

/// Bytes that a reader returns at a time.
const CHUNK: usize = 64;

/// Images in memory. Clones share their content.
#[derive(Clone, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
    sent: Arc<AtomicU64>,
    opened: Arc<AtomicU64>,
    name: Option<Name>,
}

#[derive(Default)]
struct State {
    blobs: HashMap<Digest, Bytes>,
    partials: HashMap<Digest, Vec<u8>>,
    manifests: HashMap<Digest, RawManifest>,
    tags: BTreeMap<Selector, Descriptor>,
    mountable: HashMap<Digest, Name>,
    faults: Vec<(u64, Fault)>,
}

/// A fault of a reader at an offset.
#[derive(Clone, Copy)]
enum Fault {
    Cut,
    Hang,
}

/// An error of [`Memory`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The image or blob does not exist.
    #[error("{0} not found")]
    NotFound(String),
    /// The connection was cut, as [`Memory::cutting_at`] asked for.
    #[error("connection cut at byte {0}")]
    Cut(u64),
}

impl Diagnose for MemoryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Cut(_) => ErrorKind::Unreachable,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::NotFound(_) => Recovery::Never,
            Self::Cut(_) => Recovery::RETRY,
        }
    }
}

impl Memory {
    /// Names the repository, so that other repositories may mount blobs from it.
    #[must_use]
    pub fn named(mut self, name: Name) -> Self {
        self.name = Some(name);
        self
    }

    /// Cuts one reader at this offset, once. Several calls cause several cuts, in the order of the calls.
    #[must_use]
    pub fn cutting_at(self, offset: u64) -> Self {
        self.state().faults.push((offset, Fault::Cut));
        self
    }

    /// Lets one reader hang at this offset forever, once. Several calls apply in their order.
    #[must_use]
    pub fn hanging_at(self, offset: u64) -> Self {
        self.state().faults.push((offset, Fault::Hang));
        self
    }

    /// Lets `blob` be mounted from `name`.
    pub fn allow_mount(&self, blob: &Descriptor, content: impl Into<Bytes>, name: Name) {
        let mut state = self.state();
        state.mountable.insert(blob.digest.clone(), name);
        state.partials.insert(blob.digest.clone(), content.into().to_vec());
    }

    /// Inserts a blob and returns its descriptor.
    pub fn insert(&self, content: impl Into<Bytes>) -> Descriptor {
        self.insert_as(MediaType::OCI_LAYER_GZIP, content)
    }

    /// Inserts a blob of a media type and returns its descriptor.
    pub fn insert_as(&self, media_type: MediaType, content: impl Into<Bytes>) -> Descriptor {
        let content = content.into();
        let descriptor = Descriptor::of(media_type, &content);
        self.state().blobs.insert(descriptor.digest.clone(), content);
        descriptor
    }

    /// Inserts content under a digest, which need not be its own.
    pub fn insert_under(&self, digest: &Digest, content: impl Into<Bytes>) {
        self.state().blobs.insert(digest.clone(), content.into());
    }

    /// Inserts a manifest, tagged if `selector` is given, and returns its descriptor.
    pub fn insert_manifest(&self, manifest: RawManifest, selector: Option<Selector>) -> Descriptor {
        let descriptor = manifest.descriptor().clone();
        let mut state = self.state();
        state.manifests.insert(descriptor.digest.clone(), manifest);
        if let Some(selector) = selector {
            state.tags.insert(selector, descriptor.clone());
        }
        descriptor
    }

    /// Returns how many bytes of blobs have been read so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns how many readers have been opened so far.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Returns the content of a complete blob.
    pub fn blob(&self, digest: &Digest) -> Option<Bytes> {
        self.state().blobs.get(digest).cloned()
    }

    /// Returns the tags and digests that images are stored under.
    pub fn tags(&self) -> Vec<Selector> {
        self.state().tags.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is a few maps, and each changes in one step. It stays consistent even if a thread panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for Memory {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        let state = self.state();
        let found = match selector {
            Selector::Digest(digest) => state.manifests.get(digest).map(RawManifest::descriptor),
            Selector::Tag(_) => state.tags.get(selector),
        };
        Ok(found.cloned().ok_or_else(|| MemoryError::NotFound(selector.to_string()))?)
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        let state = self.state();
        let found = state.manifests.get(&descriptor.digest).cloned();
        Ok(found.ok_or_else(|| MemoryError::NotFound(descriptor.digest.to_string()))?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        let mut state = self.state();
        let content = state.blobs.get(&blob.digest).cloned();
        let content = content.ok_or_else(|| MemoryError::NotFound(blob.digest.to_string()))?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        let fault = state.faults.iter().position(|(offset, _)| range.contains(offset));
        let fault = fault.map(|index| state.faults.remove(index));
        let clamp = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let end = clamp(fault.map_or(range.end, |(offset, _)| offset));
        let rest = content.slice(clamp(range.start).min(end)..end);
        let reader = Reader { rest, fault, sent: Arc::clone(&self.sent) };
        let chunks = stream::try_unfold(reader, async |mut reader: Reader| {
            Ok(reader.next().await?.map(|bytes| (Chunk::Bytes(bytes), reader)))
        });
        Ok(BlobReader::new(chunks).with_ranges())
    }

    fn locations(&self) -> Option<&dyn Locations> {
        Some(self)
    }
}

#[async_trait]
impl Locations for Memory {
    async fn of(&self, blob: &Descriptor, _: &Name) -> Vec<Name> {
        let held = self.state().blobs.contains_key(&blob.digest);
        self.name.iter().filter(|_| held).cloned().collect()
    }
}

/// Reads a blob of [`Memory`].
struct Reader {
    rest: Bytes,
    /// The fault that comes next, and its offset.
    fault: Option<(u64, Fault)>,
    sent: Arc<AtomicU64>,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        // Lets other tasks run in between, as a network would.
        tokio::task::yield_now().await;
        if self.rest.is_empty() {
            return match self.fault {
                Some((offset, Fault::Cut)) => Err(MemoryError::Cut(offset).into()),
                Some((_, Fault::Hang)) => std::future::pending().await,
                None => Ok(None),
            };
        }
        let chunk = self.rest.split_to(self.rest.len().min(CHUNK));
        self.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        Ok(Some(chunk))
    }
}

#[async_trait]
impl Target for Memory {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        Ok(self.state().blobs.contains_key(&blob.digest).into())
    }

    fn mounts(&self) -> Option<&dyn Mounts> {
        self.name.as_ref().map(|_| self as _)
    }

    fn partials(&self) -> Option<&dyn Partials> {
        Some(self)
    }

    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        let state = self.state();
        let present = state.blobs.get(&blob.digest).map(|content| content.to_vec());
        let content = present.or_else(|| state.partials.get(&blob.digest).cloned()).unwrap_or_default();
        Ok(Box::new(MemoryWriter { blob: blob.clone(), content, memory: self.clone() }))
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        self.insert_manifest(manifest.clone(), None);
        Ok(())
    }

    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure> {
        self.insert_manifest(manifest.clone(), Some(selector.clone()));
        Ok(())
    }
}

#[async_trait]
impl Mounts for Memory {
    fn repository(&self) -> &Name {
        self.name.as_ref().expect("only a named repository mounts")
    }

    async fn mount(&self, blob: &Descriptor, locations: &[Name]) -> Result<Option<Name>, Failure> {
        let mut state = self.state();
        let Some(from) = state.mountable.get(&blob.digest).filter(|name| locations.contains(name)).cloned()
        else {
            return Ok(None);
        };
        let content = state.partials.remove(&blob.digest).unwrap_or_default();
        state.blobs.insert(blob.digest.clone(), content.into());
        Ok(Some(from))
    }

    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name> {
        self.state().mountable.get(&blob.digest).filter(|name| locations.contains(name)).cloned()
    }
}

#[async_trait]
impl Partials for Memory {
    async fn partial(&self, blob: &Descriptor) -> Result<u64, Failure> {
        Ok(self.state().partials.get(&blob.digest).map_or(0, |content| content.len() as u64))
    }

    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure> {
        self.state().partials.remove(&blob.digest);
        Ok(())
    }
}

/// Writes a blob of [`Memory`].
struct MemoryWriter {
    blob: Descriptor,
    content: Vec<u8>,
    memory: Memory,
}

#[async_trait]
impl BlobWriter for MemoryWriter {
    fn offset(&self) -> u64 {
        self.content.len() as u64
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        self.content.extend_from_slice(&bytes);
        self.memory.state().partials.insert(self.blob.digest.clone(), self.content.clone());
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), Failure> {
        let mut state = self.memory.state();
        state.partials.remove(&self.blob.digest);
        self.blob.verify(&self.content)?;
        state.blobs.insert(self.blob.digest.clone(), self.content.clone().into());
        Ok(())
    }

    async fn discard(self: Box<Self>) -> Result<(), Failure> {
        self.memory.state().partials.remove(&self.blob.digest);
        Ok(())
    }
}
