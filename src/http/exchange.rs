//! One request to one URL, and what its response says about the server.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode, Url, Version};
use tokio::time::Instant;

use super::client::{Client, Standing};
use super::error::{sign, status_kind, transport_hint, wait_hint};
use super::limits::connect_limit;
use super::proxy::Route;
use super::response::{Origin, Response, wait};
use super::url::{address, host_of, without_user_info};
use super::{Asker, Body, Call, Error, Problem, Redirects, Request, diagnosis, proxy};
use crate::config::RequestRate;
use crate::diagnose::Recovery;
use crate::protocol::{self, Allowance};
use crate::retry::{Fault, Limiter, Outage, Pass, RequestKind, Verdict};

/// A request that was sent.
struct Attempt<'a> {
    pass: Pass,
    call: Call,
    url: &'a Url,
}

impl Client {
    /// Sends one request and returns the response. Credentials and the server's own headers are added only
    /// here.
    ///
    /// During an outage of the server the request waits.
    pub(super) async fn exchange(
        &self,
        url: &Url,
        request: Request,
        standing: Standing<'_>,
    ) -> Result<Response, Error> {
        let url = &without_user_info(url);
        let authorization = match standing {
            Standing::Asked(authorization) if self.is_own(url) => Some(authorization),
            _ => None,
        };
        let own = authorization.is_some();
        // Requests with a secret of their own, to a token service, follow no redirects.
        let led = !self.is_own(url) && request.redirects == Redirects::Follow;
        let route = proxy::route(url, &self.endpoint.proxies)?;
        let of = if own { Call::own } else { Call::foreign };
        let call = of(&request, url, &self.endpoint.credentials);
        if !own && let Err(forbidden) = self.reach.check(url, route.as_ref()).await {
            return Err(unsent(call, Problem::from(&forbidden)));
        }
        let mut headers = request.headers;
        // The bytes are requested unencoded, because they will be hashed.
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
        if let Some(authorization) = authorization {
            self.add_own_headers(&mut headers, authorization);
        }
        // A request for a token has its own credentials, for the token service.
        let asker = if headers.contains_key(AUTHORIZATION) { Asker::Authenticated } else { Asker::Anonymous };
        let outage = self.outage(url);
        let kind = kind(&request.method, url);
        let rate = self.endpoint.request_rate.filter(|_| own).map(RequestRate::per_second);
        outage.limiter().admit(kind, rate).await;
        let limit = request.patience.unwrap_or(self.endpoint.patience);
        let is_long = limit > self.endpoint.patience || matches!(request.body, Body::Stream(..));
        let pass = if is_long { Ok(outage.follow()) } else { outage.enter().await };
        let pass = pass.map_err(|fault| given_up(&call, fault))?;
        let client =
            if own { self.own_client(request.lane, &outage)? } else { self.foreign_client(url, &outage)? };
        tracing::debug!(%call, ?asker, "request");
        let sent = Instant::now();
        let sending = client.request(request.method, url.clone()).headers(headers);
        let sending = request.body.attach(sending).send();
        let answer = match outage.hear(limit, sending).await {
            Some(Ok(answer)) => answer,
            Some(Err(error)) => return Err(self.failed(Attempt { pass, call, url }, &error).await),
            None => {
                let problem = Problem::Timeout { waiting_for: "answer", limit };
                return Err(self.silent(Attempt { pass, call, url }, problem));
            }
        };
        if let Some(problem) = route.as_ref().and_then(|route| route.refusal(url, &answer)) {
            return Err(self.silent(Attempt { pass, call, url }, problem));
        }
        self.answered.store(true, Ordering::Relaxed);
        self.keeps_connections.store(true, Ordering::Relaxed);
        if own {
            self.learn(&answer, route.as_ref());
        }
        let proxy = route.and_then(|route| route.doubtful(url, answer.headers()));
        tracing::debug!(%call, status = %answer.status(), "answer");
        learn_limits(outage.limiter(), kind, sent, &answer);
        let verdict = judge(pass, &answer);
        Ok(Response::new(
            answer,
            Origin { call, asker, own, led, proxy, outage, verdict },
            self.endpoint.patience,
        ))
    }

    /// Records what a response of the server itself shows about the server.
    fn learn(&self, answer: &reqwest::Response, route: Option<&Route>) {
        if let Some(peer) = answer.remote_addr().filter(|_| route.is_none()) {
            self.reach.meet(peer.ip());
        }
        if answer.version() == Version::HTTP_2 {
            self.multiplexes.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the outage state of the server of a URL.
    pub(crate) fn outage(&self, url: &Url) -> Arc<Outage> {
        self.outages.of(&url.origin().ascii_serialization(), || host_of(url).unwrap_or_default())
    }

    /// Reports whether any client of this process has received data from the server of a URL.
    pub(crate) fn has_heard_from(&self, url: &Url) -> bool {
        self.outage(url).has_said_anything()
    }

    /// Returns the outage state of the client's own server.
    ///
    /// # Errors
    /// An error if its name does not form a URL.
    pub fn own_outage(&self) -> Result<Arc<Outage>, Error> {
        Ok(self.outage(&self.base()?))
    }

    async fn failed(&self, attempt: Attempt<'_>, error: &reqwest::Error) -> Error {
        let Attempt { pass, call, url } = attempt;
        // A host that the registry wrongly names as its own address has never responded.
        let is_misled = !self.is_own(url) && url.path().starts_with("/v2/");
        let has_answered = self.answered.load(Ordering::Relaxed) && !is_misled;
        let answered_before = has_answered || pass.has_said_anything();
        let problem = diagnosis::diagnose(error, &address(url), connect_limit(&self.endpoint));
        let route = proxy::route(url, &self.endpoint.proxies).ok().flatten();
        let problem = problem.through(route.as_ref(), url).await;
        let refusal = match problem {
            Problem::Cut | Problem::Reset if self.is_own(url) && !answered_before => self.refusal(url).await,
            _ => None,
        };
        report(pass, call, refusal.unwrap_or(problem), answered_before)
    }

    fn silent(&self, attempt: Attempt<'_>, problem: Problem) -> Error {
        let Attempt { pass, call, url } = attempt;
        // A completed handshake shows that the server is available.
        let answered_before =
            self.answered.load(Ordering::Relaxed) || url.scheme() == "https" || pass.has_said_anything();
        report(pass, call, problem, answered_before)
    }
}

/// Creates the error of a request that was not sent.
fn unsent(call: Call, problem: Problem) -> Error {
    Error::Transport { call, problem, answered_before: false, verdict: Verdict::Own }
}

/// Creates the error of a request that was waiting for a server that was given up.
fn given_up(call: &Call, fault: Fault) -> Error {
    let (call, problem) = (call.clone(), Problem::GivenUp(Box::new(fault)));
    Error::Transport { call, problem, answered_before: true, verdict: Verdict::GiveUp }
}

/// Creates the error of a request without a response.
fn report(pass: Pass, call: Call, problem: Problem, answered_before: bool) -> Error {
    // A server that was never reached is not waited for, so nothing is recorded about it.
    let is_final = problem.recovery(answered_before) == Recovery::Never;
    let sign = problem.sign().filter(|_| !is_final);
    let fault = sign.map(|sign| Fault {
        sign,
        cause: problem.cause(),
        kind: problem.kind(),
        hint: transport_hint(&call, &problem, answered_before),
        after: None,
    });
    let verdict = fault.map_or(Verdict::Own, |fault| pass.failed(fault));
    Error::Transport { call, problem, answered_before, verdict }
}

/// Returns the kind of a request to a registry. Requests to other servers are of no special kind.
fn kind(method: &Method, url: &Url) -> RequestKind {
    match protocol::Route::parse(url.path()) {
        Ok(_) if !matches!(*method, Method::GET | Method::HEAD) => RequestKind::Write,
        Ok(protocol::Route::Manifest { .. }) => RequestKind::Manifest,
        Ok(protocol::Route::Blob { .. }) => RequestKind::Blob,
        Ok(_) | Err(_) => RequestKind::Other,
    }
}

/// Records what a response says about the number of requests that its server takes.
fn learn_limits(limiter: &Limiter, kind: RequestKind, sent: Instant, answer: &reqwest::Response) {
    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
        limiter.refused(kind, sent, wait(answer));
    }
    let header = |name: &str| answer.headers().get(name)?.to_str().ok();
    if let Some(allowance) = Allowance::read(header, SystemTime::now()) {
        limiter.allows(kind, allowance.left, allowance.time);
    }
}

/// Returns what the status of a response says about its server.
fn judge(pass: Pass, answer: &reqwest::Response) -> Verdict {
    let Some(sign) = sign(answer.status()) else {
        pass.answered();
        return Verdict::Own;
    };
    let (status, after) = (answer.status(), wait(answer));
    pass.failed(Fault {
        sign,
        cause: status.to_string(),
        kind: status_kind(status),
        hint: wait_hint(after),
        after,
    })
}
