//! How a repository is read: from its mirrors in turn, then from the registry itself.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use reqwest::{Method, Url};

use super::Error;
use super::known::Contents;
use super::reader::RemoteReader;
use super::server::Server;
use super::servers::{Giver, Rest, Servers, Turns, Way};
use crate::content::{BlobReader, Chunk};
use crate::diagnose::{Diagnose as _, Failure, Recovery};
use crate::digest::Digest;
use crate::http::{Request, Response, Target};
use crate::image::{Descriptor, RawManifest};
use crate::protocol::{PullLimit, Route, Scopes};
use crate::reference::{RepositoryName, Tag};

/// The servers of a repository as it is read. Clones share all that was read.
#[derive(Clone)]
pub(super) struct Mirrors {
    pub(super) repository: RepositoryName,
    /// Which servers this clone reads from; other clones may read in another way.
    way: Way,
    shared: Arc<Shared>,
}

struct Shared {
    servers: Arc<Servers>,
    contents: Contents,
    /// The manifests that were read while tags were resolved.
    manifests: Mutex<HashMap<Digest, RawManifest>>,
    /// The tags that were resolved by another server than the one that sends the manifests.
    resolved: Mutex<HashMap<Tag, Descriptor>>,
    /// The small blobs that were read for a question, and are used again for the copy: configs.
    small_blobs: Mutex<HashMap<Digest, Bytes>>,
    /// What the last response with a manifest has said about the pulls that are left.
    pull_limit: Mutex<Option<PullLimit>>,
}

impl Mirrors {
    pub(super) fn new(repository: RepositoryName, servers: Servers, contents: Contents) -> Self {
        let shared = Shared {
            servers: Arc::new(servers),
            contents,
            manifests: Mutex::default(),
            resolved: Mutex::default(),
            small_blobs: Mutex::default(),
            pull_limit: Mutex::default(),
        };
        Self { repository, way: Way::ThroughMirrors, shared: Arc::new(shared) }
    }

    /// Returns a view that reads from the registry itself and from no mirror.
    pub(super) fn past(self) -> Self {
        Self { way: Way::PastMirrors, ..self }
    }

    /// Reports whether only the registry itself is read.
    pub(super) fn is_past(&self) -> bool {
        self.way == Way::PastMirrors
    }

    /// Returns the registry itself.
    pub(super) fn origin(&self) -> &Arc<Server> {
        self.shared.servers.origin()
    }

    /// Starts asking the servers in turn.
    pub(super) fn turns(&self) -> Turns<'_> {
        self.shared.servers.turns(self.way)
    }

    /// Returns the scopes for reading the repository at `server`.
    pub(super) fn scopes(&self, server: &Server) -> Scopes {
        Scopes::pull(&server.name_of(&self.repository))
    }

    /// Returns the mirrors in the order of use, with their indexes.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &Server)> {
        self.shared.servers.mirrors()
    }

    /// Reports whether the mirror at `index` is used only if the registry itself is unreachable.
    pub(super) fn is_dead(&self, index: usize) -> bool {
        self.shared.servers.is_dead(index)
    }

    /// Records the error of the mirror at `index`.
    pub(super) fn note_failure(&self, index: usize, error: &Error) {
        self.shared.servers.note_failure(index, error);
    }

    /// Adds the refusals of mirrors to the error of an unreachable registry.
    pub(super) fn explained(&self, error: Error) -> Error {
        self.shared.servers.explained(error)
    }

    /// Returns the manifest that a tag was resolved to before.
    pub(super) fn resolved(&self, tag: &Tag) -> Option<Descriptor> {
        lock(&self.shared.resolved).get(tag).cloned()
    }

    /// Keeps the manifest that a tag was resolved to.
    pub(super) fn keep_resolved(&self, tag: &Tag, descriptor: &Descriptor) {
        lock(&self.shared.resolved).insert(tag.clone(), descriptor.clone());
    }

    /// Returns a manifest that was read before.
    pub(super) fn kept_manifest(&self, digest: &Digest) -> Option<RawManifest> {
        lock(&self.shared.manifests).get(digest).cloned()
    }

    /// Keeps a manifest that `server` has sent.
    pub(super) fn keep_manifest_of(&self, server: &Server, manifest: &RawManifest) {
        if std::ptr::eq(server, &**self.origin()) {
            self.shared.contents.refer(manifest);
        }
        lock(&self.shared.manifests).insert(manifest.descriptor().digest.clone(), manifest.clone());
    }

    /// Records what a response with a manifest says about the pulls that are left.
    pub(super) fn note_pull_limit(&self, limit: Option<PullLimit>) {
        *lock(&self.shared.pull_limit) = limit;
    }

    /// Returns what the last response with a manifest has said about the pulls that are left.
    pub(super) fn pull_limit(&self) -> Option<PullLimit> {
        *lock(&self.shared.pull_limit)
    }

    /// Keeps a small blob.
    pub(super) fn keep_blob(&self, blob: &Descriptor, content: &Bytes) {
        lock(&self.shared.small_blobs).insert(blob.digest.clone(), content.clone());
    }

    /// Returns a reader of `range` of a blob that was kept; `None` unless that is all of it.
    fn open_kept(&self, blob: &Descriptor, range: &Range<u64>) -> Option<BlobReader> {
        let content = lock(&self.shared.small_blobs).get(&blob.digest).cloned()?;
        (*range == (0..content.len() as u64)).then(|| BlobReader::of(content))
    }

    /// Opens a part of a blob, or all of it.
    pub(super) async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Error> {
        if let Some(kept) = self.open_kept(blob, &range) {
            return Ok(kept);
        }
        let mut turns = self.turns();
        loop {
            let (index, server) = turns.active();
            match self.open_at(server, blob, range.clone()).await {
                Err(error) => turns.failed(index, error)?,
                Ok(reader) => {
                    turns.answered(index);
                    self.shared.servers.sends(index, &blob.digest);
                    let Some(giver) = Giver::new(&self.shared.servers, index, blob, &range) else {
                        return Ok(reader.into());
                    };
                    let (mirrors, blob, end) = (self.clone(), blob.clone(), range.end);
                    return Ok(Given { reader, giver, mirrors, blob, end }.into());
                }
            }
        }
    }

    /// Switches to the next server if a mirror has sent wrong bytes for `blob`; reports whether one has.
    pub(super) fn doubt(&self, blob: &Descriptor) -> bool {
        self.shared.servers.doubt(&blob.digest) == Rest::OfNext
    }

    /// Opens a part of a blob, or all of it, at one server.
    async fn open_at(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: Range<u64>,
    ) -> Result<RemoteReader, Error> {
        let redirects = self.shared.servers.redirects();
        let is_whole = range == (0..blob.size);
        // A part comes from the location of the whole blob. The signature of that location may have expired,
        // and a new redirect may be valid for one part only, so each request finally asks the registry
        // itself.
        let tries = if is_whole { 0 } else { 2 };
        for _ in 0..tries {
            if let Some(reader) = self.open_redirected(server, blob, &range).await? {
                return Ok(reader);
            }
        }
        let (reader, url) = self.ask(server, blob, &range).await?;
        let redirect = redirects.remember(&blob.digest, url);
        Ok(reader.redirected_by(redirects, &blob.digest, &redirect))
    }

    /// Opens a part of a blob at its known location. If the location is unknown, one task asks the registry,
    /// and the others wait for it. Returns `None` if the location was bad; it is forgotten then.
    async fn open_redirected(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: &Range<u64>,
    ) -> Result<Option<RemoteReader>, Error> {
        let redirects = self.shared.servers.redirects();
        let redirect = redirects.of(&blob.digest);
        let mut own = None;
        let asked = &mut own;
        let find = async {
            let (reader, url) = self.ask(server, blob, range).await?;
            *asked = Some(reader);
            Ok(url)
        };
        let found: Result<_, Error> = redirect.get_or_try_init(|| find).await;
        let opened = match (found?, own) {
            (_, Some(reader)) => Ok(reader),
            (None, None) => return Ok(None),
            (Some(url), None) => {
                let request = part(blob, range, Target::Url(url.clone()));
                self.request(server, request)
                    .await
                    .and_then(|response| RemoteReader::new(response, blob, range.clone()))
            }
        };
        match opened {
            Ok(reader) => Ok(Some(reader.redirected_by(redirects, &blob.digest, &redirect))),
            Err(error) => {
                redirects.forget(&blob.digest, &redirect);
                // An overloaded host stays overloaded after another redirect.
                if error.is_overload() { Err(error) } else { Ok(None) }
            }
        }
    }

    /// Asks the registry itself, and also returns the location that it redirects to.
    async fn ask(
        &self,
        server: &Server,
        blob: &Descriptor,
        range: &Range<u64>,
    ) -> Result<(RemoteReader, Option<Url>), Error> {
        let route = Route::Blob { name: server.name_of(&self.repository), digest: blob.digest.clone() };
        let response = self.request(server, part(blob, range, Target::Path(route.to_string()))).await?;
        let location = (!server.session().client().is_own(response.url())).then(|| response.url().clone());
        Ok((RemoteReader::new(response, blob, range.clone())?, location))
    }

    async fn request(&self, server: &Server, request: Request) -> Result<Response, Error> {
        Ok(server.send(request, &self.scopes(server)).await?.success().await?)
    }
}

/// A part of a blob that a mirror sends, or the next server if the mirror is left meanwhile.
struct Given {
    reader: RemoteReader,
    giver: Giver,
    mirrors: Mirrors,
    blob: Descriptor,
    /// The end of the part.
    end: u64,
}

/// The server that sends a part.
enum Sender {
    Mirror(Box<Given>),
    Next(BlobReader),
}

impl From<Given> for BlobReader {
    fn from(given: Given) -> Self {
        let takes_ranges = given.reader.takes_ranges();
        let reader = Self::new(stream::try_unfold(Sender::Mirror(Box::new(given)), Sender::next));
        if takes_ranges { reader.with_ranges() } else { reader }
    }
}

impl Sender {
    async fn next(self) -> Result<Option<(Chunk, Self)>, Failure> {
        let mut rest = match self {
            Self::Mirror(mut given) => match given.reader.next().await {
                Ok(next) => return Ok(next.map(|chunk| (chunk, Self::Mirror(given)))),
                Err(error) => given.rest(error).await?,
            },
            Self::Next(rest) => rest,
        };
        let chunk = match rest.skip().await? {
            Some(skipped) => Some(Chunk::Skipped(skipped)),
            None => rest.next().await?.map(Chunk::Bytes),
        };
        Ok(chunk.map(|chunk| (chunk, Self::Next(rest))))
    }
}

impl Given {
    /// Opens the rest of an interrupted part at the next server.
    ///
    /// # Errors
    /// The error of the interruption if the mirror is not left, or of the next server.
    fn rest(self: Box<Self>, error: Error) -> BoxFuture<'static, Result<BlobReader, Failure>> {
        Box::pin(async move {
            let missing = self.reader.missing();
            let is_interrupted =
                missing > 0 && !matches!(error.recovery(), Recovery::Restart | Recovery::Never);
            match self.giver.broke(&error, self.reader.brought()) {
                Rest::OfNext if is_interrupted => {
                    Ok(self.mirrors.open(&self.blob, self.end - missing..self.end).await?)
                }
                Rest::OfNext | Rest::OfSame => Err(error.into()),
            }
        })
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one call, so the value is consistent even after a panic elsewhere.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates the request for a part of a blob, or all of it.
fn part(blob: &Descriptor, range: &Range<u64>, target: Target) -> Request {
    let get = Request::new(Method::GET, target).moving(range.end - range.start);
    get.with_headers(headers(blob, range))
}

fn headers(blob: &Descriptor, range: &Range<u64>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if *range != (0..blob.size) {
        let value = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        headers.insert(RANGE, HeaderValue::try_from(value).expect("digits are a header value"));
    }
    headers
}
