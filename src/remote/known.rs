//! The known content of one registry's repositories, so that nothing is asked or sent twice.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::digest::Digest;
use crate::image::{Manifest, RawManifest};
use crate::reference::{Name, RepositoryName};

/// Content by repository.
type Digests = HashMap<RepositoryName, HashSet<Digest>>;

/// The blobs and manifests that the registry has reported or accepted, by repository.
///
/// This is valid for one command. A registry may lose content, so the knowledge about a repository is dropped
/// when the registry contradicts it.
#[derive(Debug, Default)]
pub(super) struct Known {
    repositories: Mutex<Digests>,
    /// The blobs that manifests in repositories refer to. They are only good for trying a mount.
    referred: Mutex<Digests>,
    /// Set once the mount of a blob that is known to exist was declined. Then the existence of a blob is
    /// asked before a mount is tried.
    declines_mounts: AtomicBool,
    /// Set once the registry has shown that it has no API for referrers.
    lacks_referrers: AtomicBool,
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
        let find = |repositories: &Digests| {
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

    /// Records that the registry has no API for referrers.
    pub(super) fn referrers_are_lacking(&self) {
        self.lacks_referrers.store(true, Ordering::Relaxed);
    }

    /// Reports whether the registry has shown that it has no API for referrers.
    pub(super) fn lacks_referrers(&self) -> bool {
        self.lacks_referrers.load(Ordering::Relaxed)
    }
}

fn lock(contents: &Mutex<Digests>) -> MutexGuard<'_, Digests> {
    // Each change is one call, so the map is consistent even after a panic elsewhere.
    contents.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The known content of one repository, and of the others of its registry. Clones share it.
#[derive(Clone)]
pub(super) struct Contents {
    name: Name,
    known: Arc<Known>,
}

impl Contents {
    pub(super) fn new(name: Name, known: Arc<Known>) -> Self {
        Self { name, known }
    }

    /// Records that the registry itself has this content here, so that it is not asked for or sent again.
    pub(super) fn learn(&self, content: &Digest) {
        self.known.add(&self.name.repository, content);
    }

    /// Records which blobs a manifest here refers to, so that other repositories may mount them.
    pub(super) fn refer(&self, manifest: &RawManifest) {
        if let Ok(Manifest::Image(image)) = manifest.parse() {
            let movable = image.blobs().filter(|blob| !blob.media_type.is_foreign());
            self.known.refer(&self.name.repository, movable.map(|blob| &blob.digest));
        }
    }

    /// Reports whether the registry itself is known to have this content here.
    pub(super) fn holds(&self, content: &Digest) -> bool {
        self.known.holds(&self.name.repository, content)
    }

    /// Forgets the known content of this repository, because the registry has contradicted it.
    pub(super) fn forget(&self) {
        self.known.forget(&self.name.repository);
    }

    /// Returns another repository that is known to have this content.
    pub(super) fn neighbour(&self, content: &Digest) -> Option<Name> {
        let repository = self.known.neighbour(&self.name.repository, content)?;
        Some(Name { repository, ..self.name.clone() })
    }

    /// Returns what is known of the whole registry.
    pub(super) fn registry(&self) -> &Known {
        &self.known
    }
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
