//! Verifies the signatures of an image with public keys or certificates.

mod check;
mod find;
mod keys;
mod report;

pub(super) use check::require_signature;
pub use check::{SignaturePolicy, Signers, verify_signatures};
pub use keys::{read_public_keys, read_trusted_root};
pub use report::{FoundSignature, SignatureForm, SignatureOrigin, SignatureOutcome, SignatureReport};
