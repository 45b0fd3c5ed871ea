//! What the engine reports while it works.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::digest::Digest;
use crate::image::{Descriptor, Platform};
use crate::reference::Name;

/// One step of the engine. Bars, lines, JSON and the tests read only this.
///
/// Events of one blob come in the order of the variants; events of different blobs are interleaved. All sizes
/// and offsets are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The plan is complete before the first byte moves. The blobs are in the order of the image: config,
    /// then layers from the lowest up; `bytes` counts each distinct blob once.
    Planned {
        /// The blobs of the image.
        blobs: Vec<Descriptor>,
        /// The platforms of each blob, as far as an index names them.
        platforms: HashMap<Digest, Vec<Platform>>,
        /// The sum of their sizes.
        bytes: u64,
    },
    /// The target needs no bytes of this blob.
    Skipped {
        /// The blob.
        digest: Digest,
        /// Why.
        reason: Skip,
    },
    /// The transfer starts at `offset`, which is above zero when it resumes.
    Started {
        /// The blob.
        digest: Digest,
        /// How many bytes the target has already.
        offset: u64,
        /// The size of the blob.
        size: u64,
    },
    /// `bytes` more have arrived since the last event of this blob.
    Advanced {
        /// The blob.
        digest: Digest,
        /// How many.
        bytes: u64,
    },
    /// The connection broke, or the content was wrong. The engine resumes from the last usable offset.
    Interrupted {
        /// The blob.
        digest: Digest,
        /// How many attempts in a row have failed without progress.
        attempt: u32,
        /// The wait before the next attempt.
        wait: Duration,
        /// What happened, for messages.
        cause: String,
    },
    /// The blob is verified and visible at the target.
    Finished {
        /// The blob.
        digest: Digest,
    },
}

/// Why no bytes of a blob are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The target has the blob.
    Present,
    /// The registry has mounted the blob from this repository.
    Mounted(Name),
    /// The blob must not be distributed: its content is available elsewhere.
    Foreign,
}

/// Watches the engine. It is called concurrently by many tasks, between bytes, so it has to be quick.
pub trait Observer: Send + Sync {
    /// Receives one event.
    fn event(&self, event: Event);
}

/// Ignores all events.
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event) {}
}

/// Records all events, for tests.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// Returns the events so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the offsets at which transfers started, in order.
    pub fn offsets(&self) -> Vec<u64> {
        let started = |event| match event {
            Event::Started { offset, .. } => Some(offset),
            _ => None,
        };
        self.events().into_iter().filter_map(started).collect()
    }
}

impl Observer for Recorder {
    fn event(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}
