//! The seam between the places that hold images: a copy reads from a [`Source`] and writes to a [`Target`].
//!
//! A registry's repository, the local store, an OCI layout and an archive implement both. The engine
//! ([`crate::transfer`]) knows only these traits, so that one engine pulls, pushes, copies, saves and loads.
//!
//! Their core is small: a source resolves, reads manifests and opens blobs; a target tells what it holds, creates
//! blobs, stores manifests and tags them. What only some places can do is an object of its own, which the others do
//! not have: [`Locations`], [`Mounts`], [`Partials`].
//!
//! Sources need not verify blobs: the engine's writers do, or the engine itself. Manifests come verified, in a
//! [`RawManifest`].

mod memory;
mod reader;

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

pub use memory::{Memory, MemoryError};
pub use reader::{BlobReader, Chunk};

use crate::diagnose::{Diagnose, ErrorKind, Failure};
use crate::image::{Descriptor, RawManifest};
use crate::reference::{Name, Selector};

/// Where images come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// Returns what `selector` means now.
    ///
    /// # Errors
    /// Of kind [`NotFound`](ErrorKind::NotFound) if there is no such image.
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure>;

    /// Reads a manifest, and verifies that its bytes are those of `descriptor`.
    ///
    /// # Errors
    /// Of kind [`Corrupt`](ErrorKind::Corrupt) if they are not.
    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure>;

    /// Opens the bytes `range` of a blob. The reader gives exactly those or fails; they are not verified.
    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure>;

    /// Reads a small blob into memory, and verifies it; see [`read_blob`], which has a limit.
    ///
    /// A source that may fail for a while tries again, and may keep the blob for a later [`open`](Self::open).
    ///
    /// # Errors
    /// Of kind `Corrupt` if the blob is not what its digest says.
    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        read_once(self, blob).await
    }

    /// Returns what knows where else its blobs are; `None` if nothing does.
    fn locations(&self) -> Option<&dyn Locations> {
        None
    }

    /// Reports whether its blobs were verified when they came there, and could not be changed by others since.
    ///
    /// Blobs of a registry, and files that anybody may have made, were not: they are hashed on their way to a target
    /// that does not [verify](BlobWriter::verifies) them.
    fn is_verified(&self) -> bool {
        false
    }

    /// Records that what it gave for `blob` was wrong. A source with several servers turns to the next one.
    fn doubt(&self, blob: &Descriptor) {
        let _ = blob;
    }
}

/// A source that knows which repositories hold its blobs.
#[async_trait]
pub trait Locations: Send + Sync {
    /// Returns the repositories that are known to hold `blob` and that the repository `near` may mount it from: those
    /// of the same registry. Nothing is asked but what is known on this machine.
    async fn of(&self, blob: &Descriptor, near: &Name) -> Vec<Name>;
}

/// Whether a blob is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    /// It is.
    Present,
    /// It is not.
    Absent,
    /// The place does not say. Whether it takes the content is another question.
    Unknown,
}

impl From<bool> for Existence {
    fn from(is_there: bool) -> Self {
        if is_there { Self::Present } else { Self::Absent }
    }
}

/// Where images go.
#[async_trait]
pub trait Target: Send + Sync {
    /// Reports whether this blob is there.
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure>;

    /// Reports whether this blob is known to be there.
    async fn holds_blob(&self, blob: &Descriptor) -> Result<bool, Failure> {
        Ok(self.existence(blob).await? == Existence::Present)
    }

    /// Begins to write a blob, or resumes where an earlier writer of it stopped.
    ///
    /// Waits while another process writes the same blob to the same place; when that has finished, the writer's
    /// [`offset`](BlobWriter::offset) is the blob's size.
    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure>;

    /// Stores a manifest under its digest. Everything it refers to is there already.
    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure>;

    /// Stores a manifest and makes `selector` mean it. The last step of every copy.
    ///
    /// If the selector is a digest, it is the manifest's own.
    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure>;

    /// Returns what mounts blobs from other repositories; `None` if they cannot be mounted here at all.
    fn mounts(&self) -> Option<&dyn Mounts> {
        None
    }

    /// Returns what knows of blobs that were begun; `None` if nothing remains of them.
    fn partials(&self) -> Option<&dyn Partials> {
        None
    }

    /// Returns the same place as a source, if reading from it takes no more than reading a file.
    fn as_source(&self) -> Option<&dyn Source> {
        None
    }

    /// Returns which of `contents`, blobs and manifests, have to be written after all: a manifest was refused with
    /// `failure` because they are missing, whatever [`existence`](Self::existence) or [`Mounts::mount`] had said.
    fn lacking(&self, contents: &[Descriptor], failure: &Failure) -> Vec<Descriptor> {
        let _ = (contents, failure);
        Vec::new()
    }
}

/// A target that makes blobs of other repositories visible without moving them.
#[async_trait]
pub trait Mounts: Send + Sync {
    /// Returns the repository that blobs are mounted into.
    fn repository(&self) -> &Name;

    /// Mounts `blob` out of a repository that is known to have it, and returns that one.
    ///
    /// To be asked before [`Target::existence`], which it spares where it succeeds. `None` is an ordinary answer:
    /// whether the blob is here already is open then.
    async fn mount_nearby(&self, blob: &Descriptor) -> Result<Option<Name>, Failure> {
        let _ = blob;
        Ok(None)
    }

    /// Mounts `blob` out of one of `locations`, and returns which one it was.
    ///
    /// `None` is an ordinary answer: the blob has to be written then.
    async fn mount(&self, blob: &Descriptor, locations: &[Name]) -> Result<Option<Name>, Failure>;

    /// Returns the one of `locations` that `blob` might be mounted from; changes nothing.
    ///
    /// It asks nothing. Whether it will work, only [`mount`](Self::mount) tells.
    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name>;
}

/// A target that keeps what came of a blob before it was cut off.
#[async_trait]
pub trait Partials: Send + Sync {
    /// Returns how many bytes of a blob that is not there an earlier writer has left to resume after; changes nothing.
    ///
    /// They need not be right: only the writer that resumes after them finds out.
    async fn partial(&self, blob: &Descriptor) -> Result<u64, Failure> {
        let _ = blob;
        Ok(0)
    }

    /// Removes what an earlier writer of this blob has left, so that the next one begins at the first byte.
    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure>;
}

/// Takes the bytes of a blob, verifies them, and makes the blob visible when all are there.
///
/// Dropping a writer keeps what can be resumed: the next [`Target::create`] begins after it.
#[async_trait]
pub trait BlobWriter: Send {
    /// Returns the number of bytes that are there: the next byte to write is the one at this offset.
    fn offset(&self) -> u64;

    /// Reports whether [`commit`](Self::commit) verifies the content itself. If not, that is left to the other end,
    /// which may be no better than where the bytes come from.
    fn verifies(&self) -> bool {
        true
    }

    /// Returns how many of the bytes that it took last may still be in buffers on a long way, at most. None if they
    /// are where they belong when [`write`](Self::write) returns.
    fn unconfirmed(&self) -> u64 {
        0
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// With the recovery [`Restart`](crate::diagnose::Recovery::Restart) if there are more bytes than the blob has.
    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure>;

    /// Verifies the whole blob and makes it visible.
    ///
    /// # Errors
    /// With the recovery [`Restart`](crate::diagnose::Recovery::Restart) if the content is not that of the blob's
    /// digest; nothing of it is kept then.
    async fn commit(self: Box<Self>) -> Result<(), Failure>;

    /// Removes what is there, so that the next writer begins at the first byte.
    async fn discard(self: Box<Self>) -> Result<(), Failure>;
}

/// Reads a small blob into memory and verifies it: a config, not a layer.
///
/// # Errors
/// Of kind `Corrupt` if the blob is larger than `limit` bytes, or not what its digest says.
pub async fn read_blob(source: &dyn Source, blob: &Descriptor, limit: u64) -> Result<Bytes, Failure> {
    if blob.size > limit {
        return Err(TooLarge { size: blob.size, limit }.into());
    }
    source.read_small(blob).await
}

/// Reads a small blob by one attempt, and verifies it.
pub(crate) async fn read_once<S: Source + ?Sized>(source: &S, blob: &Descriptor) -> Result<Bytes, Failure> {
    let mut reader = source.open(blob, 0..blob.size).await?;
    let mut verifier = blob.verifier();
    let mut content = Vec::new();
    while let Some(bytes) = reader.next().await? {
        verifier.update(&bytes)?;
        content.extend_from_slice(&bytes);
    }
    verifier.finish()?;
    Ok(content.into())
}

/// A blob that should be small is not.
#[derive(Debug, thiserror::Error)]
#[error("blob of {size} bytes is larger than the {limit} that are read into memory")]
struct TooLarge {
    size: u64,
    limit: u64,
}

impl Diagnose for TooLarge {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }
}
