//! Public keys, payloads and bundles, which anyone with push access may write.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regcli::digest::Digest;
use regcli::signature::{
    CertificatePolicy, Identity, PublicKey, Refusal, SignedImage, SignedPayload, TrustedRoot, verify_bundle,
    verify_certified_bundle, verify_certified_payload, verify_simple_signing,
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

/// The annotations of a signature with a certificate.
const ANNOTATIONS: [&str; 5] = [
    "dev.sigstore.cosign/certificate",
    "dev.sigstore.cosign/bundle",
    SIGNATURE,
    "dev.sigstore.cosign/chain",
    "dev.sigstore.cosign/rfc3161timestamp",
];

/// Bundles that are verified with other roots.
const BUNDLES: [&[u8]; 2] = [
    include_bytes!("../corpus/signature/keyless-bundle"),
    include_bytes!("../corpus/signature/keyless-stamped"),
];

/// The root that trusts the certificates in the corpus. The private keys of its authorities do not exist any more.
const ROOT: &[u8] = include_bytes!("../corpus/signature/trusted-root");

/// The payload that is signed in the corpus. It does not name the image of [`check`].
const PAYLOAD: &[u8] = include_bytes!("signature/payload");

/// The signer in the corpus; `None` without the feature `verify`.
static POLICY: LazyLock<Option<CertificatePolicy>> = LazyLock::new(|| {
    let (name, issuer) = (
        "https://git.example.com/team/app/.ci/release.yml@refs/tags/v1.2.3".to_owned(),
        "https://token.example.com".to_owned(),
    );
    Some(CertificatePolicy { root: TrustedRoot::parse(ROOT).ok()?, identity: Identity { name, issuer } })
});

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
    check_keyless(data, &text);
}

/// No bytes are a signature of an image by this identity, as a bundle, as annotations, or with any trusted root.
fn check_keyless(data: &[u8], text: &str) {
    let Some(policy) = POLICY.as_ref() else { return };
    let manifest = b"a manifest that is not signed";
    let digest = Digest::sha256(manifest);
    let image = SignedImage { digest: &digest, manifest };
    refused(verify_certified_bundle(data, image, policy).map(drop));
    if let Ok(root) = TrustedRoot::parse(data) {
        let policy = CertificatePolicy { root, ..policy.clone() };
        for bundle in BUNDLES {
            refused(verify_certified_bundle(bundle, image, &policy).map(drop));
        }
    }
    let given: Option<BTreeMap<String, String>> = serde_json::from_str(text).ok();
    let annotations = given.unwrap_or_else(|| {
        let parts = text.split("\n\n").map(str::to_owned);
        ANNOTATIONS.iter().map(|name| (*name).to_owned()).zip(parts).collect()
    });
    let signed = SignedPayload { payload: PAYLOAD, annotations: &annotations };
    refused(verify_certified_payload(signed, &digest, policy).map(drop));
}

fn refused(result: Result<(), Refusal>) {
    let refusal = result.expect_err("no signature by this key exists");
    assert!(refusal.to_string().len() < 2000, "{refusal}");
}
