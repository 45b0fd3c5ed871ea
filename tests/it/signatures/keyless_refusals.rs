//! Signatures with certificates that do not count, each with the reason that is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SIGN;
use super::keyless::{There, verify};
use crate::support::signing::{Signer, simple_signing, statement};
use crate::support::sigstore::{IDENTITY, ISSUER, Sigstore, Wish};
use crate::support::{Home, sha256};

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

impl There {
    /// Asserts that the only signature is refused for this reason.
    #[track_caller]
    fn refuses(&self, reason: &str) {
        let refused = verify(&self.image(), &self.sigstore).ends_with(6);
        assert!(refused.stdout.contains(reason), "{reason}: {refused}");
        assert!(
            refused.stderr.contains("is not signed by the given identity: 1 signature for "),
            "{refused}"
        );
    }

    #[track_caller]
    fn refuses_bundle(&self, bundle: &Value, reason: &str) {
        self.refer(bundle);
        self.refuses(reason);
    }

    /// A good bundle in which one value is replaced.
    fn changed(&self, pointer: &str, value: Value) -> Value {
        let mut bundle = self.good();
        *bundle.pointer_mut(pointer).unwrap() = value;
        bundle
    }

    fn good(&self) -> Value {
        self.sigstore.bundle(&Wish::default(), self.digest())
    }
}

#[test]
fn the_identity_and_the_issuer_have_to_be_those_of_the_certificate() {
    let there = There::open();
    let usual = Wish::default();
    for (wish, reason) in [
        (
            Wish { identity: "me@example.com", ..usual },
            "the certificate is for another identity: \"me@example.com\"",
        ),
        (
            Wish { identity: "https://git.example.com/team/app/.ci/release.yml@refs/tags/v1.2.3x", ..usual },
            "the certificate is for another identity: \"https://git.",
        ),
        (
            Wish { issuer: "https://token.example.com.evil.example", ..usual },
            "the certificate is by another issuer: \"https://token.example.com.evil.example\"",
        ),
    ] {
        there.refuses_bundle(&there.sigstore.bundle(&wish, there.digest()), reason);
        there.registry.untag("app", &there.digest().replace(':', "-"));
        there.attach(there.sigstore.payload(&wish, there.digest()));
        there.refuses(reason);
        there.registry.untag("app", &format!("{}.sig", there.digest().replace(':', "-")));
    }
}

#[test]
fn a_certificate_counts_only_while_it_is_valid_and_with_one_timestamp() {
    let there = There::open();
    let usual = Wish::default();
    for (wish, reason) in [
        (Wish { logged_after: 601, ..usual }, "the certificate does not count: certificate chain is invalid"),
        (Wish { timestamps: 0, ..usual }, "certificate is missing SCT extension"),
        (Wish { timestamps: 2, ..usual }, "certificate contains multiple SCTs"),
    ] {
        there.refuses_bundle(&there.sigstore.bundle(&wish, there.digest()), reason);
    }
}

#[test]
fn a_signature_of_another_instance_is_refused() {
    let (there, other) = (There::open(), Sigstore::new());
    let bundle = other.bundle(&Wish::default(), there.digest());
    there.refuses_bundle(&bundle, "the transparency log does not prove it: ");
    // All keys are the right ones, but for those of one service.
    let (good, others) = (there.sigstore.root(), other.root());
    for (part, reason) in [
        ("certificateAuthorities", "the certificate does not count: certificate chain is invalid"),
        ("ctlogs", "the certificate does not count: invalid signed certificate timestamp"),
        ("tlogs", "the transparency log does not prove it: "),
    ] {
        let mut root = good.clone();
        root[part] = others[part].clone();
        there.sigstore.write_root(&root);
        there.refuses_bundle(&there.good(), reason);
    }
    let mut ended = good;
    ended["certificateAuthorities"][0]["validFor"]["end"] = json!("2022-01-01T00:00:00Z");
    there.sigstore.write_root(&ended);
    there.refuses_bundle(&there.good(), "no trusted certificate authority is valid at ");
}

#[test]
fn an_entry_of_a_log_has_to_be_of_this_signature_and_proven() {
    let there = There::open();
    let another = there.good();
    let log = "the transparency log does not prove it: ";
    let at = |field: &str| format!("{ENTRY}/{field}");
    let proof = at("inclusionProof");
    let of_another = |field: &str| another.pointer(&at(field)).unwrap().clone();
    let changed = |field: &str, value: Value| there.changed(&at(field), value);
    for (bundle, reason) in [
        (there.changed(ENTRY, another.pointer(ENTRY).unwrap().clone()), log),
        (changed("inclusionProof", of_another("inclusionProof")), log),
        (changed("inclusionPromise", of_another("inclusionPromise")), log),
        (changed("canonicalizedBody", of_another("canonicalizedBody")), log),
        (changed("integratedTime", json!("1700000000")), log),
        (changed("logIndex", json!("7")), log),
        (there.changed(&format!("{proof}/logIndex"), json!("1")), log),
        (there.changed(&format!("{proof}/hashes"), json!([])), log),
        (there.changed(&format!("{proof}/treeSize"), json!("99999999999")), log),
        (there.changed(&format!("{proof}/checkpoint"), json!({ "envelope": "" })), "checkpoint"),
        (changed("inclusionProof", json!(null)), "inclusion proof"),
        (changed("inclusionPromise", json!(null)), "it is not certain when it was made: "),
        (
            there.changed("/verificationMaterial/tlogEntries", json!([])),
            "it has no entry in a transparency log",
        ),
    ] {
        there.refuses_bundle(&bundle, reason);
    }
}

#[test]
fn a_statement_has_to_be_a_signature_of_this_image() {
    let there = There::open();
    let other = sha256(b"another image");
    let usual = Wish::default();
    let signed = |statement: &Value| there.sigstore.bundle_of(&usual, statement);
    there.refuses_bundle(
        &there.sigstore.bundle(&usual, &other),
        &format!("it is the signature of another image: {other}"),
    );
    there.refuses_bundle(
        &signed(&statement(there.digest(), "https://example.com/scanned/v1")),
        "it is an attestation of the type \"https://example.com/scan",
    );
    let mut of_other_type = statement(there.digest(), SIGN);
    of_other_type["_type"] = json!("https://example.com/Statement");
    there.refuses_bundle(&signed(&of_other_type), "the statement has the type \"https://example.com/Stat");
    there.refuses_bundle(
        &there.sigstore.bundle_of_bytes(&usual, b"another manifest"),
        "the key of the certificate does not verify it: the signed content was changed",
    );
}

#[test]
fn content_that_was_changed_is_refused() {
    let there = There::open();
    let payload = STANDARD.encode(statement(&sha256(b"x"), SIGN).to_string());
    let certificate = there.good()["verificationMaterial"]["certificate"].clone();
    for (bundle, reason) in [
        (
            there.changed("/dsseEnvelope/payload", json!(payload)),
            "the key of the certificate does not verify",
        ),
        (there.changed("/verificationMaterial/certificate", certificate), "the key of the certificate does"),
        (there.changed("/verificationMaterial/certificate/rawBytes", json!("eA==")), "malformed certificate"),
        (there.changed("/dsseEnvelope/signatures", json!([])), "it cannot be read: "),
        (there.changed("/mediaType", json!("application/x; version=9")), "the bundle has the type \"applica"),
        (
            there.changed("/verificationMaterial/certificate", json!(null)),
            "it was made with a key, not with a cert",
        ),
        (Signer::new().bundle(there.digest()), "it was made with a key, not with a certificate (keyless)"),
    ] {
        there.refuses_bundle(&bundle, reason);
    }
    let twice = there.good().to_string().replacen("\"payload\"", "\"Payload\":1,\"payload\"", 1);
    there.refuses_bundle(&serde_json::from_str(&twice).unwrap(), "duplicate key \"payload\"");
}

#[test]
fn the_old_form_is_verified_as_strictly() {
    let there = There::open();
    let (usual, digest) = (Wish::default(), there.digest().to_owned());
    let sigstore = &there.sigstore;
    let (payload, good) = sigstore.payload(&usual, &digest);
    let (_, another) = sigstore.payload(&usual, &digest);
    let annotation = |name: &str| format!("dev.sigstore.cosign/{name}");
    let with = |name: &str, value: Value| {
        let mut annotations = good.clone();
        annotations[annotation(name)] = value;
        (payload.clone(), annotations)
    };
    let changed_time =
        good[annotation("bundle")].as_str().unwrap().replace("\"logIndex\":9", "\"logIndex\":8");
    let other = simple_signing(&sha256(b"another image")).to_string().into_bytes();
    for (signed, reason) in [
        (with("certificate", another[annotation("certificate")].clone()), "does not "),
        (with("certificate", json!("")), "it was made with a key, not with a certificate (keyless)"),
        (with("certificate", json!("-----BEGIN X-----\n")), "its certificates are damaged"),
        (with("chain", json!("-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n")), "are damaged"),
        (with("bundle", json!("")), "it has no entry in a transparency log"),
        (with("bundle", json!("{}")), "the log entry has no valid /Payload/"),
        (with("bundle", another[annotation("bundle")].clone()), "does not "),
        (with("bundle", json!(changed_time)), "the transparency log does not prove it: "),
        (with("rfc3161timestamp", json!("{}")), "the time stamp has no valid /SignedRFC3161Timestamp"),
        (with("rfc3161timestamp", json!(r#"{"SignedRFC3161Timestamp":"eA=="}"#)), "it is not certain when"),
        ((other.clone(), good.clone()), "does not verify it: the signed content was changed"),
        (
            (other.clone(), sigstore.annotations(&usual, &other)),
            "it is the signature of another image: sha256:",
        ),
    ] {
        there.attach(signed);
        there.refuses(reason);
    }
}

#[test]
fn a_huge_bundle_is_not_read() {
    let there = There::open();
    let mut bundle = there.good();
    bundle["padding"] = json!(" ".repeat(16 << 20));
    there.refuses_bundle(&bundle, "exceeds the limit of 1048576 bytes");
}

#[test]
fn a_bundle_with_a_certificate_is_not_verified_by_a_key() {
    let there = There::open();
    there.refer(&there.good());
    let refused = super::verify(&there.image(), &Signer::new()).ends_with(6);
    assert!(
        refused.stdout.contains("no key verifies it: it was made with a certificate (keyless)"),
        "{refused}"
    );
}

#[test]
fn a_trusted_root_that_is_not_one_is_refused_before_any_request() {
    let there = There::open();
    there.refer(&there.good());
    there.registry.forget();
    let root = there.sigstore.root();
    let without = |part: &str| {
        let mut root = root.clone();
        root[part] = json!([]);
        root.to_string()
    };
    let mut broken = root.clone();
    broken["tlogs"][0]["publicKey"]["rawBytes"] = json!("eA==");
    let mut typed = root.clone();
    typed["mediaType"] = json!("application/json");
    for (content, reason) in [
        (String::new(), "the trusted root is not valid JSON"),
        ("-----BEGIN CERTIFICATE-----".to_owned(), "the trusted root is not valid JSON"),
        ("[]".to_owned(), "the trusted root has no valid /mediaType"),
        (typed.to_string(), "the trusted root has the type \"application/json\""),
        (without("certificateAuthorities"), "the trusted root has no certificate authority"),
        (without("ctlogs"), "the trusted root has no certificate transparency log"),
        (without("tlogs"), "the trusted root has no transparency log"),
        (broken.to_string(), "the trusted root is not usable: "),
        (" ".repeat((1 << 20) + 1), "the trusted root has more than 1048576 bytes"),
    ] {
        std::fs::write(there.sigstore.root_file(), content).unwrap();
        let refused = verify(&there.image(), &there.sigstore).ends_with(125);
        assert!(refused.stderr.contains(reason), "{reason}: {refused}");
        assert!(refused.stderr.contains("trusted_root.json: the trusted root"), "{refused}");
    }
    std::fs::remove_file(there.sigstore.root_file()).unwrap();
    verify(&there.image(), &there.sigstore).ends_with(1).complains("trusted_root.json");
    assert_eq!(there.registry.heard().len(), 0);
}

#[test]
fn the_root_in_the_program_does_not_trust_this_instance() {
    let there = There::open();
    there.refer(&there.good());
    let refused = Home::fresh()
        .run(["verify-signature", "--identity", IDENTITY, "--issuer", ISSUER, &there.image()])
        .ends_with(6);
    assert!(refused.stdout.contains("the transparency log does not prove it: "), "{refused}");
}

#[test]
fn incomplete_and_contradicting_flags_are_refused_in_a_sentence() {
    let home = Home::fresh();
    let image = "127.0.0.1:9/app:1";
    for (flags, reason) in [
        (
            &["verify-signature", "--identity", "x"][..],
            "missing flag: --issuer URL, which confirms the identity",
        ),
        (&["verify-signature", "--issuer", "x"], "missing flag: --identity NAME, that of the certificate"),
        (&["verify-signature", "--trusted-root", "x"], "missing flag: --i"),
        (
            &["verify-signature"],
            "missing flag: --key FILE, a public key, or --identity NAME with --issuer URL",
        ),
        (
            &["verify-signature", "--key", "x", "--identity", "x", "--issuer", "x"],
            "conflicting options: cannot specify both --key and --identity",
        ),
        (&["verify-signature", "--identity", "", "--issuer", "x"], "flag needs an argument: --identity"),
        (
            &["pull", "--verify-identity", "x"],
            "missing flag: --verify-issuer URL, which confirms the identity",
        ),
        (&["pull", "--verify-issuer", "x"], "missing flag: --verify-identity NAME, that of the certificate"),
        (&["pull", "--trusted-root", "x"], "missing flag: --verify-i"),
        (
            &["pull", "--verify-key", "x", "--verify-identity", "x", "--verify-issuer", "x"],
            "conflicting options: cannot specify both --verify-key and --verify-identity",
        ),
        (&["pull", "--signatures", "x"], "--signatures requires --verify-key or --verify-identity"),
    ] {
        let refused = home.run([flags, &[image]].concat()).ends_with(125);
        assert!(refused.stderr.contains(reason), "{flags:?}: {refused}");
    }
}
