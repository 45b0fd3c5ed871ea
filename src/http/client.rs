//! The client: redirects by hand, credentials to their origin only.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

use super::limits::REFUSAL_LIMIT;
use super::pool::Pool;
use super::reach::Reach;
use super::tls::{self, Protocols, Verification};
use super::trust::{Others, Trust};
use super::url::{address, redacted, same_origin, server_of};
use super::{Call, Error, Lane, Problem, Redirects, Request, Response, ServerId, Target, probe, problem};
use crate::config::{Endpoint, Transport};
use crate::reference::Server;
use crate::retry::{Outage, Outages, Policy};

/// How many redirects are followed. CDNs need one.
const REDIRECTS_MAX: usize = 5;

/// An HTTP client for one server.
#[derive(Debug)]
pub struct Client {
    pub(super) endpoint: Endpoint,
    /// Set once the server has shown whether it speaks TLS.
    scheme: OnceLock<&'static str>,
    /// Set once the server has said anything.
    pub(super) answered: AtomicBool,
    /// Set once a request was answered: there may be connections that were used and are kept for the next one.
    pub(super) keeps_connections: AtomicBool,
    /// Set once the server has answered by HTTP/2.
    pub(super) multiplexes: AtomicBool,
    /// The largest body that is sent at once; no limit is known if it is `u64::MAX`.
    largest_body: AtomicU64,
    own: Pool,
    /// The same without HTTP/2.
    single: Pool,
    /// For wherever it leads to.
    foreign: Pool,
    /// The same for places that need not be verified.
    unverified: Pool,
    /// Where it may lead to.
    pub(super) reach: Arc<Reach>,
    trust: Trust,
    /// Which servers are away: this one, and those that it names.
    pub(super) outages: Arc<Outages>,
}

impl Client {
    /// A client for `endpoint`. Nothing is read or connected before the first request.
    pub fn new(endpoint: Endpoint) -> Self {
        let scheme = OnceLock::new();
        match endpoint.transport {
            Transport::Https => scheme.set("https"),
            Transport::Http => scheme.set("http"),
            Transport::HttpsOrHttp => Ok(()),
        }
        .expect("the cell is new");
        Self {
            reach: Arc::new(Reach::of(&endpoint)),
            endpoint,
            scheme,
            answered: AtomicBool::new(false),
            keeps_connections: AtomicBool::new(false),
            multiplexes: AtomicBool::new(false),
            largest_body: AtomicU64::new(u64::MAX),
            own: Pool::default(),
            single: Pool::default(),
            foreign: Pool::default(),
            unverified: Pool::default(),
            trust: Trust::new(Others::System),
            outages: Arc::default(),
        }
    }

    /// The same, which waits for servers that are away, as all clients with these `outages` do.
    #[must_use]
    pub fn waiting(self, outages: &Arc<Outages>) -> Self {
        Self { outages: Arc::clone(outages), ..self }
    }

    /// How patient it is.
    pub fn retry(&self) -> Policy {
        self.outages.policy()
    }

    /// The server that this client is for.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The server's root, with the scheme that it speaks as far as that is known.
    pub fn base(&self) -> Result<Url, Error> {
        self.url(&Target::Path("/".to_owned()))
    }

    /// How this server is told from others, as far as it is certain which scheme it speaks.
    pub fn id(&self) -> Option<ServerId> {
        self.scheme.get()?;
        Some(ServerId::new(self.base().ok()?, &self.endpoint.tls))
    }

    /// The same once that is certain; `None` if it cannot be found out.
    ///
    /// Where either may be spoken, the server is asked for a sign of TLS if it can be asked directly; nothing is
    /// said to it. Behind a proxy only an answer to a request tells.
    pub async fn settled_id(&self) -> Option<ServerId> {
        self.settle_scheme().await;
        self.id()
    }

    /// Whether a URL is on this server: same scheme, host and port.
    pub fn is_own(&self, url: &Url) -> bool {
        self.base().is_ok_and(|base| same_origin(url, &base))
    }

    /// The largest body that the server, or a proxy before it, is thought to take, in bytes.
    pub fn largest_body(&self) -> Option<u64> {
        Some(self.largest_body.load(Ordering::Relaxed)).filter(|limit| *limit < u64::MAX)
    }

    /// Remembers that larger bodies than this many bytes are too large for it.
    pub fn limit_bodies(&self, bytes: u64) {
        self.largest_body.fetch_min(bytes, Ordering::Relaxed);
    }

    /// Sends a request, and follows redirects: `GET` and `HEAD` all of them, others those that keep method and body, if
    /// the body can be sent again.
    ///
    /// A `GET` or `HEAD` whose connection ends before there is an answer is sent once more if it may have been a
    /// connection of an earlier request.
    ///
    /// `authorization` goes to the server itself only: not to where it redirects, and not to a
    /// [`Target::Url`] elsewhere, another port included.
    ///
    /// # Errors
    /// [`Error::Transport`] if there is no answer. An answer that says no is no error yet:
    /// [`Response::success`] makes it one.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request; the server may have carried it out. If it was the one that finds out
    /// whether the server is back, another one does.
    pub async fn send(
        &self,
        request: Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Error> {
        self.settle_scheme().await;
        let settled = self.scheme.get().is_some();
        let again = if settled { None } else { request.try_clone() };
        match self.follow(request, authorization).await {
            Err(Error::Transport { problem, .. }) if problem.is_not_tls() && again.is_some() => {
                tracing::debug!(
                    host = self.endpoint.host,
                    "server does not speak TLS, going on with plain HTTP"
                );
                // Another task may have found out the same in the meantime.
                let _ = self.scheme.set("http");
                self.follow(again.expect("checked above"), authorization).await
            }
            Ok(response) => {
                let _ = self.scheme.set("https");
                Ok(response)
            }
            Err(error) => Err(error),
        }
    }

    /// Finds out what the server speaks, where it can be asked directly. Behind a proxy, or if it does not
    /// answer, the first request will tell.
    async fn settle_scheme(&self) {
        if self.scheme.get().is_some() || self.endpoint.proxy {
            return;
        }
        if let Ok(base) = self.base()
            && let Some(scheme) = probe::scheme(&address(&base), self.endpoint.patience).await
        {
            // Another task may have found out the same in the meantime.
            let _ = self.scheme.set(scheme);
            self.answered.store(true, Ordering::Relaxed);
            if let Ok(outage) = self.own_outage() {
                outage.heard();
            }
        }
    }

    /// Sends a request, and once more if the URL that it was led to has run out: the server names a new one then. URLs
    /// are signed for some minutes only, and a storage that is away is waited for after the server has led there.
    async fn follow(&self, request: Request, authorization: Option<&HeaderValue>) -> Result<Response, Error> {
        let is_led_on = request.method == Method::GET && matches!(request.target, Target::Path(_));
        let again = if is_led_on { request.try_clone() } else { None };
        let response = self.follow_once(request, authorization).await?;
        match again {
            Some(again) if response.has_run_out() => {
                tracing::debug!(call = %response.call(), "refused there, asking for another place");
                self.follow_once(again, authorization).await
            }
            _ => Ok(response),
        }
    }

    async fn follow_once(
        &self,
        request: Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Error> {
        let first = self.url(&request.target)?;
        let follows = request.redirects == Redirects::Follow;
        let again = if follows { request.try_clone() } else { None };
        let mut standing = Standing::Asked(authorization);
        let mut response = self.hop(&first, request, standing).await?;
        let Some(mut again) = again else { return Ok(response) };
        again.headers.remove(AUTHORIZATION);
        let mut visited = 0;
        while leads_on(&again.method, response.status()) {
            visited += 1;
            let next = self.redirect_target(&response, visited)?;
            let hop = again.try_clone().expect("it has been cloned before");
            if !response.is_own() {
                standing = Standing::Led;
            }
            response = self.hop(&next, hop, standing).await?;
        }
        Ok(response)
    }

    /// One request to one place, sent once more if it went by a connection that was at its end.
    ///
    /// Servers close connections that nobody has used for a while, and some requests cross that on the way. It
    /// says nothing about the server, so it is no failed attempt.
    async fn hop(&self, url: &Url, request: Request, standing: Standing<'_>) -> Result<Response, Error> {
        let is_harmless = matches!(request.method, Method::GET | Method::HEAD);
        let may_be_kept = self.keeps_connections.load(Ordering::Relaxed);
        let again = if is_harmless && may_be_kept { request.try_clone() } else { None };
        match (self.exchange(url, request, standing).await, again) {
            (Err(error), Some(again)) if has_ended(&error) => {
                tracing::debug!(%error, "connection had ended, asking by another one");
                self.exchange(url, again, standing).await
            }
            (answer, _) => answer,
        }
    }

    /// Whether the server hung up because it wants another certificate of the client's, or one at all.
    ///
    /// By TLS 1.3 it says so after the handshake is over for the client, who often sees no more than that the
    /// connection has ended. By TLS 1.2 the handshake fails.
    pub(super) async fn refusal(&self, url: &Url) -> Option<Problem> {
        if url.scheme() != "https" {
            return None;
        }
        let client = tls::own_client(&self.endpoint, Protocols::OldTls, &self.trust).ok()?;
        let asking = client.head(self.base().ok()?).timeout(REFUSAL_LIMIT).send();
        let problem = problem::diagnose(&asking.await.err()?, &address(url), REFUSAL_LIMIT);
        matches!(problem, Problem::ClientCertificate(_)).then_some(problem)
    }

    pub(super) fn add_own_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.endpoint.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
    }

    fn redirect_target(&self, response: &Response, visited: usize) -> Result<Url, Error> {
        let refuse_place = |reason, location: Option<&Url>| Error::Redirect {
            call: response.call().clone(),
            reason,
            location: location.map(|location| redacted(location).into()),
        };
        let refuse = |reason| refuse_place(reason, None);
        if visited > REDIRECTS_MAX {
            return Err(refuse("too many of them"));
        }
        let location = response.header(&LOCATION).ok_or_else(|| refuse("it does not say where to"))?;
        let next = response.url().join(location).map_err(|_| refuse("its location is no URL"))?;
        match (response.url().scheme(), next.scheme()) {
            (_, "https") | ("http", "http") => Ok(next),
            ("https", "http") => Err(refuse_place("it leads from HTTPS to plain HTTP", Some(&next))),
            _ => Err(refuse_place("it leads out of HTTP", Some(&next))),
        }
    }

    fn url(&self, target: &Target) -> Result<Url, Error> {
        let path = match target {
            Target::Url(url) => return Ok(url.clone()),
            Target::Path(path) => path,
        };
        let scheme = self.scheme.get().copied().unwrap_or("https");
        let text = format!("{scheme}://{}{}{path}", self.endpoint.host, self.endpoint.prefix);
        let mut url = Url::parse(&text).map_err(|error| Error::Unexpected {
            call: Call { method: Method::GET, url: text.into(), registry: self.endpoint.credentials.clone() },
            reason: error.to_string(),
        })?;
        if let Some(namespace) = &self.endpoint.namespace {
            url.query_pairs_mut().append_pair("ns", namespace.as_str());
        }
        Ok(url)
    }

    pub(super) fn own_client(&self, lane: Lane, outage: &Outage) -> Result<reqwest::Client, Error> {
        let is_alone = lane == Lane::Own && self.multiplexes.load(Ordering::Relaxed);
        let (pool, protocols) =
            if is_alone { (&self.single, Protocols::Http1) } else { (&self.own, Protocols::All) };
        pool.client(outage.silent(), || tls::own_client(&self.endpoint, protocols, &self.trust))
    }

    pub(super) fn foreign_client(&self, url: &Url, outage: &Outage) -> Result<reqwest::Client, Error> {
        let (pool, verification) = match server_of(url) {
            Some(place) if self.need_not_verify(&place) => (&self.unverified, Verification::Off),
            _ => (&self.foreign, Verification::On),
        };
        pool.client(outage.silent(), || {
            tls::foreign_client(&self.endpoint, &self.reach, verification, &self.trust)
        })
    }

    /// Whether a place that the server leads to need not show a certificate that is trusted. That it need not itself is
    /// said of its own host, and of no other.
    fn need_not_verify(&self, place: &Server) -> bool {
        let own = self.base().ok().as_ref().and_then(server_of);
        let is_own_host = own.is_some_and(|own| own.host() == place.host());
        !self.endpoint.tls.verify && (is_own_host || self.endpoint.unverified.contains(place))
    }
}

/// Who chose where a request goes.
#[derive(Clone, Copy)]
pub(super) enum Standing<'a> {
    /// The caller, or the server itself: these credentials go with it to the server.
    Asked(Option<&'a HeaderValue>),
    /// Another server on the way. No credentials go with it, even if it leads back.
    Led,
}

/// Whether an answer with this status leads on with the same method, RFC 9110, section 15.4. Only 307 and 308 say so
/// of others than `GET` and `HEAD`.
fn leads_on(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        301..=303 => matches!(*method, Method::GET | Method::HEAD),
        307 | 308 => true,
        _ => false,
    }
}

/// Whether a connection ended before there was an answer.
fn has_ended(error: &Error) -> bool {
    matches!(error, Error::Transport { problem: Problem::Cut | Problem::Reset, .. })
}
