//! What lies between both ends of a copy, and what all its blobs share of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::blocks::Blocks;
use super::pace::Pace;
use super::width::Width;
use super::{Options, Splitting};
use crate::retry::Policy;

/// How the blobs of one copy are read. Clones share everything.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) splitting: Splitting,
    pub(super) window: Arc<Window>,
    pub(super) width: Arc<Width>,
    pub(super) retry: Policy,
    pace: Option<Arc<Pace>>,
    counted: Counted,
}

/// Which bytes tell how fast the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Those that come from the source: the target is near.
    Received,
    /// Those that the target has for certain.
    Confirmed,
}

impl Line {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            splitting: options.splitting,
            window: Arc::new(Window::new(options.splitting.window)),
            width: Width::new(options.jobs),
            retry: options.retry,
            pace: options.rate.map(|rate| Arc::new(Pace::new(rate))),
            counted: Counted::Received,
        }
    }

    /// The same line, measured elsewhere.
    pub(super) fn counting(&self, counted: Counted) -> Self {
        Self { counted, ..self.clone() }
    }

    /// The same line for a blob that comes by one stream.
    pub(super) fn unsplit(&self) -> Self {
        Self { splitting: Splitting { from: u64::MAX, ..self.splitting }, ..self.clone() }
    }

    /// How many bytes the next segment should have: the more connections, the smaller, so that all of them
    /// have one in the window.
    pub(super) fn segment(&self) -> u64 {
        let Splitting { segment, window, .. } = self.splitting;
        let share = u64::from(window) / self.width.limit().max(1) as u64;
        share.clamp(segment / 4, segment).max(1)
    }

    /// So many bytes have come from the source: answers when they may be passed on.
    pub(super) async fn received(&self, bytes: u64) {
        if self.counted == Counted::Received {
            self.width.moved(bytes);
        }
        self.keep_pace(bytes).await;
    }

    /// So many bytes have come that are good for nothing: answers when the next ones may.
    pub(super) async fn keep_pace(&self, bytes: u64) {
        if let Some(pace) = &self.pace {
            pace.keep(bytes).await;
        }
    }

    /// The source has answered after this time.
    pub(super) fn source_answered(&self, after: Duration) {
        if self.counted == Counted::Received {
            self.width.answered(after);
        }
    }
}

/// Room for the bytes of segments that arrive before their turn.
#[derive(Debug)]
pub(super) struct Window {
    room: Arc<Semaphore>,
    /// How long a segment takes, on the average of the last few.
    typical: Mutex<Option<Duration>>,
    pub(super) blocks: Blocks,
}

/// Room in the window, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place(#[expect(dead_code, reason = "it is held, not read")] OwnedSemaphorePermit);

impl Window {
    fn new(bytes: u32) -> Self {
        Self {
            room: Arc::new(Semaphore::new(bytes as usize)),
            typical: Mutex::default(),
            blocks: Blocks::default(),
        }
    }

    /// Room for so many bytes, if there is any now.
    pub(super) fn place(&self, bytes: u64) -> Option<Place> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.room).try_acquire_many_owned(bytes).ok().map(Place)
    }

    pub(super) fn segment_took(&self, time: Duration) {
        let mut typical = self.typical.lock().unwrap_or_else(PoisonError::into_inner);
        *typical = Some(typical.map_or(time, |before| (before * 3 + time) / 4));
    }

    pub(super) fn typical(&self) -> Option<Duration> {
        *self.typical.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
