//! What the engine tells while it works.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::digest::Digest;
use crate::image::{Descriptor, Platform};
use crate::reference::Name;

/// One thing the engine did. Bars, lines, JSON and the tests all read only this.
///
/// Events of one blob come in the order of the variants; those of different blobs mix.
/// All sizes and offsets are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// All work is known before the first byte moves. The blobs stand in the order of the image: config,
    /// then layers from the lowest up; `bytes` counts each distinct blob once.
    Planned {
        /// What the image consists of.
        blobs: Vec<Descriptor>,
        /// The platforms that each of them is for, as far as an index says so.
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
    /// Bytes start to flow at `offset`, which is above zero after an interruption.
    Started {
        /// The blob.
        digest: Digest,
        /// What is there already.
        offset: u64,
        /// What there will be in the end.
        size: u64,
    },
    /// `bytes` more have arrived since the last event of this blob.
    Advanced {
        /// The blob.
        digest: Digest,
        /// How many.
        bytes: u64,
    },
    /// The connection broke, or the content was wrong; the engine goes on at the offset it can go on from.
    Interrupted {
        /// The blob.
        digest: Digest,
        /// How many attempts have failed without getting any further.
        attempt: u32,
        /// How long it waits before it goes on.
        wait: Duration,
        /// What happened, for people.
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
    /// It is there already.
    Present,
    /// The registry has made it visible out of this repository.
    Mounted(Name),
    /// It may not be distributed: its content is to be had from elsewhere.
    Foreign,
}

/// Watches the engine. Called from many tasks at once, between bytes: it has to be quick.
pub trait Observer: Send + Sync {
    /// Takes notice of one event.
    fn event(&self, event: Event);
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event) {}
}

/// Remembers everything, for tests.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// What has happened so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The offsets at which bytes began to flow, in their order.
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
