//! Finding out whether the store still has what it once verified: disks forget, and people touch files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::SystemTime;

use super::contents::Contents;
use super::error::CREATE_FOLDER;
use super::{Blobs, Error, Image, Store, disk};
use crate::digest::{Digest, Verifier};

/// How much is read at once, in bytes.
const CHUNK: usize = 1 << 20;

/// How the names of damaged blobs begin that were set aside, in the folder of the parts.
pub(super) const ASIDE: &str = "damaged-";

/// What hashing the file of a blob has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is what its digest says.
    Whole,
    /// There is no such file.
    Missing,
    /// It is something else, or the disk cannot read it any more.
    Damaged,
}

/// An image, and what the store has to have of it.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The image.
    pub image: Image,
    /// Its manifests and indexes that were brought here: of an index not all images need to be.
    pub manifests: HashSet<Digest>,
    /// Everything that has to be here: those manifests, and what they refer to.
    pub needed: HashSet<Digest>,
}

impl Holding {
    /// What people call the image: its name, or its digest if it has none.
    pub fn called(&self) -> String {
        self.image.called()
    }
}

impl Store {
    /// Tells what has to be here for an image.
    ///
    /// What a damaged manifest refers to is not known, and so it is not among it.
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
            // One that was damaged and set aside was here as well.
            if self.blobs().size(&digest)?.is_some() || self.blobs().was_set_aside(&digest)? {
                manifests.insert(digest);
            }
        }
        needed.extend(manifests.iter().cloned());
        Ok(Holding { image: image.clone(), manifests, needed })
    }

    /// Keeps others from removing anything until it is dropped.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub async fn keep(&self) -> Result<Keeping, Error> {
        Ok(Keeping { _lock: self.share().await? })
    }
}

/// While it is there, nothing is removed from a store but by name.
#[derive(Debug)]
pub struct Keeping {
    _lock: super::lock::Lock,
}

impl Blobs {
    /// Hashes the file of a blob, and tells of the bytes as they are read.
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
                // It grows while it is read; or the disk has lost it, which a new copy puts right.
                Ok(_) | Err(_) => return Ok(Condition::Damaged),
            }
            tokio::task::yield_now().await;
        }
        Ok(if verifier.finish().is_ok() { Condition::Whole } else { Condition::Damaged })
    }

    /// Takes a damaged blob out of the images' sight. Its bytes are kept as long as those of a partial blob,
    /// for whoever can make something of them.
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
        // Its time is that of the damage from now on: who sweeps goes by it.
        let now = File::open(&aside).and_then(|file| file.set_modified(SystemTime::now()));
        now.map_err(Error::io("look at", &aside))
    }

    /// Whether this blob was here, and [set aside](Self::set_aside).
    pub(super) fn was_set_aside(&self, digest: &Digest) -> Result<bool, Error> {
        Ok(disk::file_size(&self.aside_path(digest))?.is_some())
    }

    fn aside_path(&self, digest: &Digest) -> PathBuf {
        self.parts().join(format!("{ASIDE}{}-{}", digest.algorithm(), digest.hex()))
    }
}
