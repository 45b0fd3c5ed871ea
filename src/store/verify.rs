//! Checks whether the store still has its verified content: disks fail, and users change files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::SystemTime;

use super::contents::Contents;
use super::error::CREATE_FOLDER;
use super::{Blobs, Error, Image, Store, disk};
use crate::digest::{Digest, Verifier};

/// How many bytes are read at a time.
const CHUNK: usize = 1 << 20;

/// The name prefix of damaged blobs that were set aside, in the folder of the parts.
pub(super) const ASIDE: &str = "damaged-";

/// The result of hashing the file of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The file matches its digest.
    Whole,
    /// The file does not exist.
    Missing,
    /// The file has other content, or the disk can no longer read it.
    Damaged,
}

/// An image, and the content of it that must be in the store.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The image.
    pub image: Image,
    /// Its manifests and indexes that were stored. Not all images of an index need to be.
    pub manifests: HashSet<Digest>,
    /// All content that must be in the store: those manifests, and the blobs they refer to.
    pub needed: HashSet<Digest>,
}

impl Holding {
    /// Returns the name of the image, or its digest if it has none.
    pub fn called(&self) -> String {
        self.image.called()
    }
}

impl Store {
    /// Returns the content that must be in the store for an image.
    ///
    /// The references of a damaged manifest are unknown, so they are not included.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn holding(&self, image: &Image) -> Result<Holding, Error> {
        let contents = Contents::of(self.blobs(), &image.descriptor)?;
        let layers = contents.images.iter().flat_map(|held| held.image.blobs());
        let mut needed: HashSet<Digest> =
            layers.filter(|blob| !blob.media_type.is_foreign()).map(|blob| blob.digest.clone()).collect();
        let mut manifests = HashSet::from([image.descriptor.digest.clone()]);
        for digest in contents.reached {
            if needed.contains(&digest) {
                continue;
            }
            // One that was damaged and set aside was in the store as well.
            if self.blobs().size(&digest)?.is_some() || self.blobs().was_set_aside(&digest)? {
                manifests.insert(digest);
            }
        }
        needed.extend(manifests.iter().cloned());
        Ok(Holding { image: image.clone(), manifests, needed })
    }

    /// Prevents removal of content until it is dropped.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn keep(&self) -> Result<Keeping, Error> {
        Ok(Keeping { _lock: self.share().await? })
    }
}

/// While this exists, no content is removed from a store, except by name.
#[derive(Debug)]
pub struct Keeping {
    _lock: super::lock::Lock,
}

impl Blobs {
    /// Hashes the file of a blob, and reports the number of bytes as they are read.
    ///
    /// # Errors
    /// [`Error::Io`] if the file may not be opened.
    ///
    /// # Cancel safety
    /// Nothing is changed.
    pub async fn verify(&self, digest: &Digest, read: impl Fn(u64)) -> Result<Condition, Error> {
        let path = self.path(digest);
        let Some(mut file) = disk::open(&path)? else { return Ok(Condition::Missing) };
        let size = file.metadata().map_err(Error::io("look at", &path))?.len();
        let mut verifier = Verifier::new(digest, size);
        let mut chunk = vec![0; CHUNK.min(usize::try_from(size).unwrap_or(CHUNK)).max(1)];
        loop {
            match disk::in_place(|| file.read(&mut chunk)) {
                Ok(0) => break,
                Ok(length) if verifier.update(&chunk[..length]).is_ok() => read(length as u64),
                // It grows while it is read, or the disk has lost it. A new copy fixes both.
                Ok(_) | Err(_) => return Ok(Condition::Damaged),
            }
            tokio::task::yield_now().await;
        }
        Ok(if verifier.finish().is_ok() { Condition::Whole } else { Condition::Damaged })
    }

    /// Hides a damaged blob from the images. Its bytes are kept as long as those of a partial blob, in case
    /// they are useful.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_aside(&self, digest: &Digest) -> Result<(), Error> {
        let (path, folder) = (self.path(digest), self.parts());
        fs::create_dir_all(&folder).map_err(Error::io(CREATE_FOLDER, &folder))?;
        let aside = self.aside_path(digest);
        match fs::rename(&path, &aside) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("move away", &path)(error)),
        }
        // Its time becomes that of the damage, because a sweep uses it.
        let now = File::open(&aside).and_then(|file| file.set_modified(SystemTime::now()));
        now.map_err(Error::io("look at", &aside))
    }

    /// Reports whether this blob was in the store and was [set aside](Self::set_aside).
    pub(super) fn was_set_aside(&self, digest: &Digest) -> Result<bool, Error> {
        Ok(disk::file_size(&self.aside_path(digest))?.is_some())
    }

    fn aside_path(&self, digest: &Digest) -> PathBuf {
        self.parts().join(format!("{ASIDE}{}-{}", digest.algorithm(), digest.hex()))
    }
}
