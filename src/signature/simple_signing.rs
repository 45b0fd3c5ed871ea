//! Signatures of cosign before its version 3: a payload in a blob, the signature in an annotation of its descriptor.

use std::collections::BTreeMap;

use super::dsse::decode;
use super::json::{Document, start};
use super::{PublicKey, Refusal, Signed, Unchecked, Verified};
use crate::digest::Digest;

/// The annotation with the signature of the payload's bytes.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// Annotations that make a signature more than one by a key.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

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
    let parts = [
        (Unchecked::Certificate, has(CERTIFICATE)),
        (Unchecked::TransparencyLog, has(LOG_ENTRY)),
        (Unchecked::Timestamp, has(TIMESTAMP)),
        (Unchecked::Annotations, payload.find("/optional").is_some()),
    ];
    let unchecked = parts.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| part).collect();
    Ok(Verified { name, unchecked, ..Verified::by(key, Signed::Payload) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cosign 3.0.4 wrote for `cosign sign --key` in its old format (`--tlog-upload=false`), as captured by the
    /// tests of tobby-fetch (`internal/sigverify`).
    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEA9oFvTJJuu0cszKBsiuqfFYN3NLV\n\
        meleaASYW5l+nqDxoUg4f8177owlgVD89pZQ9jUxP8dbibmDJpvcjBo9RQ==\n\
        -----END PUBLIC KEY-----\n";
    const IMAGE: &str = "sha256:f20c43161d73848408ef247f0ec7111b19fe58ffebc0cbcaa0d2c8bda4967268";
    const BY_COSIGN: &str = "MEUCIEB+pz4s+9yxG+Om/bukeAfwloKFEISUhxLvIYlP02P8AiEAz1oNkilC+cprxcrEHqN0vxM+zvP34ikHFzi\
                             8e7Sevls=";

    fn payload() -> String {
        format!(
            r#"{{"critical":{{"identity":{{"docker-reference":"localhost:15381/tobby/fixture"}},"image":{{"docker-manifest-digest":"{IMAGE}"}},"type":"cosign container image signature"}},"optional":null}}"#
        )
    }

    fn verify(payload: &str, image: &str) -> Result<Verified, Refusal> {
        let annotations = BTreeMap::from([(SIGNATURE.to_owned(), BY_COSIGN.to_owned())]);
        let signed = SignedPayload { payload: payload.as_bytes(), annotations: &annotations };
        verify_simple_signing(signed, &image.parse().unwrap(), &PublicKey::parse_pem(KEY.as_bytes()).unwrap())
    }

    #[test]
    fn a_signature_by_cosign_itself_is_verified() {
        let verified = verify(&payload(), IMAGE).unwrap();
        let key = "sha256:dc2bcfdb0402cd0845f59232655c3ab2a53d55849d4665579efe45c6cc753478";
        assert_eq!(verified.key.as_str(), key);
        assert_eq!(verified.name.as_deref(), Some("localhost:15381/tobby/fixture"));
        assert_eq!(verified.unchecked, []);
    }

    #[test]
    fn it_is_for_no_other_image_and_no_other_payload() {
        let other = Digest::sha256(b"other");
        assert!(matches!(verify(&payload(), other.as_str()), Err(Refusal::OtherImage(_))));
        let changed = payload().replace(IMAGE, other.as_str());
        assert!(matches!(verify(&changed, other.as_str()), Err(Refusal::OtherKey)));
    }
}
