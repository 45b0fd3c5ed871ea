//! The contents of a certificate that are shown to users.
//!
//! This verifies nothing and is only for display. Which certificates are trusted is decided in `trust`.

use std::net::IpAddr;

use jiff::Timestamp;

use super::x509::{Der, OBJECT, SEQUENCE, SET, X509};

/// The contents of a certificate. All texts are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The issuer: the common name, and the organisation if it has another name.
    pub issuer: String,
    /// The names and addresses that the certificate is for. If it has none, this is the common name, which no
    /// longer counts.
    pub names: Vec<String>,
    /// The start of its validity.
    pub not_before: Timestamp,
    /// The end of its validity.
    pub not_after: Timestamp,
}

/// The maximum number of names that are read from one certificate: CDNs have hundreds.
const NAMES_MAX: usize = 100;

const BMP_STRING: u8 = 0x1e;
const DNS_NAME: u8 = 0x82;
const ADDRESS: u8 = 0x87;

/// Object identifiers in DER: `id-at-commonName`, `id-at-organizationName`.
const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ORGANISATION: [u8; 3] = [0x55, 4, 10];

impl Certificate {
    /// Reads a certificate in DER; returns `None` if it is invalid.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let fields = X509::parse(der)?;
        let (issuer, subject) = (shown_name(fields.issuer), shown_name(fields.subject));
        let mut names = fields.extensions.alternative_names.map(alternative_names).unwrap_or_default();
        if names.is_empty() {
            names.push(subject);
        }
        Some(Self { issuer, names, not_before: fields.not_before, not_after: fields.not_after })
    }
}

/// Returns `Common Name (Organisation)`, or the part that exists.
fn shown_name(name: &[u8]) -> String {
    let common = attribute(name, &COMMON_NAME);
    let organisation = attribute(name, &ORGANISATION);
    match (common, organisation) {
        (Some(common), Some(organisation)) if common != organisation => format!("{common} ({organisation})"),
        (Some(only), _) | (None, Some(only)) => only,
        (None, None) => "unknown".to_owned(),
    }
}

/// Returns the first value of an attribute in a `Name`: a sequence of sets of pairs.
fn attribute(name: &[u8], wanted: &[u8]) -> Option<String> {
    let mut sets = Der(name);
    while let Some(set) = sets.content(SET) {
        let mut pairs = Der(set);
        while let Some(pair) = pairs.content(SEQUENCE) {
            let mut pair = Der(pair);
            if pair.content(OBJECT) == Some(wanted) {
                return pair.any().map(|(tag, text)| string(tag, text));
            }
        }
    }
    None
}

fn string(tag: u8, text: &[u8]) -> String {
    if tag != BMP_STRING {
        return String::from_utf8_lossy(text).into_owned();
    }
    let units: Vec<u16> = text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// Returns the names in the extension `subjectAltName`.
fn alternative_names(names: &[u8]) -> Vec<String> {
    let mut names = Der(names);
    let names = std::iter::from_fn(|| names.any()).filter_map(|(tag, name)| alternative_name(tag, name));
    names.take(NAMES_MAX).collect()
}

fn alternative_name(tag: u8, name: &[u8]) -> Option<String> {
    match (tag, name.len()) {
        (DNS_NAME, _) => Some(String::from_utf8_lossy(name).into_owned()),
        (ADDRESS, 4) => <[u8; 4]>::try_from(name).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        (ADDRESS, 16) => <[u8; 16]>::try_from(name).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn made(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        change(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn issuer_names_and_dates_are_read() {
        let der = made(&["registry.lab", "10.0.0.7", "::1"], |params| {
            params.distinguished_name.push(DnType::CommonName, "Lab CA");
            params.distinguished_name.push(DnType::OrganizationName, "Lab");
            params.not_before = date_time_ymd(2024, 2, 29);
            params.not_after = date_time_ymd(2055, 12, 31);
        });

        let certificate = Certificate::parse(&der).unwrap();

        assert_eq!(certificate.issuer, "Lab CA (Lab)");
        assert_eq!(certificate.names, ["registry.lab", "10.0.0.7", "::1"]);
        assert_eq!(certificate.not_before.to_string(), "2024-02-29T00:00:00Z");
        assert_eq!(certificate.not_after.to_string(), "2055-12-31T00:00:00Z");
    }

    #[test]
    fn a_certificate_without_alternative_names_shows_its_common_name() {
        let der = made(&[], |params| params.distinguished_name.push(DnType::CommonName, "镜像"));
        let certificate = Certificate::parse(&der).unwrap();
        assert_eq!((certificate.names, certificate.issuer), (vec!["镜像".to_owned()], "镜像".to_owned()));

        let unnamed = Certificate::parse(&made(&["a.lab"], |_| ())).unwrap();
        assert_eq!(unnamed.issuer, "unknown");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            Certificate::parse(&bytes);
        }

        #[test]
        fn no_change_of_a_good_one_makes_it_fail(at in 0usize..400, byte: u8) {
            let mut der = made(&["a.lab"], |params| params.distinguished_name.push(DnType::CommonName, "x"));
            let at = at % der.len();
            der[at] = byte;
            Certificate::parse(&der);
        }
    }
}
