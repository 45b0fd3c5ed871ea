//! Finds the cause of a `reqwest` error by the types in its chain of causes.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, OtherError};

use super::problem::{Problem, Validity};
use super::reach::Forbidden;
use super::resolve::LookupFailed;
use super::trust::Refusal;

/// Returns the problem behind `error`. `address` is the `host:port` of the request, `limit` the time limit of
/// the connection.
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
    // Hyper's error for a connection that ended within a message has no type of its own.
    if error.is_request() || error.is_body() || error.is_decode() {
        Problem::Cut
    } else {
        Problem::Other(last)
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
        // The first byte of the response was not TLS: plain HTTP responds with letters.
        rustls::Error::InvalidMessage(_) => Problem::NotTls,
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            // A bad signature belongs to another authority with the same name, such as one that was created
            // again.
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

/// Returns why a server ended the handshake, in Go's words, which are those of the alerts in RFC 8446,
/// section 6.2.
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

/// Returns `bad certificate` for `BadCertificate`; text that is words already is kept.
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

/// Returns the bare name: rustls shows the names of a certificate as `DnsName("a.example")`.
fn bare_name(name: &str) -> &str {
    name.split('"').nth(1).or_else(|| name.split(['(', ')']).nth(1)).unwrap_or(name)
}
