//! The contents of a certificate that are shown to users.
//!
//! This verifies nothing and is only for display. Which certificates are trusted is decided in `trust`.

use std::net::IpAddr;

use jiff::Timestamp;

use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::{AttributeTypeAndValue, GeneralName, ParsedExtension, X509Name};

use super::x509::X509;

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

impl Certificate {
    /// Reads a certificate in DER; returns `None` if it is invalid.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let X509 { fields, not_before, not_after, .. } = X509::parse(der)?;
        let mut names = Vec::new();
        for extension in fields.extensions() {
            if let ParsedExtension::SubjectAlternativeName(found) = extension.parsed_extension() {
                names = found.general_names.iter().filter_map(alternative_name).take(NAMES_MAX).collect();
            }
        }
        if names.is_empty() {
            names.push(shown_name(&fields.subject));
        }
        Some(Self { issuer: shown_name(&fields.issuer), names, not_before, not_after })
    }
}

/// Returns `Common Name (Organisation)`, or the part that exists.
fn shown_name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().map(text);
    let organisation = name.iter_organization().next().map(text);
    match (common, organisation) {
        (Some(common), Some(organisation)) if common != organisation => format!("{common} ({organisation})"),
        (Some(only), _) | (None, Some(only)) => only,
        (None, None) => "unknown".to_owned(),
    }
}

fn text(attribute: &AttributeTypeAndValue<'_>) -> String {
    let bytes = attribute.as_slice();
    if attribute.attr_value().tag() != Tag::BmpString {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
                .ok()
                .map(|address| address.to_string())
        }
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
