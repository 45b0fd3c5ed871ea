//! Names that wait to be written to index.json. Those that come together are written together.
//!
//! The file is written as a whole. If thousands of images that are pulled by one command wrote it one by one, most of
//! the time would go into that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::image::EntryName;
use crate::image::Descriptor;

/// The names that wait for the next write. All clones of a store share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Arc<Mutex<Vec<Naming>>>);

/// A name and the image that it shall point to.
#[derive(Debug)]
pub(super) struct Naming {
    pub(super) entry_name: EntryName,
    pub(super) image: Descriptor,
    /// Gets a message once the name is on the disk.
    written: oneshot::Sender<()>,
}

impl Queue {
    /// Adds a name. The receiver gets a message once the name is on the disk, or an error if the write has failed.
    pub(super) fn add(&self, entry_name: EntryName, image: Descriptor) -> oneshot::Receiver<()> {
        let (written, receiver) = oneshot::channel();
        self.lock().push(Naming { entry_name, image, written });
        receiver
    }

    /// Removes and returns the names that are still wanted.
    pub(super) fn take(&self) -> Vec<Naming> {
        let mut namings = std::mem::take(&mut *self.lock());
        namings.retain(|naming| !naming.written.is_closed());
        namings
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Naming>> {
        // Each change is one call, so the list stays consistent even if a thread panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Naming {
    /// Reports to the caller, if it still waits, that the name is on the disk.
    pub(super) fn end(self) {
        let _ = self.written.send(());
    }
}
