//! Sigstore bundles, as cosign writes them since its version 3.

use serde_json::Value;

use super::dsse::{decode, pre_authentication_encoding};
use super::json::Document;
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
    let bundle = Document::parse("bundle", bundle)?;
    let found = bundle.text("/mediaType")?;
    if !TYPES.contains(&found) {
        return Err(bundle.is_of(found));
    }
    let (key, signed) = match bundle.find("/messageSignature") {
        Some(_) if bundle.find("/dsseEnvelope").is_some() => return Err(bundle.lacks("/dsseEnvelope")),
        Some(_) => (of_message(&bundle, image, keys)?, Signed::Manifest),
        None => (of_envelope(&bundle, image.digest, keys)?, Signed::Statement),
    };
    Ok(Verified { unchecked: unchecked(&bundle), ..Verified::by(key, signed) })
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
    let signature = decode(bundle.text("/messageSignature/signature")?)?;
    verifying(bundle, keys, |key| key.verifies(image.manifest, &signature))
}

fn verifying<'k>(
    bundle: &Document,
    keys: &'k [PublicKey],
    verifies: impl Fn(&PublicKey) -> bool,
) -> Result<&'k PublicKey, Refusal> {
    let refusal = || if has_certificate(bundle) { Refusal::Keyless } else { Refusal::OtherKey };
    keys.iter().find(|key| verifies(key)).ok_or_else(refusal)
}

fn has_certificate(bundle: &Document) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle of sigstore's conformance tests (`intoto-canonical-log-entry`), without its entry of the log. What it
    /// signs is an attestation.
    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7pBlkILi/WN1X8FiQTlZBK2/GlQD\n\
        Ol9bn1iDaSE8B5Eu+uccNndQid2Nmgp8mrTWhT2XhZbshUGMDSDx/6jwvw==\n\
        -----END PUBLIC KEY-----\n";
    const PAYLOAD: &str = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJuYW1lIjoiYS50eHQiL\
                           CJkaWdlc3QiOnsic2hhMjU2IjoiYTBjZmM3MTI3MWQ2ZTI3OGU1N2NkMzMyZmY5NTdjM2Y3MDQzZmRkYTM1NGM0Y2JiMTk\
                           wYTMwZDU2ZWZhMDFiZiJ9fV0sInByZWRpY2F0ZVR5cGUiOiJodHRwczovL2V4YW1wbGUuY29tL3Rlc3QiLCJwcmVkaWNhd\
                           GUiOnt9fQ==";
    const BY_SIGSTORE: &str = "MEUCIBb8Pe4/Z0vKtXSvAHV6pcC1F3eTwCZnVejwWERFVwKeAiEAre6v18YSEs3mKaeMgE8Ti0l62CzT5yZvwfGiV\
                               d1eTIw=";

    fn verify(payload: &str) -> Result<Verified, Refusal> {
        let bundle = serde_json::json!({
            "mediaType": TYPES[3],
            "verificationMaterial": { "publicKey": { "hint": "rJuYlKqs5PMzdPzjkZBg4BveZRpD97PBnngUXPZSlr8=" } },
            "dsseEnvelope": {
                "payload": payload, "payloadType": statement::PAYLOAD_TYPE,
                "signatures": [{ "sig": BY_SIGSTORE, "keyid": "" }],
            },
        });
        let digest = Digest::sha256(b"");
        let image = SignedImage { digest: &digest, manifest: b"" };
        verify_bundle(bundle.to_string().as_bytes(), image, &PublicKey::parse_pem(KEY.as_bytes()).unwrap())
    }

    #[test]
    fn an_envelope_of_sigstore_itself_is_verified_before_its_content_is_read() {
        assert!(matches!(verify(PAYLOAD), Err(Refusal::Attestation(of)) if of == "https://example.com/test"));
        let changed = PAYLOAD.replacen("eyJf", "eyJg", 1);
        assert!(matches!(verify(&changed), Err(Refusal::OtherKey)));
    }
}
