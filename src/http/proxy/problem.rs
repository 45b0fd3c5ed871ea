//! A proxy as messages name it, and what can be wrong with it.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

use crate::diagnose::{ProxyAdvice, Recovery};
use crate::retry::Sign;

/// What a SOCKS proxy means that wants to know who asks.
pub(super) const NO_LOGIN: &str = "authentication required";

/// What one means that does not let in who asks.
pub(super) const BAD_LOGIN: &str = "user name or password refused";

/// A proxy, without the password that may be in its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// `http`, `https`, `socks5`, …
    pub scheme: String,
    /// Its host; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The variable that names it.
    pub variable: &'static str,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.address())
    }
}

impl Proxy {
    /// Returns `host:port`, as Go names it.
    pub(in crate::http) fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// A proxy that lets nothing through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("proxy {proxy} (from {}): {trouble}", proxy.variable)]
pub struct ProxyProblem {
    /// The proxy.
    pub proxy: Proxy,
    /// What is wrong with it.
    pub trouble: ProxyTrouble,
}

/// Why a proxy lets nothing through. Docker's words, where it has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyTrouble {
    /// It cannot be connected to.
    #[error("{0}")]
    Unreachable(String),
    /// It says nothing.
    #[error("no answer for {} s", .0.as_secs())]
    Silent(Duration),
    /// It answers with this instead of making a connection.
    #[error("{}", reason(*status, words))]
    Refused {
        /// The status.
        status: StatusCode,
        /// The proxy's own words beside it.
        words: String,
    },
    /// It is said to speak HTTPS, and does not.
    #[error("it does not speak TLS")]
    NotTls,
    /// It is said to speak plain HTTP, and wants TLS.
    #[error("it speaks TLS")]
    IsTls,
    /// What it answers is not the answer of such a proxy.
    #[error("it does not answer as {0} does")]
    OtherProtocol(&'static str),
    /// A SOCKS proxy says no.
    #[error("socks: {0}")]
    Socks(&'static str),
    /// It closes the connection.
    #[error("it closes the connection without an answer")]
    HungUp,
}

impl ProxyProblem {
    /// What to do about it.
    pub fn advice(&self) -> ProxyAdvice {
        match &self.trouble {
            ProxyTrouble::NotTls => ProxyAdvice::PlainHttp,
            ProxyTrouble::IsTls => ProxyAdvice::Https,
            ProxyTrouble::Refused { status, .. } if *status == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                ProxyAdvice::LogIn
            }
            ProxyTrouble::Socks(words) if *words == NO_LOGIN || *words == BAD_LOGIN => ProxyAdvice::LogIn,
            _ => ProxyAdvice::Check,
        }
    }

    /// Returns what this says about the server behind it: a proxy that is away, or cannot reach the server, may be back
    /// soon.
    pub(in crate::http) fn sign(&self) -> Option<Sign> {
        match &self.trouble {
            ProxyTrouble::Unreachable(_) => Some(Sign::Away),
            ProxyTrouble::Silent(_) => Some(Sign::Silent),
            ProxyTrouble::HungUp => Some(Sign::Cut),
            ProxyTrouble::Refused { status, .. } if status.is_server_error() => Some(Sign::Unserved),
            _ => None,
        }
    }

    /// Whether it is worth asking again.
    pub(in crate::http) fn recovery(&self, answered_before: bool) -> Recovery {
        match &self.trouble {
            ProxyTrouble::Unreachable(_) | ProxyTrouble::Silent(_) if answered_before => Recovery::RETRY,
            ProxyTrouble::HungUp => Recovery::RETRY,
            ProxyTrouble::Refused { status, .. } if status.is_server_error() => Recovery::RETRY,
            _ => Recovery::Never,
        }
    }
}

fn reason(status: StatusCode, words: &str) -> String {
    let usual = status.canonical_reason().unwrap_or_default();
    match words {
        "" => status.to_string(),
        words if words.eq_ignore_ascii_case(usual) => status.to_string(),
        words => format!("{} {words}", status.as_u16()),
    }
}

/// As much of a proxy's own words as people read.
pub(super) fn excerpt(words: &str) -> String {
    words.trim().chars().take(200).collect()
}
