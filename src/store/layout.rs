//! The two files that make a folder an OCI image layout: `oci-layout` and `index.json`.
//!
//! See the [OCI image layout specification](https://github.com/opencontainers/image-spec/blob/main/image-layout.md).

use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use super::index::Index;
use super::lock::Lock;
use super::{Error, Store, disk};

/// What `oci-layout` says.
const MARK: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// The largest `oci-layout` that is read, in bytes.
const MARK_MAX: u64 = 64 * 1024;

/// The largest index.json that is read, in bytes: room for more than 100,000 images.
const INDEX_MAX: u64 = 64 * 1024 * 1024;

/// The mode of the files that others may change; the umask takes away from it.
const MODE: u32 = 0o666;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    image_layout_version: String,
}

/// The folders of a layout, and those that the store has beside them.
const FOLDERS: [&str; 6] = ["blobs", "blobs/sha256", "blobs/sha384", "blobs/sha512", "parts", "locks"];

impl Store {
    /// Opens a layout that somebody else may have made. A link in place of one of its folders would lead to files
    /// that are not in it, or have them written there; the store's own folders may be links.
    ///
    /// # Errors
    /// [`Error::Io`] if one of its folders is a link.
    pub fn open_layout(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let store = Self::open(root);
        for path in FOLDERS.map(|folder| store.root().join(folder)) {
            if path.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
                let link = io::Error::other("it is a link, which may lead out of the layout");
                return Err(Error::io("open", &path)(link));
            }
        }
        Ok(store)
    }

    /// Reads index.json. It is replaced in one step by everybody who writes it, so no lock is needed.
    pub(super) fn index(&self) -> Result<Index, Error> {
        self.check_mark()?;
        let path = self.index_path();
        match disk::read(&path, INDEX_MAX)? {
            Some(bytes) => Index::parse(&bytes).map_err(|source| Error::Document { path, source }),
            None => Ok(Index::empty()),
        }
    }

    /// Changes index.json while no other process does. The change outlives a crash.
    ///
    /// # Cancel safety
    /// The change is made as a whole or not at all.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Index) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let lock = Lock::exclusive(&self.lock_path("index")).await?;
        let store = self.clone();
        disk::aside(move || {
            let before = store.index()?;
            let mut after = before.clone();
            let outcome = change(&mut after);
            if after != before {
                store.write(&after)?;
            }
            drop(lock);
            Ok(outcome)
        })
        .await
    }

    /// The file of a lock of the whole store.
    pub(super) fn lock_path(&self, name: &str) -> PathBuf {
        self.root().join("locks").join(name)
    }

    fn write(&self, index: &Index) -> Result<(), Error> {
        let (mark, parts) = (self.mark_path(), self.blobs().parts());
        if disk::read(&mark, MARK_MAX)?.is_none() {
            disk::replace(&mark, &parts, MARK, MODE)?;
        }
        disk::replace(&self.index_path(), &parts, &index.to_bytes(), MODE)?;
        disk::sync_folder(self.root())
    }

    /// Refuses a folder of a later version of the format. One without a mark is taken for a layout.
    fn check_mark(&self) -> Result<(), Error> {
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

    fn mark_path(&self) -> PathBuf {
        self.root().join("oci-layout")
    }

    fn index_path(&self) -> PathBuf {
        self.root().join("index.json")
    }
}
