//! What is known of a signature that was verified.

use super::Signer;
use super::key::PublicKey;

/// A signature that is verified, and that names the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The signer.
    pub signer: Signer,
    /// What was signed.
    pub signed: Signed,
    /// The name of the image in the payload. The signer has written it; the image may have been copied since.
    pub name: Option<String>,
    /// What else the signature has, and what was not checked.
    pub unchecked: Vec<Unchecked>,
}

impl Verified {
    pub(super) fn by(key: &PublicKey, signed: Signed) -> Self {
        let signer = Signer::Key { fingerprint: key.fingerprint().clone(), algorithm: key.algorithm() };
        Self { signer, signed, name: None, unchecked: Vec::new() }
    }
}

/// What a signature was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// A payload in the simple signing format, which names the digest of the image.
    Payload,
    /// An in-toto statement whose subject is the digest of the image.
    Statement,
    /// The bytes of the image's manifest.
    Manifest,
}

/// A part of a signature that was not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchecked {
    /// The certificate of the signer.
    Certificate,
    /// The entry in a transparency log.
    TransparencyLog,
    /// The time stamp of an authority.
    Timestamp,
    /// The annotations that the signer has added.
    Annotations,
}
