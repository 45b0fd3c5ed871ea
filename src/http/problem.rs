//! From a `reqwest` error to what really happened, by the types in its chain of causes.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, OtherError};

use super::error::{Problem, Validity};
use super::reach::Forbidden;
use super::resolve::LookupFailed;
use super::trust::Refusal;
use crate::diagnose::Recovery;
use crate::retry::Sign;

/// Finds out what `error` is about. `address` is the `host:port` that was asked, `limit` how long the connection could
/// take.
pub(crate) fn diagnose(error: &reqwest::Error, address: &str, limit: Duration) -> Problem {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut last = error.to_string();
    while let Some(current) = cause {
        if let Some(failed) = current.downcast_ref::<LookupFailed>() {
            return Problem::Lookup(failed.host.clone());
        }
        if let Some(forbidden) = current.downcast_ref::<Forbidden>() {
            return Problem::from(forbidden);
        }
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return tls_problem(tls);
        }
        if let Some(problem) =
            current.downcast_ref::<io::Error>().and_then(|io| io_problem(io, address, limit))
        {
            return problem;
        }
        last = current.to_string();
        cause = current.source();
    }
    if error.is_timeout() {
        return Problem::Timeout { waiting_for: "connection", limit };
    }
    // What hyper reports for a connection that ended within a message has no type of its own.
    if error.is_request() || error.is_body() || error.is_decode() {
        Problem::Cut
    } else {
        Problem::Other(last)
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

impl From<&Forbidden> for Problem {
    fn from(forbidden: &Forbidden) -> Self {
        Self::Forbidden { reason: forbidden.to_string(), is_private: forbidden.is_private() }
    }
}

fn io_problem(error: &io::Error, address: &str, limit: Duration) -> Option<Problem> {
    // An `io::Error` hides its own cause from `source`.
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Some(tls_problem(tls));
    }
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()) {
        return io_problem(inner, address, limit);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Problem::Refused(address.to_owned())),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Some(Problem::NoRoute(address.to_owned()))
        }
        io::ErrorKind::TimedOut => Some(Problem::Timeout { waiting_for: "connection", limit }),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(Problem::Reset)
        }
        io::ErrorKind::UnexpectedEof => Some(Problem::Cut),
        _ => None,
    }
}

fn tls_problem(error: &rustls::Error) -> Problem {
    match error {
        // The first byte of the answer was not TLS: plain HTTP answers with letters.
        rustls::Error::InvalidMessage(_) => Problem::NotTls,
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            // A bad signature is that of another authority of the same name, such as one made anew.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Problem::UnknownAuthority,
            CertificateError::Expired | CertificateError::NotValidYet => {
                Problem::Expired(Box::new(Validity::Unknown))
            }
            CertificateError::ExpiredContext { time, not_after } => {
                Problem::Expired(Box::new(Validity::Ended { now: moment(*time), end: moment(*not_after) }))
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                Problem::Expired(Box::new(Validity::NotBegun {
                    now: moment(*time),
                    begin: moment(*not_before),
                }))
            }
            CertificateError::NotValidForNameContext { expected, presented } => {
                let names: Vec<&str> = presented.iter().map(|name| bare_name(name)).collect();
                Problem::WrongName { valid_for: names.join(", "), asked_for: expected.to_str().into_owned() }
            }
            CertificateError::BadEncoding => Problem::BadCertificate("malformed certificate".to_owned()),
            CertificateError::Other(OtherError(cause)) => match cause.downcast_ref::<Refusal>() {
                Some(refusal) => Problem::BadCertificate(refusal.to_string()),
                None => Problem::BadCertificate(in_words(&format!("{cause:?}"))),
            },
            other => Problem::BadCertificate(in_words(&other.to_string())),
        },
        rustls::Error::AlertReceived(alert) => alert_problem(*alert),
        other => Problem::Tls(other.to_string()),
    }
}

fn moment(time: UnixTime) -> Timestamp {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or_default()
}

/// Why a server ended the handshake, as Go says it, whose texts are those of the alerts in RFC 8446, section 6.2.
fn alert_problem(alert: AlertDescription) -> Problem {
    let words = match alert {
        AlertDescription::UnknownCA => "unknown certificate authority".to_owned(),
        AlertDescription::CertificateExpired => "expired certificate".to_owned(),
        AlertDescription::ProtocolVersion => "protocol version not supported".to_owned(),
        other => in_words(&format!("{other:?}")),
    };
    match alert {
        AlertDescription::BadCertificate
        | AlertDescription::CertificateRequired
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA => Problem::ClientCertificate(words),
        _ => Problem::Alert(words),
    }
}

/// `bad certificate` for `BadCertificate`; what is words already stays.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// rustls shows the names of a certificate as `DnsName("a.example")`.
fn bare_name(name: &str) -> &str {
    name.split('"').nth(1).or_else(|| name.split(['(', ')']).nth(1)).unwrap_or(name)
}
