//! The seam between image locations: a copy reads from a [`Source`] and writes to a [`Target`].
//!
//! A registry's repository, the local store, an OCI layout and an archive implement both. The engine
//! ([`crate::transfer`]) knows only these traits, so that one engine pulls, pushes, copies, saves and loads.
//!
//! The core of both traits is small. A source resolves, reads manifests and opens blobs. A target reports
//! what it holds, creates blobs, and stores and tags manifests. Each optional ability is a trait of its own:
//! [`Locations`], [`Mounts`], [`Partials`], [`Parts`].
//!
//! Sources need not verify blobs: the target's writers do, or the engine itself. Manifests are verified
//! before they are returned, as a [`RawManifest`].

mod memory;
mod reader;

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

pub use memory::{Memory, MemoryError};
pub use reader::{BlobReader, Chunk};

use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::image::{Descriptor, RawManifest};
use crate::reference::{Name, Selector};

/// A location that images are read from.
#[async_trait]
pub trait Source: Send + Sync {
    /// Returns the descriptor that `selector` means now.
    ///
    /// # Errors
    /// Of kind [`NotFound`](ErrorKind::NotFound) if there is no such image.
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure>;

    /// Reads a manifest and verifies its bytes against `descriptor`.
    ///
    /// # Errors
    /// Of kind [`Corrupt`](ErrorKind::Corrupt) if they do not match.
    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure>;

    /// Opens the bytes `range` of a blob. The reader returns exactly those bytes or fails. They are not
    /// verified.
    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure>;

    /// Reads a small blob into memory and verifies it; see [`read_blob`], which has a limit.
    ///
    /// A source that may fail temporarily retries, and may keep the blob for a later [`open`](Self::open).
    ///
    /// # Errors
    /// Of kind `Corrupt` if the blob does not match its digest.
    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        read_once(self, blob).await
    }

    /// Returns the lookup of other repositories that hold its blobs, or `None` if the source has none.
    fn locations(&self) -> Option<&dyn Locations> {
        None
    }

    /// Reports whether its blobs were verified on arrival and cannot have been changed by others since.
    ///
    /// Blobs of a registry are not verified, nor are files that others may have written. They are hashed on
    /// their way to a target that does not [verify](BlobWriter::verifies) them.
    fn is_verified(&self) -> bool {
        false
    }

    /// Records that the bytes returned for `blob` were wrong. A source with several servers then uses the
    /// next one, and returns `true`: reading the blob there is no repetition.
    fn doubt(&self, blob: &Descriptor) -> bool {
        let _ = blob;
        false
    }
}

/// A source that knows which repositories hold its blobs.
#[async_trait]
pub trait Locations: Send + Sync {
    /// Returns the known repositories that hold `blob` and that the repository `near` may mount it from,
    /// which are on the same registry. Sends no request: it uses only what this machine knows.
    async fn of(&self, blob: &Descriptor, near: &Name) -> Vec<Name>;
}

/// Whether a target has a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    /// The target has the blob.
    Present,
    /// The target does not have the blob.
    Absent,
    /// The target does not say. It may still accept the content.
    Unknown,
}

impl From<bool> for Existence {
    fn from(is_there: bool) -> Self {
        if is_there { Self::Present } else { Self::Absent }
    }
}

/// A location that images are written to.
#[async_trait]
pub trait Target: Send + Sync {
    /// Reports whether the target has this blob.
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure>;

    /// Reports whether the target is known to have this blob.
    async fn holds_blob(&self, blob: &Descriptor) -> Result<bool, Failure> {
        Ok(self.existence(blob).await? == Existence::Present)
    }

    /// Begins to write a blob, or resumes where an earlier writer of it stopped.
    ///
    /// Waits while another process writes the same blob to the same target. Once that process has finished,
    /// the writer's [`offset`](BlobWriter::offset) is the blob's size.
    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure>;

    /// Stores a manifest under its digest. All content that the manifest refers to is stored already.
    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure>;

    /// Stores a manifest and makes `selector` point to it. This is the last step of every copy.
    ///
    /// A selector that is a digest is the manifest's own digest.
    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure>;

    /// Returns the interface for mounts, or `None` if the target cannot mount blobs.
    fn mounts(&self) -> Option<&dyn Mounts> {
        None
    }

    /// Returns the interface for partial blobs, or `None` if the target does not keep them.
    fn partials(&self) -> Option<&dyn Partials> {
        None
    }

    /// Returns the same location as a source, if reading from it costs no more than reading a file.
    fn as_source(&self) -> Option<&dyn Source> {
        None
    }

    /// Returns which of `contents`, blobs and manifests, must be written after all. `failure` refused a
    /// manifest because they are missing, even if [`existence`](Self::existence) or [`Mounts::mount`] had
    /// reported them.
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

    /// Mounts `blob` from a repository that is known to have it, and returns that repository.
    ///
    /// Call this before [`Target::existence`]: a successful mount makes that call unnecessary. `None` is not
    /// an error, and does not say whether the target has the blob.
    async fn mount_nearby(&self, blob: &Descriptor) -> Result<Option<Name>, Failure> {
        let _ = blob;
        Ok(None)
    }

    /// Mounts `blob` from one of `locations`, and returns which one it was.
    ///
    /// `None` is not an error: the blob has to be written instead.
    async fn mount(&self, blob: &Descriptor, locations: &[Name]) -> Result<Option<Name>, Failure>;

    /// Returns the one of `locations` that `blob` might be mounted from. Changes nothing.
    ///
    /// Sends no request. Only [`mount`](Self::mount) finds out whether the mount works.
    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name>;
}

/// A target that keeps the received part of an interrupted blob.
#[async_trait]
pub trait Partials: Send + Sync {
    /// Returns how many bytes of an incomplete blob an earlier writer has left for resuming. Changes nothing.
    ///
    /// The bytes may be wrong: only the writer that resumes after them verifies them.
    async fn partial(&self, blob: &Descriptor) -> Result<u64, Failure> {
        let _ = blob;
        Ok(0)
    }

    /// Removes the partial blob of an earlier writer, so that the next writer begins at the first byte.
    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure>;
}

/// Takes the bytes of a blob, verifies them, and makes the blob visible when it is complete.
///
/// Dropping a writer keeps the part that can be resumed: the next [`Target::create`] begins after it.
#[async_trait]
pub trait BlobWriter: Send {
    /// Returns the number of bytes already stored, which is the offset of the next byte to write.
    fn offset(&self) -> u64;

    /// Reports whether [`commit`](Self::commit) verifies the content itself. If not, the other end has to
    /// verify it, which may be no more reliable than the source.
    fn verifies(&self) -> bool {
        true
    }

    /// Returns the maximum number of written bytes that may still be in buffers on the way. It is 0 if the
    /// bytes have arrived when [`write`](Self::write) returns.
    fn unconfirmed(&self) -> u64 {
        0
    }

    /// Returns the interface for bytes that come before their turn, or `None` if the target takes them only in
    /// order.
    fn parts(&mut self) -> Option<&mut dyn Parts> {
        None
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// With the recovery [`Restart`](crate::diagnose::Recovery::Restart) if there are more bytes than the
    /// blob has.
    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure>;

    /// Verifies the whole blob and makes it visible.
    ///
    /// # Errors
    /// With the recovery [`Restart`](crate::diagnose::Recovery::Restart) if the content does not match the
    /// blob's digest. None of the content is kept then.
    async fn commit(self: Box<Self>) -> Result<(), Failure>;

    /// Removes the stored part, so that the next writer begins at the first byte.
    async fn discard(self: Box<Self>) -> Result<(), Failure>;
}

/// A writer that takes the bytes of a blob as parts, in any order. The bytes of each part come in order.
///
/// Parts are kept as all other bytes are: a later writer of the blob finds them.
#[async_trait]
pub trait Parts: Send {
    /// Returns which bytes beyond the writer's [`offset`](BlobWriter::offset) an earlier writer has left, in
    /// order. They are not verified.
    fn present(&self) -> Vec<Range<u64>>;

    /// Returns the maximum size of the next part in bytes, or `None` if there is no room for one now.
    fn longest(&self) -> Option<u64>;

    /// Begins a part of these bytes; it may end earlier. Returns `None` if there is no room for it.
    ///
    /// # Errors
    /// If the target cannot record the part.
    fn begin(&mut self, range: Range<u64>) -> Result<Option<Box<dyn PartWriter>>, Failure>;

    /// Takes the next bytes up to the offset `end` from the parts that have them, as
    /// [`write`](BlobWriter::write) takes other bytes.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn catch_up(&mut self, end: u64) -> Result<(), Failure>;
}

/// Takes the bytes of one part, in order. Dropping it keeps what it was given.
pub trait PartWriter: Send {
    /// Returns the end of the bytes that are at the target, so that [`Parts::catch_up`] can take them.
    fn end(&self) -> u64;

    /// Takes the next bytes, all or none of them.
    ///
    /// # Errors
    /// If they cannot be written.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure>;

    /// Brings all bytes to the target that were taken so far.
    ///
    /// # Errors
    /// If they cannot be written. They are lost then.
    fn flush(&mut self) -> Result<(), Failure>;
}

/// Reads a small blob, such as a config, into memory and verifies it.
///
/// # Errors
/// Of kind `Corrupt` if the blob is larger than `limit` bytes or does not match its digest.
pub async fn read_blob(source: &dyn Source, blob: &Descriptor, limit: u64) -> Result<Bytes, Failure> {
    if blob.size > limit {
        return Err(TooLarge { size: blob.size, limit }.into());
    }
    source.read_small(blob).await
}

/// Reads a small blob in a single attempt, and verifies it.
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

/// Reports whether another server is to send the blob after an error that shows that the bytes were wrong. That costs
/// no attempt.
pub(crate) fn is_elsewhere<S: Source + ?Sized>(source: &S, blob: &Descriptor, recovery: Recovery) -> bool {
    recovery == Recovery::Restart && source.doubt(blob)
}

/// A blob that should be small is too large.
#[derive(Debug, thiserror::Error)]
#[error("blob of {size} bytes exceeds the limit of {limit} bytes")]
struct TooLarge {
    size: u64,
    limit: u64,
}

impl Diagnose for TooLarge {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }
}
