//! The options of a copy.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::config::Layers;
use super::open_files;
use super::plan::Platforms;
use super::splitting::Splitting;
use crate::retry::Policy;

/// The options of a copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// The images of an index to copy.
    pub platforms: Platforms,
    /// Whether images are checked against their configs.
    pub layers: Layers,
    /// The number of concurrent connections.
    pub jobs: Jobs,
    /// What earlier copies have found out about that number.
    pub experience: Experience,
    /// When to give up on a blob.
    pub retry: Policy,
    /// When a blob uses several connections.
    pub splitting: Splitting,
    /// The maximum rate in bytes a second, for all connections together.
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
    /// From 4 to 32: as many as increase the rate.
    Adaptive,
    /// This many, or fewer if the limit of open files is lower.
    Fixed(NonZeroUsize),
}

impl Jobs {
    /// Returns how many images are copied concurrently by default. The plans of all of them are in memory.
    pub fn images(self) -> usize {
        self.questions()
    }

    /// Returns the maximum number of concurrent requests for small things: whether a blob exists, a manifest.
    pub(super) fn questions(self) -> usize {
        let wanted = match self {
            Self::Adaptive => 32,
            Self::Fixed(jobs) => jobs.get(),
        };
        wanted.min(open_files::connections())
    }
}

/// The number of connections that was found to be useful. Copies between the same two ends hand it on: clones
/// share it.
#[derive(Clone, Debug, Default)]
pub struct Experience {
    /// Zero means none.
    connections: Arc<AtomicUsize>,
}

impl Experience {
    /// Returns the experience of an earlier process that has found this number.
    pub fn of(connections: usize) -> Self {
        Self { connections: Arc::new(connections.into()) }
    }

    /// Returns the number that the last copy found, if any.
    pub fn connections(&self) -> Option<usize> {
        Some(self.connections.load(Ordering::Relaxed)).filter(|connections| *connections > 0)
    }

    /// Records that this number of connections is useful.
    pub fn found(&self, connections: usize) {
        self.connections.store(connections, Ordering::Relaxed);
    }
}
