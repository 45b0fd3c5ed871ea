//! `pull --verify-key`: nothing of an image moves before its signature is verified.

use std::path::Path;

use super::SIGN;
use crate::support::scripted::{Route, Scripted};
use crate::support::signing::{Shelf, Signer, annotations};
use crate::support::{Fixture, Home, Outcome, sha256};

/// A registry with the image `app:1`, signed under its tag.
struct Signed {
    registry: Scripted,
    fixture: Fixture,
    signer: Signer,
    payload: String,
}

impl Signed {
    fn with(fixture: Fixture) -> Self {
        let (registry, signer) = (Scripted::start(), Signer::new());
        registry.seed("app", &fixture, "1");
        let payload = signer.payload(&fixture.root.digest);
        let digest = sha256(&payload.0);
        Shelf::Scripted(&registry, "app").attach(&fixture.root.digest, &[payload]);
        Self { registry, fixture, signer, payload: digest }
    }

    fn pull(&self, home: &Home, key: &Path, options: &[&str]) -> Outcome {
        let arguments = ["pull", "--verify-key", key.to_str().unwrap()];
        home.run([&arguments[..], options, &[&self.registry.at("app:1")]].concat())
    }

    /// The digests of the blobs that were requested.
    fn blobs(&self) -> Vec<String> {
        let heard = self.registry.requests(Route::Blob).into_iter();
        heard.map(|heard| heard.head.path.rsplit('/').next().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_signed_image_is_pulled_and_the_key_is_named() {
    let signed = Signed::with(Fixture::small());
    let home = Home::fresh();
    let pulled = signed.pull(&home, &signed.signer.key(), &[]).succeeds();
    assert!(pulled.stdout.contains("Signature verified: "), "{pulled}");
    assert!(pulled.stdout.contains("cosign.pub (ECDSA P-256)"), "{pulled}");
    assert_eq!(signed.blobs().first(), Some(&signed.payload), "the payload comes before all other blobs");
    let pulled = signed.pull(&Home::fresh(), &signed.signer.key(), &["-q"]).succeeds();
    assert_eq!(pulled.stdout.lines().count(), 1, "{pulled}");
}

#[test]
fn with_another_key_no_layer_and_no_config_is_requested() {
    let signed = Signed::with(Fixture::small());
    let home = Home::fresh();
    for options in [&[][..], &["--dry-run"], &["--all-platforms"], &["--platform", "linux/amd64"]] {
        let refused = signed.pull(&home, &Signer::new().key(), options).ends_with(6);
        assert!(
            refused.stderr.contains("is not signed with a given key: 1 signature for sha256:"),
            "{refused}"
        );
        assert!(refused.stderr.contains("hint: see why: regcli verify-signature --key FILE "), "{refused}");
    }
    assert!(signed.blobs().iter().all(|blob| *blob == signed.payload), "{:?}", signed.blobs());
    assert_eq!(home.run(["images", "-q"]).succeeds().stdout, "");
}

#[test]
fn an_image_without_signatures_is_refused_without_any_request_for_a_blob() {
    let signed = Signed::with(Fixture::small());
    let tag = format!("{}.sig", signed.fixture.root.digest.replace(':', "-"));
    signed.registry.untag("app", &tag);
    let refused = signed.pull(&Home::fresh(), &signed.signer.key(), &[]).ends_with(6);
    assert!(refused.stderr.contains("is not signed: no signature found for sha256:"), "{refused}");
    assert_eq!(signed.blobs(), Vec::<String>::new());
}

#[test]
fn an_image_in_the_store_is_verified_like_any_other() {
    let signed = Signed::with(Fixture::small());
    let home = Home::fresh();
    home.run(["pull", &signed.registry.at("app:1")]).succeeds();
    signed.pull(&home, &Signer::new().key(), &[]).ends_with(6);
    let pulled = signed.pull(&home, &signed.signer.key(), &[]).succeeds();
    assert!(pulled.stdout.contains("Image is up to date"), "{pulled}");
}

#[test]
fn the_tag_is_resolved_once_so_that_it_cannot_move_after_the_verification() {
    let signed = Signed::with(Fixture::multi_platform());
    signed.pull(&Home::fresh(), &signed.signer.key(), &["--all-platforms"]).succeeds();
    let manifests = signed.registry.requests(Route::Manifest);
    let tags = manifests.iter().filter(|heard| heard.head.path.ends_with("/manifests/1")).count();
    assert_eq!(tags, 1, "{manifests:?}");
}

#[test]
fn a_manifest_that_was_changed_is_not_the_signed_one() {
    let signed = Signed::with(Fixture::small());
    let mut content = signed.fixture.content(&signed.fixture.root.digest);
    content.push(b' ');
    let changed = signed.registry.seed_manifest("app", &signed.fixture.root.media_type, content);
    signed.registry.tag("app", "1", &changed);
    signed.pull(&Home::fresh(), &signed.signer.key(), &[]).ends_with(6).complains("is not signed");
    // Even with the old signature under its tag.
    let shelf = Shelf::Scripted(&signed.registry, "app");
    shelf.attach(&changed, &[signed.signer.payload(&signed.fixture.root.digest)]);
    signed.pull(&Home::fresh(), &signed.signer.key(), &[]).ends_with(6).complains("1 signature");
    assert!(signed.blobs().iter().all(|blob| *blob == signed.payload));
}

#[test]
fn a_registry_that_does_not_answer_is_not_a_registry_without_signatures() {
    let signed = Signed::with(Fixture::small());
    let tag = signed.fixture.root.digest.replace(':', "-");
    signed.registry.on(Route::Manifest).of(&format!("{tag}.sig")).error(403, "DENIED").once();
    signed.pull(&Home::fresh(), &signed.signer.key(), &[]).ends_with(4);
    signed.registry.on(Route::Manifest).of(&format!("{tag}.sig")).status(503).once();
    signed.pull(&Home::fresh(), &signed.signer.key(), &["--retry", "0"]).ends_with(5);
    assert_eq!(signed.blobs(), Vec::<String>::new());
}

#[test]
fn one_good_signature_among_bad_ones_is_enough() {
    let signed = Signed::with(Fixture::small());
    let digest = &signed.fixture.root.digest;
    let shelf = Shelf::Scripted(&signed.registry, "app");
    let stranger = Signer::new();
    shelf.attach(digest, &[stranger.payload(digest), (b"{".to_vec(), "x".to_owned())]);
    shelf.refer(&signed.fixture.root, &signed.signer.bundle(digest), &annotations(SIGN));
    signed.pull(&Home::fresh(), &signed.signer.key(), &[]).succeeds();
    // Each key of the command counts, and each key of a file.
    let both = tempfile::NamedTempFile::new().unwrap();
    let keys = [Signer::new().key(), stranger.key()].map(|key| std::fs::read_to_string(key).unwrap());
    std::fs::write(&both, keys.concat()).unwrap();
    signed.pull(&Home::fresh(), both.path(), &[]).succeeds();
}
