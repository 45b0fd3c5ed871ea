//! One repository of a registry, as source and as target.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use reqwest::StatusCode;

use super::breaks::{Breaks, Giver};
use super::dead_mirrors::DeadMirrors;
use super::known::Known;
use super::mount::Reluctant;
use super::places::Places;
use super::server::Server;
use super::session::{self, Session};
use super::small::{RepositoryReader, SmallBlobs};
use super::upload::Upload;
use super::{Error, Pages};
use crate::content::{Source, Target};
use crate::diagnose::{Diagnose as _, ErrorKind, Failure, Recovery};
use crate::digest::Digest;
use crate::http::Request;
use crate::image::{Descriptor, Manifest, RawManifest};
use crate::protocol::{ErrorCode, Route, Scopes};
use crate::reference::{Name, Selector};

/// One repository of a registry. Clones share everything.
#[derive(Clone)]
pub struct Repository {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) name: Name,
    /// Mirrors, the registry itself, then mirrors that were dead lately.
    servers: Vec<Server>,
    /// The place of the registry itself.
    origin: usize,
    /// Which server is asked. It moves on when a mirror has failed, and beyond the registry itself only if that
    /// cannot be reached.
    active: AtomicUsize,
    deaths: Arc<DeadMirrors>,
    /// What is known to be here, and in other repositories of the registry.
    known: Arc<Known>,
    /// What broke off at mirrors.
    breaks: Breaks,
    /// Set once no mirror is to be asked any more.
    past_mirrors: AtomicBool,
    /// Manifests that were read while tags were resolved.
    pub(super) manifests: Mutex<HashMap<Digest, RawManifest>>,
    /// Whether a range was once answered by something else: then nobody asks for parts any more.
    ranges_failed: AtomicBool,
    /// The uploads that are open.
    sessions: session::Sessions,
    /// How many bytes the registry wants a piece of an upload to have.
    piece_min: AtomicU64,
    /// Where the server keeps blobs, if it redirects to them.
    places: Places,
    /// Which other repositories have had nothing to mount.
    reluctant: Reluctant,
    small_blobs: SmallBlobs,
}

/// The servers to read from.
pub(super) struct Row {
    /// Mirrors, in their order.
    pub(super) living: Vec<Server>,
    /// The registry itself.
    pub(super) origin: Server,
    /// Mirrors that did not answer lately.
    pub(super) dead: Vec<Server>,
    /// Where it is remembered which ones these are.
    pub(super) deaths: Arc<DeadMirrors>,
    /// What is known to be in the repositories of the registry.
    pub(super) known: Arc<Known>,
}

impl Repository {
    pub(super) fn new(name: Name, row: Row) -> Self {
        let origin = row.living.len();
        let shared = Shared {
            name,
            servers: row.living.into_iter().chain([row.origin]).chain(row.dead).collect(),
            origin,
            active: AtomicUsize::new(0),
            deaths: row.deaths,
            known: row.known,
            breaks: Breaks::default(),
            past_mirrors: AtomicBool::new(false),
            manifests: Mutex::default(),
            ranges_failed: AtomicBool::new(false),
            sessions: session::Sessions::default(),
            piece_min: AtomicU64::new(0),
            places: Places::default(),
            reluctant: Reluctant::default(),
            small_blobs: SmallBlobs::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.shared.name
    }

    /// The same, read from the registry itself and from no mirror: who writes has to know what is there, not
    /// what a mirror has kept of it.
    #[must_use]
    pub fn past_mirrors(self) -> Self {
        self.shared.past_mirrors.store(true, Ordering::Relaxed);
        self.shared.active.store(self.shared.origin, Ordering::Relaxed);
        self
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
    /// The registry itself, to which everything is written.
    pub(super) fn origin(&self) -> &Server {
        &self.servers[self.origin]
    }

    /// The server to read from, with its place in the row.
    pub(super) fn active(&self) -> (usize, &Server) {
        let index = self.active.load(Ordering::Relaxed).min(self.servers.len() - 1);
        (index, &self.servers[index])
    }

    /// Where the registry has led to for blobs.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Which other repositories have had nothing to mount.
    pub(super) fn reluctant(&self) -> &Reluctant {
        &self.reluctant
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
        if index == self.origin
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

    /// Whether the registry itself is read, and no mirror.
    pub(super) fn is_past_mirrors(&self) -> bool {
        self.past_mirrors.load(Ordering::Relaxed)
    }

    /// Whether parts were asked for and something else came.
    pub(super) fn ranges_failed(&self) -> &AtomicBool {
        &self.ranges_failed
    }

    /// What broke off at mirrors.
    pub(super) fn breaks(&self) -> &Breaks {
        &self.breaks
    }

    /// Begins to ask one server after the other.
    pub(super) fn turns(&self) -> Turns<'_> {
        Turns { shared: self, final_error: None }
    }

    /// Turns away from the server at `index`, which another task may have done already.
    fn turn(&self, index: usize, next: usize) {
        if self.active.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.places.forget_all();
            self.breaks.forget();
        }
    }

    /// Turns away from the mirror at `index`, whose bodies are no good.
    fn turn_away(&self, index: usize) {
        self.turn(index, if index + 1 < self.servers.len() { index + 1 } else { self.origin });
    }

    /// The same, and the next commands ask it last: it fails whenever it is asked.
    pub(super) fn leave(&self, index: usize, error: &Error) {
        let mirror = self.servers[index].session().client();
        tracing::debug!("mirror {} broke off, turning to the next server: {error}", mirror.endpoint().host);
        self.deaths.failed(mirror, error);
        self.turn_away(index);
    }

    /// Whether the registry itself cannot be reached, and there are only dead mirrors to turn to.
    fn is_last_resort(&self, error: &Error) -> bool {
        let has_dead = self.origin + 1 < self.servers.len() && !self.is_past_mirrors();
        has_dead && error.is_no_connection()
    }

    /// The fewest bytes of a piece of an upload that is not the last one.
    pub(super) fn piece_min(&self) -> u64 {
        self.piece_min.load(Ordering::Relaxed)
    }

    /// How many of so many bytes are sent at once.
    pub(super) fn fitting(&self, bytes: u64) -> u64 {
        let limit = self.origin().session().client().largest_body().unwrap_or(u64::MAX);
        bytes.min(limit.max(self.piece_min()))
    }

    /// The registry wants pieces to have so many bytes.
    pub(super) fn pieces_have(&self, least: u64) {
        self.piece_min.fetch_max(least, Ordering::Relaxed);
    }

    /// The uploads that are open.
    pub(super) fn sessions(&self) -> &session::Sessions {
        &self.sessions
    }
}

/// One reading, which asks one server after the other: mirrors, the registry itself, and if that cannot be reached,
/// mirrors that were dead lately.
pub(super) struct Turns<'a> {
    shared: &'a Shared,
    /// Why the registry itself could not be reached: if nobody else has it either, that is what to tell.
    final_error: Option<Error>,
}

impl Turns<'_> {
    /// Turns to the next server after the one at `index` has failed; the error to tell if there is none.
    pub(super) fn failed(&mut self, index: usize, error: Error) -> Result<(), Error> {
        let Shared { servers, origin, .. } = self.shared;
        if index == *origin {
            return self.turn_to_the_dead(error);
        }
        let mirror = servers[index].session().client();
        tracing::debug!("mirror {} failed, turning to the next server: {error}", mirror.endpoint().host);
        self.shared.deaths.failed(mirror, &error);
        if index + 1 < servers.len() {
            self.shared.turn(index, index + 1);
            return Ok(());
        }
        self.shared.turn(index, *origin);
        self.final_error.take().map_or(Ok(()), Err)
    }

    fn turn_to_the_dead(&mut self, error: Error) -> Result<(), Error> {
        // Not in a circle: they have been asked.
        if self.final_error.is_some() || !self.shared.is_last_resort(&error) {
            return Err(error);
        }
        tracing::debug!("registry cannot be reached, turning to mirrors that were dead lately: {error}");
        self.final_error = Some(error);
        self.shared.turn(self.shared.origin, self.shared.origin + 1);
        Ok(())
    }

    /// The server at `index` has answered. That says nothing for a mirror that was left meanwhile.
    pub(super) fn answered(&self, index: usize) {
        if index != self.shared.origin && index == self.shared.active().0 {
            self.shared.deaths.answered(self.shared.servers[index].session().client());
        }
    }
}

impl Source for Repository {
    type Reader = RepositoryReader;

    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.get_manifest(selector).await?.descriptor().clone())
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.get_described(descriptor).await?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<RepositoryReader, Failure> {
        if let Some(kept) = self.shared.small_blobs.open(blob, &range) {
            return Ok(kept);
        }
        let mut turns = self.shared.turns();
        loop {
            let (index, server) = self.shared.active();
            match self.open_at(server, blob, range.clone()).await {
                Err(error) => turns.failed(index, error)?,
                Ok(reader) => {
                    turns.answered(index);
                    let is_mirror = index != self.shared.origin;
                    let giver = is_mirror.then(|| Giver::new(self, index, (blob, &range)));
                    return Ok(RepositoryReader::Sent(Box::new(reader.given_by(giver))));
                }
            }
        }
    }

    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        self.read_and_keep(blob).await
    }

    async fn locations(&self, _: &Descriptor, _: &Name) -> Vec<Name> {
        vec![self.name().clone()]
    }

    fn doubt(&self, blob: &Descriptor) {
        self.shared.places.doubt(&blob.digest);
        let (index, server) = self.shared.active();
        if index != self.shared.origin {
            let host = &server.session().client().endpoint().host;
            tracing::debug!("mirror {host} gave wrong bytes for {}, turning to the next server", blob.digest);
            self.shared.turn_away(index);
        }
    }
}

impl Target for Repository {
    type Writer = Upload;

    async fn holds_manifest(&self, manifest: &Descriptor) -> Result<bool, Failure> {
        if self.shared.knows(&manifest.digest) {
            return Ok(true);
        }
        let found = self.head_manifest(&Selector::Digest(manifest.digest.clone())).await?;
        Ok(found.is_some())
    }

    async fn holds_blob(&self, blob: &Descriptor) -> Result<bool, Failure> {
        if self.shared.knows(&blob.digest) {
            return Ok(true);
        }
        let request = Request::head(self.blob_route(blob));
        let response = self.shared.origin().send(request, &self.push_scopes()).await?;
        match response.status() {
            // The image says another size than its content has: reading it will tell.
            StatusCode::OK if response.claimed_length().is_some_and(|size| size > 0 && size != blob.size) => {
                Ok(false)
            }
            StatusCode::OK => {
                self.shared.learn(&blob.digest);
                self.end_unused_upload(blob).await;
                Ok(true)
            }
            // Some registries know no HEAD of blobs: then the upload will show.
            status if status.is_success() || status == StatusCode::NOT_IMPLEMENTED => Ok(false),
            _ => {
                let error = Error::from(response.into_error().await);
                let is_absent = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other)
                    && error.recovery() == Recovery::Never;
                if is_absent { Ok(false) } else { Err(error.into()) }
            }
        }
    }

    fn repository(&self) -> Option<&Name> {
        Some(self.name())
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

    async fn create(&self, blob: &Descriptor) -> Result<Upload, Failure> {
        Ok(Upload::begin(self, blob).await?)
    }

    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure> {
        session::discard(self, blob).await;
        Ok(())
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

impl Repository {
    /// Ends the upload that a declined mount has begun of a blob that is here.
    async fn end_unused_upload(&self, blob: &Descriptor) {
        if let Some(Session::Fresh(_)) = self.shared.sessions().get(&blob.digest) {
            session::discard(self, blob).await;
        }
    }
}
