//! The seam between places that hold images: everything is copied from a [`Source`] to a [`Target`].
//!
//! A registry's repository, the local store, an OCI layout, an archive: each is both. The engine
//! ([`crate::transfer`]) sees only these traits, so that one engine pulls, pushes and copies.
//!
//! Sources need not verify blobs: the engine's writers do, or the engine itself. Manifests come verified, in a
//! [`RawManifest`].

mod memory;

use std::future::Future;
use std::ops::Range;

use bytes::Bytes;

pub use memory::{Memory, MemoryError};

use crate::diagnose::Failure;
use crate::image::{Descriptor, RawManifest};
use crate::reference::{Name, Selector};

/// Where images come from.
pub trait Source: Send + Sync {
    /// What reads a blob.
    type Reader: BlobReader;

    /// Finds out what `selector` means now.
    ///
    /// # Errors
    /// Of kind [`NotFound`](crate::diagnose::ErrorKind::NotFound) if there is no such image.
    fn resolve(&self, selector: &Selector) -> impl Future<Output = Result<Descriptor, Failure>> + Send;

    /// Reads a manifest, and verifies that its bytes are those of `descriptor`.
    ///
    /// # Errors
    /// Of kind [`Corrupt`](crate::diagnose::ErrorKind::Corrupt) if they are not.
    fn manifest(&self, descriptor: &Descriptor) -> impl Future<Output = Result<RawManifest, Failure>> + Send;

    /// Opens the bytes `range` of a blob. The reader gives exactly those or fails; they are not verified.
    fn open(
        &self,
        blob: &Descriptor,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Self::Reader, Failure>> + Send;

    /// Reads all of a small blob into memory, and verifies it; see [`read_blob`], which has a limit.
    ///
    /// A source that may fail only for a while tries again, and may keep the blob for who opens it later.
    ///
    /// # Errors
    /// Of kind `Corrupt` if the blob is not what its digest says.
    fn read_small(&self, blob: &Descriptor) -> impl Future<Output = Result<Bytes, Failure>> + Send
    where
        Self: Sized,
    {
        read_once(self, blob)
    }

    /// Returns the repositories that are known to hold `blob` and that the repository `near` may mount it from: those
    /// of the same registry. Nothing is asked but what is known on this machine.
    fn locations(&self, blob: &Descriptor, near: &Name) -> impl Future<Output = Vec<Name>> + Send;

    /// Whether its blobs were verified when they came there, so that nobody else could have changed them since.
    ///
    /// Those of others, and files that anybody may have made, are not: they are hashed on their way to where
    /// nobody [verifies](BlobWriter::verifies) them.
    fn is_verified(&self) -> bool {
        false
    }

    /// Takes notice that what it gave for `blob` was wrong. A source that has several places to read from
    /// turns to the next one.
    fn doubt(&self, blob: &Descriptor) {
        let _ = blob;
    }
}

/// Where images go.
pub trait Target: Send + Sync {
    /// What writes a blob.
    type Writer: BlobWriter;

    /// Whether this manifest, and all that it refers to, is there.
    fn holds_manifest(&self, manifest: &Descriptor) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Whether this blob is there.
    fn holds_blob(&self, blob: &Descriptor) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// The repository that blobs can be mounted into; `None` if they cannot be mounted here at all, so that nothing
    /// needs to be known of their [locations](Source::locations).
    fn repository(&self) -> Option<&Name> {
        None
    }

    /// Makes `blob` visible here, without moving it, out of a place that is known to have it. Answers which one
    /// that was.
    ///
    /// To be asked before [`holds_blob`](Target::holds_blob), which it spares where it succeeds. `None` is an
    /// ordinary answer: whether the blob is here already is open then.
    fn mount_nearby(&self, blob: &Descriptor) -> impl Future<Output = Result<Option<Name>, Failure>> + Send {
        let _ = blob;
        std::future::ready(Ok(None))
    }

    /// Makes `blob` visible here out of one of `locations`, without moving it. Answers which one it was.
    ///
    /// `None` is an ordinary answer: the blob has to be written then.
    fn mount(
        &self,
        blob: &Descriptor,
        locations: &[Name],
    ) -> impl Future<Output = Result<Option<Name>, Failure>> + Send;

    /// The same place for one who only asks what is there. Nothing is changed by that, no lock is taken; so
    /// what was there may be gone the next moment.
    #[must_use]
    fn only_looking(self) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// How many bytes of a blob that is not there an earlier writer has left to go on after; changes nothing.
    ///
    /// They need not be right: only who goes on with them finds out.
    fn partial(&self, blob: &Descriptor) -> impl Future<Output = Result<u64, Failure>> + Send {
        let _ = blob;
        std::future::ready(Ok(0))
    }

    /// The one of `locations` that `blob` might be mounted from; changes nothing.
    ///
    /// Answers at once, from what is known here. Whether it will work, only [`mount`](Target::mount) tells.
    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name> {
        let _ = (blob, locations);
        None
    }

    /// Returns a small blob that is there, verified, if that takes no more than reading a file.
    ///
    /// # Errors
    /// Of kind `Corrupt` if it is not what its digest says.
    fn stored(&self, blob: &Descriptor) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send {
        let _ = blob;
        std::future::ready(Ok(None))
    }

    /// Begins to write a blob, or goes on where an earlier writer of it stopped.
    ///
    /// Waits while another process writes the same blob to the same place; when that has finished,
    /// the answer is a writer whose [`offset`](BlobWriter::offset) is the blob's size.
    fn create(&self, blob: &Descriptor) -> impl Future<Output = Result<Self::Writer, Failure>> + Send;

    /// Throws away what an earlier writer of this blob has left, so that the next one begins at the first byte.
    fn discard(&self, blob: &Descriptor) -> impl Future<Output = Result<(), Failure>> + Send {
        async { self.create(blob).await?.discard().await }
    }

    /// Which of `contents`, blobs and manifests, have to be written after all: a manifest was refused with `failure`
    /// because they are not there, whatever [`holds_blob`](Target::holds_blob) or [`mount`](Target::mount) had
    /// answered.
    fn lacking(&self, contents: &[Descriptor], failure: &Failure) -> Vec<Descriptor> {
        let _ = (contents, failure);
        Vec::new()
    }

    /// Stores a manifest under its digest. Everything it refers to is there already.
    fn put_manifest(&self, manifest: &RawManifest) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Stores a manifest and makes `selector` mean it. The last step of every copy.
    ///
    /// If the selector is a digest, it is the manifest's own.
    fn tag(
        &self,
        manifest: &RawManifest,
        selector: &Selector,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The bytes of a blob, or of a part of it, as they arrive.
pub trait BlobReader: Send {
    /// The next bytes, never empty; `None` after the last of the range that was asked for.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes: the next call gives them.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send;

    /// Throws away the next of the bytes that the source sends before the range, and answers how many, so that
    /// they can be counted; `None` if there are no more of them. [`next`](Self::next) does so as well.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes.
    fn skip(&mut self) -> impl Future<Output = Result<Option<u64>, Failure>> + Send {
        std::future::ready(Ok(None))
    }

    /// Whether its source gives parts of this blob for themselves, so that several can be read at once, and
    /// whether that may be worth while.
    fn takes_ranges(&self) -> bool {
        false
    }
}

/// Takes the bytes of a blob, verifies them, and makes the blob visible when all are there.
///
/// Dropping a writer keeps what can be gone on with: [`Target::create`] begins after it the next time.
pub trait BlobWriter: Send {
    /// The number of bytes that are there: the next byte to write is the one at this offset.
    fn offset(&self) -> u64;

    /// Whether [`commit`](Self::commit) finds out for itself that the content is right. If not, that is left to the
    /// other end, which may be no better than where the bytes come from.
    fn verifies(&self) -> bool {
        true
    }

    /// How many of the bytes that it took last may still be in buffers on a long way, at most. None if they
    /// are where they belong when [`write`](Self::write) answers.
    fn unconfirmed(&self) -> u64 {
        0
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// With the recovery [`Restart`](crate::diagnose::Recovery::Restart) if there are more bytes than the
    /// blob has.
    fn write(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Verifies the whole blob and makes it visible.
    ///
    /// # Errors
    /// With the recovery [`Restart`](crate::diagnose::Recovery::Restart) if the content is not that of the
    /// blob's digest; nothing of it is kept then.
    fn commit(self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Throws away what is there, so that the next writer begins at the first byte.
    fn discard(self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Reads a small blob into memory and verifies it: a config, not a layer.
///
/// # Errors
/// Of kind `Corrupt` if the blob is larger than `limit` bytes, or not what its digest says.
pub async fn read_blob<S: Source>(source: &S, blob: &Descriptor, limit: u64) -> Result<Bytes, Failure> {
    if blob.size > limit {
        return Err(TooLarge { size: blob.size, limit }.into());
    }
    source.read_small(blob).await
}

/// Reads all of a small blob by one attempt, and verifies it.
pub(crate) async fn read_once<S: Source>(source: &S, blob: &Descriptor) -> Result<Bytes, Failure> {
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

impl crate::diagnose::Diagnose for TooLarge {
    fn kind(&self) -> crate::diagnose::ErrorKind {
        crate::diagnose::ErrorKind::Corrupt
    }
}
