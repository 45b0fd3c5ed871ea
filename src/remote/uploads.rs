//! What is known of a repository as a target: open uploads, and what it wants of them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::existence::Questions;
use super::mount::Reluctant;
use super::session::Sessions;

/// What uploads to one repository share.
#[derive(Default)]
pub(super) struct Uploads {
    /// The uploads that are open.
    pub(super) sessions: Sessions,
    /// What came of the questions after blobs.
    pub(super) questions: Questions,
    /// Which other repositories have had nothing to mount.
    pub(super) reluctant: Reluctant,
    /// How many bytes the registry wants a piece of an upload to have.
    piece_min: AtomicU64,
}

impl Uploads {
    /// The fewest bytes of a piece of an upload that is not the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.piece_min.load(Ordering::Relaxed)
    }

    /// The registry wants pieces to have so many bytes.
    pub(super) fn pieces_have(&self, least: u64) {
        self.piece_min.fetch_max(least, Ordering::Relaxed);
    }
}
