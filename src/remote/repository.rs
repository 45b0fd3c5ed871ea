//! One repository of a registry: its servers and its known content.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::known::Known;
use super::mirrors::{Mirrors, Row, Turns, Way};
use super::places::Places;
use super::server::Server;
use super::small::SmallBlobs;
use super::uploads::{Questions, Reluctant, Sessions, Uploads};
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest, RawManifest};
use crate::protocol::{Route, Scopes};
use crate::reference::Name;

/// One repository of a registry. Clones share all knowledge about it.
#[derive(Clone)]
pub struct Repository {
    shared: Arc<Shared>,
    /// How this clone is read; other clones may be read in another way.
    way: Way,
}

pub(super) struct Shared {
    pub(super) name: Name,
    mirrors: Arc<Mirrors>,
    uploads: Uploads,
    /// The known content of this and the other repositories of the registry.
    pub(super) known: Arc<Known>,
    /// The manifests that were read while tags were resolved.
    pub(super) manifests: Mutex<HashMap<Digest, RawManifest>>,
    /// Whether a request for a range was once answered wrongly, so that parts are not requested any more.
    ranges_failed: AtomicBool,
    small_blobs: SmallBlobs,
}

impl Repository {
    pub(super) fn new(name: Name, row: Row, known: Arc<Known>) -> Self {
        let shared = Shared {
            name,
            mirrors: Arc::new(Mirrors::new(row)),
            uploads: Uploads::default(),
            known,
            manifests: Mutex::default(),
            ranges_failed: AtomicBool::new(false),
            small_blobs: SmallBlobs::default(),
        };
        Self { shared: Arc::new(shared), way: Way::ThroughMirrors }
    }

    /// Returns the name.
    pub fn name(&self) -> &Name {
        &self.shared.name
    }

    /// Returns a view that is read from the registry itself and from no mirror: a writer has to know the
    /// content of the registry, not a mirror's copy of it. Other clones are read as before.
    #[must_use]
    pub fn past_mirrors(self) -> Self {
        Self { way: Way::PastMirrors, ..self }
    }

    /// Reports whether only the registry itself is read.
    pub(super) fn is_past_mirrors(&self) -> bool {
        self.way == Way::PastMirrors
    }

    /// Starts asking the servers in turn.
    pub(super) fn turns(&self) -> Turns<'_> {
        self.shared.mirrors.turns(self.way)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn pull_scopes(&self) -> Scopes {
        Scopes::pull(&self.name().repository)
    }

    pub(super) fn push_scopes(&self) -> Scopes {
        Scopes::push(&self.name().repository)
    }

    pub(super) fn blob_route(&self, blob: &Descriptor) -> String {
        Route::Blob { name: self.name().repository.clone(), digest: blob.digest.clone() }.to_string()
    }
}

impl Shared {
    /// Returns the servers to read from.
    pub(super) fn mirrors(&self) -> &Arc<Mirrors> {
        &self.mirrors
    }

    /// Returns the registry itself, which receives all writes.
    pub(super) fn origin(&self) -> &Server {
        self.mirrors.origin()
    }

    /// Returns the locations of blobs that the registry has redirected to.
    pub(super) fn places(&self) -> &Places {
        self.mirrors.places()
    }

    /// Returns the record of questions about blobs.
    pub(super) fn questions(&self) -> &Questions {
        &self.uploads.questions
    }

    /// Returns the repositories that have declined mounts.
    pub(super) fn reluctant(&self) -> &Reluctant {
        &self.uploads.reluctant
    }

    /// Returns the small blobs that have been read already.
    pub(super) fn small_blobs(&self) -> &SmallBlobs {
        &self.small_blobs
    }

    /// Records that the registry itself has this content here, so that it is not asked for or sent again.
    pub(super) fn learn(&self, content: &Digest) {
        self.known.add(&self.name.repository, content);
    }

    /// Records which blobs a manifest from the server at `index` refers to, so that other repositories may
    /// mount them.
    pub(super) fn refer(&self, index: usize, manifest: &RawManifest) {
        if self.mirrors.is_origin(index)
            && let Ok(Manifest::Image(image)) = manifest.parse()
        {
            let movable = image.blobs().filter(|blob| !blob.media_type.is_foreign());
            self.known.refer(&self.name.repository, movable.map(|blob| &blob.digest));
        }
    }

    /// Reports whether the registry itself is known to have this content here.
    pub(super) fn knows(&self, content: &Digest) -> bool {
        self.known.holds(&self.name.repository, content)
    }

    /// Forgets the known content of this repository, because the registry has contradicted it.
    pub(super) fn unlearn(&self) {
        self.known.forget(&self.name.repository);
    }

    /// Returns another repository that is known to have this content.
    pub(super) fn neighbour(&self, content: &Digest) -> Option<Name> {
        let repository = self.known.neighbour(&self.name.repository, content)?;
        Some(Name { repository, ..self.name.clone() })
    }

    /// Returns the flag whether a request for a range was answered wrongly.
    pub(super) fn ranges_failed(&self) -> &AtomicBool {
        &self.ranges_failed
    }

    /// Returns the minimum size of a piece of an upload, except for the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.uploads.piece_min()
    }

    /// Returns how many of these bytes are sent in one request.
    pub(super) fn fitting(&self, bytes: u64) -> u64 {
        let limit = self.origin().session().client().largest_body().unwrap_or(u64::MAX);
        bytes.min(limit.max(self.piece_min()))
    }

    /// Records the minimum size of a piece that the registry requires.
    pub(super) fn pieces_have(&self, least: u64) {
        self.uploads.pieces_have(least);
    }

    /// Returns the open uploads.
    pub(super) fn sessions(&self) -> &Sessions {
        &self.uploads.sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Keychain;
    use crate::config::{Config, Environment, Options};
    use crate::remote::Remote;
    use crate::retry::Policy;

    #[test]
    fn d8_a_view_past_mirrors_changes_no_other() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("regcli")).unwrap();
        let own = "[registry.\"r.example\"]\nmirrors = [\"https://m.example\"]\n";
        std::fs::write(folder.path().join("regcli/config.toml"), own).unwrap();
        let environment = Environment {
            xdg_config_home: Some(folder.path().to_owned()),
            home: Some(folder.path().to_owned()),
            ..Environment::default()
        };
        let config = Arc::new(Config::load(Options::default(), &environment).unwrap());
        let keychain = Arc::new(Keychain::new(&config));
        let remote = Remote::new(config, keychain, Policy::ONCE);
        let reading =
            remote.repository(&"r.example/app".parse::<crate::reference::Reference>().unwrap().name).unwrap();

        let writing = reading.clone().past_mirrors();

        let asked = |repository: &Repository| {
            repository.turns().active().1.session().client().endpoint().host.clone()
        };
        assert_eq!((asked(&reading), asked(&writing)), ("m.example".to_owned(), "r.example".to_owned()));
        assert!(!reading.is_past_mirrors() && !reading.clone().is_past_mirrors());
    }
}
