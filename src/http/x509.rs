//! The fields of a certificate (RFC 5280, section 4.1) that decide what it may be used for.
//!
//! Reading them verifies nothing.

use jiff::Timestamp;
use rustls::pki_types::SignatureVerificationAlgorithm;
use x509_parser::asn1_rs::{Oid, ToDer};
use x509_parser::oid_registry as oid;
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};
use x509_parser::time::ASN1Time;
use x509_parser::x509::AlgorithmIdentifier;

/// A parsed certificate.
pub(super) struct X509<'a> {
    pub(super) fields: X509Certificate<'a>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) extensions: Extensions,
}

/// What the extensions of a certificate say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    /// Whether it may sign others, if it says anything about that.
    pub(super) is_authority: Option<bool>,
    /// Whether it is for servers, if its purposes are limited.
    pub(super) is_for_servers: Option<bool>,
    /// Whether it has alternative names.
    pub(super) has_names: bool,
    /// Whether it limits the names of the certificates that it signs.
    pub(super) constrains_names: bool,
    /// The identifier of a critical extension that is unknown here.
    pub(super) unknown: Option<String>,
}

impl<'a> X509<'a> {
    /// Parses a certificate; returns `None` if it is invalid.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let (_, fields) = X509Certificate::from_der(der).ok()?;
        if fields.signature != fields.signature_algorithm {
            return None;
        }
        Some(Self {
            not_before: timestamp(fields.validity.not_before)?,
            not_after: timestamp(fields.validity.not_after)?,
            extensions: Extensions::of(&fields)?,
            fields,
        })
    }

    /// Returns 1, 2 or 3. Extensions require version 3.
    pub(super) fn version(&self) -> u32 {
        self.fields.version.0.saturating_add(1)
    }

    /// Reports whether the key of `authority` has signed the certificate, by one of these algorithms.
    pub(super) fn is_signed_by(
        &self,
        authority: &X509<'_>,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> bool {
        let key = &authority.fields.subject_pki;
        let signed_with = identifier(&self.fields.signature_algorithm);
        let (Some(signed_with), Some(key_kind)) = (signed_with, identifier(&key.algorithm)) else {
            return false;
        };
        let (signed, signature) = (self.fields.tbs_certificate.as_ref(), &self.fields.signature_value.data);
        algorithms.iter().any(|algorithm| {
            *algorithm.public_key_alg_id() == *key_kind
                && *algorithm.signature_alg_id() == *signed_with
                && algorithm.verify_signature(&key.subject_public_key.data, signed, signature).is_ok()
        })
    }
}

fn timestamp(time: ASN1Time) -> Option<Timestamp> {
    Timestamp::from_second(time.timestamp()).ok()
}

/// Returns the content of an `AlgorithmIdentifier`, which algorithms of rustls are compared with.
fn identifier(algorithm: &AlgorithmIdentifier<'_>) -> Option<Vec<u8>> {
    let mut content = algorithm.algorithm.to_der_vec().ok()?;
    if let Some(parameters) = &algorithm.parameters {
        content.extend(parameters.to_der_vec().ok()?);
    }
    Some(content)
}

/// The extensions that have to be valid. The others do not count, and may be broken.
const DECISIVE: [Oid<'static>; 4] = [
    oid::OID_X509_EXT_BASIC_CONSTRAINTS,
    oid::OID_X509_EXT_EXTENDED_KEY_USAGE,
    oid::OID_X509_EXT_NAME_CONSTRAINTS,
    oid::OID_X509_EXT_SUBJECT_ALT_NAME,
];

impl Extensions {
    fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let mut found = Self::default();
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::KeyUsage(_) | ParsedExtension::CRLDistributionPoints(_) => {}
                ParsedExtension::SubjectAlternativeName(_) => found.has_names = true,
                ParsedExtension::BasicConstraints(said) => found.is_authority = Some(said.ca),
                ParsedExtension::NameConstraints(_) => found.constrains_names = true,
                ParsedExtension::ExtendedKeyUsage(purposes) => {
                    found.is_for_servers = Some(purposes.any || purposes.server_auth);
                }
                ParsedExtension::ParseError { .. } if DECISIVE.contains(&extension.oid) => return None,
                _ if extension.critical => found.unknown = Some(extension.oid.to_id_string()),
                _ => {}
            }
        }
        Some(found)
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
        assert_eq!((plain.version(), plain.fields.subject == plain.fields.issuer), (3, true));
        assert_eq!((plain.extensions.is_authority, plain.extensions.is_for_servers), (None, None));

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
        assert_eq!(odd.is_for_servers, Some(false));
        assert_eq!(odd.unknown.as_deref(), Some("1.2.840.99"));
    }

    #[test]
    fn the_roots_of_the_web_are_read() {
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            let root = X509::parse(root).expect("a root of the web");
            assert!(root.version() < 3 || root.extensions.is_authority == Some(true));
        }
    }

    #[test]
    fn a_broken_extension_counts_if_it_decides_something() {
        let broken = |id: u64| {
            made(|params| {
                let extension = CustomExtension::from_oid_content(&[2, 5, 29, id], vec![5, 0]);
                params.custom_extensions.push(extension);
            })
        };
        let key_identifier = broken(35);
        assert!(X509::parse(&key_identifier).is_some());
        for id in [19, 30, 37] {
            assert!(X509::parse(&broken(id)).is_none(), "2.5.29.{id}");
        }
    }
}
