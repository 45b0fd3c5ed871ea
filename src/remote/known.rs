//! The known content of one registry's repositories, so that nothing is asked or sent twice.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::Digest;
use crate::reference::RepositoryName;

type Contents = HashMap<RepositoryName, HashSet<Digest>>;

/// The blobs and manifests that the registry has reported or accepted, by repository.
///
/// This is valid for one command. A registry may lose content, so the knowledge about a repository is dropped
/// when the registry contradicts it.
#[derive(Debug, Default)]
pub(super) struct Known {
    repositories: Mutex<Contents>,
    /// The blobs that manifests in repositories refer to. They are only good for trying a mount.
    referred: Mutex<Contents>,
    /// Set once the mount of a blob that is known to exist was declined. Then the existence of a blob is
    /// asked before a mount is tried.
    declines_mounts: AtomicBool,
}

impl Known {
    /// Records that `content` is in `repository`.
    pub(super) fn add(&self, repository: &RepositoryName, content: &Digest) {
        lock(&self.repositories).entry(repository.clone()).or_default().insert(content.clone());
    }

    /// Records that a manifest in `repository` refers to `blobs`.
    pub(super) fn refer<'a>(&self, repository: &RepositoryName, blobs: impl Iterator<Item = &'a Digest>) {
        lock(&self.referred).entry(repository.clone()).or_default().extend(blobs.cloned());
    }

    /// Reports whether `content` is known to be in `repository`.
    pub(super) fn holds(&self, repository: &RepositoryName, content: &Digest) -> bool {
        lock(&self.repositories).get(repository).is_some_and(|contents| contents.contains(content))
    }

    /// Returns another repository than `repository` that has `blob`; if there are several, always the same
    /// one.
    pub(super) fn neighbour(&self, repository: &RepositoryName, blob: &Digest) -> Option<RepositoryName> {
        let find = |repositories: &Contents| {
            let mut others: Vec<_> = repositories.iter().filter(|(name, _)| *name != repository).collect();
            others.retain(|(_, contents)| contents.contains(blob));
            others.into_iter().map(|(name, _)| name).min().cloned()
        };
        find(&lock(&self.repositories)).or_else(|| find(&lock(&self.referred)))
    }

    /// Forgets the known content of `repository`.
    pub(super) fn forget(&self, repository: &RepositoryName) {
        lock(&self.repositories).remove(repository);
        lock(&self.referred).remove(repository);
    }

    /// Records that the mount of a blob that is known to exist was declined.
    pub(super) fn mount_was_declined(&self) {
        self.declines_mounts.store(true, Ordering::Relaxed);
    }

    /// Reports whether a mount was declined.
    pub(super) fn declines_mounts(&self) -> bool {
        self.declines_mounts.load(Ordering::Relaxed)
    }
}

fn lock(contents: &Mutex<Contents>) -> MutexGuard<'_, Contents> {
    // Each change is one call, so the map is consistent even after a panic elsewhere.
    contents.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> RepositoryName {
        name.parse().unwrap()
    }

    #[test]
    fn what_is_in_one_repository_is_next_door_for_all_others_until_it_is_forgotten() {
        let (known, blob) = (Known::default(), Digest::sha256(b"blob"));
        known.add(&name("b/app"), &blob);
        known.add(&name("a/app"), &blob);

        assert!(known.holds(&name("a/app"), &blob) && !known.holds(&name("c/app"), &blob));
        assert_eq!(known.neighbour(&name("c/app"), &blob), Some(name("a/app")));
        assert_eq!(known.neighbour(&name("a/app"), &blob), Some(name("b/app")));
        known.forget(&name("b/app"));
        assert_eq!(known.neighbour(&name("a/app"), &blob), None);
        assert_eq!(known.neighbour(&name("c/app"), &Digest::sha256(b"other")), None);
    }

    #[test]
    fn what_a_manifest_refers_to_is_next_door_for_others_and_not_known_to_be_there() {
        let (known, blob) = (Known::default(), Digest::sha256(b"blob"));
        known.refer(&name("a/app"), [&blob].into_iter());

        assert!(!known.holds(&name("a/app"), &blob));
        assert_eq!(known.neighbour(&name("a/app"), &blob), None);
        assert_eq!(known.neighbour(&name("b/app"), &blob), Some(name("a/app")));
        known.add(&name("z/app"), &blob);
        assert_eq!(
            known.neighbour(&name("b/app"), &blob),
            Some(name("z/app")),
            "a repository that certainly has it"
        );
    }
}
