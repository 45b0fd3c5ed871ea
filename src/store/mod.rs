//! The local store: an [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
//! that several processes may use at once.
//!
//! [`Blobs`] is the lower half, content under its digest in files, and knows nothing of images. [`Store`] is
//! the upper one: which images there are is written in index.json. [`LocalRepository`] is a part of a store
//! as the two ends of a copy.
//!
//! What may happen at the same time:
//! * One process writes a blob, the others wait and have it then (a lock for each blob).
//! * Everybody who writes an image holds the lock `store` together with the others, from before the first
//!   blob until the image is named; so does who takes a name away. Who sweeps needs it alone, and does not
//!   wait for it.
//! * index.json is changed by one at a time, and replaced in one step (the lock `index`).
//! * Readers need no lock.

mod blobs;
mod branches;
mod buffers;
mod catalog;
mod claim;
mod contents;
pub(crate) mod disk;
mod error;
mod image;
mod index;
mod ingest;
mod layout;
mod local;
mod lock;
mod lookup;
mod needs;
mod places;
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
use image::Label;
use lock::Lock;

use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::{Name, Reference};

/// Images in a folder. Cheap to clone.
///
/// Each image is an entry of index.json. Its canonical reference is in the annotations
/// `org.opencontainers.image.ref.name` and `io.containerd.image.name`, so that others find it too, as
/// `oci:DIR:docker.io/library/ubuntu:latest`. An image has as many entries as names, or one without a name.
///
/// Nothing is made before the first write. Methods that are not `async` read small files.
#[derive(Clone, Debug)]
pub struct Store {
    blobs: Blobs,
    latest: Latest,
    custody: Custody,
}

/// Who may read what a store makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Custody {
    /// Whom the umask lets.
    Umask,
    /// This user alone, if the store makes its folder.
    Private,
}

impl Store {
    /// The store in this folder, which need not be there.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { blobs: Blobs::new(root), latest: Latest::default(), custody: Custody::Umask }
    }

    /// If the folder has to be made, nobody but this user may enter it.
    #[must_use]
    pub fn private(self) -> Self {
        Self { custody: Custody::Private, ..self }
    }

    /// Waits for locks like this.
    #[must_use]
    pub fn waiting(mut self, patience: Patience) -> Self {
        self.blobs.set_patience(patience);
        self
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.blobs.root()
    }

    /// Its blobs.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The images called `name`, to copy from or to.
    pub fn repository(&self, name: &Name) -> LocalRepository {
        LocalRepository::named(self.clone(), name.clone())
    }

    /// One image of a layout as other programs write it (`oci:DIR[:TAG]`): the one with exactly this text as
    /// its name. Without a tag it is the only one there, or an unnamed one to write.
    ///
    /// The tags of the selectors that it gets are not looked at.
    pub fn layout(&self, tag: Option<&str>) -> LocalRepository {
        LocalRepository::layout(self.clone(), tag)
    }

    /// Gives an image that is there one more name. An image that had the name loses it, and stays.
    ///
    /// # Errors
    /// [`Error::Missing`] if something of the image is not there (any more), [`Error::Io`],
    /// [`Error::Document`].
    ///
    /// # Cancel safety
    /// The name is given or it is not.
    pub async fn tag(&self, image: &Descriptor, reference: &Reference) -> Result<(), Error> {
        let label = Label::of(reference);
        check_label(&label, image)?;
        if self.catalog()?.means(&label, &image.digest) {
            return Ok(());
        }
        if !self.blobs.contains(image)? {
            return Err(Error::Missing(image.digest.clone()));
        }
        let _guard = self.share().await?;
        self.name(label, image.clone()).await
    }

    /// Removes a name, and tells whether it was there. The image stays if it has another one; its blobs go
    /// with the next [`sweep`](Store::sweep).
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Document`].
    ///
    /// # Cancel safety
    /// The name is removed or it is not.
    pub async fn untag(&self, reference: &Reference) -> Result<bool, Error> {
        let label = Label::of(reference);
        if self.catalog()?.find(&label).is_none() {
            return Ok(false);
        }
        let _guard = self.share().await?;
        self.change(move |index| index.unset(&label)).await
    }

    /// Removes an image with all its names, which are told. `digest` is that of its manifest or index. Its
    /// blobs go with the next [`sweep`](Store::sweep).
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

    /// Makes sure that the folder may be written to as a store, and makes it if nobody else may enter it.
    fn prepare(&self) -> Result<(), Error> {
        self.check()?;
        match self.custody {
            Custody::Private => disk::create_private(self.root()),
            Custody::Umask => Ok(()),
        }
    }

    /// Keeps sweeps away while it is held.
    async fn share(&self) -> Result<Lock, Error> {
        self.prepare()?;
        Lock::shared(&self.lock_path("store"), self.blobs.patience()).await
    }

    /// Makes `label` mean `image`, which has to be there: of an index at least one of its images.
    async fn name(&self, label: Label, image: Descriptor) -> Result<(), Error> {
        let contents = Contents::of(&self.blobs, &image)?;
        if let Some(problem) = contents.problem {
            return Err(problem);
        }
        if let Some(missing) = contents.missing
            && !contents.images.iter().any(|held| held.complete)
        {
            return Err(Error::Missing(missing));
        }
        // What the name means has to outlive a crash if the name does.
        self.blobs.sync_folders().await?;
        self.change(move |index| index.set(&label, &image)).await
    }
}

/// What a digest means cannot be chosen.
fn check_label(label: &Label, image: &Descriptor) -> Result<(), Error> {
    match label.contradicts(&image.digest) {
        Some(name) => Err(Error::FalseName { name, actual: image.digest.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
