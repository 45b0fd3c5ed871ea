//! The signer of an image.

use std::time::SystemTime;

use super::KeyAlgorithm;
use crate::digest::Digest;

/// The signer of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The owner of a key.
    Key {
        /// The fingerprint of the key.
        fingerprint: Digest,
        /// Its algorithm.
        algorithm: KeyAlgorithm,
    },
    /// The owner of an identity, as a certificate says.
    Certificate(Certified),
}

impl Signer {
    /// Returns how the signer is known.
    pub fn kind(&self) -> SignerKind {
        match self {
            Self::Key { .. } => SignerKind::Key,
            Self::Certificate(_) => SignerKind::Certificate,
        }
    }
}

/// How a signer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerKind {
    /// By a key.
    Key,
    /// By a certificate.
    Certificate,
}

/// What is proven about a signature with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The email address or URI of the signer.
    pub identity: String,
    /// The URL of the OpenID Connect issuer that has confirmed it.
    pub issuer: String,
    /// The earliest time at which the signature existed for certain, to the second.
    pub time: SystemTime,
    /// What shows that it is in a transparency log.
    pub logged: Logged,
    /// Its index in the log, if that is signed, too.
    pub log_index: Option<u64>,
}

/// What shows that a signature is in a transparency log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    /// A proof that it is in the tree of the log, whose root is signed.
    Proven,
    /// Only the signed promise of the log to add it. cosign stored no more before its version 3.
    Promised,
}
