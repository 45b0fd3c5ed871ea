//! Public keys, payloads and bundles, which anyone with push access may write.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regcli::digest::Digest;
use regcli::signature::{
    PublicKey, Refusal, SignedImage, SignedPayload, verify_bundle, verify_simple_signing,
};

/// The annotation with a signature.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// A key whose private half does not exist any more.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7pBlkILi/WN1X8FiQTlZBK2/GlQD\n\
    Ol9bn1iDaSE8B5Eu+uccNndQid2Nmgp8mrTWhT2XhZbshUGMDSDx/6jwvw==\n\
    -----END PUBLIC KEY-----\n";

static KEYS: LazyLock<Vec<PublicKey>> =
    LazyLock::new(|| PublicKey::parse_pem(KEY.as_bytes()).expect("a key"));

/// No bytes are a signature of an image by this key, a refusal has a short text, and a key file has one meaning.
pub fn check(data: &[u8]) {
    if let Ok(keys) = PublicKey::parse_pem(data) {
        assert!(!keys.is_empty() && keys.len() <= 64);
        let again = PublicKey::parse_pem(data).expect("the same file");
        assert!(keys.iter().zip(&again).all(|(one, other)| one.fingerprint() == other.fingerprint()));
    }
    let digest = Digest::sha256(data);
    let image = SignedImage { digest: &digest, manifest: data };
    refused(verify_bundle(data, image, &KEYS).map(drop));
    let text = String::from_utf8_lossy(data);
    // The payload, and the signature in its annotation.
    for (payload, signature) in [(data, "MEUCIA=="), (&b"{}"[..], &*text)] {
        let annotations = BTreeMap::from([(SIGNATURE.to_owned(), signature.to_owned())]);
        let signed = SignedPayload { payload, annotations: &annotations };
        refused(verify_simple_signing(signed, &digest, &KEYS).map(drop));
    }
}

fn refused(result: Result<(), Refusal>) {
    let refusal = result.expect_err("no signature by this key exists");
    assert!(refusal.to_string().len() < 2000, "{refusal}");
}
