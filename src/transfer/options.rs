//! How to copy.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::config::Layers;
use super::open_files;
use super::plan::Platforms;
use super::splitting::Splitting;
use crate::retry::Policy;

/// How to copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which of an index's images.
    pub platforms: Platforms,
    /// Whether images are held against their configs.
    pub layers: Layers,
    /// How many connections at once.
    pub jobs: Jobs,
    /// What earlier copies have found out about that.
    pub experience: Experience,
    /// When to give up on a blob.
    pub retry: Policy,
    /// When a blob comes by several connections.
    pub splitting: Splitting,
    /// How many bytes a second may be moved, by all connections together.
    pub rate: Option<NonZeroU64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            platforms: Platforms::All,
            layers: Layers::default(),
            jobs: Jobs::Adaptive,
            experience: Experience::default(),
            retry: Policy::default(),
            splitting: Splitting::default(),
            rate: None,
        }
    }
}

/// How many connections a copy uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// From 4 to 32, as many as bring more bytes than fewer do.
    Adaptive,
    /// That many, or as many as the process may open files for.
    Fixed(NonZeroUsize),
}

impl Jobs {
    /// Returns the maximum number of concurrent requests for small things: whether a blob exists, a manifest.
    pub(super) fn questions(self) -> usize {
        let wanted = match self {
            Self::Adaptive => 16,
            Self::Fixed(jobs) => jobs.get(),
        };
        wanted.min(open_files::connections())
    }
}

/// How many connections were found to be worth while. One copy leaves it to the next between the same places:
/// clones share it.
#[derive(Clone, Debug, Default)]
pub struct Experience {
    /// None as long as it is 0.
    connections: Arc<AtomicUsize>,
}

impl Experience {
    /// Returns the number that the last copy found, if any.
    pub(super) fn connections(&self) -> Option<usize> {
        Some(self.connections.load(Ordering::Relaxed)).filter(|connections| *connections > 0)
    }

    /// Records that this number of connections is worth while.
    pub(super) fn found(&self, connections: usize) {
        self.connections.store(connections, Ordering::Relaxed);
    }
}
