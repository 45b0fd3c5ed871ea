//! One repository of a registry, as source and as target.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::{Method, StatusCode};

use super::breaks::{Breaks, Giver};
use super::dead_mirrors::DeadMirrors;
use super::places::Places;
use super::reader::RemoteReader;
use super::server::Server;
use super::upload::{self, Upload};
use super::{Error, Pages};
use crate::content::{Source, Target};
use crate::diagnose::{Diagnose as _, ErrorKind, Failure, Recovery};
use crate::digest::Digest;
use crate::http::{Request, Target as To};
use crate::image::{Descriptor, RawManifest};
use crate::protocol::{ErrorCode, Route, Scopes};
use crate::reference::{Name, Selector};

/// How many other repositories are asked for a mount before the bytes are sent.
const MOUNTS_MAX: usize = 2;

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
    /// What broke off at mirrors.
    breaks: Breaks,
    /// Set once no mirror is to be asked any more.
    past_mirrors: AtomicBool,
    /// Manifests that were read while tags were resolved.
    pub(super) manifests: Mutex<HashMap<Digest, RawManifest>>,
    /// Whether a range was once answered by something else: then nobody asks for parts any more.
    ranges_failed: AtomicBool,
    /// Where uploads that were begun can be gone on with.
    uploads: Mutex<HashMap<Digest, upload::Session>>,
    /// Where the server keeps blobs, if it redirects to them.
    places: Places,
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
            breaks: Breaks::default(),
            past_mirrors: AtomicBool::new(false),
            manifests: Mutex::default(),
            ranges_failed: AtomicBool::new(false),
            uploads: Mutex::default(),
            places: Places::default(),
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

    /// Asks the registry to forget the uploads that were begun here and not finished.
    pub(super) async fn abandon_uploads(&self) {
        let left: Vec<_> = self.shared.uploads().drain().map(|(_, session)| session).collect();
        for session in left {
            upload::cancel(self, session.into_url()).await;
        }
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
        let has_dead = self.origin + 1 < self.servers.len() && !self.past_mirrors.load(Ordering::Relaxed);
        has_dead && error.is_no_connection()
    }

    pub(super) fn uploads(&self) -> MutexGuard<'_, HashMap<Digest, upload::Session>> {
        // Each change is one call: the map is whole even after a panic elsewhere.
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
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
    type Reader = RemoteReader;

    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.get_manifest(selector).await?.descriptor().clone())
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.get_described(descriptor).await?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<RemoteReader, Failure> {
        let mut turns = self.shared.turns();
        loop {
            let (index, server) = self.shared.active();
            match self.open_at(server, blob, range.clone()).await {
                Err(error) => turns.failed(index, error)?,
                Ok(reader) => {
                    turns.answered(index);
                    let is_mirror = index != self.shared.origin;
                    return Ok(reader.given_by(is_mirror.then(|| Giver::new(self, index, (blob, &range)))));
                }
            }
        }
    }

    fn locations(&self, _: &Descriptor) -> Vec<Name> {
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
        let found = self.head_manifest(&Selector::Digest(manifest.digest.clone())).await?;
        Ok(found.is_some())
    }

    async fn holds_blob(&self, blob: &Descriptor) -> Result<bool, Failure> {
        let request = Request::head(self.blob_route(blob));
        let response = self.shared.origin().send(request, &self.push_scopes()).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
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

    async fn mount(&self, blob: &Descriptor, locations: &[Name]) -> Result<Option<Name>, Failure> {
        for from in self.neighbours(locations).take(MOUNTS_MAX) {
            if self.mount_from(blob, from).await? {
                return Ok(Some(from.clone()));
            }
        }
        Ok(None)
    }

    fn mountable(&self, _: &Descriptor, locations: &[Name]) -> Option<Name> {
        self.neighbours(locations).next().cloned()
    }

    async fn create(&self, blob: &Descriptor) -> Result<Upload, Failure> {
        Ok(Upload::begin(self, blob).await?)
    }

    fn lacking(&self, blobs: &[Descriptor], failure: &Failure) -> Vec<Descriptor> {
        let status = failure.downcast_ref::<Error>().and_then(Error::status);
        let unknown = status.filter(|status| status.has_code(&ErrorCode::ManifestBlobUnknown));
        let named = unknown.map(|status| status.body.digests()).unwrap_or_default();
        // Some say only that something is missing.
        let is_meant =
            |blob: &&Descriptor| unknown.is_some() && (named.is_empty() || named.contains(&blob.digest));
        blobs.iter().filter(is_meant).cloned().collect()
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        let selector = Selector::Digest(manifest.descriptor().digest.clone());
        Ok(self.put(manifest, &selector).await?)
    }

    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure> {
        Ok(self.put(manifest, selector).await?)
    }
}

impl Repository {
    /// Those of `locations` that are other repositories of the same registry.
    fn neighbours<'a>(&'a self, locations: &'a [Name]) -> impl Iterator<Item = &'a Name> {
        locations.iter().filter(|name| name.registry == self.name().registry && *name != self.name())
    }

    /// Asks the registry to make `blob` visible here out of `from`.
    ///
    /// Any answer but 201 means that the bytes have to be sent; the upload that a 202 begins is kept for that.
    async fn mount_from(&self, blob: &Descriptor, from: &Name) -> Result<bool, Error> {
        let scopes = self.push_scopes().and(Scopes::pull(&from.repository));
        let uploads = Route::Uploads { name: self.name().repository.clone() };
        let path = format!("{uploads}?mount={}&from={}", blob.digest, from.repository);
        let request = Request::new(Method::POST, To::Path(path));
        let response = match self.shared.origin().send(request, &scopes).await {
            Ok(response) => response,
            // A token service may refuse the scope of the other repository: no mount then.
            Err(Error::Request(error)) if is_refusal(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        match response.status() {
            StatusCode::CREATED => Ok(true),
            StatusCode::ACCEPTED => {
                if let Some(location) = upload::location(&response) {
                    self.shared.uploads().insert(blob.digest.clone(), upload::Session::Fresh(location));
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }
}

fn is_refusal(error: &crate::auth::Error) -> bool {
    matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound)
}
