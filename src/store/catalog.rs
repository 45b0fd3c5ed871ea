//! The images of a store: a snapshot of index.json, parsed once.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use super::image::{EntryName, Image};
use super::index::Index;
use super::mount_sources::MountSources;
use crate::digest::Digest;
use crate::reference::{Name, Reference};

/// A snapshot of the images of a store, indexed by name and by digest.
#[derive(Debug)]
pub struct Catalog {
    index: Index,
    /// The possible sources of mounts, for each target repository.
    mount_sources: Mutex<HashMap<Name, Arc<OnceCell<MountSources>>>>,
}

impl Catalog {
    pub(super) fn of(index: Index) -> Self {
        Self { index, mount_sources: Mutex::default() }
    }

    /// Returns all images, one for each name, in the order of index.json.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.index.images()
    }

    /// Returns the image with exactly this name. If there are a tag and a digest, the digest decides.
    pub fn named(&self, reference: &Reference) -> Option<&Image> {
        self.find(&EntryName::of(reference))
    }

    /// Returns the images of a repository, sorted by name.
    pub fn of_repository(&self, name: &Name) -> impl Iterator<Item = &Image> {
        self.index.of_repository(name)
    }

    /// Returns the image with this digest, once for each of its names.
    pub fn with_digest(&self, digest: &Digest) -> impl Iterator<Item = &Image> {
        self.index.with_digest(digest)
    }

    /// Returns the image with this name.
    pub(super) fn find(&self, entry_name: &EntryName) -> Option<&Image> {
        self.index.find(entry_name)
    }

    /// Reports whether `entry_name` points to the image with this digest.
    pub(super) fn means(&self, entry_name: &EntryName, digest: &Digest) -> bool {
        match entry_name {
            EntryName::Unnamed => self.with_digest(digest).any(|image| entry_name.names(image)),
            _ => self.find(entry_name).is_some_and(|image| image.descriptor.digest == *digest),
        }
    }

    /// Returns the document.
    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Returns the sources of mounts into the repository `name`. They are looked up at most once.
    pub(super) fn mount_sources(&self, name: &Name) -> Arc<OnceCell<MountSources>> {
        // Each change is one call, so the map stays consistent even if a thread panics.
        let mut sources = self.mount_sources.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sources.entry(name.clone()).or_default())
    }
}

/// The latest catalog, valid as long as its file is unchanged. All clones of a store share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Latest(Arc<Mutex<Option<Snapshot>>>);

/// A catalog, and the file that it was read from.
#[derive(Debug)]
struct Snapshot {
    identity: Identity,
    /// Kept open so that no other file gets its inode number, because writers replace the file.
    _file: File,
    catalog: Arc<Catalog>,
}

/// The attributes that distinguish one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    file: (u64, u64),
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Latest {
    /// Returns the catalog of this file, if it is the latest one.
    pub(super) fn get(&self, metadata: &Metadata) -> Option<Arc<Catalog>> {
        let latest = self.lock();
        let snapshot = latest.as_ref().filter(|snapshot| snapshot.identity == Identity::of(metadata))?;
        Some(Arc::clone(&snapshot.catalog))
    }

    /// Keeps the catalog of this file. `metadata` was read before the content.
    pub(super) fn keep(&self, file: File, metadata: &Metadata, index: Index) -> Arc<Catalog> {
        let catalog = Arc::new(Catalog::of(index));
        let snapshot =
            Snapshot { identity: Identity::of(metadata), _file: file, catalog: Arc::clone(&catalog) };
        *self.lock() = Some(snapshot);
        catalog
    }

    fn lock(&self) -> MutexGuard<'_, Option<Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
