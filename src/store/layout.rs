//! The two files that make a folder an OCI image layout: `oci-layout` and `index.json`.
//!
//! See the [OCI image layout specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md).

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::catalog::Catalog;
use super::image::EntryName;
use super::index::Index;
use super::lock::Lock;
use super::naming::Naming;
use super::{Error, Store, disk};
use crate::image::Descriptor;

/// The content of `oci-layout`.
const MARK: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Maximum size of `oci-layout`, in bytes.
const MARK_MAX: u64 = 64 * 1024;

/// The file that marks the folder of a registry of `regcli serve`, and the field in it.
const REGISTRY_MARK: &str = "registry.json";
const REGISTRY_FIELD: &str = "regcliRegistry";

/// Maximum size of index.json, in bytes: enough for more than 100,000 images.
const INDEX_MAX: u64 = 64 * 1024 * 1024;

/// The mode of files that other users may change, before the umask.
const MODE: u32 = 0o666;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    image_layout_version: String,
}

/// The folders of a layout, and the store's own ones.
const FOLDERS: [&str; 6] = ["blobs", "blobs/sha256", "blobs/sha384", "blobs/sha512", "parts", "locks"];

impl Store {
    /// Opens a layout that another user may have created. A symbolic link in place of one of its folders
    /// would lead to files outside the layout, or have them written there. The store's own folders may be
    /// links.
    ///
    /// # Errors
    /// [`Error::Io`] if one of its folders is a symbolic link.
    pub fn open_layout(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let store = Self::open(root);
        for path in FOLDERS.map(|folder| store.root().join(folder)) {
            if path.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
                let link = io::Error::other("it is a symbolic link, which may point outside the layout");
                return Err(Error::io("open", &path)(link));
            }
        }
        Ok(store)
    }

    /// Returns the current images. index.json is parsed only if the file has changed since the last time. No
    /// lock is needed, because the file is replaced in one step.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Document`] if index.json cannot be read, [`Error::Registry`] if the folder is
    /// that of a registry.
    pub fn catalog(&self) -> Result<Arc<Catalog>, Error> {
        let path = self.index_path();
        if let Ok(metadata) = fs::symlink_metadata(&path)
            && let Some(latest) = self.latest.get(&metadata)
        {
            return Ok(latest);
        }
        self.check()?;
        let Some(file) = disk::open(&path)? else { return Ok(Arc::new(Catalog::of(Index::empty()))) };
        let metadata = file.metadata().map_err(Error::io("look at", &path))?;
        let bytes = disk::read_open(&file, &path, INDEX_MAX)?;
        let index = Index::parse(&bytes).map_err(|source| Error::Document { path, source })?;
        Ok(self.latest.keep(file, &metadata, index))
    }

    /// Changes index.json while no other process does. The change survives a crash.
    ///
    /// # Cancel safety
    /// The change is made as a whole or not at all.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Index) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let lock = self.lock_index().await?;
        let store = self.clone();
        disk::aside(move || {
            let outcome = store.edit(change)?;
            drop(lock);
            Ok(outcome)
        })
        .await
    }

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
            store.blobs().sync_names()?;
            store.edit(|index| {
                namings.iter().for_each(|naming| index.set(&naming.entry_name, &naming.image));
                index.set(&entry_name, &image);
            })?;
            namings.into_iter().for_each(Naming::end);
            drop(lock);
            Ok(())
        })
        .await
    }

    /// Lets no other process change index.json while the lock is held.
    pub(super) async fn lock_index(&self) -> Result<Lock, Error> {
        Lock::exclusive(&self.lock_path("index"), self.blobs().patience()).await
    }

    /// Changes index.json, which the caller has locked.
    pub(super) fn edit<T>(&self, change: impl FnOnce(&mut Index) -> T) -> Result<T, Error> {
        let mut index = self.catalog()?.index().clone();
        let outcome = change(&mut index);
        if index.is_changed() {
            self.write(index)?;
        }
        Ok(outcome)
    }

    /// Returns the path of a lock of the whole store.
    pub(super) fn lock_path(&self, name: &str) -> PathBuf {
        self.root().join("locks").join(name)
    }

    /// Replaces index.json. This process need not parse it again.
    fn write(&self, mut index: Index) -> Result<(), Error> {
        let (mark, parts) = (self.mark_path(), self.blobs().parts());
        if disk::read(&mark, MARK_MAX)?.is_none() {
            disk::replace(&mark, &parts, MARK, MODE)?;
        }
        let path = self.index_path();
        let file = disk::replace_open(&path, &parts, &index.to_bytes(), MODE)?;
        let metadata = file.metadata().map_err(Error::io("look at", &path))?;
        index.set_written();
        self.latest.keep(file, &metadata, index);
        disk::sync_folder(self.root())
    }

    /// Refuses a folder that is not a layout of a supported version. A folder without a mark counts as a
    /// layout, unless it is marked as a registry, whose blobs the images here do not need.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_registry()? {
            return Err(Error::Registry { path: self.root().to_owned() });
        }
        let path = self.mark_path();
        let Some(bytes) = disk::read(&path, MARK_MAX)? else { return Ok(()) };
        let mark: Mark = match serde_json::from_slice(&bytes) {
            Ok(mark) => mark,
            Err(source) => return Err(Error::Document { path, source }),
        };
        match mark.image_layout_version.split('.').next() {
            Some("1") => Ok(()),
            _ => Err(Error::Version { path, version: mark.image_layout_version }),
        }
    }

    /// Reports whether the folder holds a registry of `regcli serve`.
    fn is_registry(&self) -> Result<bool, Error> {
        let path = self.root().join(REGISTRY_MARK);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() => return Ok(false),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(false);
            }
            Err(error) => return Err(Error::io("look at", &path)(error)),
        }
        let Some(bytes) = disk::read(&path, MARK_MAX)? else { return Ok(false) };
        // A document of another program has no such field. One that cannot be read may belong to a registry.
        let document: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_slice(&bytes);
        Ok(document.map_or(true, |document| document.contains_key(REGISTRY_FIELD)))
    }

    fn mark_path(&self) -> PathBuf {
        self.root().join("oci-layout")
    }

    fn index_path(&self) -> PathBuf {
        self.root().join("index.json")
    }
}
