//! The registry's folder.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::Value;

use super::Error;
use super::memory::Memory;
use super::repository::{self, Repository};
use super::sessions::Sessions;
use crate::digest::Digest;
use crate::reference::RepositoryName;
use crate::store::{self, Blobs, disk};

/// The file that marks a folder as a registry, so that a sweep never affects another folder.
const MARKER: &str = "registry.json";

/// The content of the file.
const MARKER_CONTENT: &[u8] = b"{\"regcliRegistry\":1}\n";

/// The supported version of the folder's format.
const VERSION: u64 = 1;

/// Maximum size of the marker, in bytes.
const MARKER_MAX: u64 = 64 * 1024;

/// Locks for changes to repositories: more than enough for concurrent changes.
const LOCKS: usize = 64;

/// The folder of a registry.
///
/// ```text
/// registry.json                     marks the registry and its version; locked while it is served
/// blobs/<algorithm>/<hex>           all content, of blobs and manifests alike
/// repositories/<hash of the name>/  what a repository holds: see [`Repository`]
/// uploads/<hash of the name>/<id>   incomplete blobs
/// parts/                            small files that are being written
/// ```
#[derive(Debug)]
pub(super) struct Layout {
    root: PathBuf,
    pub(super) blobs: Blobs,
    pub(super) sessions: Sessions,
    pub(super) memory: Memory,
    names: Mutex<BTreeSet<RepositoryName>>,
    locks: [Mutex<()>; LOCKS],
    /// Held as long as the registry is open.
    _marker: File,
}

impl Layout {
    pub(super) fn open(root: &Path) -> Result<Self, Error> {
        let marker = claim(root)?;
        let blobs = Blobs::new(root);
        clear_parts(root)?;
        let sessions = Sessions::open(root)?;
        let (names, unknown) = known_names(root)?;
        let layout = Self {
            root: root.to_owned(),
            blobs,
            sessions,
            memory: Memory::new(),
            names: Mutex::new(names),
            locks: std::array::from_fn(|_| Mutex::new(())),
            _marker: marker,
        };
        layout.sweep(&unknown)?;
        Ok(layout)
    }

    /// Returns a repository, which need not exist.
    pub(super) fn repository(&self, name: &RepositoryName) -> Repository {
        Repository::new(&self.root, name)
    }

    /// Changes a repository exclusively. It exists afterwards.
    ///
    /// Waits for the disk: call it on a thread of its own.
    pub(super) fn change<T>(
        &self,
        name: &RepositoryName,
        change: impl FnOnce(&Repository) -> Result<T, store::Error>,
    ) -> Result<T, store::Error> {
        let repository = self.repository(name);
        let _alone = self.lock(name);
        if !self.names().contains(name) {
            repository.create()?;
            self.names().insert(name.clone());
        }
        change(&repository)
    }

    /// Returns the next `limit` repositories after `last` that hold at least one manifest, by their names.
    pub(super) fn catalog(
        &self,
        last: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RepositoryName>, store::Error> {
        let mut found = Vec::new();
        let mut after = last.map(str::to_owned);
        while found.len() < limit {
            let Some(name) = self.name_after(after.as_deref()) else { break };
            after = Some(name.as_str().to_owned());
            if self.repository(&name).holds_manifests()? {
                found.push(name);
            }
        }
        Ok(found)
    }

    fn name_after(&self, last: Option<&str>) -> Option<RepositoryName> {
        let names = self.names();
        match last.map(str::parse::<RepositoryName>) {
            None => names.first().cloned(),
            Some(Ok(last)) => names.range((Bound::Excluded(last), Bound::Unbounded)).next().cloned(),
            // An invalid name cannot be looked up, so all names are compared.
            Some(Err(error)) => names.iter().find(|name| name.as_str() > error.input.as_str()).cloned(),
        }
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<RepositoryName>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks a repository. Its state is on the disk and consistent after each step, so a panic elsewhere
    /// changes nothing.
    fn lock(&self, name: &RepositoryName) -> MutexGuard<'_, ()> {
        let hash =
            name.as_str().bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31) ^ usize::from(byte));
        self.locks[hash % LOCKS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the content that no repository holds: deleted content, and remains of a crash.
    ///
    /// Content of the folders `unknown` stays. If anything cannot be read, nothing is removed.
    fn sweep(&self, unknown: &[PathBuf]) -> Result<(), store::Error> {
        let mut held: HashSet<Digest> = HashSet::new();
        let names = self.names();
        let known =
            names.iter().map(|name| self.root.join("repositories").join(Repository::folder_name(name)));
        for folder in known.chain(unknown.iter().cloned()) {
            repository::collect_held(&folder, &mut held)?;
        }
        drop(names);
        for digest in self.blobs.list()? {
            if !held.contains(&digest) {
                self.blobs.remove(&digest)?;
                tracing::info!(%digest, "content that no repository holds was removed");
            }
        }
        Ok(())
    }
}

/// The content of the marker.
#[derive(Deserialize)]
struct Marker {
    #[serde(rename = "regcliRegistry")]
    version: Value,
}

/// Locks the folder for this process.
fn claim(root: &Path) -> Result<File, Error> {
    let path = root.join(MARKER);
    if !path.try_exists().map_err(store::Error::io("look at", &path))? {
        check_unused(root)?;
        mark(root, &path)?;
    }
    let marker = File::open(&path).map_err(store::Error::io("open", &path))?;
    match marker.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::InUse { root: root.to_owned() }),
        Err(TryLockError::Error(error)) => return Err(store::Error::io("lock", &path)(error).into()),
    }
    check_version(&marker, &path)?;
    Ok(marker)
}

/// Refuses a folder with other content.
fn check_unused(root: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(store::Error::io("list", root)(error).into()),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        names.insert(entry.map_err(store::Error::io("list", root))?.file_name());
    }
    let has = |name: &str| names.contains(OsStr::new(name));
    // A store whose first pull was interrupted has no index yet.
    if has("oci-layout") || has("index.json") || has("blobs") && has("locks") {
        return Err(Error::IsAStore { root: root.to_owned() });
    }
    if names.iter().any(|name| name != "lost+found") {
        return Err(Error::NotARegistry { root: root.to_owned() });
    }
    Ok(())
}

/// Refuses a folder of an unknown format, because its content could be mistaken for unneeded content.
fn check_version(marker: &File, path: &Path) -> Result<(), Error> {
    let mut content = Vec::new();
    marker.take(MARKER_MAX).read_to_end(&mut content).map_err(store::Error::io("read", path))?;
    if content.is_empty() {
        // The process that created it ended before it wrote, and so before any other content existed.
        return Ok(fs::write(path, MARKER_CONTENT).map_err(store::Error::io("write", path))?);
    }
    match serde_json::from_slice::<Marker>(&content) {
        Ok(marker) if marker.version == VERSION => Ok(()),
        Ok(marker) => Err(Error::Version { path: path.to_owned(), version: marker.version.to_string() }),
        Err(source) => Err(Error::Marker { path: path.to_owned(), source }),
    }
}

/// Creates the marker, unless another process does so at the same time. An existing file is never replaced,
/// or both processes would hold a lock of their own.
fn mark(root: &Path, path: &Path) -> Result<(), store::Error> {
    fs::create_dir_all(root).map_err(store::Error::io("create the folder", root))?;
    match File::options().write(true).create_new(true).open(path) {
        Ok(mut marker) => marker.write_all(MARKER_CONTENT).map_err(store::Error::io("write", path))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(store::Error::io("create", path)(error)),
    }
    disk::sync_folder(root)
}

/// Removes files that were being written when an earlier process ended.
fn clear_parts(root: &Path) -> Result<(), store::Error> {
    let folder = root.join("parts");
    for name in disk::names_in(&folder)?.iter().filter(|name| name.starts_with(disk::TEMPORARY)) {
        disk::remove(&folder.join(name))?;
    }
    Ok(())
}

/// Returns the names of all repositories, each read from its folder, and the folders without a matching name.
fn known_names(root: &Path) -> Result<(BTreeSet<RepositoryName>, Vec<PathBuf>), store::Error> {
    let folder = root.join("repositories");
    let (mut names, mut unknown) = (BTreeSet::new(), Vec::new());
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((names, unknown)),
        Err(error) => return Err(store::Error::io("list", &folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(store::Error::io("list", &folder))?.path();
        // Follows a symbolic link, because a user may have moved a repository to another disk.
        if !fs::metadata(&path).map_err(store::Error::io("look at", &path))?.is_dir() {
            continue;
        }
        match name_in(&path)? {
            Some(name) if path.file_name() == Some(OsStr::new(&Repository::folder_name(&name))) => {
                names.insert(name);
            }
            _ => {
                tracing::warn!(
                    folder = %path.display(),
                    "this folder is not a known repository; it and its content are left unchanged"
                );
                unknown.push(path);
            }
        }
    }
    Ok((names, unknown))
}

/// Returns the name of a repository as written in its folder, if there is one.
fn name_in(folder: &Path) -> Result<Option<RepositoryName>, store::Error> {
    let path = folder.join("name");
    match fs::read(&path) {
        Ok(text) => Ok(String::from_utf8(text).ok().and_then(|text| text.parse().ok())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(store::Error::io("read", &path)(error)),
    }
}
