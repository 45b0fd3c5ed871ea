//! Signatures with certificates: `verify-signature --identity`, and `pull --verify-identity`.

use serde_json::{Value, json};

use super::SIGN;
use crate::registry::Counted;
use crate::support::scripted::{Route, Scripted};
use crate::support::signing::{Shelf, Signer, annotations};
use crate::support::sigstore::{IDENTITY, ISSUER, Sigstore, Wish};
use crate::support::{Fixture, Home, Kind, Openssl, Outcome, missing};

at_every_registry! {
    a_bundle_with_a_certificate_is_verified,
    a_certificate_under_the_tag_is_verified,
}

/// `verify-signature` of an image with the identity of an instance.
pub(super) fn verify(image: &str, sigstore: &Sigstore) -> Outcome {
    Home::fresh().run([&["verify-signature".to_owned()], &sigstore.flags()[..], &[image.to_owned()]].concat())
}

fn as_json(image: &str, sigstore: &Sigstore) -> Value {
    let flags =
        [&["verify-signature", "--format", "json"].map(str::to_owned)[..], &sigstore.flags()].concat();
    let shown = Home::fresh().run([&flags[..], &[image.to_owned()]].concat());
    serde_json::from_str(&shown.stdout).unwrap()
}

fn a_bundle_with_a_certificate_is_verified(kind: Kind) {
    let (there, fixture, sigstore) = (Counted::open(kind), Fixture::small(), Sigstore::new());
    let api = there.api("team/app");
    api.seed(&fixture, "1");
    let bundle = sigstore.bundle(&Wish::default(), &fixture.root.digest);
    Shelf::Real(&api, kind).refer(&fixture.root, &bundle, &annotations(SIGN));
    let shown = verify(&there.at("team/app:1"), &sigstore).succeeds();
    for line in [
        &format!("  Identity: {IDENTITY}"),
        &format!("  Issuer: {ISSUER}"),
        "  Signed: a statement with the digest of the image",
        "  Log: entry 987654321, with a proof",
        "Checked: the signature, and that it is for this digest; the certificate, its",
    ] {
        assert!(shown.stdout.lines().any(|found| found == line), "{line}: {shown}");
    }
    assert!(shown.stdout.lines().all(|line| line.len() <= 80 || line.contains(IDENTITY)), "{shown}");
}

fn a_certificate_under_the_tag_is_verified(kind: Kind) {
    let (there, fixture, sigstore) = (Counted::open(kind), Fixture::small(), Sigstore::new());
    let api = there.api("app");
    api.seed(&fixture, "1");
    let payload = sigstore.payload(&Wish::default(), &fixture.root.digest);
    Shelf::Real(&api, kind).attach_annotated(&fixture.root.digest, &[payload]);
    let shown = verify(&there.at("app:1"), &sigstore).succeeds();
    for line in [
        &format!("  Identity: {IDENTITY}"),
        "  Signed: a payload with the digest of the image",
        "  Log: entry 987654321, with only the promise of the log, not a proof",
    ] {
        assert!(shown.stdout.lines().any(|found| found == line), "{line}: {shown}");
    }
    let found = as_json(&there.at("app:1"), &sigstore);
    let found = &found["signatures"][0];
    assert_eq!(found["verified"], true, "{found}");
    assert_eq!(found["certificate"], json!({ "identity": IDENTITY, "issuer": ISSUER }), "{found}");
    assert_eq!(found["log"], json!({ "index": 987_654_321, "proof": "promise" }), "{found}");
    assert!(found["time"].as_str().unwrap().ends_with('Z'), "{found}");
}

/// A registry with the image `app:1`, and an instance that signs it.
pub(super) struct There {
    pub(super) registry: Scripted,
    pub(super) fixture: Fixture,
    pub(super) sigstore: Sigstore,
}

impl There {
    pub(super) fn open() -> Self {
        let (registry, fixture) = (Scripted::start(), Fixture::small());
        registry.seed("app", &fixture, "1");
        Self { registry, fixture, sigstore: Sigstore::new() }
    }

    pub(super) fn image(&self) -> String {
        self.registry.at("app:1")
    }

    pub(super) fn digest(&self) -> &str {
        &self.fixture.root.digest
    }

    pub(super) fn refer(&self, bundle: &Value) {
        Shelf::Scripted(&self.registry, "app").refer(&self.fixture.root, bundle, &annotations(SIGN));
    }

    pub(super) fn attach(&self, payload: (Vec<u8>, Value)) {
        Shelf::Scripted(&self.registry, "app").attach_annotated(self.digest(), &[payload]);
    }

    fn pull(&self, options: &[&str]) -> Outcome {
        let root = self.sigstore.root_file();
        let flags = ["pull", "--verify-issuer", ISSUER, "--trusted-root", root.to_str().unwrap()];
        Home::fresh().run([&flags, options, &[&self.image()]].concat())
    }
}

#[test]
fn an_email_address_is_an_identity_and_cosigns_flags_are_understood() {
    let there = There::open();
    let wish = Wish { identity: "me@example.com", ..Wish::default() };
    there.refer(&there.sigstore.bundle(&wish, there.digest()));
    let root = there.sigstore.root_file();
    let shown = Home::fresh().run([
        "verify-signature",
        "--certificate-identity",
        "me@example.com",
        "--certificate-oidc-issuer",
        ISSUER,
        "--trusted-root",
        root.to_str().unwrap(),
        &there.image(),
    ]);
    shown.succeeds().prints_line("  Identity: me@example.com");
}

#[test]
fn a_signature_of_the_bytes_of_the_manifest_may_have_a_certificate() {
    let there = There::open();
    let manifest = there.fixture.content(there.digest());
    there.refer(&there.sigstore.bundle_of_bytes(&Wish::default(), &manifest));
    verify(&there.image(), &there.sigstore).succeeds().prints_line("  Signed: the manifest of the image");
}

#[test]
fn an_entry_of_the_second_version_of_rekor_needs_a_time_stamp() {
    if missing("openssl") {
        return;
    }
    let (there, openssl) = (There::open(), Openssl::new());
    let (mut bundle, signature) = there.sigstore.bundle_2(there.digest());
    there.refer(&bundle);
    let refused = verify(&there.image(), &there.sigstore).ends_with(6);
    assert!(refused.stdout.contains("it is not certain when it was made: "), "{refused}");
    let (authority, stamp) = openssl.time_stamp(&signature);
    bundle["verificationMaterial"]["timestampVerificationData"] =
        json!({ "rfc3161Timestamps": [{ "signedTimestamp": stamp }] });
    there.refer(&bundle);
    let refused = verify(&there.image(), &there.sigstore).ends_with(6);
    assert!(refused.stdout.contains("no timestamp authorities configured in trusted root"), "{refused}");
    let mut root = there.sigstore.root();
    root["timestampAuthorities"] = json!([authority]);
    there.sigstore.write_root(&root);
    let shown = verify(&there.image(), &there.sigstore).succeeds();
    assert!(shown.stdout.contains("  Log: entry 2, with a proof\n"), "{shown}");
}

#[test]
fn a_verification_by_identity_costs_what_one_by_key_costs() {
    let (there, signer) = (There::open(), Signer::new());
    there.refer(&signer.bundle(there.digest()));
    super::verify(&there.image(), &signer).succeeds();
    let by_key = there.registry.heard().len();
    there.refer(&there.sigstore.bundle(&Wish::default(), there.digest()));
    there.registry.forget();
    verify(&there.image(), &there.sigstore).succeeds();
    assert_eq!(there.registry.heard().len(), by_key, "{:?}", there.registry.heard());
}

#[test]
fn a_pull_by_identity_names_it_and_refuses_others_before_any_layer() {
    let there = There::open();
    let payload = there.sigstore.payload(&Wish::default(), there.digest());
    there.attach(payload);
    let pulled = there.pull(&["--verify-identity", IDENTITY]).succeeds();
    let named = format!("Signature verified: {IDENTITY} ({ISSUER})");
    assert!(pulled.stdout.lines().any(|line| line == named), "{pulled}");
    there.registry.forget();
    let refused = there.pull(&["--verify-identity", "other@example.com"]).ends_with(6);
    assert!(refused.stderr.contains("is not signed by the given identity: 1 signature for sha"), "{refused}");
    assert!(
        refused.stderr.contains("hint: see why: regcli verify-signature --identity NAME --issuer URL "),
        "{refused}"
    );
    assert_eq!(there.registry.requests(Route::Blob).len(), 1, "only the payload");
}
