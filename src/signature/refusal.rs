//! Why a signature does not count.

use crate::diagnose::{Diagnose, ErrorKind};
use crate::digest::Digest;

/// Why a signature does not count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The document is too large.
    #[error("the {what} has more than {} bytes", super::limits::DOCUMENT_BYTES_MAX)]
    TooLarge {
        /// The document.
        what: &'static str,
    },
    /// The document is not JSON, or readers could find different contents in it.
    #[error("the {what} is not valid JSON: {source}")]
    Json {
        /// The document.
        what: &'static str,
        /// The error of the parser.
        source: serde_json::Error,
    },
    /// A field is missing or of another type.
    #[error("the {what} has no valid {field}")]
    Field {
        /// The document.
        what: &'static str,
        /// The JSON pointer of the field.
        field: &'static str,
    },
    /// The annotation with the signature is missing.
    #[error("the layer has no signature in its annotations")]
    NoSignature,
    /// The signature is not base64.
    #[error("the signature is not valid base64")]
    Base64,
    /// The bundle has another version or the envelope another number of signatures than exactly one.
    #[error("the envelope has {0} signatures instead of one")]
    SignatureCount(usize),
    /// A document of another type or version.
    #[error("the {what} has the type {found:?}, which is not supported")]
    Type {
        /// The document.
        what: &'static str,
        /// Its type, at most 100 characters.
        found: String,
    },
    /// No key verifies the signature.
    #[error("no key verifies it: it is by another key, or the signed content was changed")]
    OtherKey,
    /// No key verifies the signature, which has a certificate.
    #[error("no key verifies it: it was made with a certificate (keyless)")]
    Keyless,
    /// A certificate is required, and the signature was made with a key.
    #[error("it was made with a key, not with a certificate (keyless)")]
    NoCertificate,
    /// A certificate lasts minutes: without an entry in a log, nothing shows that it was used in time.
    #[error("it has no entry in a transparency log")]
    NoLogEntry,
    /// The certificate is for another identity.
    #[error("the certificate is for another identity: {0:?}")]
    OtherIdentity(String),
    /// Another issuer has confirmed the identity.
    #[error("the certificate is by another issuer: {0:?}")]
    OtherIssuer(String),
    /// The certificate is not by a trusted authority, or was not valid when the signature was made.
    #[error("the certificate does not count: {0}")]
    Certificate(String),
    /// It is not certain that the signature is in a trusted transparency log.
    #[error("the transparency log does not prove it: {0}")]
    Log(String),
    /// The time of the signature is not certain.
    #[error("it is not certain when it was made: {0}")]
    Time(String),
    /// The key of the certificate does not verify the signature.
    #[error("the key of the certificate does not verify it: the signed content was changed")]
    OtherContent,
    /// The library cannot read the signature.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The key verifies the signature, but it is for another image.
    #[error("it is the signature of another image: {0}")]
    OtherImage(String),
    /// The key verifies the statement, but it states something else about the image.
    #[error("it is an attestation of the type {0:?}, not a signature")]
    Attestation(String),
    /// The digest of the image is not that of its bytes.
    #[error("the manifest does not match {0}")]
    Manifest(Digest),
}

impl Diagnose for Refusal {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }
}
