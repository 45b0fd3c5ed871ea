//! The fields of a certificate (RFC 5280, section 4.1) that decide what it may be used for.
//!
//! Reading them verifies nothing.

use jiff::Timestamp;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

/// The maximum number of purposes that are read from one certificate.
const PURPOSES_MAX: usize = 100;

/// A parsed certificate.
pub(super) struct X509<'a> {
    /// The signed part, byte for byte.
    pub(super) signed: &'a [u8],
    /// The algorithm of the signature: an identifier and its parameters.
    pub(super) signature_algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    /// 1, 2 or 3. Extensions require version 3.
    pub(super) version: u8,
    pub(super) issuer: &'a [u8],
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) subject: &'a [u8],
    /// The algorithm of the key: an identifier and its parameters.
    pub(super) key_algorithm: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) extensions: Extensions<'a>,
}

/// The extensions of a certificate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions<'a> {
    /// Whether it may sign others, if it says anything about that.
    pub(super) is_authority: Option<bool>,
    /// The object identifiers of its purposes; `None` if all are allowed.
    pub(super) purposes: Option<Vec<&'a [u8]>>,
    /// The `GeneralNames` that it is for.
    pub(super) alternative_names: Option<&'a [u8]>,
    /// Whether it limits the names of the certificates that it signs.
    pub(super) constrains_names: bool,
    /// A critical extension that is unknown here.
    pub(super) unknown: Option<&'a [u8]>,
}

impl<'a> X509<'a> {
    /// Parses a certificate; returns `None` if it is invalid.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut whole = Der(Der(der).content(SEQUENCE)?);
        let (signed, fields) = whole.element(SEQUENCE)?;
        let signature_algorithm = whole.content(SEQUENCE)?;
        let signature = whole.bits()?;
        let mut fields = Der(fields);
        let version = if fields.comes(VERSION) {
            1 + *Der(fields.content(VERSION)?).content(INTEGER)?.first()?
        } else {
            1
        };
        fields.content(INTEGER)?; // the serial number
        if fields.content(SEQUENCE)? != signature_algorithm {
            return None;
        }
        let issuer = fields.content(SEQUENCE)?;
        let mut validity = Der(fields.content(SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject = fields.content(SEQUENCE)?;
        let mut key = Der(fields.content(SEQUENCE)?);
        let (key_algorithm, key) = (key.content(SEQUENCE)?, key.bits()?);
        let extensions = extensions(fields)?;
        Some(Self {
            signed,
            signature_algorithm,
            signature,
            version,
            issuer,
            not_before,
            not_after,
            subject,
            key_algorithm,
            key,
            extensions,
        })
    }
}

/// Parses the fields after the key: unused identifiers, and the extensions.
fn extensions<'a>(mut fields: Der<'a>) -> Option<Extensions<'a>> {
    let mut found = Extensions::default();
    while let Some((tag, content)) = fields.any() {
        if tag != EXTENSIONS {
            continue;
        }
        let mut all = Der(Der(content).content(SEQUENCE)?);
        while let Some(extension) = all.content(SEQUENCE) {
            found.add(Der(extension))?;
        }
    }
    Some(found)
}

impl<'a> Extensions<'a> {
    fn add(&mut self, mut extension: Der<'a>) -> Option<()> {
        let id = extension.content(OBJECT)?;
        let is_critical = extension.comes(BOOLEAN) && extension.content(BOOLEAN)? != [0];
        let mut value = Der(extension.content(OCTET_STRING)?);
        match id {
            // id-ce-keyUsage, id-ce-cRLDistributionPoints
            [0x55, 0x1d, 15 | 31] => {}
            // id-ce-subjectAltName
            [0x55, 0x1d, 17] => self.alternative_names = Some(value.content(SEQUENCE)?),
            // id-ce-basicConstraints
            [0x55, 0x1d, 19] => {
                let said = Der(value.content(SEQUENCE)?).content(BOOLEAN);
                self.is_authority = Some(said.is_some_and(|said| said != [0]));
            }
            // id-ce-nameConstraints
            [0x55, 0x1d, 30] => self.constrains_names = true,
            // id-ce-extKeyUsage
            [0x55, 0x1d, 37] => {
                let mut purposes = Der(value.content(SEQUENCE)?);
                let purposes = std::iter::from_fn(|| purposes.content(OBJECT));
                self.purposes = Some(purposes.take(PURPOSES_MAX).collect());
            }
            unknown if is_critical => self.unknown = Some(unknown),
            _ => {}
        }
        Some(())
    }
}

/// Returns an object identifier in its usual form: `1.2.840.113549`.
pub(super) fn dotted(id: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number: u64 = 0;
    for byte in id {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(std::mem::take(&mut number));
        }
    }
    if let Some(first) = numbers.first_mut() {
        // X.690, section 8.19.4: the first two numbers are combined in one.
        let top = (*first / 40).min(2);
        *first -= top * 40;
        numbers.insert(0, top);
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// A sequence of DER elements (ITU-T X.690). It ends at the first element that cannot be read.
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// Reports whether the next element is of this kind.
    pub(super) fn comes(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// Returns the content of the next element, if it is of this kind.
    pub(super) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.comes(tag) { self.any().map(|(_, content)| content) } else { None }
    }

    /// Returns the bytes of the next element, and its content, if it is of this kind.
    fn element(&mut self, tag: u8) -> Option<(&'a [u8], &'a [u8])> {
        let before = self.0;
        let content = self.content(tag)?;
        Some((&before[..before.len() - self.0.len()], content))
    }

    /// Returns the next element: its tag, always one byte here, and its content.
    pub(super) fn any(&mut self) -> Option<(u8, &'a [u8])> {
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

    /// Returns a bit string of whole bytes, as keys and signatures are.
    fn bits(&mut self) -> Option<&'a [u8]> {
        let (unused, bits) = self.content(BIT_STRING)?.split_first()?;
        (*unused == 0).then_some(bits)
    }

    /// Parses a time in UTC: `YYMMDDHHMMSSZ` up to 2049, and with a four-digit year after that.
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
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    };

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.lab".to_owned()]).unwrap();
        change(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn what_a_certificate_is_for_is_read() {
        let plain = made(|_| ());
        let plain = X509::parse(&plain).unwrap();
        assert_eq!((plain.version, plain.subject == plain.issuer), (3, true));
        assert_eq!((plain.extensions.is_authority, &plain.extensions.purposes), (None, &None));

        let authority = made(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
        assert_eq!(X509::parse(&authority).unwrap().extensions.is_authority, Some(true));
        let none = made(|params| params.is_ca = IsCa::ExplicitNoCa);
        assert_eq!(X509::parse(&none).unwrap().extensions.is_authority, Some(false));

        let odd = made(|params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 840, 99], vec![5, 0]);
            extension.set_criticality(true);
            params.custom_extensions.push(extension);
        });
        let odd = X509::parse(&odd).unwrap().extensions;
        assert_eq!(
            odd.purposes.unwrap().iter().map(|id| dotted(id)).collect::<Vec<_>>(),
            ["1.3.6.1.5.5.7.3.2"]
        );
        assert_eq!(odd.unknown.map(dotted).as_deref(), Some("1.2.840.99"));
    }

    #[test]
    fn the_roots_of_the_web_are_read() {
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            let root = X509::parse(root).expect("a root of the web");
            assert!(root.version < 3 || root.extensions.is_authority == Some(true));
        }
    }
}
