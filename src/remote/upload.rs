//! Uploads a blob to a registry: one `POST` to start, one `PUT` with all bytes.
//!
//! After an interruption the registry is asked for the progress of the session, and the rest follows by
//! `PATCH`. Chunks are never used without need, because several registries (ECR, GHCR) keep only one of them.
//! A blob is sent in pieces only if a body is too large for the registry, or for a proxy in front of it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use tokio::sync::mpsc;

use super::Error;
use super::sessions::{self, Session, Sessions, Start, Trouble};
use super::uploads::Uploads;
use crate::auth;
use crate::content::BlobWriter;
use crate::diagnose::{Failure, Recovery};
use crate::http::{Body, Request, Response, Target};
use crate::image::Descriptor;
use crate::retry::{Outage, PATIENCE};

/// How long a registry may take to hash and store a blob after it has received all bytes.
const COMMIT_LIMIT: Duration = Duration::from_secs(300);

/// How many bytes the system accepts immediately for a slow connection: the maximum to which Linux grows its
/// send buffers.
const SENT_AHEAD: u64 = 4 << 20;

/// The maximum size of a chunk that is handed over in one step. On a line that many uploads share, each chunk
/// has to be accepted before the time limit.
const CHUNK: usize = 32 << 10;

/// How many chunks wait for the connection. They hold back the source and limit the memory.
const QUEUE: usize = 8;

/// The maximum size of the first piece after a body was too large. Most proxies accept 100 MB, and pieces of
/// half the accepted size are safe.
const PIECE: u64 = 32 << 20;

/// The smallest piece that is tried. A server that rejects it rejects all.
const PIECE_MIN: u64 = 64 << 10;

/// The upload of one blob to a registry.
pub(super) struct Upload {
    to: Destination,
    offset: u64,
    state: State,
    /// Whether the token is new because the last one was refused for these same bytes.
    renewed: bool,
    /// The length of the last request body.
    body: u64,
}

/// The blob and its destination.
#[derive(Clone)]
struct Destination {
    uploads: Arc<Uploads>,
    blob: Descriptor,
    /// The outage state of the registry.
    outage: Arc<Outage>,
}

enum State {
    /// A session is open, and has the bytes up to `offset`.
    Open(Url),
    /// A request is in flight and takes bytes.
    Sending(Sending),
    /// The request failed; its error has been returned.
    Failed,
}

struct Sending {
    queue: mpsc::Sender<Bytes>,
    answer: Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>,
    method: Method,
    /// How many bytes it still has to be given.
    left: u64,
    begun: Instant,
}

impl Destination {
    /// Returns how long the registry may accept no byte.
    fn patience(&self) -> Duration {
        self.uploads.origin.session().client().endpoint().patience
    }

    fn commit_limit(&self) -> Duration {
        COMMIT_LIMIT.max(self.patience())
    }

    fn with_digest(&self, session: &Url) -> Url {
        let mut url = session.clone();
        // A server that redirects the end of an upload has included the digest already.
        if url.query_pairs().all(|(name, _)| name != "digest") {
            url.query_pairs_mut().append_pair("digest", self.blob.digest.as_str());
        }
        url
    }

    /// Finishes a session that has all bytes.
    async fn put_empty(&self, session: &Url) -> Result<Response, Error> {
        let request = Request::new(Method::PUT, Target::Url(self.with_digest(session)))
            .with_body(Body::Bytes(Bytes::new()))
            .patient(self.commit_limit());
        self.uploads.origin.send(request, &self.uploads.scopes()).await
    }

    /// Waits for the response to a request that was given all of its `sent` bytes.
    async fn answer(&self, mut sending: Sending, sent: u64) -> Result<Response, Error> {
        // The chunks that still wait here are watched one by one, like all chunks before them.
        for room in 1..=QUEUE {
            tokio::select! {
                biased;
                answer = &mut sending.answer => return answer,
                taken = self.hear(self.patience(), sending.queue.reserve_many(room)) => {
                    if taken.ok_or_else(|| self.lost("the registry takes no bytes"))?.is_err() {
                        break;
                    }
                }
            }
        }
        drop(sending.queue);
        let limit = self.commit_limit() + on_the_way(sending.begun.elapsed(), sent);
        let answer = self.hear(limit, sending.answer).await;
        answer.ok_or_else(|| self.lost("the registry did not finish it"))?
    }

    /// Waits at most `limit` for `work` at the registry. A silence is reported to other requests.
    async fn hear<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let asked = tokio::time::Instant::now();
        let heard = self.outage.hear(limit, work).await;
        if heard.is_none() {
            self.outage.stalled(asked);
        }
        heard
    }

    /// Checks that the registry has accepted a body of `sent` bytes.
    async fn check(&self, response: Response, sent: u64) -> Result<(), Error> {
        match response.status() {
            StatusCode::CREATED | StatusCode::NO_CONTENT | StatusCode::OK => Ok(()),
            StatusCode::PAYLOAD_TOO_LARGE => Err(self.too_large(response, sent).await),
            status if status.is_success() => {
                Err(Error::unexpected(response.call(), format!("{status} at the end of an upload")))
            }
            _ => Err(self.no(response).await),
        }
    }

    /// Returns the error of a refusal. If it concerns the session, the next attempt opens another one.
    async fn no(&self, response: Response) -> Error {
        let error = response.into_error().await;
        let trouble = sessions::trouble(&error);
        match trouble {
            None => {}
            Some(Trouble::Unknown) => self.sessions().ended(&self.blob.digest),
            Some(Trouble::Invalid | Trouble::OtherBytes) => {
                self.sessions().discard(&self.blob).await;
            }
        }
        match trouble {
            None | Some(Trouble::OtherBytes) => error.into(),
            Some(Trouble::Unknown | Trouble::Invalid) => Error::UploadRefused(error),
        }
    }

    /// Handles a refused token. The same bytes are sent with the new token to the session that is `left`;
    /// without such a session, no token will be accepted.
    fn refused(&self, error: Error, left: Option<Session>) -> Error {
        match (error, left) {
            (Error::Request(auth::Error::Renewed { refusal, .. }), None) => (*refusal).into(),
            (error @ Error::Request(auth::Error::Renewed { .. }), Some(left)) => {
                self.sessions().keep(&self.blob.digest, left);
                error
            }
            (error, _) => error,
        }
    }

    fn lost(&self, reason: &str) -> Error {
        self.sessions().lost(reason)
    }

    fn sessions(&self) -> &Sessions {
        &self.uploads.sessions
    }

    /// Records that a request is about to use this session.
    fn used(&self, session: &Url) {
        self.sessions().used(&self.blob.digest, session);
    }

    /// Returns the error of a body of `sent` bytes that was too large. The next attempt sends smaller bodies,
    /// unless this one was small already or the registry asks for a wait that is too long.
    async fn too_large(&self, response: Response, sent: u64) -> Error {
        self.sessions().discard(&self.blob).await;
        let call = response.call().clone();
        let refusal = response.into_error().await;
        let wait = refusal.status().and_then(|status| status.retry_after).unwrap_or_default();
        if sent <= PIECE_MIN.max(self.sessions().piece_min()) || wait > PATIENCE {
            return refusal.into();
        }
        let client = self.uploads.origin.session().client();
        // Another blob may have lowered the limit meanwhile: then this response says nothing about the
        // current size.
        if client.largest_body().is_none_or(|limit| sent <= limit) {
            client.limit_bodies((sent / 4).clamp(PIECE_MIN, PIECE));
        }
        Error::TooLarge { call, bytes: sent, wait }
    }

    /// Returns the response to bytes that were sent from `offset` on. A redirect is an error, because these
    /// bytes can be sent only once: the next attempt follows it.
    fn led_on(&self, response: Response, offset: u64) -> Result<Response, Error> {
        let status = response.status();
        if !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
            return Ok(response);
        }
        let Some(next) = sessions::location(&response) else { return Ok(response) };
        self.sessions().keep(&self.blob.digest, Session::Moved(next, offset));
        let immediately = Recovery::Retry { after: Some(Duration::ZERO) };
        Err(self.sessions().broken("the registry redirects it", immediately))
    }

    /// Returns the error of a response that came before all bytes were sent.
    async fn refusal(&self, response: Response, sent: u64) -> Error {
        match self.check(response, sent).await {
            Err(error) => error,
            Ok(()) => self.lost("the registry answered before it had all bytes"),
        }
    }
}

impl Upload {
    /// Opens a session, or resumes the one that an earlier attempt left.
    pub(super) async fn begin(uploads: &Arc<Uploads>, blob: &Descriptor) -> Result<Self, Error> {
        let outage = uploads.origin.session().client().own_outage()?;
        let to = Destination { uploads: Arc::clone(uploads), blob: blob.clone(), outage };
        let Start { session, offset, renewed } = uploads.sessions.start(blob).await?;
        Ok(Self { to, offset, state: State::Open(session), renewed, body: 0 })
    }

    /// Starts the request that will take all bytes from `offset` on.
    fn start(&mut self, session: &Url) -> Sending {
        self.to.used(session);
        let (queue, chunks) = mpsc::channel::<Bytes>(QUEUE);
        let next = |mut chunks: mpsc::Receiver<Bytes>| async move {
            chunks.recv().await.map(|chunk| (Ok::<_, io::Error>(chunk), chunks))
        };
        let rest = self.to.blob.size - self.offset;
        let length = self.to.uploads.fitting(rest);
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
        // The time limit is checked for each chunk, and at the end while waiting for the response.
        let request = request.with_body(body).patient(Duration::MAX);
        let (to, offset) = (self.to.clone(), self.offset);
        let left = Session::Refused(session.clone(), offset);
        let left = (!self.renewed).then_some(left);
        let answer = Box::pin(async move {
            let answer = to.uploads.origin.send(request, &to.uploads.scopes()).await;
            to.led_on(answer.map_err(|error| to.refused(error, left))?, offset)
        });
        self.body = length;
        Sending { queue, answer, method, left: length, begun: Instant::now() }
    }

    async fn finish(&mut self) -> Result<(), Error> {
        let response = match std::mem::replace(&mut self.state, State::Failed) {
            State::Failed => return Err(self.to.lost("its request had failed")),
            State::Open(session) => {
                self.to.used(&session);
                self.to.put_empty(&session).await?
            }
            State::Sending(sending) => {
                let method = sending.method.clone();
                let response = self.to.answer(sending, self.body).await?;
                if method == Method::PATCH && response.status().is_success() {
                    let session =
                        sessions::location(&response).ok_or_else(|| self.to.lost("its session was lost"))?;
                    self.to.used(&session);
                    self.body = 0;
                    self.to.put_empty(&session).await?
                } else {
                    response
                }
            }
        };
        self.to.check(response, self.body).await?;
        self.to.sessions().ended(&self.to.blob.digest);
        self.to.uploads.contents.learn(&self.to.blob.digest);
        Ok(())
    }
}

#[async_trait]
impl BlobWriter for Upload {
    fn offset(&self) -> u64 {
        self.offset
    }

    /// The registry verifies the bytes. They are not hashed here, because most were hashed when they were
    /// stored.
    fn verifies(&self) -> bool {
        false
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
            let chunk = next_chunk(&mut bytes, sending.left);
            self.hand_over(chunk).await?;
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), Failure> {
        Ok(self.finish().await?)
    }

    async fn discard(self: Box<Self>) -> Result<(), Failure> {
        self.to.sessions().discard(&self.to.blob).await;
        Ok(())
    }
}

impl Upload {
    /// Opens a request that takes bytes, if none is open; finishes one that takes no more.
    async fn make_room(&mut self) -> Result<(), Error> {
        if matches!(&self.state, State::Sending(sending) if sending.left == 0 && self.offset < self.to.blob.size)
        {
            let State::Sending(sending) = std::mem::replace(&mut self.state, State::Failed) else {
                return Err(self.to.lost("it takes no more bytes"));
            };
            let response = self.to.answer(sending, self.body).await?;
            if !response.status().is_success() {
                return Err(self.to.refusal(response, self.body).await);
            }
            let session =
                sessions::location(&response).ok_or_else(|| self.to.lost("its session was lost"))?;
            self.to.used(&session);
            (self.state, self.renewed) = (State::Open(session), false);
        }
        if let State::Open(session) = &self.state {
            let session = session.clone();
            self.state = State::Sending(self.start(&session));
        }
        Ok(())
    }

    /// Hands bytes to the open request, which has room for them.
    async fn hand_over(&mut self, bytes: Bytes) -> Result<(), Error> {
        let (length, patience) = (bytes.len() as u64, self.to.patience());
        let State::Sending(sending) = &mut self.state else {
            return Err(self.to.lost("it takes no more bytes"));
        };
        let handed_over = tokio::select! {
            biased;
            // A response before the last byte is a refusal.
            answer = &mut sending.answer => Err(answer),
            sent = self.to.hear(patience, sending.queue.send(bytes)) => Ok(sent),
        };
        let error = match handed_over {
            Ok(Some(Ok(()))) => {
                self.offset += length;
                sending.left -= length;
                self.to.outage.took();
                return Ok(());
            }
            Ok(None) => self.to.lost("the registry takes no bytes"),
            Ok(Some(Err(_))) => match self.early_answer().await {
                Ok(response) => self.to.refusal(response, self.body).await,
                Err(error) => error,
            },
            Err(Ok(response)) => self.to.refusal(response, self.body).await,
            Err(Err(error)) => error,
        };
        self.state = State::Failed;
        Err(error)
    }

    /// Returns the response that explains why the connection takes no more bytes.
    async fn early_answer(&mut self) -> Result<Response, Error> {
        let State::Sending(sending) = std::mem::replace(&mut self.state, State::Failed) else {
            return Err(self.to.lost("it takes no more bytes"));
        };
        let answer = self.to.hear(self.to.patience(), sending.answer).await;
        answer.unwrap_or_else(|| Err(self.to.lost("the registry takes no bytes")))
    }
}

/// Splits off the next chunk for a request that still takes `left` bytes.
fn next_chunk(bytes: &mut Bytes, left: u64) -> Bytes {
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    bytes.split_to(left.min(CHUNK).min(bytes.len()))
}

/// Returns how long the last of `sent` bytes may still be in the buffers, if handing them over took `taken`.
fn on_the_way(taken: Duration, sent: u64) -> Duration {
    taken.mul_f64(SENT_AHEAD.min(sent) as f64 / sent.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_small_enough_for_a_slow_line() {
        let content = Bytes::from((0..=255).cycle().take(256 << 10).collect::<Vec<u8>>());
        let (mut left, mut rest, mut given) = (200_000, content.clone(), Vec::new());
        while left > 0 {
            let chunk = next_chunk(&mut rest, left);
            assert!(!chunk.is_empty() && chunk.len() <= 32 << 10, "{}", chunk.len());
            left -= chunk.len() as u64;
            given.extend_from_slice(&chunk);
        }
        assert!(given == content[..200_000], "all bytes in order");
    }

    #[test]
    fn the_end_of_an_upload_on_a_slow_line_is_waited_for_longer() {
        let seconds = Duration::from_secs;
        assert_eq!(on_the_way(seconds(60), 1 << 20), seconds(60));
        assert_eq!(on_the_way(seconds(1600), SENT_AHEAD * 16), seconds(100));
        assert_eq!(on_the_way(seconds(1), 0), Duration::ZERO);
    }
}
