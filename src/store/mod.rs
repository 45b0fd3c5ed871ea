//! The local store: an [OCI image
//! layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md) that several processes may
//! use concurrently.
//!
//! [`Blobs`] is the lower half: files addressed by digest, without any knowledge of images. [`Store`] is the
//! upper half: it lists the images in index.json. [`LocalRepository`] is a part of a store as either end of a
//! copy.
//!
//! Concurrent access:
//! * One process writes a blob. The others wait and find it complete (a lock for each blob).
//! * Writers and untaggers hold the lock `store` shared, from before the first blob until the image is
//!   tagged. A sweep takes it exclusively, or gives up immediately.
//! * Only one process at a time changes index.json, which is replaced in one step (the lock `index`).
//! * Readers need no lock.

mod blobs;
mod branches;
mod buffers;
mod catalog;
mod claim;
mod contents;
pub(crate) mod disk;
mod entry;
mod error;
mod image;
mod index;
mod ingest;
mod layout;
mod local;
mod lock;
mod lookup;
mod needs;
mod mount_sources;
mod naming;
mod order;
mod parts;
mod reader;
mod settling;
mod sweep;
mod usage;
mod verify;
mod wait;

use std::path::{Path, PathBuf};

pub use blobs::Blobs;
pub use branches::{Branch, Branches, Presence};
pub use catalog::Catalog;
pub use error::{Error, Holder};
pub use image::Image;
pub use ingest::Ingest;
pub use local::LocalRepository;
pub use lookup::{Details, is_id_prefix};
pub use reader::FileReader;
pub use sweep::{Partials, Swept};
pub use usage::{ImageUsage, Sum, Usage};
pub use verify::{Condition, Holding, Keeping};
pub use wait::{Patience, Waiting};

use catalog::Latest;
use contents::Contents;
use image::EntryName;
use lock::Lock;
use naming::Queue;

use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::{Name, Reference};

/// Images in a folder. Cheap to clone.
///
/// Each image is an entry of index.json. Its canonical reference is in the annotations
/// `org.opencontainers.image.ref.name` and `io.containerd.image.name`, so that other programs find it, too,
/// as `oci:DIR:docker.io/library/ubuntu:latest`. An image has one entry for each name, or a single one
/// without a name.
///
/// Nothing is created before the first write. Methods that are not `async` read small files.
#[derive(Clone, Debug)]
pub struct Store {
    blobs: Blobs,
    latest: Latest,
    queue: Queue,
    custody: Custody,
}

/// The users that may read the files of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Custody {
    /// The users that the umask allows.
    Umask,
    /// This user only, if the store creates its folder.
    Private,
}

impl Store {
    /// Opens the store in this folder, which need not exist.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self {
            blobs: Blobs::new(root),
            latest: Latest::default(),
            queue: Queue::default(),
            custody: Custody::Umask,
        }
    }

    /// Lets only this user enter the folder, if it has to be created.
    #[must_use]
    pub fn private(self) -> Self {
        Self { custody: Custody::Private, ..self }
    }

    /// Sets how long to wait for locks.
    #[must_use]
    pub fn waiting(mut self, patience: Patience) -> Self {
        self.blobs.set_patience(patience);
        self
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        self.blobs.root()
    }

    /// Returns the blobs.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Returns the images of the name `name`, as an end of a copy.
    pub fn repository(&self, name: &Name) -> LocalRepository {
        LocalRepository::named(self.clone(), name.clone())
    }

    /// Returns one image of a layout as other programs write it (`oci:DIR[:TAG]`): the one named exactly by
    /// this text. Without a tag it is the only image for reading, or an unnamed one for writing.
    ///
    /// Tags in selectors are ignored.
    pub fn layout(&self, tag: Option<&str>) -> LocalRepository {
        LocalRepository::layout(self.clone(), tag)
    }

    /// Gives an existing image another name. An image that had the name loses it, and stays.
    ///
    /// [`Error::Missing`] if content of the image is missing, [`Error::Io`], [`Error::Document`].
    ///
    /// # Cancel safety
    /// The name is given or it is not.
    pub async fn tag(&self, image: &Descriptor, reference: &Reference) -> Result<(), Error> {
        let entry_name = EntryName::of(reference);
        check_entry_name(&entry_name, image)?;
        if self.catalog()?.means(&entry_name, &image.digest) {
            return Ok(());
        }
        if !self.blobs.contains(image)? {
            return Err(Error::Missing(image.digest.clone()));
        }
        let _guard = self.share().await?;
        self.name(entry_name, image.clone()).await
    }

    /// Removes a name, and reports whether it existed. The image stays if it has another one. Otherwise the
    /// next [`sweep`](Store::sweep) removes its blobs.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Document`].
    ///
    /// # Cancel safety
    /// The name is removed or it is not.
    pub async fn untag(&self, reference: &Reference) -> Result<bool, Error> {
        let entry_name = EntryName::of(reference);
        if self.catalog()?.find(&entry_name).is_none() {
            return Ok(false);
        }
        let _guard = self.share().await?;
        self.change(move |index| index.unset(&entry_name)).await
    }

    /// Removes an image with all its names, and returns them. `digest` is that of its manifest or index. The
    /// next [`sweep`](Store::sweep) removes its blobs.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Document`].
    ///
    /// # Cancel safety
    /// All names are removed or none.
    pub async fn remove(&self, digest: &Digest) -> Result<Vec<Image>, Error> {
        if self.catalog()?.with_digest(digest).next().is_none() {
            return Ok(Vec::new());
        }
        let digest = digest.clone();
        let _guard = self.share().await?;
        self.change(move |index| index.remove(&digest)).await
    }

    /// Checks that the folder may be written to as a store, and creates it if it is to be private.
    fn prepare(&self) -> Result<(), Error> {
        self.check()?;
        match self.custody {
            Custody::Private => disk::create_private(self.root()),
            Custody::Umask => Ok(()),
        }
    }

    /// Prevents sweeps while the lock is held.
    async fn share(&self) -> Result<Lock, Error> {
        self.prepare()?;
        Lock::shared(&self.lock_path("store"), self.blobs.patience()).await
    }

    /// Makes `entry_name` point to `image`, which must be in the store. For an index, at least one of its images
    /// must be.
    async fn name(&self, entry_name: EntryName, image: Descriptor) -> Result<(), Error> {
        let contents = Contents::of(&self.blobs, &image)?;
        if let Some(problem) = contents.problem {
            return Err(problem);
        }
        if let Some(missing) = contents.missing
            && !contents.images.iter().any(|held| held.complete)
        {
            return Err(Error::Missing(missing));
        }
        self.write_name(entry_name, image).await
    }
}

/// Refuses a name whose digest is not that of the image.
fn check_entry_name(entry_name: &EntryName, image: &Descriptor) -> Result<(), Error> {
    match entry_name.contradicts(&image.digest) {
        Some(name) => Err(Error::FalseName { name, actual: image.digest.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
