//! What happens to a request that gets no answer.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::proxy::ProxyProblem;
use crate::diagnose::Recovery;
use crate::retry::Sign;

/// Why there was no answer. Docker's words, where it has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The proxy in between lets nothing through.
    #[error(transparent)]
    Proxy(Box<ProxyProblem>),
    /// Nobody listens there.
    #[error("dial tcp {0}: connect: connection refused")]
    Refused(String),
    /// The name has no address.
    #[error("dial tcp: lookup {0}: no such host")]
    Lookup(String),
    /// The host or its network is not to be reached.
    #[error("dial tcp {0}: connect: no route to host")]
    NoRoute(String),
    /// The server leads to where it may not.
    #[error("{reason}")]
    Forbidden {
        /// What is where, and why that is not allowed.
        reason: String,
        /// Whether that is a private network, which the user may allow.
        is_private: bool,
    },
    /// Nothing came for too long.
    #[error("no {waiting_for} for {} s", limit.as_secs())]
    Timeout {
        /// `connection`, `answer`, `data`.
        waiting_for: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The connection ended in the middle.
    #[error("unexpected EOF")]
    Cut,
    /// The connection was reset.
    #[error("connection reset by peer")]
    Reset,
    /// Plain HTTP where TLS was expected.
    #[error("http: server gave HTTP response to HTTPS client")]
    NotTls,
    /// The certificate's authority is not known.
    #[error("x509: certificate signed by unknown authority")]
    UnknownAuthority,
    /// The certificate is for other names.
    #[error("x509: certificate is valid for {valid_for}, not {asked_for}")]
    WrongName {
        /// The names it is for.
        valid_for: String,
        /// The name that was asked for.
        asked_for: String,
    },
    /// The certificate is not valid now.
    #[error("x509: certificate has expired or is not yet valid{0}")]
    Expired(Box<Validity>),
    /// The certificate is not one that a server may show.
    #[error("x509: {0}")]
    BadCertificate(String),
    /// The server ended the handshake, for this reason in Go's words.
    #[error("remote error: tls: {0}")]
    Alert(String),
    /// The same, because it wants a client certificate that it trusts.
    #[error("remote error: tls: {0}")]
    ClientCertificate(String),
    /// Any other trouble with TLS.
    #[error("tls: {0}")]
    Tls(String),
    /// Any other trouble.
    #[error("{0}")]
    Other(String),
}

/// When a certificate is valid that is not valid now. Displayed as Go does, behind the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It was, until a while ago.
    Ended {
        /// When this was found.
        now: Timestamp,
        /// The last moment.
        end: Timestamp,
    },
    /// It will be.
    NotBegun {
        /// When this was found.
        now: Timestamp,
        /// The first moment.
        begin: Timestamp,
    },
    /// It does not tell.
    Unknown,
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { now, end } => write!(f, ": current time {now} is after {end}"),
            Self::NotBegun { now, begin } => write!(f, ": current time {now} is before {begin}"),
            Self::Unknown => Ok(()),
        }
    }
}

impl Problem {
    /// Whether the server turned out not to speak TLS at all.
    pub(super) fn is_not_tls(&self) -> bool {
        matches!(self, Self::NotTls | Self::Cut | Self::Reset)
    }

    /// What this says about the server; `None` if that makes no difference to its being there.
    pub(super) fn sign(&self) -> Option<Sign> {
        match self {
            Self::Refused(_) | Self::Lookup(_) | Self::NoRoute(_) => Some(Sign::Away),
            Self::Timeout { .. } => Some(Sign::Silent),
            Self::Cut | Self::Reset | Self::Other(_) => Some(Sign::Cut),
            Self::Proxy(problem) => problem.sign(),
            _ => None,
        }
    }

    /// The same in short.
    pub(super) fn cause(&self) -> String {
        match self {
            Self::Refused(_) => "connection refused".to_owned(),
            Self::Lookup(_) => "no such host".to_owned(),
            Self::NoRoute(_) => "no route to host".to_owned(),
            Self::Cut => "connection closed".to_owned(),
            Self::Reset => "connection reset".to_owned(),
            other => other.to_string(),
        }
    }

    /// The same with the server that it happened at; `None` where that would say less.
    pub(super) fn brief(&self, server: &str) -> Option<String> {
        Some(match self {
            Self::Refused(_) => format!("{server} refused the connection"),
            Self::Lookup(_) => format!("{server} has no address"),
            Self::NoRoute(_) => format!("no route to {server}"),
            Self::Cut => format!("{server} closed the connection"),
            Self::Reset => format!("{server} reset the connection"),
            Self::Timeout { waiting_for: "connection", limit } => {
                format!("no connection to {server} for {} s", limit.as_secs())
            }
            Self::Timeout { waiting_for, limit } => {
                format!("{server} sent no {waiting_for} for {} s", limit.as_secs())
            }
            Self::Other(cause) => format!("{server}: {cause}"),
            _ => return None,
        })
    }

    pub(super) fn recovery(&self, answered_before: bool) -> Recovery {
        match self {
            Self::Proxy(problem) => problem.recovery(answered_before),
            // Whoever takes connections and never says a word is nobody to wait for either.
            Self::Timeout { waiting_for: "connection" | "answer", .. }
            | Self::Refused(_)
            | Self::Lookup(_)
            | Self::NoRoute(_)
                if !answered_before =>
            {
                Recovery::Never
            }
            Self::NotTls
            | Self::UnknownAuthority
            | Self::WrongName { .. }
            | Self::Expired(_)
            | Self::BadCertificate(_)
            | Self::Alert(_)
            | Self::ClientCertificate(_)
            | Self::Tls(_)
            | Self::Forbidden { .. } => Recovery::Never,
            _ => Recovery::RETRY,
        }
    }
}
