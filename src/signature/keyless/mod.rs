//! Signatures with certificates, which sigstore calls keyless.
//!
//! A certificate authority (Fulcio) has signed the certificate for a few minutes, after an OpenID Connect issuer had
//! said who the signer is. A transparency log (Rekor) or a time stamp authority shows that the signature was made in
//! these minutes. The keys of all of them are in a trusted root.
//!
//! `library` is the only file that names the library; without the feature `verify`, `missing` takes its place.

mod identity;
#[cfg(feature = "verify")]
mod library;
#[cfg(not(feature = "verify"))]
#[path = "missing.rs"]
mod library;
mod old_form;
mod policy;
mod root;
mod root_error;
mod verify;

pub use identity::Identity;
pub use policy::{CertificatePolicy, TrustedRoot};
pub use root_error::RootError;
pub use verify::{verify_certified_bundle, verify_certified_payload};
