//! Sigstore bundles, as cosign writes them since its version 3.

use serde_json::Value;

use super::dsse::{decode, pre_authentication_encoding};
use super::json::{Document, start};
use super::{PublicKey, Refusal, Signed, Unchecked, Verified, statement};
use crate::digest::Digest;

/// The media types of bundles, in both spellings.
const TYPES: [&str; 4] = [
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];

/// The image that a bundle should sign.
#[derive(Clone, Copy, Debug)]
pub struct SignedImage<'a> {
    /// The digest of the manifest or index.
    pub digest: &'a Digest,
    /// Its bytes.
    pub manifest: &'a [u8],
}

/// Verifies a sigstore bundle: that one of `keys` has signed it, and that it is a signature of `image`.
///
/// # Errors
/// The [`Refusal`].
pub fn verify_bundle(bundle: &[u8], image: SignedImage<'_>, keys: &[PublicKey]) -> Result<Verified, Refusal> {
    let bundle = parse(bundle)?;
    let (key, signed) = match bundle.find("/messageSignature") {
        Some(_) => (of_message(&bundle, image, keys)?, Signed::Manifest),
        None => (of_envelope(&bundle, image.digest, keys)?, Signed::Statement),
    };
    Ok(Verified { unchecked: unchecked(&bundle), ..Verified::by(key, signed) })
}

/// Parses a bundle of a known version, with one signature.
pub(super) fn parse(bundle: &[u8]) -> Result<Document, Refusal> {
    let bundle = Document::parse("bundle", bundle)?;
    let found = bundle.text("/mediaType")?;
    if !TYPES.contains(&found) {
        return Err(bundle.is_of(found));
    }
    if ["/messageSignature", "/dsseEnvelope"].iter().all(|field| bundle.find(field).is_some()) {
        return Err(bundle.lacks("/dsseEnvelope"));
    }
    Ok(bundle)
}

/// Verifies the signature of an envelope, then what is in it.
fn of_envelope<'k>(
    bundle: &Document,
    image: &Digest,
    keys: &'k [PublicKey],
) -> Result<&'k PublicKey, Refusal> {
    let payload_type = bundle.text("/dsseEnvelope/payloadType")?;
    if payload_type != statement::PAYLOAD_TYPE {
        return Err(bundle.is_of(payload_type));
    }
    // "Exactly one", says sigstore_bundle.proto.
    let [signature] = bundle.list("/dsseEnvelope/signatures")? else {
        return Err(Refusal::SignatureCount(bundle.list("/dsseEnvelope/signatures")?.len()));
    };
    let signature = signature.get("sig").and_then(Value::as_str);
    let signature = decode(signature.ok_or(bundle.lacks("/dsseEnvelope/signatures/0/sig"))?)?;
    let payload = decode(bundle.text("/dsseEnvelope/payload")?)?;
    let message = pre_authentication_encoding(payload_type, &payload);
    let key = verifying(bundle, keys, |key| key.verifies(&message, &signature))?;
    statement::check(&payload, image)?;
    Ok(key)
}

/// Verifies a signature of the manifest itself.
fn of_message<'k>(
    bundle: &Document,
    image: SignedImage<'_>,
    keys: &'k [PublicKey],
) -> Result<&'k PublicKey, Refusal> {
    if !image.digest.matches(image.manifest) {
        return Err(Refusal::Manifest(image.digest.clone()));
    }
    check_hint(bundle, image)?;
    let signature = decode(bundle.text("/messageSignature/signature")?)?;
    verifying(bundle, keys, |key| key.verifies(image.manifest, &signature))
}

/// Refuses a bundle that names the digest of another message. The digest is a hint, which is not signed.
fn check_hint(bundle: &Document, image: SignedImage<'_>) -> Result<(), Refusal> {
    let at = |field| bundle.text(field).ok();
    let algorithm = at("/messageSignature/messageDigest/algorithm");
    let Some(named) = at("/messageSignature/messageDigest/digest").filter(|_| algorithm == Some("SHA2_256"))
    else {
        return Ok(());
    };
    let named: String = decode(named)?.iter().map(|byte| format!("{byte:02x}")).collect();
    if named == Digest::sha256(image.manifest).hex() {
        return Ok(());
    }
    Err(Refusal::OtherImage(format!("sha256:{}", start(&named))))
}

fn verifying<'k>(
    bundle: &Document,
    keys: &'k [PublicKey],
    verifies: impl Fn(&PublicKey) -> bool,
) -> Result<&'k PublicKey, Refusal> {
    let refusal = || if has_certificate(bundle) { Refusal::Keyless } else { Refusal::OtherKey };
    keys.iter().find(|key| verifies(key)).ok_or_else(refusal)
}

/// Reports whether a bundle has a certificate of the signer.
pub(super) fn has_certificate(bundle: &Document) -> bool {
    let places = ["/verificationMaterial/certificate", "/verificationMaterial/x509CertificateChain"];
    places.iter().any(|place| bundle.find(place).is_some())
}

fn unchecked(bundle: &Document) -> Vec<Unchecked> {
    let stamps = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
    let parts = [
        (Unchecked::Certificate, has_certificate(bundle)),
        (Unchecked::TransparencyLog, bundle.find("/verificationMaterial/tlogEntries").is_some()),
        (Unchecked::Timestamp, bundle.find(stamps).is_some()),
    ];
    parts.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| part).collect()
}
