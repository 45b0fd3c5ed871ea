//! The registry's folder.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Error;
use super::repository::Repository;
use super::sessions::Sessions;
use crate::digest::Digest;
use crate::reference::RepositoryName;
use crate::store::{self, Blobs, disk, names_in};

/// The file by which a folder is known to be a registry's, so that a sweep never meets another folder.
const MARKER: &str = "registry.json";

/// What stands in it.
const MARKER_CONTENT: &[u8] = b"{\"regcliRegistry\":1}\n";

/// Locks for changes to repositories: more than enough for those that change at the same time.
const LOCKS: usize = 64;

/// The folder of a registry.
///
/// ```text
/// registry.json                     says that this is one; locked while it is served
/// blobs/<algorithm>/<hex>           all content, of blobs and manifests alike
/// repositories/<hash of the name>/  who holds what: see [`Repository`]
/// uploads/<hash of the name>/<id>   blobs that are not whole yet
/// parts/                            small files that are being written
/// ```
#[derive(Debug)]
pub(super) struct Layout {
    root: PathBuf,
    pub(super) blobs: Blobs,
    pub(super) sessions: Sessions,
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
        let sessions = Sessions::open(root.join("uploads"))?;
        let names = known_names(root)?;
        let layout = Self {
            root: root.to_owned(),
            blobs,
            sessions,
            names: Mutex::new(names),
            locks: std::array::from_fn(|_| Mutex::new(())),
            _marker: marker,
        };
        layout.sweep()?;
        Ok(layout)
    }

    /// A repository, whether it is there or not.
    pub(super) fn repository(&self, name: &RepositoryName) -> Repository {
        Repository::new(&self.root, name)
    }

    /// Changes a repository, alone. It is there afterwards.
    ///
    /// Waits for the disk: call it aside.
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

    /// The next `limit` repositories after `last` that hold at least one manifest, by their names.
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
            // Not a name: nothing to look up, so all are looked at.
            Some(Err(error)) => names.iter().find(|name| name.as_str() > error.input.as_str()).cloned(),
        }
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<RepositoryName>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it guards is on the disk, and whole after each step: a panic elsewhere changes nothing.
    fn lock(&self, name: &RepositoryName) -> MutexGuard<'_, ()> {
        let hash =
            name.as_str().bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31) ^ usize::from(byte));
        self.locks[hash % LOCKS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the content that no repository holds: what was deleted, and what a crash left behind.
    fn sweep(&self) -> Result<(), store::Error> {
        let mut held: HashSet<Digest> = HashSet::new();
        for name in self.names().iter() {
            self.repository(name).collect_held(&mut held)?;
        }
        for digest in self.blobs.list()? {
            if !held.contains(&digest) {
                self.blobs.remove(&digest)?;
                tracing::info!(%digest, "content that no repository holds was removed");
            }
        }
        Ok(())
    }
}

/// Takes the folder for this process.
fn claim(root: &Path) -> Result<File, Error> {
    let path = root.join(MARKER);
    if !path.exists() {
        if names_in(root)?.iter().any(|name| name != "lost+found") {
            return Err(Error::NotARegistry { root: root.to_owned() });
        }
        mark(root, &path)?;
    }
    let marker = File::open(&path).map_err(store::Error::io("open", &path))?;
    match marker.try_lock() {
        Ok(()) => Ok(marker),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { root: root.to_owned() }),
        Err(TryLockError::Error(error)) => Err(store::Error::io("lock", &path)(error).into()),
    }
}

/// Makes the marker, unless another process does so at the same time: its file is never replaced, or both
/// would hold a lock of their own.
fn mark(root: &Path, path: &Path) -> Result<(), store::Error> {
    fs::create_dir_all(root).map_err(store::Error::io("create the folder", root))?;
    match File::options().write(true).create_new(true).open(path) {
        Ok(mut marker) => marker.write_all(MARKER_CONTENT).map_err(store::Error::io("write", path))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(store::Error::io("create", path)(error)),
    }
    disk::sync_folder(root)
}

/// Removes small files that were being written when an earlier process ended.
fn clear_parts(root: &Path) -> Result<(), store::Error> {
    let folder = root.join("parts");
    for name in names_in(&folder)? {
        disk::remove(&folder.join(name))?;
    }
    Ok(())
}

/// The names of all repositories, each from its folder.
fn known_names(root: &Path) -> Result<BTreeSet<RepositoryName>, store::Error> {
    let folder = root.join("repositories");
    let mut names = BTreeSet::new();
    for entry in names_in(&folder)? {
        let path = folder.join(&entry).join("name");
        let name = fs::read_to_string(&path).ok().and_then(|text| text.parse::<RepositoryName>().ok());
        match name {
            Some(name) if Repository::folder_name(&name) == entry => drop(names.insert(name)),
            _ => tracing::warn!(folder = entry, "this folder is no repository; it is left alone"),
        }
    }
    Ok(names)
}
