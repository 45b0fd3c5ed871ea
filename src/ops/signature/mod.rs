//! Verifies the signatures of an image with public keys.

mod check;
mod find;
mod keys;
mod report;

pub(super) use check::require_signature;
pub use check::{SignaturePolicy, verify_signatures};
pub use keys::read_public_keys;
pub use report::{FoundSignature, SignatureForm, SignatureOrigin, SignatureOutcome, SignatureReport};
