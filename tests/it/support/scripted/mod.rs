//! A registry that does what a test tells it to: every fault that a network, a server or an attacker can have.
//!
//! It speaks HTTP by hand, since no HTTP library breaks its own rules. Without rules it is a proper registry in
//! memory:
//!
//! ```ignore
//! let registry = Scripted::start();
//! registry.seed("app", &fixture, "1");
//! registry.on(Route::Blob).of(&layer.digest).cut_after(300 * KIB).once();
//! registry.on(Route::Manifest).status(503).header("Retry-After", "1").times(2);
//! ```
//!
//! A rule that did not come about as often as it says fails its test. [`Scripted::beside`] opens another origin for
//! the same content, to lead clients to and to catch what they bring there.
//!
//! [`Proxy`](super::Proxy) is for faults in front of real registries.

#![allow(dead_code, unused_imports, reason = "tests of every kind of fault are built on it")]

mod access;
mod contents;
mod http2;
mod log;
mod message;
mod route;
mod script;
mod serve;
mod stage;
#[cfg(test)]
mod tests;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

pub(crate) use access::{Demand, PASSWORD, USER};
pub(crate) use log::Heard;
pub(crate) use message::{Answer, Head};
pub(crate) use route::Route;
pub(crate) use script::Script;

use super::authority::Identity;
use super::fixtures::Fixture;
use super::layout::sha256;
use access::Access;
use contents::Contents;
use log::Log;
use stage::Stage;
use wire::Line;

/// 1,024 bytes.
pub(crate) const KIB: u64 = 1024;

/// A running scripted registry; it stops when it is dropped, whatever it was doing.
pub(crate) struct Scripted {
    address: SocketAddr,
    stage: Arc<Stage>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a server speaks.
#[derive(Clone)]
enum Speech {
    Plain,
    Tls(Arc<ServerConfig>),
}

impl Scripted {
    /// Starts one on a free port of 127.0.0.1 that speaks plain HTTP and lets everybody in.
    pub(crate) fn start() -> Self {
        Self::open(&Speech::Plain, Arc::default(), Arc::default())
    }

    /// The same, which asks for something.
    pub(crate) fn demanding(demand: Demand) -> Self {
        let started = Self::start();
        started.demand(demand);
        started
    }

    /// Starts one that speaks HTTP/1.1 over TLS.
    pub(crate) fn tls(identity: &Identity) -> Self {
        Self::open(&Speech::Tls(identity.server_config()), Arc::default(), Arc::default())
    }

    /// Starts one that speaks HTTP/2 over TLS, and HTTP/1.1 with who does not.
    pub(crate) fn http2(identity: &Identity) -> Self {
        let mut config = ServerConfig::clone(&identity.server_config());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self::open(&Speech::Tls(Arc::new(config)), Arc::default(), Arc::default())
    }

    /// Another origin with the same content that lets everybody in: a CDN, a storage, or somebody who waits for
    /// secrets. It speaks plain HTTP, and has rules and a log of its own.
    pub(crate) fn beside(&self) -> Self {
        Self::open(&Speech::Plain, Arc::clone(&self.stage.contents), Arc::default())
    }

    fn open(speech: &Speech, contents: Arc<Mutex<Contents>>, access: Arc<Mutex<Access>>) -> Self {
        let (announce, announced) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let speech = speech.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let scheme = if matches!(speech, Speech::Plain) { "http" } else { "https" };
                let stage = Arc::new(Stage {
                    origin: format!("{scheme}://{address}"),
                    log: Log::default(),
                    rules: Mutex::default(),
                    contents,
                    access,
                });
                announce.send((address, Arc::clone(&stage))).unwrap();
                tokio::select! {
                    () = accept(listener, speech, stage) => {}
                    _ = stopped => {}
                }
            });
        });
        let (address, stage) = announced.recv().unwrap();
        Self { address, stage, stop: Some(stop), thread: Some(thread) }
    }
}

async fn accept(listener: TcpListener, speech: Speech, stage: Arc<Stage>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (speech, stage) = (speech.clone(), Arc::clone(&stage));
        stage.log.connected();
        tokio::spawn(async move {
            stream.set_nodelay(true).unwrap();
            // Who breaks off has no use for an answer, and who does not speak TLS goes away.
            let Ok(line) = greet(stream, speech).await else { return };
            if line.is_http2() {
                let _ = http2::serve(stage, line).await;
            } else {
                let _ = serve::serve(stage, line).await;
            }
        });
    }
}

async fn greet(stream: TcpStream, speech: Speech) -> std::io::Result<Line> {
    match speech {
        Speech::Plain => Ok(Line::Plain(stream)),
        Speech::Tls(config) => Ok(Line::Tls(Box::new(TlsAcceptor::from(config).accept(stream).await?))),
    }
}

/// What it holds.
impl Scripted {
    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> String {
        self.stage.origin.clone()
    }

    /// `127.0.0.1:PORT/NAME`
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// From now on it asks for this.
    pub(crate) fn demand(&self, demand: Demand) {
        self.stage.access.lock().unwrap().demand = demand;
    }

    /// No token that it gave until now is good any more.
    pub(crate) fn revoke_tokens(&self) {
        self.stage.access.lock().unwrap().revoke();
    }

    /// Brings a whole image there.
    pub(crate) fn seed(&self, repository: &str, fixture: &Fixture, tag: &str) {
        for blob in &fixture.blobs {
            self.seed_blob(repository, &blob.digest, fixture.content(&blob.digest));
        }
        for manifest in fixture.manifests.values().chain([&fixture.root]) {
            self.seed_manifest(repository, &manifest.media_type, fixture.content(&manifest.digest));
        }
        self.tag(repository, tag, &fixture.root.digest);
    }

    /// Brings a blob there under this digest, whether it is its own or not.
    pub(crate) fn seed_blob(&self, repository: &str, digest: &str, content: Vec<u8>) {
        self.contents().put_blob(repository, digest, content);
    }

    /// Brings a manifest there, whatever it says, and answers its digest.
    pub(crate) fn seed_manifest(&self, repository: &str, media_type: &str, content: Vec<u8>) -> String {
        self.contents().put_manifest(repository, media_type, content)
    }

    /// Makes a tag mean a manifest.
    pub(crate) fn tag(&self, repository: &str, tag: &str, digest: &str) {
        self.contents().tag(repository, tag, digest);
    }

    /// Takes a tag away, and nothing else.
    pub(crate) fn untag(&self, repository: &str, tag: &str) {
        self.contents().untag(repository, tag);
    }

    /// Takes a blob away.
    pub(crate) fn remove_blob(&self, repository: &str, digest: &str) {
        self.contents().remove_blob(repository, digest);
    }

    /// The bytes of a blob.
    pub(crate) fn blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        self.contents().blob(repository, digest).map(|content| content.to_vec())
    }

    /// Whether a tag or digest means anything there.
    pub(crate) fn has_manifest(&self, repository: &str, selector: &str) -> bool {
        self.contents().manifest(repository, selector).is_some()
    }

    /// The size of a manifest, if it is there.
    pub(crate) fn manifest_size(&self, repository: &str, selector: &str) -> Option<usize> {
        self.contents().manifest(repository, selector).map(|(_, content)| content.len())
    }

    /// Asserts that the tag means this image, and that every byte of it is there.
    #[track_caller]
    pub(crate) fn holds(&self, repository: &str, fixture: &Fixture, tag: &str) {
        let contents = self.contents();
        let (_, root) = contents.manifest(repository, tag).unwrap_or_else(|| panic!("no tag {tag}"));
        assert_eq!(sha256(&root), fixture.root.digest, "the digest of {tag}");
        for manifest in fixture.manifests.values() {
            assert!(
                contents.manifest(repository, &manifest.digest).is_some(),
                "manifest {}",
                manifest.digest
            );
        }
        for blob in &fixture.blobs {
            let found = contents.blob(repository, &blob.digest).map(|content| content.to_vec());
            assert!(found == Some(fixture.content(&blob.digest)), "blob {}", blob.digest);
        }
    }

    /// How many uploads were begun and neither finished nor given up.
    pub(crate) fn open_uploads(&self) -> usize {
        self.contents().open_uploads()
    }

    /// Forgets all uploads that are open.
    pub(crate) fn forget_uploads(&self) {
        self.contents().forget_uploads();
    }

    fn contents(&self) -> std::sync::MutexGuard<'_, Contents> {
        self.stage.contents.lock().unwrap()
    }
}

/// What it does, and what it saw.
impl Scripted {
    /// Begins a rule about requests of this kind. Of several that suit a request, the one that was made first and has
    /// not come about often enough is taken.
    pub(crate) fn on(&self, route: Route) -> Script<'_> {
        Script::new(route, |rule| self.stage.rules.lock().unwrap().push(rule))
    }

    /// From now on there are no rules. Those of before must have come about.
    #[track_caller]
    pub(crate) fn done(&self) {
        let rules = std::mem::take(&mut *self.stage.rules.lock().unwrap());
        let unfulfilled: Vec<_> = rules.iter().filter(|rule| !rule.is_fulfilled()).collect();
        assert!(
            unfulfilled.is_empty(),
            "rules that did not come about: {unfulfilled:#?}\n{:#?}",
            self.heard()
        );
    }

    /// All requests until now.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.stage.log.heard()
    }

    /// The requests of one kind.
    pub(crate) fn requests(&self, route: Route) -> Vec<Heard> {
        let mut heard = self.heard();
        heard.retain(|heard| route.covers(heard.route));
        heard
    }

    /// Forgets the requests until now.
    pub(crate) fn forget(&self) {
        self.stage.log.forget();
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> u64 {
        self.stage.log.connections()
    }

    /// How many of them brought something that is no HTTP.
    pub(crate) fn strangers(&self) -> usize {
        self.stage.log.strangers()
    }

    /// How many bytes of blobs it has sent.
    pub(crate) fn blob_bytes_sent(&self) -> u64 {
        self.requests(Route::Blob).iter().map(|heard| heard.sent).sum()
    }

    /// How many bytes of bodies it has taken.
    pub(crate) fn bytes_taken(&self) -> u64 {
        self.heard().iter().map(|heard| heard.taken).sum()
    }

    /// Everything in its requests that only somebody who is known would send: the values of `Authorization`,
    /// `Cookie` and `Proxy-Authorization`.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let secret = ["authorization", "cookie", "proxy-authorization"];
        let heard = self.heard().into_iter().flat_map(|heard| heard.head.headers);
        heard.filter(|(name, _)| secret.contains(&name.as_str())).map(|(_, value)| value).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        if !thread::panicking() {
            self.done();
        }
    }
}
