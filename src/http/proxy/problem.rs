//! A proxy and its problems, as messages name them.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

use crate::diagnose::{ProxyAdvice, Recovery};
use crate::retry::Sign;

/// The problem of a SOCKS proxy that requires a login.
pub(super) const NO_LOGIN: &str = "authentication required";

/// The problem of a SOCKS proxy that refuses the login.
pub(super) const BAD_LOGIN: &str = "user name or password refused";

/// A proxy, without the password that may be in its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// `http`, `https`, `socks5`, …
    pub scheme: String,
    /// The host; an IPv6 address has no brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The variable that names the proxy.
    pub variable: &'static str,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.address())
    }
}

impl Proxy {
    /// Returns `host:port` in Go's form.
    pub(in crate::http) fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// A proxy that makes no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("proxy {proxy} (from {}): {trouble}", proxy.variable)]
pub struct ProxyProblem {
    /// The proxy.
    pub proxy: Proxy,
    /// Its problem.
    pub trouble: ProxyTrouble,
}

/// Why a proxy makes no connection. Docker's words, where it has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyTrouble {
    /// The proxy is unreachable.
    #[error("{0}")]
    Unreachable(String),
    /// The proxy is silent.
    #[error("no answer for {} s", .0.as_secs())]
    Silent(Duration),
    /// The proxy responds with this status instead of making a connection.
    #[error("{}", reason(*status, words))]
    Refused {
        /// The status.
        status: StatusCode,
        /// The proxy's own words after the status.
        words: String,
    },
    /// The proxy is configured with HTTPS, but does not speak TLS.
    #[error("it does not speak TLS")]
    NotTls,
    /// The proxy is configured with plain HTTP, but requires TLS.
    #[error("it speaks TLS")]
    IsTls,
    /// The response does not have the form of such a proxy's.
    #[error("it does not answer as {0} does")]
    OtherProtocol(&'static str),
    /// A SOCKS proxy refuses.
    #[error("socks: {0}")]
    Socks(&'static str),
    /// The proxy closes the connection.
    #[error("it closes the connection without an answer")]
    HungUp,
}

impl ProxyProblem {
    /// Returns what to do about the problem.
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

    /// Returns the problem in short: `proxy 127.0.0.1:3128 answered 501`.
    pub(in crate::http) fn short(&self) -> String {
        let address = self.proxy.address();
        match &self.trouble {
            ProxyTrouble::Refused { status, .. } => format!("proxy {address} answered {}", status.as_u16()),
            ProxyTrouble::Unreachable(cause) => {
                let cause = cause.rsplit(": ").next().unwrap_or(cause);
                format!("proxy {address}: {cause}")
            }
            trouble => format!("proxy {address}: {trouble}"),
        }
    }

    /// Returns what the problem says about the server behind the proxy: a proxy that is unreachable, or
    /// cannot reach the server, may recover soon.
    pub(in crate::http) fn sign(&self) -> Option<Sign> {
        match &self.trouble {
            ProxyTrouble::Unreachable(_) => Some(Sign::Away),
            ProxyTrouble::Silent(_) => Some(Sign::Silent),
            ProxyTrouble::HungUp => Some(Sign::Cut),
            ProxyTrouble::Refused { status, .. } if status.is_server_error() => Some(Sign::Unserved),
            _ => None,
        }
    }

    /// Returns whether a retry makes sense.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u4_a_proxy_that_is_waited_for_is_named_in_short() {
        let proxy = Proxy {
            scheme: "http".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 3128,
            variable: "HTTPS_PROXY",
        };
        let words = "a server that has not been found anywhere".to_owned();
        let refused = |code| StatusCode::from_u16(code).unwrap();
        for (trouble, short) in [
            (ProxyTrouble::Refused { status: refused(501), words }, "proxy 127.0.0.1:3128 answered 501"),
            (
                ProxyTrouble::Unreachable("dial tcp 127.0.0.1:3128: connect: connection refused".to_owned()),
                "proxy 127.0.0.1:3128: connection refused",
            ),
            (ProxyTrouble::Silent(Duration::from_secs(2)), "proxy 127.0.0.1:3128: no answer for 2 s"),
            (ProxyTrouble::NotTls, "proxy 127.0.0.1:3128: it does not speak TLS"),
        ] {
            let problem = ProxyProblem { proxy: proxy.clone(), trouble };
            assert_eq!(problem.short(), short);
            assert!(short.len() <= 40 || !matches!(problem.trouble, ProxyTrouble::Refused { .. }));
        }
    }
}
