//! The forms of signatures, at a registry with the API for referrers and at one without.

use serde_json::json;

use super::{SIGN, as_json, verify};
use crate::registry::Counted;
use crate::support::signing::{Shelf, Signer, annotations, statement};
use crate::support::{Fixture, Home, Kind, missing, run};

at_every_registry! {
    a_signature_under_the_tag_is_verified,
    a_bundle_is_verified,
    a_signature_of_the_bytes_of_the_manifest_is_verified,
    an_attestation_is_not_a_signature,
    an_index_and_its_images_are_signed_separately,
    signatures_may_be_in_another_repository,
}

fn a_signature_under_the_tag_is_verified(kind: Kind) {
    let (there, fixture, signer) = (Counted::open(kind), Fixture::small(), Signer::new());
    let api = there.api("team/app");
    api.seed(&fixture, "1");
    let digest = &fixture.root.digest;
    Shelf::Real(&api, kind).attach(digest, &[signer.payload(digest)]);
    let shown = verify(&there.at("team/app:1"), &signer).succeeds();
    for line in [
        &format!("Digest: {digest}"),
        "  Signed: a payload with the digest of the image",
        "  Name in it: registry.example.com/team/app",
        "Checked: the signature, and that it is for this digest",
        "Not checked: when it was signed, and who has the key",
    ] {
        assert!(shown.stdout.lines().any(|found| found == line), "{line}: {shown}");
    }
    assert!(shown.stdout.lines().all(|line| line.len() <= 80 || line.contains("cosign.pub")), "{shown}");
    let calls = there.calls();
    assert!(calls.len() <= 5, "the image, the tag, the payload, the referrers and their tag: {calls:?}");
    assert!(
        calls.iter().all(|call| !fixture.blobs.iter().any(|blob| call.contains(&blob.digest))),
        "{calls:?}"
    );
}

fn a_bundle_is_verified(kind: Kind) {
    let (there, fixture, signer) = (Counted::open(kind), Fixture::small(), Signer::new());
    let api = there.api("app");
    api.seed(&fixture, "1");
    let bundle = signer.bundle(&fixture.root.digest);
    let manifest = Shelf::Real(&api, kind).refer(&fixture.root, &bundle, &annotations(SIGN));
    let found = as_json(&there.at("app:1"), &signer);
    assert_eq!(found["verified"], true, "{found}");
    assert_eq!(found["signatures"].as_array().unwrap().len(), 1, "{found}");
    let found = &found["signatures"][0];
    assert_eq!((&found["form"], &found["manifest"]), (&json!("bundle"), &json!(manifest)));
    verify(&there.at("app:1"), &signer)
        .succeeds()
        .prints_line("  Signed: a statement with the digest of the image");
}

fn a_signature_of_the_bytes_of_the_manifest_is_verified(kind: Kind) {
    let (there, fixture, signer) = (Counted::open(kind), Fixture::small(), Signer::new());
    let api = there.api("app");
    api.seed(&fixture, "1");
    let bundle = signer.bundle_of_bytes(&fixture.content(&fixture.root.digest));
    Shelf::Real(&api, kind).refer(
        &fixture.root,
        &bundle,
        &json!({ "dev.sigstore.bundle.content": "message-signature" }),
    );
    verify(&there.at("app:1"), &signer).succeeds().prints_line("  Signed: the manifest of the image");
}

fn an_attestation_is_not_a_signature(kind: Kind) {
    let (there, fixture, signer) = (Counted::open(kind), Fixture::small(), Signer::new());
    let (api, scan) = (there.api("app"), "https://cosign.sigstore.dev/attestation/vuln/v1");
    api.seed(&fixture, "1");
    let bundle = signer.bundle_of(&statement(&fixture.root.digest, scan));
    let shelf = Shelf::Real(&api, kind);
    shelf.refer(&fixture.root, &bundle, &annotations(scan));
    let image = there.at("app:1");
    let refused =
        verify(&image, &signer).ends_with(6).complains("is not signed: no signature found for sha256:");
    assert!(refused.stdout.contains("Not read: 1 attestation"), "{refused}");
    // An annotation that lies changes nothing.
    shelf.refer(&fixture.root, &bundle, &annotations(SIGN));
    let refused =
        verify(&image, &signer).ends_with(6).complains("is not signed with a given key: 1 signature for");
    assert!(refused.stdout.contains("it is an attestation of the type \"https://cosign"), "{refused}");
}

fn an_index_and_its_images_are_signed_separately(kind: Kind) {
    let (there, fixture, signer) = (Counted::open(kind), Fixture::multi_platform(), Signer::new());
    let api = there.api("app");
    api.seed(&fixture, "1");
    let (image, amd64) = (there.at("app:1"), &fixture.manifests["linux/amd64"]);
    let shelf = Shelf::Real(&api, kind);
    shelf.attach(&amd64.digest, &[signer.payload(&amd64.digest)]);
    let key = signer.key();
    let key = key.to_str().unwrap();
    let home = Home::fresh();
    let on = |platform| home.run(["verify-signature", "--key", key, "--platform", platform, &image]);
    on("linux/amd64").succeeds();
    on("linux/arm64").ends_with(6).complains("is not signed: no signature found");
    let refused = verify(&image, &signer).ends_with(6);
    if cfg!(target_arch = "x86_64") {
        assert!(
            refused.stderr.contains("hint: the image for linux/amd64 is signed, but not the index"),
            "{refused}"
        );
    }
    shelf.attach(&fixture.root.digest, &[signer.payload(&fixture.root.digest)]);
    verify(&image, &signer).succeeds();
}

fn signatures_may_be_in_another_repository(kind: Kind) {
    let (there, fixture, signer) = (Counted::open(kind), Fixture::small(), Signer::new());
    there.api("app").seed(&fixture, "1");
    let signatures = there.api("signatures");
    Shelf::Real(&signatures, kind).attach(&fixture.root.digest, &[signer.payload(&fixture.root.digest)]);
    verify(&there.at("app:1"), &signer).ends_with(6);
    let key = signer.key();
    let elsewhere = ["--key", key.to_str().unwrap(), "--signatures", &there.at("signatures")];
    let image = there.at("app:1");
    Home::fresh().run([&["verify-signature"], &elsewhere[..], &[&image]].concat()).succeeds();
}

/// Keys in the cloud sign with this padding, whose salt has the length of the hash.
const PSS: &[&str] =
    &["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];

/// The keys and signatures of another implementation: `openssl dgst -sign` is what `cosign sign --key` does with its
/// key, and what users without cosign do.
#[test]
fn keys_and_signatures_of_openssl_are_understood() {
    if missing("openssl") {
        return;
    }
    let (there, fixture) = (Counted::open(Kind::Embedded), Fixture::small());
    let api = there.api("app");
    api.seed(&fixture, "1");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let digest = &fixture.root.digest;
    let (payload, _) = Signer::new().payload(digest);
    std::fs::write(path("payload"), &payload).unwrap();
    for (algorithm, options, sign) in [
        ("EC", &["-pkeyopt", "ec_paramgen_curve:P-256"][..], &["dgst", "-sha256"][..]),
        ("EC", &["-pkeyopt", "ec_paramgen_curve:P-384"], &["dgst", "-sha256"]),
        ("EC", &["-pkeyopt", "ec_paramgen_curve:P-384"], &["dgst", "-sha384"]),
        ("EC", &["-pkeyopt", "ec_paramgen_curve:P-521"], &["dgst", "-sha512"]),
        ("RSA", &["-pkeyopt", "rsa_keygen_bits:2048"], &["dgst", "-sha256"]),
        ("RSA", &["-pkeyopt", "rsa_keygen_bits:3072"], PSS),
        ("ED25519", &[], &["pkeyutl", "-rawin"]),
    ] {
        let (private, public) = (path("private.pem"), path("public.pem"));
        run("openssl", [&["genpkey", "-algorithm", algorithm, "-out", &private], options].concat())
            .succeeds();
        run("openssl", ["pkey", "-in", &private, "-pubout", "-out", &public]).succeeds();
        let (content, signature) = (path("payload"), path("signature"));
        match sign[0] {
            "dgst" => run("openssl", [sign, &["-sign", &private, "-out", &signature, &content]].concat()),
            _ => run(
                "openssl",
                [sign, &["-sign", "-inkey", &private, "-out", &signature, "-in", &content]].concat(),
            ),
        }
        .succeeds();
        let signature = base64_of(&std::fs::read(&signature).unwrap());
        Shelf::Real(&api, Kind::Embedded).attach(digest, &[(payload.clone(), signature)]);
        let shown = Home::fresh().run(["verify-signature", "--key", &public, &there.at("app:1")]).succeeds();
        assert!(shown.stdout.contains(": verified"), "{algorithm} {options:?}: {shown}");
        let given =
            Home::fresh().run(["verify-signature", "--key", &private, &there.at("app:1")]).ends_with(125);
        assert!(given.stderr.contains("a private key was given instead of the public key"), "{given}");
    }
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
