//! One repository of a registry, as source and as target.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;

use super::breaks::Giver;
use super::existence::Questions;
use super::known::Known;
use super::mirrors::{Mirrors, Row, Turns, Way};
use super::mount::Reluctant;
use super::places::Places;
use super::server::Server;
use super::session::{self, Session};
use super::small::SmallBlobs;
use super::upload::Upload;
use super::uploads::Uploads;
use super::{Error, Pages};
use crate::content::{BlobReader, BlobWriter, Existence, Locations, Mounts, Partials, Source, Target};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest, RawManifest};
use crate::protocol::{ErrorCode, Route, Scopes};
use crate::reference::{Name, Selector};

/// One repository of a registry. Clones share everything that is known of it.
#[derive(Clone)]
pub struct Repository {
    shared: Arc<Shared>,
    /// How this one is read; others may be read in another way.
    way: Way,
}

pub(super) struct Shared {
    pub(super) name: Name,
    mirrors: Mirrors,
    uploads: Uploads,
    /// What is known to be here, and in other repositories of the registry.
    known: Arc<Known>,
    /// Manifests that were read while tags were resolved.
    pub(super) manifests: Mutex<HashMap<Digest, RawManifest>>,
    /// Whether a range was once answered by something else: then nobody asks for parts any more.
    ranges_failed: AtomicBool,
    small_blobs: SmallBlobs,
}

impl Repository {
    pub(super) fn new(name: Name, row: Row, known: Arc<Known>) -> Self {
        let shared = Shared {
            name,
            mirrors: Mirrors::new(row),
            uploads: Uploads::default(),
            known,
            manifests: Mutex::default(),
            ranges_failed: AtomicBool::new(false),
            small_blobs: SmallBlobs::default(),
        };
        Self { shared: Arc::new(shared), way: Way::ThroughMirrors }
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.shared.name
    }

    /// Returns a view of it that is read from the registry itself and from no mirror: a writer has to know what is
    /// there, not what a mirror has kept of it. Other clones are read as before.
    #[must_use]
    pub fn past_mirrors(self) -> Self {
        Self { way: Way::PastMirrors, ..self }
    }

    /// Whether the registry itself is read, and no mirror.
    pub(super) fn is_past_mirrors(&self) -> bool {
        self.way == Way::PastMirrors
    }

    /// Begins to ask one server after the other.
    pub(super) fn turns(&self) -> Turns<'_> {
        self.shared.mirrors.turns(self.way)
    }

    /// Its tags, page by page.
    pub fn tags(&self) -> Pages {
        let route = Route::Tags { name: self.name().repository.clone() };
        Pages::of_repository(self.clone(), &route.to_string(), "tags")
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
    /// The servers to read from.
    pub(super) fn mirrors(&self) -> &Mirrors {
        &self.mirrors
    }

    /// The registry itself, to which everything is written.
    pub(super) fn origin(&self) -> &Server {
        self.mirrors.origin()
    }

    /// Where the registry has led to for blobs.
    pub(super) fn places(&self) -> &Places {
        self.mirrors.places()
    }

    /// What came of the questions after blobs.
    pub(super) fn questions(&self) -> &Questions {
        &self.uploads.questions
    }

    /// Which other repositories have had nothing to mount.
    pub(super) fn reluctant(&self) -> &Reluctant {
        &self.uploads.reluctant
    }

    /// Small blobs that have been read already.
    pub(super) fn small_blobs(&self) -> &SmallBlobs {
        &self.small_blobs
    }

    /// Remembers that the registry itself has this here: nobody asks for it, or sends it, again.
    pub(super) fn learn(&self, content: &Digest) {
        self.known.add(&self.name.repository, content);
    }

    /// Remembers which blobs a manifest refers to that the server at `index` has given: others may mount them.
    pub(super) fn refer(&self, index: usize, manifest: &RawManifest) {
        if self.mirrors.is_origin(index)
            && let Ok(Manifest::Image(image)) = manifest.parse()
        {
            let movable = image.blobs().filter(|blob| !blob.media_type.is_foreign());
            self.known.refer(&self.name.repository, movable.map(|blob| &blob.digest));
        }
    }

    /// Whether the registry itself is known to have this here.
    pub(super) fn knows(&self, content: &Digest) -> bool {
        self.known.holds(&self.name.repository, content)
    }

    /// Forgets what is known to be here: the registry has contradicted.
    pub(super) fn unlearn(&self) {
        self.known.forget(&self.name.repository);
    }

    /// Another repository that is known to have this.
    fn neighbour(&self, content: &Digest) -> Option<Name> {
        let repository = self.known.neighbour(&self.name.repository, content)?;
        Some(Name { repository, ..self.name.clone() })
    }

    /// Whether parts were asked for and something else came.
    pub(super) fn ranges_failed(&self) -> &AtomicBool {
        &self.ranges_failed
    }

    /// The fewest bytes of a piece of an upload that is not the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.uploads.piece_min()
    }

    /// How many of so many bytes are sent at once.
    pub(super) fn fitting(&self, bytes: u64) -> u64 {
        let limit = self.origin().session().client().largest_body().unwrap_or(u64::MAX);
        bytes.min(limit.max(self.piece_min()))
    }

    /// The registry wants pieces to have so many bytes.
    pub(super) fn pieces_have(&self, least: u64) {
        self.uploads.pieces_have(least);
    }

    /// The uploads that are open.
    pub(super) fn sessions(&self) -> &session::Sessions {
        &self.uploads.sessions
    }
}

#[async_trait]
impl Source for Repository {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.get_manifest(selector).await?.descriptor().clone())
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.get_described(descriptor).await?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        if let Some(kept) = self.shared.small_blobs.open(blob, &range) {
            return Ok(kept);
        }
        let mut turns = self.turns();
        loop {
            let (index, server) = turns.active();
            match self.open_at(server, blob, range.clone()).await {
                Err(error) => turns.failed(index, error)?,
                Ok(reader) => {
                    turns.answered(index);
                    let is_mirror = !self.shared.mirrors.is_origin(index);
                    let giver = is_mirror.then(|| Giver::new(self, index, (blob, &range)));
                    return Ok(reader.given_by(giver).into());
                }
            }
        }
    }

    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        self.read_and_keep(blob).await
    }

    fn locations(&self) -> Option<&dyn Locations> {
        Some(self)
    }

    fn doubt(&self, blob: &Descriptor) {
        let mirrors = &self.shared.mirrors;
        mirrors.places().doubt(&blob.digest);
        let (index, server) = mirrors.active(self.way);
        if !mirrors.is_origin(index) {
            let host = &server.session().client().endpoint().host;
            tracing::debug!("mirror {host} gave wrong bytes for {}, turning to the next server", blob.digest);
            mirrors.turn_away(index);
        }
    }
}

#[async_trait]
impl Locations for Repository {
    async fn of(&self, _: &Descriptor, _: &Name) -> Vec<Name> {
        vec![self.name().clone()]
    }
}

#[async_trait]
impl Target for Repository {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        Ok(self.find_blob(blob).await?)
    }

    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        Ok(Box::new(Upload::begin(self, blob).await?))
    }

    fn mounts(&self) -> Option<&dyn Mounts> {
        Some(self)
    }

    fn partials(&self) -> Option<&dyn Partials> {
        Some(self)
    }

    fn lacking(&self, contents: &[Descriptor], failure: &Failure) -> Vec<Descriptor> {
        let Some(status) = failure.downcast_ref::<Error>().and_then(Error::status) else { return Vec::new() };
        let lacks_anything = status.has_code(&ErrorCode::ManifestBlobUnknown);
        let lacks_manifests = status.has_code(&ErrorCode::ManifestUnknown);
        let named = status.body.digests();
        let is_meant = |content: &&Descriptor| {
            let is_kind = lacks_anything || lacks_manifests && content.media_type.is_manifest();
            // Some say only that something is missing.
            is_kind && (named.is_empty() || named.contains(&content.digest))
        };
        contents.iter().filter(is_meant).cloned().collect()
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        let digest = &manifest.descriptor().digest;
        if self.shared.knows(digest) {
            return Ok(());
        }
        let selector = Selector::Digest(digest.clone());
        Ok(self.put(manifest, &selector).await?)
    }

    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure> {
        Ok(self.put(manifest, selector).await?)
    }
}

#[async_trait]
impl Mounts for Repository {
    fn repository(&self) -> &Name {
        self.name()
    }

    async fn mount_nearby(&self, blob: &Descriptor) -> Result<Option<Name>, Failure> {
        if self.shared.knows(&blob.digest) || self.shared.known.declines_mounts() {
            return Ok(None);
        }
        let Some(from) = self.shared.neighbour(&blob.digest) else { return Ok(None) };
        if self.is_mounted_from(blob, &from).await? {
            return Ok(Some(from));
        }
        self.shared.known.mount_was_declined();
        Ok(None)
    }

    async fn mount(&self, blob: &Descriptor, locations: &[Name]) -> Result<Option<Name>, Failure> {
        Ok(self.mount_from_any(blob, locations).await?)
    }

    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name> {
        let known = self.shared.neighbour(&blob.digest);
        known.or_else(|| self.neighbours(locations).first().map(|name| (*name).clone()))
    }
}

#[async_trait]
impl Partials for Repository {
    /// Ends the session of the upload.
    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure> {
        session::discard(self, blob).await;
        Ok(())
    }
}

impl Repository {
    /// Reports whether the registry has this manifest, and so all that it refers to.
    ///
    /// # Errors
    /// That the registry cannot be asked.
    pub async fn holds_manifest(&self, manifest: &Descriptor) -> Result<bool, Error> {
        if self.shared.knows(&manifest.digest) {
            return Ok(true);
        }
        let found = self.head_manifest(&Selector::Digest(manifest.digest.clone())).await?;
        Ok(found.is_some())
    }

    /// Ends the upload that a declined mount has begun of a blob that is here.
    pub(super) async fn end_unused_upload(&self, blob: &Descriptor) {
        if let Some(Session::Fresh(_)) = self.shared.sessions().get(&blob.digest) {
            session::discard(self, blob).await;
        }
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
