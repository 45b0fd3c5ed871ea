//! Signatures that do not count, each with the reason that is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{SIGN, as_json, verify};
use crate::support::scripted::Scripted;
use crate::support::signing::{Shelf, Signer, annotations, simple_signing, statement};
use crate::support::{Fixture, Home, missing, run, sha256};

/// A repository with an image, in which a test writes signatures.
struct There {
    registry: Scripted,
    fixture: Fixture,
    signer: Signer,
}

impl There {
    fn open() -> Self {
        let (registry, fixture) = (Scripted::start(), Fixture::small());
        registry.seed("app", &fixture, "1");
        Self { registry, fixture, signer: Signer::new() }
    }

    fn digest(&self) -> &str {
        &self.fixture.root.digest
    }

    fn shelf(&self) -> Shelf<'_> {
        Shelf::Scripted(&self.registry, "app")
    }

    /// Asserts that the only signature is refused for this reason.
    #[track_caller]
    fn refuses(&self, reason: &str) {
        let refused = verify(&self.registry.at("app:1"), &self.signer).ends_with(6);
        assert!(refused.stdout.contains(reason), "{reason}: {refused}");
        assert!(refused.stderr.contains("is not signed with a given key: 1 signature for "), "{refused}");
    }

    /// Asserts the same of a payload that is signed with the right key.
    #[track_caller]
    fn refuses_payload(&self, payload: &[u8], reason: &str) {
        self.shelf().attach(self.digest(), &[(payload.to_vec(), self.signer.sign(payload))]);
        self.refuses(reason);
    }

    #[track_caller]
    fn refuses_bundle(&self, bundle: &Value, reason: &str) {
        self.shelf().refer(&self.fixture.root, bundle, &annotations(SIGN));
        self.refuses(reason);
    }
}

#[test]
fn what_another_key_has_signed_or_what_was_changed_later_is_refused() {
    let (there, other_key) =
        (There::open(), "no key verifies it: it is by another key, or the signed content was");
    let (payload, signature) = Signer::new().payload(there.digest());
    there.shelf().attach(there.digest(), &[(payload.clone(), signature)]);
    there.refuses(other_key);
    let good = there.signer.sign(&payload);
    let mut changed = payload.clone();
    changed[2] ^= 1;
    there.shelf().attach(there.digest(), &[(changed, good.clone())]);
    there.refuses(other_key);
    there.shelf().attach(there.digest(), &[(payload.clone(), STANDARD.encode(b"no signature"))]);
    there.refuses(other_key);
    for broken in [&good[..good.len() - 3], "", "%", &"A".repeat(100_000)] {
        there.shelf().attach(there.digest(), &[(payload.clone(), broken.to_owned())]);
        let reason =
            if broken.is_empty() || broken.starts_with('A') { other_key } else { "not valid base64" };
        there.refuses(reason);
    }
}

#[test]
fn a_payload_has_to_be_a_signature_of_this_image() {
    let there = There::open();
    let (digest, other) = (there.digest().to_owned(), sha256(b"another image"));
    there.refuses_payload(
        simple_signing(&other).to_string().as_bytes(),
        &format!("it is the signature of another image: {other}"),
    );
    let mut payload = simple_signing(&digest);
    payload["critical"]["type"] = json!("atomic container signature");
    there.refuses_payload(
        payload.to_string().as_bytes(),
        "has the type \"atomic container signature\", which is not",
    );
    for pointer in
        ["/critical/type", "/critical/image/docker-manifest-digest", "/critical/image", "/critical"]
    {
        let mut payload = simple_signing(&digest);
        *payload.pointer_mut(pointer).unwrap() = json!(null);
        there.refuses_payload(payload.to_string().as_bytes(), "the payload has no valid /critical/");
    }
    there.refuses_payload(b"", "the payload is not valid JSON");
    there.refuses_payload("[".repeat(100_000).as_bytes(), "the payload is not valid JSON");
}

/// Go takes the last of equal keys whatever their case is, and would find another digest here.
#[test]
fn a_payload_that_other_readers_understand_differently_is_refused() {
    let there = There::open();
    let good = simple_signing(there.digest()).to_string();
    let image = format!(r#"{{"docker-manifest-digest":"{}"}}"#, sha256(b"another image"));
    for key in ["image", "Image", "IMAGE"] {
        let twice = good.replacen(r#""image""#, &format!(r#""{key}":{image},"image""#), 1);
        there.refuses_payload(twice.as_bytes(), "duplicate key \"image\"");
    }
    let long_s = good.replacen(r#""identity""#, "\"cri\\u017fis\":1,\"criSis\":2,\"identity\"", 1);
    there.refuses_payload(long_s.as_bytes(), "duplicate key \"criSis\"");
    there.refuses_payload(format!("{good}{good}").as_bytes(), "trailing characters");
}

#[test]
fn a_bundle_has_to_be_a_signature_of_this_image() {
    let there = There::open();
    let (digest, other) = (there.digest().to_owned(), sha256(b"another image"));
    let signer = &there.signer;
    there.refuses_bundle(&signer.bundle(&other), &format!("it is the signature of another image: {other}"));
    there.refuses_bundle(&Signer::new().bundle(&digest), "no key verifies it: it is by another key");
    let scanned = statement(&digest, "https://example.com/scanned/v1");
    there.refuses_bundle(
        &signer.bundle_of(&scanned),
        "it is an attestation of the type \"https://example.com/scan",
    );
    let mut of_other_type = statement(&digest, SIGN);
    of_other_type["_type"] = json!("https://example.com/Statement");
    there.refuses_bundle(
        &signer.bundle_of(&of_other_type),
        "the statement has the type \"https://example.com/Stat",
    );
    let mut without = statement(&digest, SIGN);
    without["subject"] = json!([{ "name": "x" }]);
    there.refuses_bundle(&signer.bundle_of(&without), "the statement has no valid /subject/0/digest");
    there.refuses_bundle(&signer.bundle_of_bytes(b"another manifest"), "no key verifies it");
}

#[test]
fn the_digest_of_a_message_has_to_be_that_of_the_manifest() {
    let there = There::open();
    let mut bundle = there.signer.bundle_of_bytes(&there.fixture.content(there.digest()));
    bundle["messageSignature"]["messageDigest"] =
        json!({ "algorithm": "SHA2_256", "digest": STANDARD.encode([7; 32]) });
    there.refuses_bundle(&bundle, "it is the signature of another image: sha256:07070707");
}

#[test]
fn an_envelope_that_was_changed_is_refused() {
    let there = There::open();
    let digest = there.digest().to_owned();
    let changed = |pointer: &str, value: Value| {
        let mut bundle = there.signer.bundle(&digest);
        *bundle.pointer_mut(pointer).unwrap() = value;
        bundle
    };
    let payload = STANDARD.encode(statement(&sha256(b"x"), SIGN).to_string());
    let kind = "/dsseEnvelope/payloadType";
    for (bundle, reason) in [
        (changed("/dsseEnvelope/payload", json!(payload)), "no key verifies it"),
        (changed("/dsseEnvelope/payload", json!("abc")), "not valid base64"),
        (changed("/dsseEnvelope/payload", json!(null)), "the bundle has no valid /dsseEnvelope/payload"),
        (
            changed(kind, json!("text/plain")),
            "the bundle has the type \"text/plain\", which is not supported",
        ),
        (changed("/dsseEnvelope/signatures", json!([])), "the bundle has no valid /dsseEnvelope/signatures"),
        (
            changed("/dsseEnvelope/signatures", json!([{}, {}])),
            "the envelope has 2 signatures instead of one",
        ),
        (changed("/dsseEnvelope/signatures", json!({})), "the bundle has no valid /dsseEnvelope/signatures"),
        (
            changed("/dsseEnvelope/signatures/0/sig", json!(7)),
            "the bundle has no valid /dsseEnvelope/signatures/0",
        ),
        (
            changed("/mediaType", json!("application/x; version=9")),
            "the bundle has the type \"application/x; version",
        ),
        (changed("/dsseEnvelope", json!({})), "the bundle has no valid /dsseEnvelope/payloadType"),
        (json!([]), "the bundle has no valid /mediaType"),
    ] {
        there.refuses_bundle(&bundle, reason);
    }
    let mut both = there.signer.bundle(&digest);
    both["messageSignature"] = json!({ "signature": "eA==" });
    there.refuses_bundle(&both, "the bundle has no valid /dsseEnvelope");
}

#[test]
fn a_signature_with_a_certificate_is_said_to_be_keyless() {
    let there = There::open();
    let mut bundle = Signer::new().bundle(there.digest());
    bundle["verificationMaterial"] = json!({ "certificate": { "rawBytes": "eA==" } });
    there.refuses_bundle(&bundle, "no key verifies it: it was made with a certificate (keyless)");
}

#[test]
fn what_is_in_a_signature_besides_is_said_not_to_be_checked() {
    let there = There::open();
    let mut payload = simple_signing(there.digest());
    payload["optional"] = json!({ "git": "abc" });
    let payload = payload.to_string().into_bytes();
    let signature = there.signer.sign(&payload);
    there.shelf().attach(there.digest(), &[(payload, signature)]);
    let mut bundle = there.signer.bundle(there.digest());
    bundle["verificationMaterial"]["tlogEntries"] = json!([{ "logIndex": "7" }]);
    there.shelf().refer(&there.fixture.root, &bundle, &annotations(SIGN));
    let found = as_json(&there.registry.at("app:1"), &there.signer);
    for (signature, part) in [(0, "annotations"), (1, "transparency log")] {
        let expected = json!(["when it was signed", "who has the key", part]);
        assert_eq!(found["signatures"][signature]["notChecked"], expected, "{found}");
    }
    assert_eq!(found["signatures"][0]["name"], "registry.example.com/team/app");
}

#[test]
fn a_signature_that_is_missing_or_damaged_does_not_hide_a_good_one() {
    let there = There::open();
    let good = there.signer.payload(there.digest());
    let (lost, damaged) = ((b"lost".to_vec(), String::new()), (b"damaged".to_vec(), String::new()));
    there.shelf().attach(there.digest(), &[lost, damaged, good]);
    there.registry.remove_blob("app", &sha256(b"lost"));
    there.registry.seed_blob("app", &sha256(b"damaged"), b"dAmaged".to_vec());
    let found = as_json(&there.registry.at("app:1"), &there.signer);
    assert_eq!(found["verified"], true, "{found}");
    let verified: Vec<bool> =
        found["signatures"].as_array().unwrap().iter().map(|one| one["verified"] == true).collect();
    assert_eq!(verified, [false, false, true], "{found}");
    assert!(
        found["signatures"][1]["reason"].as_str().unwrap().contains("does not match its digest"),
        "{found}"
    );
}

#[test]
fn foreign_text_does_not_reach_the_terminal() {
    let there = There::open();
    let mut payload = simple_signing(there.digest());
    payload["critical"]["type"] = json!("\u{1b}[2J\u{202e}");
    there.refuses_payload(payload.to_string().as_bytes(), "\\u{1b}[2J\\u{202e}");
    let refused = verify(&there.registry.at("app:1"), &there.signer).ends_with(6);
    assert!(!refused.stdout.contains('\u{1b}') && !refused.stdout.contains('\u{202e}'), "{refused}");
}

#[test]
fn a_missing_image_and_wrong_arguments_have_codes_of_their_own() {
    let there = There::open();
    verify(&there.registry.at("app:2"), &there.signer).ends_with(3);
    let image = there.registry.at("app:1");
    let home = Home::fresh();
    let missing = home.run(["verify-signature", &image]).ends_with(125);
    assert!(missing.stderr.contains("missing flag: --key FILE, a public key"), "{missing}");
    let (cert, key) = (["--cert", "/nonexistent/c"], there.signer.key());
    let with = |options: &[&str]| {
        home.run([&["verify-signature", "--key", key.to_str().unwrap()], options, &[&image]].concat())
    };
    with(&cert).ends_with(125).complains("--cert requires --client-key");
    with(&["--client-key", "x"]).ends_with(125).complains("--client-key requires --cert");
    with(&[&cert[..], &["--client-key", "/nonexistent/k"]].concat()).ends_with(1).complains("/nonexistent/k");
    home.run(["pull", "--signatures", "x", &image]).ends_with(125).complains("requires --verify-key");
    home.run(["verify-signature", "--key", "/nonexistent/key.pub", &image])
        .ends_with(1)
        .complains("/nonexistent/key.pub");
    for (content, reason) in [
        ("", "no public key in PEM format"),
        ("ssh-ed25519 AAAA user@host", "no public key in PEM format"),
        (
            "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neA==\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
            "a private key",
        ),
        ("-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n", "a certificate was given instead"),
        ("-----BEGIN PUBLIC KEY-----\neA==\n-----END PUBLIC KEY-----\n", "the public key is damaged"),
        ("-----BEGIN PUBLIC KEY-----\n%\n-----END PUBLIC KEY-----\n", "the public key is damaged"),
        ("-----BEGIN PGP MESSAGE-----\neA==\n-----END PGP MESSAGE-----\n", "of the kind \"PGP MESSAGE\""),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, content).unwrap();
        let refused =
            home.run(["verify-signature", "--key", file.path().to_str().unwrap(), &image]).ends_with(125);
        assert!(refused.stderr.contains(reason), "{reason}: {refused}");
    }
}

#[test]
fn small_rsa_keys_and_other_curves_are_refused() {
    if missing("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (algorithm, option, reason) in [
        ("RSA", "rsa_keygen_bits:1024", "the RSA key has 1024 bits: supported are 2048 to 8192"),
        (
            "EC",
            "ec_paramgen_curve:secp256k1",
            "ECDSA with the curve secp256k1 is not supported: use ECDSA (P-256, P-384, P-521), RSA or Ed25519",
        ),
    ] {
        let (private, public) = (path("private.pem"), path("public.pem"));
        run("openssl", ["genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", &private]).succeeds();
        run("openssl", ["pkey", "-in", &private, "-pubout", "-out", &public]).succeeds();
        let refused =
            Home::fresh().run(["verify-signature", "--key", &public, "127.0.0.1:9/app"]).ends_with(125);
        assert!(refused.stderr.contains(reason), "{refused}");
    }
}
