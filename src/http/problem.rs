//! The problems of a request that gets no response.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::proxy::ProxyProblem;
use crate::diagnose::{ErrorKind, Recovery};
use crate::retry::{Fault, Sign};

/// Why there was no response. Docker's words, where it has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The proxy makes no connection.
    #[error(transparent)]
    Proxy(Box<ProxyProblem>),
    /// The host refuses connections to this port.
    #[error("dial tcp {0}: connect: connection refused")]
    Refused(String),
    /// The name has no address.
    #[error("dial tcp: lookup {0}: no such host")]
    Lookup(String),
    /// The host or its network is unreachable.
    #[error("dial tcp {0}: connect: no route to host")]
    NoRoute(String),
    /// The server leads to an address that is not allowed.
    #[error("{reason}")]
    Forbidden {
        /// The host, its address, and why it is not allowed.
        reason: String,
        /// Whether the address is private, which the user may allow.
        is_private: bool,
    },
    /// The server was silent for too long.
    #[error("no {waiting_for} for {} s", limit.as_secs())]
    Timeout {
        /// `connection`, `answer` or `data`.
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
    /// The certificate's authority is unknown.
    #[error("x509: certificate signed by unknown authority")]
    UnknownAuthority,
    /// The certificate is for other names.
    #[error("x509: certificate is valid for {valid_for}, not {asked_for}")]
    WrongName {
        /// The names in the certificate.
        valid_for: String,
        /// The name in the request.
        asked_for: String,
    },
    /// The certificate is not valid at this time.
    #[error("x509: certificate has expired or is not yet valid{0}")]
    Expired(Box<Validity>),
    /// The certificate is not valid for a server.
    #[error("x509: {0}")]
    BadCertificate(String),
    /// The server ended the handshake, for this reason in Go's words.
    #[error("remote error: tls: {0}")]
    Alert(String),
    /// The server ended the handshake because it requires a client certificate that it trusts.
    #[error("remote error: tls: {0}")]
    ClientCertificate(String),
    /// Another TLS error.
    #[error("tls: {0}")]
    Tls(String),
    /// The server was given up after this failure of another request. Nothing was sent.
    #[error("{}", .0.cause)]
    GivenUp(Box<Fault>),
    /// Another error.
    #[error("{0}")]
    Other(String),
}

/// The validity of a certificate that is not valid now. It is displayed as in Go, after the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It has expired.
    Ended {
        /// The time of the check.
        now: Timestamp,
        /// The end of the validity.
        end: Timestamp,
    },
    /// It is not valid yet.
    NotBegun {
        /// The time of the check.
        now: Timestamp,
        /// The start of the validity.
        begin: Timestamp,
    },
    /// The validity is unknown.
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
    /// Returns the kind of the error.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden { .. } => ErrorKind::Denied,
            Self::GivenUp(fault) => fault.kind,
            _ => ErrorKind::Unreachable,
        }
    }

    /// Reports whether the server does not speak TLS at all.
    pub(super) fn is_not_tls(&self) -> bool {
        matches!(self, Self::NotTls | Self::Cut | Self::Reset)
    }

    /// Returns what the problem says about the server; `None` if it says nothing about its availability.
    pub(super) fn sign(&self) -> Option<Sign> {
        match self {
            Self::Refused(_) | Self::Lookup(_) | Self::NoRoute(_) => Some(Sign::Away),
            Self::Timeout { .. } => Some(Sign::Silent),
            Self::Cut | Self::Reset | Self::Other(_) => Some(Sign::Cut),
            Self::Proxy(problem) => problem.sign(),
            _ => None,
        }
    }

    /// Returns the problem in short.
    pub(super) fn cause(&self) -> String {
        match self {
            Self::Refused(_) => "connection refused".to_owned(),
            Self::Lookup(_) => "no such host".to_owned(),
            Self::NoRoute(_) => "no route to host".to_owned(),
            Self::Cut => "connection closed".to_owned(),
            Self::Reset => "connection reset".to_owned(),
            Self::Proxy(problem) => problem.short(),
            other => other.to_string(),
        }
    }

    /// Returns the problem in short, with the server; `None` where that would say less.
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
            Self::GivenUp(fault) => format!("{server}: {}", fault.cause),
            Self::Other(cause) => format!("{server}: {cause}"),
            Self::Proxy(problem) => format!("{server}: {}", problem.short()),
            _ => return None,
        })
    }

    pub(super) fn recovery(&self, answered_before: bool) -> Recovery {
        match self {
            Self::Proxy(problem) => problem.recovery(answered_before),
            // A server that accepts connections and has never responded is not waited for either.
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
            | Self::Forbidden { .. }
            | Self::GivenUp(_) => Recovery::Never,
            _ => Recovery::RETRY,
        }
    }
}
