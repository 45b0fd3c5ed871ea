//! A blob on its way to a registry: one `POST` to begin, one `PUT` with all bytes.
//!
//! After a cut the session is asked how far it got, and the rest follows by `PATCH`. Chunks are never chosen
//! freely: several registries (ECR, GHCR) keep only one of them. Only if a body is too large for the registry, or
//! for a proxy before it, it comes in pieces.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderValue, LOCATION, RANGE};
use reqwest::{Method, StatusCode, Url};
use tokio::sync::mpsc;

use super::{Error, Repository};
use crate::auth;
use crate::content::BlobWriter;
use crate::diagnose::{Failure, Recovery};
use crate::http::{Body, Request, Response, Target};
use crate::image::Descriptor;
use crate::protocol::{ContentRange, Route};
use crate::retry::{self, Policy};

/// How long a registry may take to hash and store a blob of which it has all bytes.
const COMMIT_LIMIT: Duration = Duration::from_secs(300);

/// A session is often given up just when its connection is closed, and the request may go by that very one.
const CANCEL: Policy = Policy { attempts: 3, budget: Duration::from_secs(2) };

/// How many bytes the system takes at once for a connection that is slow: what Linux lets its send buffers
/// grow to.
const SENT_AHEAD: u64 = 4 << 20;

/// How many chunks wait for the connection. They hold up the source, not the memory.
const QUEUE: usize = 2;

/// The largest piece that is tried after a body was too large: most proxies take 100 MB, and pieces of half of what
/// is taken are safe.
const PIECE: u64 = 32 << 20;

/// Who takes no piece of this size takes none.
const PIECE_MIN: u64 = 64 << 10;

/// Writes one blob to a registry.
pub struct Upload {
    to: Destination,
    offset: u64,
    state: State,
    /// Whether the token is new because another one was refused for these very bytes.
    renewed: bool,
}

/// What is uploaded, and where to.
#[derive(Clone)]
struct Destination {
    repository: Repository,
    blob: Descriptor,
}

/// A session that has been opened at the registry.
pub(super) enum Session {
    /// Nothing has been sent yet.
    Fresh(Url),
    /// How much of what was sent has arrived, only the registry knows.
    Used(Url),
    /// The last request was refused for its token, and there is a new one. The registry has the bytes up to this one.
    Refused(Url, u64),
}

impl Session {
    pub(super) fn into_url(self) -> Url {
        match self {
            Self::Fresh(url) | Self::Used(url) | Self::Refused(url, _) => url,
        }
    }
}

enum State {
    /// The registry has it all; nothing is to be done.
    Present,
    /// A session is open, and holds the bytes up to `offset`.
    Open(Url),
    /// A request is on its way and takes bytes.
    Sending(Sending),
    /// The request failed; its error has been given.
    Failed,
}

struct Sending {
    queue: mpsc::Sender<Bytes>,
    answer: Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>,
    method: Method,
    /// How many of them it still has to be given.
    left: u64,
}

impl Destination {
    /// How long the registry may take no byte at all.
    fn patience(&self) -> Duration {
        self.repository.shared().origin().session().client().endpoint().patience
    }

    fn commit_limit(&self) -> Duration {
        COMMIT_LIMIT.max(self.patience())
    }

    fn with_digest(&self, session: &Url) -> Url {
        let mut url = session.clone();
        url.query_pairs_mut().append_pair("digest", self.blob.digest.as_str());
        url
    }

    /// Ends a session whose bytes are all there.
    async fn put_empty(&self, session: &Url) -> Result<Response, Error> {
        let request = Request::new(Method::PUT, Target::Url(self.with_digest(session)))
            .with_body(Body::Bytes(Bytes::new()))
            .patient(self.commit_limit());
        self.repository.shared().origin().send(request, &self.repository.push_scopes()).await
    }

    async fn check(&self, response: Response) -> Result<(), Error> {
        match response.status() {
            StatusCode::CREATED | StatusCode::NO_CONTENT | StatusCode::OK => Ok(()),
            // The session is gone: the next attempt opens another one.
            StatusCode::NOT_FOUND => {
                self.repository.shared().uploads().remove(&self.blob.digest);
                Err(self.lost("the registry no longer knows it"))
            }
            StatusCode::PAYLOAD_TOO_LARGE => Err(self.too_large(response).await),
            status if status.is_success() => {
                Err(Error::unexpected(response.call(), format!("{status} at the end of an upload")))
            }
            _ => Err(response.into_error().await.into()),
        }
    }

    /// What a refused token means: that the same is sent with the new one, to the session that is `left`; without one,
    /// that no token will do.
    fn refused(&self, error: Error, left: Option<Session>) -> Error {
        match (error, left) {
            (Error::Request(auth::Error::Renewed { refusal, .. }), None) => (*refusal).into(),
            (error @ Error::Request(auth::Error::Renewed { .. }), Some(left)) => {
                self.repository.shared().uploads().insert(self.blob.digest.clone(), left);
                error
            }
            (error, _) => error,
        }
    }

    fn lost(&self, reason: &str) -> Error {
        let endpoint = self.repository.shared().origin().session().client().endpoint();
        let call = crate::http::Call {
            method: Method::PUT,
            url: format!("{}/{}", endpoint.host, self.blob.digest).into(),
            registry: endpoint.credentials.clone(),
        };
        Error::Unexpected { call, reason: format!("upload broken: {reason}"), recovery: Recovery::RETRY }
    }

    /// A body was too large: the next attempt sends smaller ones, unless this one was small already.
    async fn too_large(&self, response: Response) -> Error {
        let repository = &self.repository;
        let client = repository.shared().origin().session().client();
        let sent = client.largest_body().unwrap_or(u64::MAX).min(self.blob.size);
        let left = repository.shared().uploads().remove(&self.blob.digest);
        if let Some(session) = left {
            cancel(repository, session.into_url()).await;
        }
        if sent <= PIECE_MIN {
            return response.into_error().await.into();
        }
        client.limit_bodies((sent / 4).clamp(PIECE_MIN, PIECE));
        Error::TooLarge { call: response.call().clone(), bytes: sent }
    }

    /// The error in an answer that came before all bytes were sent.
    async fn refusal(&self, response: Response) -> Error {
        match self.check(response).await {
            Err(error) => error,
            Ok(()) => self.lost("the registry answered before it had all bytes"),
        }
    }
}

impl Upload {
    /// Opens a session, or goes on with the one that an earlier attempt left.
    pub(super) async fn begin(repository: &Repository, blob: &Descriptor) -> Result<Self, Error> {
        let to = Destination { repository: repository.clone(), blob: blob.clone() };
        let upload = |offset, state| Self { to, offset, state, renewed: false };
        let left = repository.shared().uploads().remove(&blob.digest);
        match left {
            Some(Session::Fresh(session)) => return Ok(upload(0, State::Open(session))),
            Some(Session::Refused(session, offset)) => {
                return Ok(Self { renewed: true, ..upload(offset, State::Open(session)) });
            }
            Some(Session::Used(session)) => {
                // The answer to the last byte may have been lost.
                if crate::content::Target::holds_blob(repository, blob).await.unwrap_or(false) {
                    return Ok(upload(blob.size, State::Present));
                }
                if let Some((offset, session)) = status(repository, blob, &session).await {
                    return Ok(upload(offset, State::Open(session)));
                }
            }
            None => {}
        }
        let route = Route::Uploads { name: repository.name().repository.clone() };
        let post = Request::new(Method::POST, Target::Path(route.to_string()));
        let response =
            repository.shared().origin().send(post, &repository.push_scopes()).await?.success().await?;
        let location = location(&response).ok_or_else(|| {
            let reason = match response.header(&LOCATION) {
                None => "it does not say where to upload",
                Some(_) => "where it says to upload is no URL, or leads from HTTPS to plain HTTP",
            };
            Error::unexpected(response.call(), reason)
        })?;
        Ok(upload(0, State::Open(location)))
    }

    /// Sends the request that will take all bytes from `offset` on.
    fn start(&self, session: &Url) -> Sending {
        let used = Session::Used(session.clone());
        self.to.repository.shared().uploads().insert(self.to.blob.digest.clone(), used);
        let (queue, chunks) = mpsc::channel::<Bytes>(QUEUE);
        let next = |mut chunks: mpsc::Receiver<Bytes>| async move {
            chunks.recv().await.map(|chunk| (Ok::<_, io::Error>(chunk), chunks))
        };
        let rest = self.to.blob.size - self.offset;
        let client = self.to.repository.shared().origin().session().client();
        let length = client.largest_body().map_or(rest, |limit| rest.min(limit));
        let body = reqwest::Body::wrap_stream(stream::unfold(chunks, next));
        let body = Body::Stream(body, length);
        let octets = HeaderValue::from_static("application/octet-stream");
        let (method, url) = if length == self.to.blob.size {
            (Method::PUT, self.to.with_digest(session))
        } else {
            (Method::PATCH, session.clone())
        };
        let request = Request::new(method.clone(), Target::Url(url)).with(CONTENT_TYPE, octets);
        let mut request = request.moving(length);
        if method == Method::PATCH {
            let range = format!("{}-{}", self.offset, self.offset + length - 1);
            request = request.with(CONTENT_RANGE, HeaderValue::try_from(range).expect("digits and a dash"));
        }
        // Its pace is watched while bytes are handed over, its end while the answer is waited for.
        let request = request.with_body(body).patient(Duration::MAX);
        let (to, left) = (self.to.clone(), Session::Refused(session.clone(), self.offset));
        let left = (!self.renewed).then_some(left);
        let answer = Box::pin(async move {
            let repository = &to.repository;
            let answer = repository.shared().origin().send(request, &repository.push_scopes()).await;
            answer.map_err(|error| to.refused(error, left))
        });
        Sending { queue, answer, method, left: length }
    }

    async fn finish(&mut self) -> Result<(), Error> {
        let response = match std::mem::replace(&mut self.state, State::Failed) {
            State::Present => return Ok(()),
            State::Failed => return Err(self.to.lost("its request had failed")),
            State::Open(session) => self.to.put_empty(&session).await?,
            State::Sending(sending) => {
                drop(sending.queue);
                let answer = tokio::time::timeout(self.to.commit_limit(), sending.answer).await;
                let response = answer.map_err(|_| self.to.lost("the registry did not finish it"))??;
                match (sending.method, response.status()) {
                    (Method::PATCH, status) if status.is_success() => {
                        let session =
                            location(&response).ok_or_else(|| self.to.lost("its session was lost"))?;
                        self.to.put_empty(&session).await?
                    }
                    _ => response,
                }
            }
        };
        self.to.check(response).await?;
        self.to.repository.shared().uploads().remove(&self.to.blob.digest);
        self.to.repository.shared().learn(&self.to.blob.digest);
        Ok(())
    }
}

impl BlobWriter for Upload {
    fn offset(&self) -> u64 {
        self.offset
    }

    fn unconfirmed(&self) -> u64 {
        SENT_AHEAD
    }

    async fn write(&mut self, mut bytes: Bytes) -> Result<(), Failure> {
        while !bytes.is_empty() {
            self.make_room().await?;
            let State::Sending(sending) = &mut self.state else {
                return Err(self.to.lost("it takes no more bytes").into());
            };
            let fitting = usize::try_from(sending.left).unwrap_or(usize::MAX).min(bytes.len());
            self.hand_over(bytes.split_to(fitting)).await?;
        }
        Ok(())
    }

    async fn commit(mut self) -> Result<(), Failure> {
        Ok(self.finish().await?)
    }

    async fn discard(self) -> Result<(), Failure> {
        let left = self.to.repository.shared().uploads().remove(&self.to.blob.digest);
        let open = if let State::Open(session) = &self.state { Some(session.clone()) } else { None };
        if let Some(session) = open.or(left.map(Session::into_url)) {
            cancel(&self.to.repository, session).await;
        }
        Ok(())
    }
}

impl Upload {
    /// Opens a request that takes bytes, if none is open; ends one that takes no more.
    async fn make_room(&mut self) -> Result<(), Error> {
        if matches!(&self.state, State::Sending(sending) if sending.left == 0 && self.offset < self.to.blob.size)
        {
            let State::Sending(sending) = std::mem::replace(&mut self.state, State::Failed) else {
                return Err(self.to.lost("it takes no more bytes"));
            };
            drop(sending.queue);
            let answer = tokio::time::timeout(self.to.commit_limit(), sending.answer).await;
            let response =
                answer.map_err(|_| self.to.lost("the registry did not finish a piece of it"))??;
            if !response.status().is_success() {
                return Err(self.to.refusal(response).await);
            }
            let session = location(&response).ok_or_else(|| self.to.lost("its session was lost"))?;
            (self.state, self.renewed) = (State::Open(session), false);
        }
        if let State::Open(session) = &self.state {
            self.state = State::Sending(self.start(session));
        }
        Ok(())
    }

    /// Gives bytes to the request that is open; they fit into it.
    async fn hand_over(&mut self, bytes: Bytes) -> Result<(), Error> {
        let (length, patience) = (bytes.len() as u64, self.to.patience());
        let State::Sending(sending) = &mut self.state else {
            return Err(self.to.lost("it takes no more bytes"));
        };
        let handed_over = tokio::select! {
            biased;
            // An answer before the last byte is a refusal.
            answer = &mut sending.answer => Err(answer),
            sent = tokio::time::timeout(patience, sending.queue.send(bytes)) => Ok(sent),
        };
        let error = match handed_over {
            Ok(Ok(Ok(()))) => {
                self.offset += length;
                sending.left -= length;
                return Ok(());
            }
            Ok(Err(_)) => self.to.lost("the registry takes no bytes"),
            Ok(Ok(Err(_))) => match self.early_answer().await {
                Ok(response) => self.to.refusal(response).await,
                Err(error) => error,
            },
            Err(Ok(response)) => self.to.refusal(response).await,
            Err(Err(error)) => error,
        };
        self.state = State::Failed;
        Err(error)
    }

    /// The connection takes no more bytes: its answer says why.
    async fn early_answer(&mut self) -> Result<Response, Error> {
        let State::Sending(sending) = std::mem::replace(&mut self.state, State::Failed) else {
            return Err(self.to.lost("it takes no more bytes"));
        };
        match tokio::time::timeout(self.to.patience(), sending.answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.to.lost("the registry takes no bytes")),
        }
    }
}

/// Asks the registry to forget a session. It sweeps what is left by itself, only later.
pub(super) async fn cancel(repository: &Repository, session: Url) {
    let scopes = repository.push_scopes();
    let delete = || async {
        let request = Request::new(Method::DELETE, Target::Url(session.clone()));
        repository.shared().origin().send(request, &scopes).await
    };
    let _ = retry::run(CANCEL, delete).await;
}

/// How far a session has got, and where it goes on; `None` if it cannot be gone on with, and then it is ended.
async fn status(repository: &Repository, blob: &Descriptor, session: &Url) -> Option<(u64, Url)> {
    let request = Request::new(Method::GET, Target::Url(session.clone())).keeping_redirects();
    let response = repository.shared().origin().send(request, &repository.push_scopes()).await.ok()?;
    if response.status() != StatusCode::NO_CONTENT {
        return None;
    }
    // `0-N` inclusive; an upload without bytes is `0-0` by the specification, which one byte is, too.
    let range = response.header(&RANGE).and_then(|value| ContentRange::parse(value).ok()?.range);
    let offset = match range {
        Some(range) if range.start == 0 && range.end > 1 => range.end,
        _ => 0,
    };
    let location = location(&response).unwrap_or_else(|| session.clone());
    if offset > 0 && offset <= blob.size {
        return Some((offset, location));
    }
    // It is there, and of no use: nobody else would end it.
    cancel(repository, location).await;
    None
}

/// Where an upload goes on: `Location`, resolved as RFC 3986 says. It does not lead from HTTPS to plain HTTP.
pub(super) fn location(response: &Response) -> Option<Url> {
    let location = response.url().join(response.header(&LOCATION)?).ok()?;
    match (response.url().scheme(), location.scheme()) {
        (_, "https") | ("http", "http") => Some(location),
        _ => None,
    }
}
