//! What a certificate says about itself, as far as people are told.
//!
//! Nothing is verified by this: rustls does that, and hands out neither names nor dates of a certificate that it
//! takes. What is read here are the few fields of RFC 5280, section 4.1, that a person asks about.

use std::net::IpAddr;

use jiff::Timestamp;

/// The words of a certificate. All texts are foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Who signed it: the common name, and the organisation if it has another name.
    pub issuer: String,
    /// The names and addresses that it is for; if it has none of these, its common name, which no longer counts.
    pub names: Vec<String>,
    /// When it begins to be valid.
    pub not_before: Timestamp,
    /// When it ends to be valid.
    pub not_after: Timestamp,
}

/// The most names that are taken from one certificate: CDNs have hundreds.
const NAMES_MAX: usize = 100;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BMP_STRING: u8 = 0x1e;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const ADDRESS: u8 = 0x87;

/// Object identifiers as they stand in DER: `id-at-commonName`, `id-at-organizationName`, `id-ce-subjectAltName`.
const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ORGANISATION: [u8; 3] = [0x55, 4, 10];
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 29, 17];

impl Certificate {
    /// Reads a certificate in DER; `None` if it is none.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let mut whole = Der(Der(der).content(SEQUENCE)?);
        let mut fields = Der(whole.content(SEQUENCE)?);
        if fields.comes(VERSION) {
            fields.content(VERSION)?;
        }
        fields.content(INTEGER)?; // the serial number
        fields.content(SEQUENCE)?; // how it is signed
        let issuer = shown_name(fields.content(SEQUENCE)?);
        let mut validity = Der(fields.content(SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject = shown_name(fields.content(SEQUENCE)?);
        fields.content(SEQUENCE)?; // the key
        let mut names = alternative_names(fields).unwrap_or_default();
        if names.is_empty() {
            names.push(subject);
        }
        Some(Self { issuer, names, not_before, not_after })
    }
}

/// `Common Name (Organisation)`, or what there is of it.
fn shown_name(name: &[u8]) -> String {
    let common = attribute(name, &COMMON_NAME);
    let organisation = attribute(name, &ORGANISATION);
    match (common, organisation) {
        (Some(common), Some(organisation)) if common != organisation => format!("{common} ({organisation})"),
        (Some(only), _) | (None, Some(only)) => only,
        (None, None) => "nobody".to_owned(),
    }
}

/// The first value of an attribute in a `Name`: a sequence of sets of pairs.
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

/// The names in the extension `subjectAltName`, if there is one behind the key.
fn alternative_names(mut fields: Der<'_>) -> Option<Vec<String>> {
    let extensions = loop {
        let (tag, content) = fields.any()?;
        if tag == EXTENSIONS {
            break Der(content).content(SEQUENCE)?;
        }
    };
    let mut extensions = Der(extensions);
    loop {
        let mut extension = Der(extensions.content(SEQUENCE)?);
        if extension.content(OBJECT) != Some(&ALTERNATIVE_NAMES) {
            continue;
        }
        let value = std::iter::from_fn(|| extension.any()).find(|(tag, _)| *tag == OCTET_STRING)?.1;
        let mut names = Der(Der(value).content(SEQUENCE)?);
        let names = std::iter::from_fn(|| names.any()).filter_map(|(tag, name)| alternative_name(tag, name));
        return Some(names.take(NAMES_MAX).collect());
    }
}

fn alternative_name(tag: u8, name: &[u8]) -> Option<String> {
    match (tag, name.len()) {
        (DNS_NAME, _) => Some(String::from_utf8_lossy(name).into_owned()),
        (ADDRESS, 4) => <[u8; 4]>::try_from(name).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        (ADDRESS, 16) => <[u8; 16]>::try_from(name).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        _ => None,
    }
}

/// Elements of DER (ITU-T X.690), one after the other. What cannot be read ends it.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Whether the next element is of this kind.
    fn comes(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The content of the next element, if it is of this kind.
    fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.comes(tag) { self.any().map(|(_, content)| content) } else { None }
    }

    /// The next element: its tag, always one byte here, and its content.
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// A time in UTC: `YYMMDDHHMMSSZ` up to 2049, else with four digits for the year.
    fn time(&mut self) -> Option<Timestamp> {
        let (tag, text) = self.any()?;
        let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii())?;
        let text = match tag {
            UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
            UTC_TIME => format!("19{text}"),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        let part = |from: usize| text.get(from..from + 2);
        let (year, month, day) = (text.get(..4)?, part(4)?, part(6)?);
        let (hour, minute, second) = (part(8)?, part(10)?, part(12)?);
        format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()
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

        let nobody = Certificate::parse(&made(&["a.lab"], |_| ())).unwrap();
        assert_eq!(nobody.issuer, "nobody");
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
