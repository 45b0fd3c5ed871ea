//! Many signatures, large ones, and what they cost.

use super::{SIGN, as_json, verify};
use crate::support::scripted::{Route, Scripted};
use crate::support::signing::{Shelf, Signer, annotations};
use crate::support::{Fixture, Home};

fn signed_by(signers: &[&Signer], copies: usize) -> (Scripted, Fixture) {
    let (registry, fixture) = (Scripted::start(), Fixture::small());
    registry.seed("app", &fixture, "1");
    let digest = &fixture.root.digest;
    let payloads: Vec<_> =
        signers.iter().flat_map(|signer| (0..copies).map(|_| signer.payload(digest))).collect();
    Shelf::Scripted(&registry, "app").attach(digest, &payloads);
    (registry, fixture)
}

#[test]
fn a_thousand_signatures_of_one_payload_are_verified_with_one_request_for_it() {
    let (stranger, signer) = (Signer::new(), Signer::new());
    let (registry, _) = signed_by(&[&stranger, &signer], 500);
    let found = as_json(&registry.at("app:1"), &signer);
    let signatures = found["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 1000);
    assert!(signatures[..500].iter().all(|one| one["verified"] == false));
    assert!(signatures[500..].iter().all(|one| one["verified"] == true));
    assert_eq!(registry.requests(Route::Blob).len(), 1);
    // The image, the tag of its signatures, and the tag that lists referrers.
    assert_eq!(registry.requests(Route::Manifest).len(), 3);
}

#[test]
fn more_than_a_thousand_signatures_are_refused_before_any_is_read() {
    let signer = Signer::new();
    let (registry, _) = signed_by(&[&signer], 1001);
    let refused = verify(&registry.at("app:1"), &signer).ends_with(6);
    assert!(refused.stderr.contains("more than 1000 signatures"), "{refused}");
    assert_eq!(registry.requests(Route::Blob).len(), 0);
}

#[test]
fn a_huge_payload_is_not_read() {
    let signer = Signer::new();
    let (registry, fixture) = signed_by(&[&signer], 0);
    let huge = vec![b' '; (1 << 20) + 1];
    let signature = signer.sign(&huge);
    Shelf::Scripted(&registry, "app").attach(&fixture.root.digest, &[(huge, signature)]);
    let refused = verify(&registry.at("app:1"), &signer).ends_with(6);
    assert!(refused.stdout.contains("blob of 1048577 bytes exceeds the limit of 1048576 bytes"), "{refused}");
    assert_eq!(registry.requests(Route::Blob).len(), 0);
}

#[test]
fn a_pull_costs_the_manifest_of_the_signature_and_the_signature() {
    let signer = Signer::new();
    let (registry, fixture) = (Scripted::start(), Fixture::small());
    registry.seed("app", &fixture, "1");
    let bundle = signer.bundle(&fixture.root.digest);
    Shelf::Scripted(&registry, "app").refer(&fixture.root, &bundle, &annotations(SIGN));
    let (key, image) = (signer.key(), registry.at("app:1"));
    Home::fresh().run(["pull", &image]).succeeds();
    let plain = registry.heard().len();
    registry.forget();
    Home::fresh().run(["pull", "--verify-key", key.to_str().unwrap(), &image]).succeeds();
    let more = registry.heard().len() - plain;
    // The tag .sig, the API for referrers and the tag in its place, the manifest, the bundle.
    assert_eq!(more, 5, "{:?}", registry.heard());
}
