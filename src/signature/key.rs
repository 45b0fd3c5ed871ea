//! Public keys in PEM files, as `cosign generate-key-pair` and `openssl pkey -pubout` write them.

use std::fmt;

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use x509_parser::oid_registry as oid;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::KeyError;
use super::limits::{KEY_FILE_BYTES_MAX, KEYS_MAX, RSA_BITS_MAX, RSA_BITS_MIN};
use crate::digest::Digest;

/// The algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// ECDSA on the curve P-256, the default of cosign.
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// ECDSA on the curve P-521.
    EcdsaP521,
    /// RSA, with either padding.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl KeyAlgorithm {
    const ALL: [Self; 5] = [Self::EcdsaP256, Self::EcdsaP384, Self::EcdsaP521, Self::Rsa, Self::Ed25519];

    /// Returns the usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA P-256",
            Self::EcdsaP384 => "ECDSA P-384",
            Self::EcdsaP521 => "ECDSA P-521",
            Self::Rsa => "RSA",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Returns the algorithms of signatures by such a key.
    ///
    /// cosign hashes with SHA-256 whatever the curve is (`LoadVerifier` with `crypto.SHA256`). Bundles use the hash of
    /// the size of the curve (`algorithm_registry.md` of sigstore's protobuf-specs). With RSA, cosign uses the padding of
    /// PKCS#1; keys of Google's KMS use PSS with a salt of the length of the hash.
    fn verifications(self) -> &'static [&'static dyn VerificationAlgorithm] {
        match self {
            Self::EcdsaP256 => &[&signature::ECDSA_P256_SHA256_ASN1],
            Self::EcdsaP384 => &[&signature::ECDSA_P384_SHA384_ASN1, &signature::ECDSA_P384_SHA256_ASN1],
            Self::EcdsaP521 => &[&signature::ECDSA_P521_SHA512_ASN1, &signature::ECDSA_P521_SHA256_ASN1],
            Self::Rsa => &[&signature::RSA_PKCS1_2048_8192_SHA256, &signature::RSA_PSS_2048_8192_SHA256],
            Self::Ed25519 => &[&signature::ED25519],
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A public key that verifies signatures.
#[derive(Debug)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    fingerprint: Digest,
    /// The key once for each algorithm of signatures.
    verifiers: Vec<ParsedPublicKey>,
}

impl PublicKey {
    /// Parses all public keys of a PEM file.
    ///
    /// # Errors
    /// Every [`KeyError`]. A file with one unusable key is refused, because a key that is silently ignored is missed
    /// only when it is needed.
    pub fn parse_pem(file: &[u8]) -> Result<Vec<Self>, KeyError> {
        if file.len() as u64 > KEY_FILE_BYTES_MAX {
            return Err(KeyError::TooLarge);
        }
        let mut keys = Vec::new();
        for block in Pem::iter_from_buffer(file) {
            let block = block.map_err(|_| KeyError::Damaged)?;
            check_label(&block.label)?;
            keys.push(Self::parse_der(&block.contents)?);
            if keys.len() > KEYS_MAX {
                return Err(KeyError::TooMany);
            }
        }
        if keys.is_empty() { Err(KeyError::NoKey) } else { Ok(keys) }
    }

    /// Parses a `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
    fn parse_der(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, fields) = SubjectPublicKeyInfo::from_der(der).map_err(|_| KeyError::Damaged)?;
        if !rest.is_empty() {
            return Err(KeyError::Damaged);
        }
        if let Ok(public_key::PublicKey::RSA(key)) = fields.parsed() {
            let bits = key.key_size();
            if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits) {
                return Err(KeyError::RsaSize(bits));
            }
        }
        let parsed = |algorithm: &KeyAlgorithm| {
            let parse = |verification: &&'static dyn VerificationAlgorithm| {
                ParsedPublicKey::new(*verification, der).ok()
            };
            let verifiers: Option<Vec<_>> = algorithm.verifications().iter().map(parse).collect();
            Some(Self { algorithm: *algorithm, fingerprint: Digest::sha256(der), verifiers: verifiers? })
        };
        let identifier = &fields.algorithm.algorithm;
        let is_known = [oid::OID_KEY_TYPE_EC_PUBLIC_KEY, oid::OID_PKCS1_RSAENCRYPTION, oid::OID_SIG_ED25519]
            .contains(identifier);
        KeyAlgorithm::ALL.iter().find_map(parsed).ok_or_else(|| match is_known {
            true if *identifier != oid::OID_KEY_TYPE_EC_PUBLIC_KEY => KeyError::Damaged,
            _ => KeyError::UnsupportedAlgorithm(name_of(&fields)),
        })
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Returns the SHA-256 of the key's `SubjectPublicKeyInfo`, as in
    /// `openssl pkey -pubin -in FILE -outform der | sha256sum`.
    pub fn fingerprint(&self) -> &Digest {
        &self.fingerprint
    }

    /// Reports whether the owner of this key has signed `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifiers.iter().any(|verifier| verifier.verify_sig(message, signature).is_ok())
    }
}

/// Refuses PEM blocks that are not public keys.
fn check_label(label: &str) -> Result<(), KeyError> {
    match label {
        "PUBLIC KEY" => Ok(()),
        // PKCS#8, PKCS#1, SEC 1, encrypted ones, OpenSSH's, and cosign's own.
        private if private.ends_with("PRIVATE KEY") => Err(KeyError::PrivateKey),
        "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => Err(KeyError::Certificate),
        other => Err(KeyError::OtherBlock(other.chars().take(40).collect())),
    }
}

/// Object identifiers of algorithms and curves that are not supported, with their usual names (RFC 3279, 5480, 5639, 8410
/// and 9881, GM/T 0006).
const UNSUPPORTED: [(&str, &str); 14] = [
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.3.1", "Diffie-Hellman"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
    ("1.2.156.10197.1.301", "SM2"),
    ("1.2.840.10045.3.1.1", "ECDSA with the curve P-192"),
    ("1.3.132.0.33", "ECDSA with the curve P-224"),
    ("1.3.132.0.10", "ECDSA with the curve secp256k1"),
    ("1.3.36.3.3.2.8.1.1.7", "ECDSA with the curve brainpoolP256r1"),
];

/// Returns the name of a key's curve if it has one, else of its algorithm.
fn name_of(fields: &SubjectPublicKeyInfo<'_>) -> &'static str {
    let is_elliptic = fields.algorithm.algorithm == oid::OID_KEY_TYPE_EC_PUBLIC_KEY;
    let curve = fields.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    let identifier = curve.as_ref().filter(|_| is_elliptic).unwrap_or(&fields.algorithm.algorithm);
    let identifier = identifier.to_id_string();
    let named = UNSUPPORTED.iter().find(|(known, _)| *known == identifier).map(|(_, name)| *name);
    named.unwrap_or(if is_elliptic { "ECDSA with this curve" } else { "an unknown kind of key" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns why a key with this algorithm, as it is encoded, is refused.
    fn refused(identifier: &[u8]) -> String {
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        let algorithm = [&[0x30, length(identifier) + 2, 0x06, length(identifier)], identifier].concat();
        let fields = [&algorithm[..], &[0x03, 0x02, 0x00, 0x00]].concat();
        let key = [&[0x30, length(&fields)][..], &fields].concat();
        PublicKey::parse_der(&key).unwrap_err().to_string()
    }

    #[test]
    fn a_key_of_an_unsupported_kind_is_named_in_words() {
        let rest = "is not supported: use ECDSA (P-256, P-384, P-521), RSA or Ed25519";
        assert_eq!(refused(&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]), format!("DSA {rest}"));
        assert_eq!(refused(&[0x2b, 0x65, 0x71]), format!("Ed448 {rest}"));
        let long = [&[0x2a][..], &[0x83; 90], &[0x05]].concat();
        assert_eq!(refused(&long), format!("an unknown kind of key {rest}"));
    }
}
