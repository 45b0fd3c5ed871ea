//! Why a file has no usable public keys.

use super::limits::{KEY_FILE_BYTES_MAX, KEYS_MAX, RSA_BITS_MAX, RSA_BITS_MIN};
use crate::diagnose::{Diagnose, ErrorKind};

/// Why a file has no usable public keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no PEM block in it.
    #[error("no public key in PEM format, which begins with -----BEGIN PUBLIC KEY-----")]
    NoKey,
    /// It is a private key, which does not belong on the machine that verifies.
    #[error("a private key was given instead of the public key")]
    PrivateKey,
    /// It is a certificate.
    #[error("a certificate was given instead of the public key")]
    Certificate,
    /// It is another kind of PEM block.
    #[error("a PEM block of the kind {0:?} was given instead of PUBLIC KEY")]
    OtherBlock(String),
    /// A PEM block or the key in it is damaged.
    #[error("the public key is damaged")]
    Damaged,
    /// A key of an algorithm or a curve that is not supported.
    #[error("{0} is not supported: use ECDSA (P-256, P-384, P-521), RSA or Ed25519")]
    UnsupportedAlgorithm(&'static str),
    /// An RSA key of an unsafe or unusable size.
    #[error("the RSA key has {0} bits: supported are {RSA_BITS_MIN} to {RSA_BITS_MAX}")]
    RsaSize(usize),
    /// There are too many keys.
    #[error("more than {KEYS_MAX} public keys")]
    TooMany,
    /// The file is too large.
    #[error("more than {KEY_FILE_BYTES_MAX} bytes")]
    TooLarge,
}

impl Diagnose for KeyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}
