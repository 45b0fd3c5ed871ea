//! Signatures of cosign before its version 3: a payload in a blob, the signature in an annotation of its descriptor.

use std::collections::BTreeMap;

use super::dsse::decode;
use super::json::{Document, start};
use super::{PublicKey, Refusal, Signed, Unchecked, Verified};
use crate::digest::Digest;

/// The annotation with the signature of the payload's bytes.
pub(super) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// Annotations that make a signature more than one by a key.
pub(super) const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
pub(super) const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";
pub(super) const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// The type of payloads that sign images.
const TYPE: &str = "cosign container image signature";

/// A payload with the annotations of its descriptor.
#[derive(Clone, Copy, Debug)]
pub struct SignedPayload<'a> {
    /// The content of the blob.
    pub payload: &'a [u8],
    /// The annotations of the layer.
    pub annotations: &'a BTreeMap<String, String>,
}

/// Verifies a signature in the simple signing format: that one of `keys` has signed the payload, that it is a signature
/// of an image, and that it names `image`.
///
/// # Errors
/// The [`Refusal`].
pub fn verify_simple_signing(
    signed: SignedPayload<'_>,
    image: &Digest,
    keys: &[PublicKey],
) -> Result<Verified, Refusal> {
    let SignedPayload { payload, annotations } = signed;
    let signature = decode(annotations.get(SIGNATURE).ok_or(Refusal::NoSignature)?)?;
    let has = |annotation| annotations.contains_key(annotation);
    let Some(key) = keys.iter().find(|key| key.verifies(payload, &signature)) else {
        return Err(if has(CERTIFICATE) { Refusal::Keyless } else { Refusal::OtherKey });
    };
    let payload = check(payload, image)?;
    let parts = [
        (Unchecked::Certificate, has(CERTIFICATE)),
        (Unchecked::TransparencyLog, has(LOG_ENTRY)),
        (Unchecked::Timestamp, has(TIMESTAMP)),
        (Unchecked::Annotations, payload.has_annotations),
    ];
    let unchecked = parts.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| part).collect();
    Ok(Verified { name: payload.name, unchecked, ..Verified::by(key, Signed::Payload) })
}

/// What a payload says besides the digest of the image.
pub(super) struct Payload {
    pub(super) name: Option<String>,
    pub(super) has_annotations: bool,
}

/// Checks that a payload, which has been verified, is a signature of `image`.
pub(super) fn check(payload: &[u8], image: &Digest) -> Result<Payload, Refusal> {
    let payload = Document::parse("payload", payload)?;
    let found = payload.text("/critical/type")?;
    if found != TYPE {
        return Err(payload.is_of(found));
    }
    let named = payload.text("/critical/image/docker-manifest-digest")?;
    if named != image.as_str() {
        return Err(Refusal::OtherImage(start(named)));
    }
    let name = payload.text("/critical/identity/docker-reference").ok().map(start);
    Ok(Payload { name, has_annotations: payload.find("/optional").is_some() })
}
