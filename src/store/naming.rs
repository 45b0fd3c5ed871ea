//! Names that wait to be written to index.json. Those that come together are written together.
//!
//! The file is written as a whole. If thousands of images that are pulled by one command wrote it one by one, most of
//! the time would go into that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::image::EntryName;
use super::{Error, Store, disk};
use crate::image::Descriptor;

/// The names that wait for the next write. All clones of a store share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Arc<Mutex<Vec<Naming>>>);

/// A name and the image that it shall point to.
#[derive(Debug)]
struct Naming {
    entry_name: EntryName,
    image: Descriptor,
    written: oneshot::Sender<()>,
}

impl Queue {
    /// Adds a name. The receiver gets a message once the name is on the disk, or an error if the write has failed.
    fn add(&self, entry_name: EntryName, image: Descriptor) -> oneshot::Receiver<()> {
        let (written, receiver) = oneshot::channel();
        self.lock().push(Naming { entry_name, image, written });
        receiver
    }

    /// Removes and returns the names that are still wanted.
    fn take(&self) -> Vec<Naming> {
        let mut namings = std::mem::take(&mut *self.lock());
        namings.retain(|naming| !naming.written.is_closed());
        namings
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Naming>> {
        // Each change is one call, so the list stays consistent even if a thread panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Makes `entry_name` point to `image`, whose content is in the store. The first caller that gets the lock of
    /// index.json writes the names of all that wait for it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Document`], [`Error::Locked`]. An error concerns the caller that gets it: the others try
    /// by themselves.
    ///
    /// # Cancel safety
    /// The name is written or it is not.
    pub(super) async fn write_name(&self, entry_name: EntryName, image: Descriptor) -> Result<(), Error> {
        let mut written = self.queue.add(entry_name.clone(), image.clone());
        let lock = tokio::select! {
            biased;
            Ok(()) = &mut written => return Ok(()),
            lock = self.lock_index() => lock?,
        };
        // The last holder of the lock may have written it.
        if written.try_recv().is_ok() {
            return Ok(());
        }
        let store = self.clone();
        disk::aside(move || {
            // The own name is among these, unless the caller that took it has failed.
            let namings = store.queue.take();
            // The content of a name has to survive a crash if the name does.
            store.blobs.sync_names()?;
            store.edit(|index| {
                namings.iter().for_each(|naming| index.set(&naming.entry_name, &naming.image));
                index.set(&entry_name, &image);
            })?;
            // A caller that no longer waits needs no message.
            for naming in namings {
                let _ = naming.written.send(());
            }
            drop(lock);
            Ok(())
        })
        .await
    }
}
