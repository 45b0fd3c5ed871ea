//! The client: follows redirects itself, and sends credentials only to their origin.

pub(super) mod builder;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

use self::builder::Verification;
use super::limits::REFUSAL_LIMIT;
use super::pool::Pool;
use super::reach::Reach;
use super::tls::Protocols;
use super::trust::{Others, Trust};
use super::url::{address, redacted, same_origin, server_of};
use super::{Call, Error, Lane, Problem, Redirects, Request, Response, ServerId, Target, diagnosis, probe};
use crate::config::{Endpoint, Transport};
use crate::reference::Server;
use crate::retry::{Outage, Outages, Policy};

/// The maximum number of redirects. CDNs need one.
const REDIRECTS_MAX: usize = 5;

/// An HTTP client for one server.
#[derive(Debug)]
pub struct Client {
    pub(super) endpoint: Endpoint,
    /// Set once it is known whether the server speaks TLS.
    scheme: OnceLock<&'static str>,
    /// Set once the server has responded to anything.
    pub(super) answered: AtomicBool,
    /// Set once a request was answered: idle connections may be kept for the next request.
    pub(super) keeps_connections: AtomicBool,
    /// Set once the server has responded by HTTP/2.
    pub(super) multiplexes: AtomicBool,
    /// The maximum size of a body in one request; `u64::MAX` if no limit is known.
    largest_body: AtomicU64,
    own: Pool,
    /// Connections to the server without HTTP/2.
    single: Pool,
    /// Connections to hosts that the server redirects to.
    foreign: Pool,
    /// Connections to such hosts without verification.
    unverified: Pool,
    /// The addresses that the server may redirect to.
    pub(super) reach: Arc<Reach>,
    trust: Trust,
    /// The outages of this server and of the hosts that it redirects to.
    pub(super) outages: Arc<Outages>,
}

impl Client {
    /// Creates a client for `endpoint`. Nothing is read or connected before the first request.
    pub fn new(endpoint: Endpoint) -> Self {
        let scheme = OnceLock::new();
        match endpoint.transport {
            Transport::Https => scheme.set("https"),
            Transport::Http(_) => scheme.set("http"),
            Transport::HttpsOrHttp(_) => Ok(()),
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

    /// Waits for unreachable servers, together with all clients that share these `outages`.
    #[must_use]
    pub fn waiting(self, outages: &Arc<Outages>) -> Self {
        Self { outages: Arc::clone(outages), ..self }
    }

    /// Returns the retry policy.
    pub fn retry(&self) -> Policy {
        self.outages.policy()
    }

    /// Returns the server of this client.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the root URL of the server, with its scheme as far as that is known.
    pub fn base(&self) -> Result<Url, Error> {
        self.url(&Target::Path("/".to_owned()))
    }

    /// Returns the identity of the server, if its scheme is known.
    pub fn id(&self) -> Option<ServerId> {
        self.scheme.get()?;
        Some(ServerId::new(self.base().ok()?, &self.endpoint.tls))
    }

    /// Returns the identity of the server, and determines the scheme if necessary; `None` if that is
    /// impossible.
    ///
    /// If the server may speak either scheme and can be reached directly, it is tested for TLS without
    /// sending it anything. Behind a proxy only the response to a request shows the scheme.
    pub async fn settled_id(&self) -> Option<ServerId> {
        self.settle_scheme().await;
        self.id()
    }

    /// Reports whether a URL is on this server: same scheme, host and port.
    pub fn is_own(&self, url: &Url) -> bool {
        self.base().is_ok_and(|base| same_origin(url, &base))
    }

    /// Returns the largest body in bytes that the server, or a proxy in front of it, is believed to accept.
    pub fn largest_body(&self) -> Option<u64> {
        Some(self.largest_body.load(Ordering::Relaxed)).filter(|limit| *limit < u64::MAX)
    }

    /// Records that bodies with more than this many bytes are too large.
    pub fn limit_bodies(&self, bytes: u64) {
        self.largest_body.fetch_min(bytes, Ordering::Relaxed);
    }

    /// Sends a request, and follows redirects: all of them for `GET` and `HEAD`, and for other methods those
    /// that keep method and body, if the body can be sent again.
    ///
    /// A `GET` or `HEAD` whose connection ends before there is a response is sent once more if it may have
    /// used a connection of an earlier request.
    ///
    /// `authorization` is sent only to the server itself: not to a redirect's location, and not to a
    /// [`Target::Url`] on another server or port.
    ///
    /// # Errors
    /// [`Error::Transport`] if there is no response. An error status is not an error yet:
    /// [`Response::success`] makes it one.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request; the server may have processed it. If the request was a probe
    /// during an outage, another request becomes the probe.
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
                tracing::debug!(host = self.endpoint.host, "server does not speak TLS, using plain HTTP");
                // Another task may have set the same value meanwhile.
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

    /// Determines the scheme of the server if it can be reached directly. Behind a proxy, or if it does not
    /// respond, the first request shows it.
    async fn settle_scheme(&self) {
        if self.scheme.get().is_some() || self.endpoint.proxy {
            return;
        }
        if let Ok(base) = self.base()
            && let Some(scheme) = probe::scheme(&address(&base), self.endpoint.patience).await
        {
            // Another task may have set the same value meanwhile.
            let _ = self.scheme.set(scheme);
            self.answered.store(true, Ordering::Relaxed);
            if let Ok(outage) = self.own_outage() {
                outage.heard();
            }
        }
    }

    /// Sends a request. It is sent once more if the redirect's URL has expired, so that the server returns a
    /// new one: URLs are signed only for some minutes, and an outage of the storage host may take longer.
    async fn follow(&self, request: Request, authorization: Option<&HeaderValue>) -> Result<Response, Error> {
        let is_led_on = request.method == Method::GET && matches!(request.target, Target::Path(_));
        let again = if is_led_on { request.try_clone() } else { None };
        let response = self.follow_once(request, authorization).await?;
        match again {
            Some(again) if response.has_run_out() => {
                tracing::debug!(call = %response.call(), "refused by a redirect's target, asking for another location");
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
            let hop = again.try_clone().expect("the request has been cloned before");
            if !response.is_own() {
                standing = Standing::Led;
            }
            response = self.hop(&next, hop, standing).await?;
        }
        Ok(response)
    }

    /// Sends one request to one URL. It is sent once more if its connection had been closed by the server.
    ///
    /// Servers close idle connections, and some requests are sent at that very moment. It says nothing about
    /// the server, so it does not count as a failed attempt.
    async fn hop(&self, url: &Url, request: Request, standing: Standing<'_>) -> Result<Response, Error> {
        let is_harmless = matches!(request.method, Method::GET | Method::HEAD);
        let may_be_kept = self.keeps_connections.load(Ordering::Relaxed);
        let again = if is_harmless && may_be_kept { request.try_clone() } else { None };
        match (self.exchange(url, request, standing).await, again) {
            (Err(error), Some(again)) if has_ended(&error) => {
                tracing::debug!(%error, "connection was closed, using a new one");
                self.exchange(url, again, standing).await
            }
            (answer, _) => answer,
        }
    }

    /// Reports whether the server closed the connection because it requires another client certificate.
    ///
    /// In TLS 1.3 the server reports this after the client has finished the handshake. Then the client often
    /// sees only a closed connection. In TLS 1.2 the handshake fails.
    pub(super) async fn refusal(&self, url: &Url) -> Option<Problem> {
        if url.scheme() != "https" {
            return None;
        }
        let client = builder::own_client(&self.endpoint, Protocols::OldTls, &self.trust).ok()?;
        let asking = client.head(self.base().ok()?).timeout(REFUSAL_LIMIT).send();
        let problem = diagnosis::diagnose(&asking.await.err()?, &address(url), REFUSAL_LIMIT);
        matches!(problem, Problem::ClientCertificate(_)).then_some(problem)
    }

    /// Adds the headers that only the server itself gets.
    pub(super) fn add_own_headers(&self, headers: &mut HeaderMap, authorization: Option<&HeaderValue>) {
        for (name, value) in &self.endpoint.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.clone());
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
        let location = response.header(&LOCATION).ok_or_else(|| refuse("it has no location"))?;
        let next = response.url().join(location).map_err(|_| refuse("its location is not a URL"))?;
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
        pool.client(outage.silent(), || builder::own_client(&self.endpoint, protocols, &self.trust))
    }

    pub(super) fn foreign_client(&self, url: &Url, outage: &Outage) -> Result<reqwest::Client, Error> {
        let (pool, verification) = match server_of(url) {
            Some(place) if self.need_not_verify(&place) => (&self.unverified, Verification::Off),
            _ => (&self.foreign, Verification::On),
        };
        pool.client(outage.silent(), || {
            builder::foreign_client(&self.endpoint, &self.reach, verification, &self.trust)
        })
    }

    /// Reports whether the certificate of a redirect's host need not be trusted. The setting applies to the
    /// server's own host only.
    fn need_not_verify(&self, place: &Server) -> bool {
        let own = self.base().ok().as_ref().and_then(server_of);
        let is_own_host = own.is_some_and(|own| own.host() == place.host());
        !self.endpoint.tls.is_verified() && (is_own_host || self.endpoint.unverified.contains(place))
    }
}

/// The origin of a request's URL.
#[derive(Clone, Copy)]
pub(super) enum Standing<'a> {
    /// The caller, or the server itself: these credentials are sent to the server.
    Asked(Option<&'a HeaderValue>),
    /// Another server on the way. No credentials are sent, even if it redirects back.
    Led,
}

/// Reports whether this status is a redirect that keeps the method, RFC 9110, section 15.4. For methods other
/// than `GET` and `HEAD` only 307 and 308 are.
fn leads_on(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        301..=303 => matches!(*method, Method::GET | Method::HEAD),
        307 | 308 => true,
        _ => false,
    }
}

/// Reports whether a connection ended before there was a response.
fn has_ended(error: &Error) -> bool {
    matches!(error, Error::Transport { problem: Problem::Cut | Problem::Reset, .. })
}
