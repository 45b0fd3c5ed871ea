//! Signatures with certificates: `verify-signature --identity`, and `pull --verify-identity`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SIGN;
use crate::registry::Counted;
use crate::support::scripted::{Route, Scripted};
use crate::support::signing::{Shelf, Signer, annotations};
use crate::support::sigstore::{IDENTITY, ISSUER, Sigstore, Wish};
use crate::support::{Fixture, Home, Kind, Outcome, missing, run, sha256};

at_every_registry! {
    a_bundle_with_a_certificate_is_verified,
    a_certificate_under_the_tag_is_verified,
}

fn verify(image: &str, sigstore: &Sigstore) -> Outcome {
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
    there.calls();
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
    let calls = there.calls();
    assert!(calls.len() <= 6, "as with a key: {calls:?}");
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
        "  Log: entry 987654321, with only the promise of the log, as cosign stored it before version 3",
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
