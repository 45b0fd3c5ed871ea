//! Bytes that neither end has verified or will verify: from one registry to another, out of an archive to a registry.
//!
//! A registry checks what it is given, or should. To be sure without asking it, such bytes are hashed on their way,
//! and the last of them are held back until the digest is known to be right: what is incomplete is not kept.

use bytes::Bytes;

use crate::content::{BlobWriter, Source};
use crate::diagnose::Failure;
use crate::digest::Verifier;
use crate::image::Descriptor;

/// A writer, and the check of what it is given where nobody else makes one.
pub(super) struct Verified<W> {
    writer: W,
    check: Option<Check>,
}

struct Check {
    verifier: Verifier,
    /// The bytes that came last, which the writer has not seen.
    last: Option<Bytes>,
}

impl<W: BlobWriter> Verified<W> {
    /// For the bytes of `blob` that `source` gives. The hash of bytes that were sent by an earlier attempt is not known:
    /// an upload that goes on after them relies upon the check that the registry makes.
    pub(super) fn new(writer: W, blob: &Descriptor, source: &impl Source) -> Self {
        let is_due = !source.is_verified() && !writer.verifies() && writer.offset() == 0;
        Self { writer, check: is_due.then(|| Check { verifier: blob.verifier(), last: None }) }
    }

    /// As [`BlobWriter::write`].
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        let Some(check) = &mut self.check else { return self.writer.write(bytes).await };
        check.verifier.update(&bytes)?;
        match check.last.replace(bytes) {
            Some(before) => self.writer.write(before).await,
            None => Ok(()),
        }
    }

    /// As [`BlobWriter::commit`]. The writer gets the last bytes only if they all are right.
    pub(super) async fn commit(mut self) -> Result<(), Failure> {
        if let Some(Check { verifier, last }) = self.check {
            verifier.finish()?;
            if let Some(last) = last {
                self.writer.write(last).await?;
            }
        }
        self.writer.commit().await
    }
}
