//! Signatures of images, verified with public keys and without any I/O.
//!
//! Two formats are read: that of cosign before its version 3, in which a JSON payload names the digest of the image
//! ([simple signing](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md)), and the
//! [bundle](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto) of its version 3.
//! Nothing of a document counts before a key has verified it.

mod bundle;
mod dsse;
mod json;
mod key;
mod key_error;
mod refusal;
mod simple_signing;
mod statement;
mod verified;

pub use bundle::{SignedImage, verify_bundle};
pub use key::{KEY_FILE_BYTES_MAX, KeyAlgorithm, PublicKey};
pub use key_error::KeyError;
pub use refusal::Refusal;
pub use simple_signing::{SignedPayload, verify_simple_signing};
pub use verified::{Signed, Unchecked, Verified};

/// The maximum size of a payload or a bundle, in bytes. Real ones have 0.3 KB and 10 KB; only their annotations and
/// certificates grow.
pub const DOCUMENT_BYTES_MAX: u64 = 1 << 20;
