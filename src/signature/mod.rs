//! Signatures of images, verified with public keys or certificates and without any I/O.
//!
//! Two formats are read: that of cosign before its version 3, in which a JSON payload names the digest of the image
//! ([simple signing](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md)), and the
//! [bundle](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto) of its version 3.
//! Nothing of a document counts before a key has verified it. The key is one of the user's, or that of a certificate.

mod bundle;
mod dsse;
mod json;
mod key;
mod key_error;
mod keyless;
mod limits;
mod refusal;
mod signer;
mod simple_signing;
mod statement;
mod verified;

pub use bundle::{SignedImage, verify_bundle};
pub use key::{KeyAlgorithm, PublicKey};
pub use key_error::KeyError;
pub use keyless::{
    CertificatePolicy, Identity, RootError, TrustedRoot, verify_certified_bundle, verify_certified_payload,
};
pub use limits::{DOCUMENT_BYTES_MAX, KEY_FILE_BYTES_MAX};
pub use refusal::Refusal;
pub use signer::{Certified, Logged, Signer, SignerKind};
pub use simple_signing::{SignedPayload, verify_simple_signing};
pub use verified::{Signed, Unchecked, Verified};
