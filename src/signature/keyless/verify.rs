//! Verifies signatures with certificates, in both formats.

use super::old_form;
use super::policy::CertificatePolicy;
use crate::digest::Digest;
use crate::signature::bundle::{self, SignedImage};
use crate::signature::simple_signing::{self, SignedPayload};
use crate::signature::{Refusal, Signed, Unchecked, Verified};

/// Verifies a sigstore bundle with a certificate: that it is a signature of `image`, by the identity of `policy`.
///
/// # Errors
/// The [`Refusal`].
pub fn verify_certified_bundle(
    bundle: &[u8],
    image: SignedImage<'_>,
    policy: &CertificatePolicy,
) -> Result<Verified, Refusal> {
    let bundle = bundle::parse(bundle)?;
    if !bundle::has_certificate(&bundle) {
        return Err(Refusal::NoCertificate);
    }
    if bundle.find("/verificationMaterial/tlogEntries").is_none() {
        return Err(Refusal::NoLogEntry);
    }
    if !image.digest.matches(image.manifest) {
        return Err(Refusal::Manifest(image.digest.clone()));
    }
    policy.root.library().verify(bundle.root(), image, &policy.identity)
}

/// Verifies a signature in the simple signing format with a certificate: that it is a signature of `image`, by the
/// identity of `policy`.
///
/// # Errors
/// The [`Refusal`].
pub fn verify_certified_payload(
    signed: SignedPayload<'_>,
    image: &Digest,
    policy: &CertificatePolicy,
) -> Result<Verified, Refusal> {
    let bundle = old_form::bundle(signed)?;
    // The payload is what is signed; that it names the image is checked after that.
    let content = SignedImage { digest: &Digest::sha256(signed.payload), manifest: signed.payload };
    let verified = policy.root.library().verify(bundle.root(), content, &policy.identity)?;
    let payload = simple_signing::check(signed.payload, image)?;
    let unchecked = if payload.has_annotations { vec![Unchecked::Annotations] } else { Vec::new() };
    Ok(Verified { signed: Signed::Payload, name: payload.name, unchecked, ..verified })
}
