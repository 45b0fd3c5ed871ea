//! Errors of requests to a server, classified in one place.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, StatusCode};

use super::problem::Problem;
use super::proxy::Proxy;
use super::request::Request;
use super::url::{host_of, redacted, same_origin, shown, with_query};
use crate::diagnose::{Diagnose, ErrorKind, Hint, ProxyAdvice, Recovery};
use crate::protocol::{ErrorBody, ErrorCode, Route};
use crate::reference::{Name, Registry};
use crate::retry::{Sign, Verdict};

/// A request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There was no response, or it was interrupted.
    #[error("{call}: {problem}")]
    Transport {
        /// The request.
        call: Call,
        /// The cause.
        problem: Problem,
        /// Whether this server has responded before, so that waiting for it makes sense.
        answered_before: bool,
        /// Whether the client waits for the server.
        verdict: Verdict,
    },
    /// The response has an error status.
    #[error(transparent)]
    Status(Box<Status>),
    /// The response is not one of a registry.
    #[error("{call}: not a registry's answer: {reason}")]
    Unexpected {
        /// The request.
        call: Call,
        /// What is wrong with the response.
        reason: String,
    },
    /// A redirect that is not followed.
    #[error("{call}: redirect refused: {reason}{}", place(location.as_deref()))]
    Redirect {
        /// The request.
        call: Call,
        /// The reason.
        reason: &'static str,
        /// Its target, without secrets, if that is a URL.
        location: Option<Box<str>>,
    },
    /// A proxy variable does not contain the URL of a proxy. Nothing was sent.
    #[error("{variable} is not the URL of a proxy")]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// A certificate or key file is unusable.
    #[error("cannot use {}: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
}

/// Returns `: URL` if there is a URL.
fn place(location: Option<&str>) -> String {
    location.map(|location| format!(": {location}")).unwrap_or_default()
}

/// The description of a request in errors. It is displayed as in Go: `Get "https://…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The URL without secrets.
    pub url: Box<str>,
    /// The registry for which the request was made.
    pub registry: Registry,
}

impl Call {
    /// Describes a request to the registry itself.
    pub(super) fn own(request: &Request, url: &reqwest::Url, registry: &Registry) -> Self {
        let shown =
            if request.asks.is_some() { with_query(url, request.asks.as_deref()) } else { shown(url) };
        Self { method: request.method.clone(), url: shown.into(), registry: registry.clone() }
    }

    /// Describes a request to another server. Only those parts of its URL are shown that were made here.
    pub(super) fn foreign(request: &Request, url: &reqwest::Url, registry: &Registry) -> Self {
        let shown =
            if request.asks.is_some() { with_query(url, request.asks.as_deref()) } else { redacted(url) };
        Self { method: request.method.clone(), url: shown.into(), registry: registry.clone() }
    }
}

impl Call {
    /// Returns the `host[:port]` of the request.
    pub fn server(&self) -> String {
        let url = reqwest::Url::parse(&self.url).ok();
        url.as_ref().and_then(host_of).unwrap_or_else(|| self.registry.to_string())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_str();
        let (first, rest) = method.split_at(method.len().min(1));
        write!(f, "{first}{} \"{}\"", rest.to_ascii_lowercase(), self.url)
    }
}

/// A response with an error status.
///
/// Its message is the one that Docker prints; its source names the request.
#[derive(Debug)]
pub struct Status {
    /// The request.
    pub call: Call,
    /// The status.
    pub status: StatusCode,
    /// The registry's own errors; empty if the body has none.
    pub body: ErrorBody,
    /// The wait that the registry asked for.
    pub retry_after: Option<Duration>,
    /// The authentication of the request.
    pub asker: Asker,
    /// Whether the server sent a challenge.
    pub(super) challenged: bool,
    /// The server that responded, if the registry has redirected to it: a storage host or a CDN.
    pub elsewhere: Option<String>,
    /// The message in the body, if it is not in the registry's format: one line of untrusted text.
    words: Option<String>,
    /// Whether the client waits for the server.
    pub(super) verdict: Verdict,
    answered: Answered,
}

/// The authentication of a request as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The request had no credentials.
    Anonymous,
    /// The request had an anonymous token.
    AnonymousToken,
    /// The request had credentials, or a token that was issued for them.
    Authenticated,
}

impl Status {
    pub(super) fn new(call: Call, status: StatusCode, body: ErrorBody) -> Self {
        let answered = Answered(format!("{call} answered {status}"));
        Self {
            call,
            status,
            body,
            retry_after: None,
            asker: Asker::Anonymous,
            challenged: true,
            elsewhere: None,
            words: None,
            verdict: Verdict::Own,
            answered,
        }
    }

    /// Adds the message of the body, and the server that sent it if that was not the registry.
    pub(super) fn in_words(self, words: Option<String>, elsewhere: Option<String>) -> Self {
        let answered = match &words {
            Some(words) if elsewhere.is_none() => Answered(format!("{}: {words}", self.answered)),
            _ => self.answered,
        };
        Self { words, elsewhere, answered, ..self }
    }

    /// Adds the proxy that the response came through, and that may have sent it.
    pub(super) fn through(self, proxy: Option<&Proxy>) -> Self {
        let Some(proxy) = proxy else { return self };
        let answered = format!("{}; it came through proxy {proxy} (from {})", self.answered, proxy.variable);
        Self { answered: Answered(answered), ..self }
    }

    /// Returns the server and its response: `auth.example.com answered 404 Not Found`, with the server's own
    /// words if there are any.
    pub fn of_server(&self) -> String {
        let server = self.elsewhere.clone().unwrap_or_else(|| self.call.server());
        let said = match (self.body.errors.is_empty(), &self.words) {
            (false, _) => format!(": {}", self.body),
            (true, Some(words)) => format!(": {words}"),
            (true, None) => String::new(),
        };
        format!("{server} answered {}{said}", self.status)
    }

    /// Reports whether the registry sent this error code.
    pub fn has_code(&self, code: &ErrorCode) -> bool {
        self.body.has(code)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.elsewhere.is_some() && self.body.errors.is_empty() {
            return f.write_str(&self.of_server());
        }
        match self.status {
            StatusCode::UNAUTHORIZED if self.challenged && self.asker == Asker::Anonymous => {
                f.write_str("no basic auth credentials")
            }
            _ if !self.body.errors.is_empty() => write!(f, "{}", self.body),
            StatusCode::UNAUTHORIZED => f.write_str("unauthorized: authentication required"),
            StatusCode::FORBIDDEN => f.write_str("denied: requested access to the resource is denied"),
            StatusCode::TOO_MANY_REQUESTS => f.write_str("toomanyrequests: too many requests"),
            status => write!(f, "received unexpected HTTP status: {status}"),
        }
    }
}

impl std::error::Error for Status {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.answered)
    }
}

/// The last link of a status error's chain.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Answered(String);

impl Error {
    /// Returns the error status, if there was a response with one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Marks this as the error of a server that has not responded before: the registry's own responses say
    /// nothing about it.
    #[must_use]
    pub fn at_first_contact(self) -> Self {
        match self {
            Self::Transport { call, problem, verdict, .. } => {
                Self::Transport { call, problem, answered_before: false, verdict }
            }
            other => other,
        }
    }

    /// Reports whether the response had this status.
    pub fn is_status(&self, code: StatusCode) -> bool {
        self.status().is_some_and(|status| status.status == code)
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Transport { problem, .. } => problem.kind(),
            Self::Status(status) => status_kind(status.status),
            _ => ErrorKind::Other,
        }
    }

    fn brief(&self) -> Option<String> {
        match self {
            Self::Transport { call, problem, .. } => problem.brief(&call.server()),
            Self::Status(status) if status.status.is_server_error() => {
                Some(format!("{} answered {}", status.call.server(), status.status))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Transport { call, problem, answered_before, .. } => {
                transport_hint(call, problem, *answered_before)
            }
            Self::Status(status) => status_hint(status),
            Self::Redirect { call, location: Some(location), .. } => forward_hint(call, location),
            Self::Certificate { path, .. } => Some(Hint::CheckFile { path: path.clone() }),
            Self::Proxy { variable } => Some(Hint::Proxy { variable, advice: ProxyAdvice::Write }),
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Transport { problem, answered_before, verdict, .. } => {
                judged(problem.recovery(*answered_before), *verdict)
            }
            Self::Status(status) => match status.status {
                code if sign(code).is_some() => {
                    judged(Recovery::Retry { after: status.retry_after }, status.verdict)
                }
                // The body is too large only for now; RFC 9110, section 15.5.14.
                StatusCode::PAYLOAD_TOO_LARGE if status.retry_after.is_some() => {
                    Recovery::Retry { after: status.retry_after }
                }
                StatusCode::RANGE_NOT_SATISFIABLE => Recovery::Restart,
                _ => Recovery::Never,
            },
            _ => Recovery::Never,
        }
    }

    fn is_overload(&self) -> bool {
        self.is_status(StatusCode::TOO_MANY_REQUESTS) || self.is_status(StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// Adapts the recovery of an operation to the verdict about its server.
fn judged(recovery: Recovery, verdict: Verdict) -> Recovery {
    match (recovery, verdict) {
        (Recovery::Retry { .. }, Verdict::Wait(pause)) => {
            Recovery::Outage { after: pause.wait(), answered: pause.answered() }
        }
        (Recovery::Retry { .. }, Verdict::GiveUp) => Recovery::Never,
        (recovery, _) => recovery,
    }
}

/// Returns what this status says about the server; `None` if it shows that the server is available.
pub(super) fn sign(status: StatusCode) -> Option<Sign> {
    match status.as_u16() {
        502..=504 => Some(Sign::Unserved),
        408 | 425 | 429 | 499 | 500 | 506..=599 => Some(Sign::Trouble),
        _ => None,
    }
}

/// Returns the kind of an error status.
pub(super) fn status_kind(status: StatusCode) -> ErrorKind {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::Denied,
        StatusCode::NOT_FOUND | StatusCode::GONE => ErrorKind::NotFound,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
        // The server is available, and will not support this later either.
        StatusCode::NOT_IMPLEMENTED => ErrorKind::Other,
        code if code.is_server_error() => ErrorKind::Unreachable,
        _ => ErrorKind::Other,
    }
}

/// Returns the hint for a request without a response.
pub(super) fn transport_hint(call: &Call, problem: &Problem, answered_before: bool) -> Option<Hint> {
    let registry = call.registry.to_string();
    if let Problem::GivenUp(fault) = problem {
        return fault.hint.clone();
    }
    if let Problem::Proxy(problem) = problem {
        return Some(Hint::Proxy { variable: problem.proxy.variable, advice: problem.advice() });
    }
    if is_elsewhere(call)
        && !matches!(problem, Problem::UnknownAuthority | Problem::Forbidden { .. } | Problem::Expired(_))
    {
        // The knowledge about the registry does not help with another server.
        return forward_hint(call, &call.url);
    }
    match problem {
        Problem::NotTls => Some(Hint::AllowPlainHttp { registry }),
        Problem::UnknownAuthority => Some(Hint::TrustAuthority { registry }),
        Problem::Forbidden { is_private: true, .. } => Some(Hint::AllowPrivateAddresses { registry }),
        Problem::ClientCertificate(_) => Some(Hint::ShowCertificate { registry }),
        Problem::Expired(_) => Some(Hint::CheckClock),
        // A server that has responded has the right address.
        Problem::Refused(_) | Problem::Lookup(_) | Problem::NoRoute(_) | Problem::Timeout { .. }
            if !answered_before =>
        {
            match call.registry.is_hub() && is_list(call) {
                true => Some(Hint::CheckNetwork),
                false => Some(Hint::CheckAddress { registry }),
            }
        }
        _ => None,
    }
}

/// Reports whether a list was requested, which no mirror has.
fn is_list(call: &Call) -> bool {
    let path = reqwest::Url::parse(&call.url).map(|url| url.path().to_owned()).unwrap_or_default();
    path.ends_with("/tags/list")
        || ["/v1/search", "/v2/search/", "/v2/namespaces/"].iter().any(|start| path.starts_with(start))
}

/// Returns the hint for a registry that names `url` as its own. If that is a path of its API at a different
/// address, a proxy does not forward the address that clients use.
pub fn forward_hint(call: &Call, url: &str) -> Option<Hint> {
    let url = reqwest::Url::parse(url).ok()?;
    let is_api = url.path().starts_with("/v2/");
    let registry = call.registry.to_string();
    is_api.then(|| Hint::ForwardHost { registry, url: url.origin().ascii_serialization() })
}

/// Reports whether a request went to a token service or a redirect's target, and not to the registry itself.
fn is_elsewhere(call: &Call) -> bool {
    let Ok(url) = reqwest::Url::parse(&call.url) else { return false };
    let here = reqwest::Url::parse(&format!("{}://{}/", url.scheme(), call.registry));
    !call.registry.is_hub() && here.is_ok_and(|here| !same_origin(&here, &url))
}

fn status_hint(status: &Status) -> Option<Hint> {
    let registry = status.call.registry.to_string();
    if status.elsewhere.is_some() {
        // Credentials are for the registry.
        return wait_hint(status.retry_after);
    }
    match status.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if status.asker == Asker::Authenticated => {
            Some(Hint::CheckAccess { registry, repository: refused_repository(status) })
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(Hint::LogIn { registry }),
        _ => wait_hint(status.retry_after),
    }
}

/// Returns the hint to wait as long as the server asks for: at least a second, which is the unit of
/// `Retry-After`.
pub(super) fn wait_hint(retry_after: Option<Duration>) -> Option<Hint> {
    retry_after.map(|wait| Hint::WaitFor { duration: wait.max(Duration::from_secs(1)) })
}

/// Returns the repository to which a known user has no access; `None` if the credentials themselves were
/// refused.
fn refused_repository(status: &Status) -> Option<String> {
    if !status.has_code(&ErrorCode::Denied) && status.status != StatusCode::FORBIDDEN {
        return None;
    }
    let url = reqwest::Url::parse(&status.call.url).ok()?;
    let repository = Route::parse(url.path()).ok()?.name()?.clone();
    Some(Name { registry: status.call.registry.clone(), repository }.familiar())
}
