//! Blobs that are written concurrently to their positions in a file.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Error, Origin};
use crate::digest::{Digest, Verifier};
use crate::image::Descriptor;
use crate::store::disk;

/// Smaller pieces are gathered up to this size before they are written, in bytes.
const GATHER: usize = 256 * 1024;

/// The blobs that have a position in the file and are incomplete.
#[derive(Clone, Default)]
pub(super) struct Regions(Arc<Mutex<HashMap<Digest, Reached>>>);

/// The position of a blob, and its progress.
#[derive(Clone)]
struct Reached {
    /// The position of its first byte.
    at: u64,
    verifier: Verifier,
}

impl Regions {
    /// Reports whether every blob that has a position is complete.
    pub(super) fn are_whole(&self) -> bool {
        self.map().is_empty()
    }

    /// Reports whether a blob has a position.
    pub(super) fn have(&self, blob: &Descriptor) -> bool {
        self.map().contains_key(&blob.digest)
    }

    /// Assigns a position to a blob.
    pub(super) fn reserve(&self, blob: &Descriptor, at: u64) {
        self.map().insert(blob.digest.clone(), Reached { at, verifier: blob.verifier() });
    }

    /// Resumes a blob with a position, where its last writer stopped.
    pub(super) fn open(&self, blob: &Descriptor, file: File, origin: Origin) -> Option<Region> {
        let reached = self.map().get(&blob.digest).cloned()?;
        let (regions, blob, written) = (self.clone(), blob.clone(), reached.verifier.seen());
        Some(Region { regions, blob, reached, file, origin, written, pending: Vec::new() })
    }

    fn map(&self) -> MutexGuard<'_, HashMap<Digest, Reached>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes one blob to its position. If dropped before the end, it can be resumed.
pub(super) struct Region {
    regions: Regions,
    blob: Descriptor,
    reached: Reached,
    file: File,
    origin: Origin,
    /// The number of bytes in the file.
    written: u64,
    /// The bytes taken that follow them.
    pending: Vec<u8>,
}

impl Region {
    /// Returns how many bytes were taken.
    pub(super) fn offset(&self) -> u64 {
        self.reached.verifier.seen()
    }

    /// Takes the next bytes. Excess bytes are refused before they are written.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.reached.verifier.update(bytes)?;
        let kept = self.keep(bytes);
        if kept.is_err() {
            self.discard();
        }
        kept
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.pending.len() + bytes.len() > GATHER {
            self.flush()?;
        }
        if bytes.len() >= GATHER {
            return self.write(bytes);
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the blob. One that does not match its digest restarts.
    pub(super) fn commit(mut self) -> Result<(), Error> {
        self.flush()?;
        if let Err(error) = self.reached.verifier.clone().finish() {
            self.discard();
            return Err(error.into());
        }
        self.regions.map().remove(&self.blob.digest);
        Ok(())
    }

    /// Restarts the blob.
    pub(super) fn discard(&mut self) {
        self.pending.clear();
        self.written = 0;
        self.reached.verifier = self.blob.verifier();
    }

    fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        self.write(&pending)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = disk::in_place(|| self.file.write_all_at(bytes, self.reached.at + self.written));
        written.map_err(|source| Error::Write { origin: self.origin.clone(), source })?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if self.flush().is_err() {
            self.discard();
        }
        // A complete blob is no longer in the map.
        if let Some(reached) = self.regions.map().get_mut(&self.blob.digest) {
            *reached = self.reached.clone();
        }
    }
}
