//! `referrers`: everything that belongs to an image, with its name.

use serde_json::{Value, json};

use super::{INDEX, MANIFEST, New, Writer};
use crate::registry::Counted;
use crate::support::{Fixture, Home, Kind};

at_every_registry! {
    everything_that_belongs_to_an_image_is_named,
    an_image_without_referrers_is_said_to_have_none,
    lists_in_several_pages_and_odd_entries_are_read,
    attestations_of_buildkit_are_recognised,
}

/// The tree as lines: depth, relation, kind, and the first digits of the digest.
fn flattened(tree: &Value) -> Vec<(usize, String, String, String)> {
    fn add(tree: &Value, depth: usize, lines: &mut Vec<(usize, String, String, String)>) {
        let text = |key: &str| tree[key].as_str().unwrap_or_default().to_owned();
        lines.push((depth, text("relation"), text("kind"), text("digest")));
        for branch in tree["referrers"].as_array().into_iter().flatten() {
            add(branch, depth + 1, lines);
        }
    }
    let mut lines = Vec::new();
    add(tree, 0, &mut lines);
    lines
}

fn as_json(home: &Home, image: &str) -> Value {
    let shown = home.run(["referrers", "--format", "json", image]).succeeds();
    serde_json::from_str(&shown.stdout).unwrap()
}

fn everything_that_belongs_to_an_image_is_named(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("team/app"), Fixture::multi_platform());
    api.seed(&fixture, "1");
    let writer = Writer { api: &api, kind };
    let sbom = writer.refer(&New::of(&fixture.root, "application/spdx+json"));
    let signature = writer.refer(&New::of(&sbom, "application/vnd.cncf.notary.signature"));
    let arm = &fixture.manifests["linux/arm64/v8"];
    let bundle = writer.refer(&New {
        annotations: json!({
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1",
        }),
        ..New::of(arm, "application/vnd.dev.sigstore.bundle.v0.3+json")
    });
    let old = writer.attach(&fixture.root, "sig", "application/vnd.dev.cosign.simplesigning.v1+json");
    let attested = writer.attach(arm, "att", "application/vnd.dsse.envelope.v1+json");
    let listed = writer.attach(&fixture.root, "sbom", "application/vnd.cyclonedx+json");
    let home = Home::fresh();
    let image = there.at("team/app:1");

    let found = flattened(&as_json(&home, &image));
    let line = |depth: usize, relation: &str, kind: &str, digest: &str| {
        (depth, relation.to_owned(), kind.to_owned(), digest.to_owned())
    };
    let expected = [
        line(0, "image", "index", &fixture.root.digest),
        line(1, "child", "image", &fixture.manifests["linux/amd64"].digest),
        line(1, "child", "image", &arm.digest),
        line(2, "referrer", "sigstore-attestation", &bundle.digest),
        line(2, "tag", "cosign-attestation", &attested.digest),
        line(1, "child", "image", &fixture.manifests["linux/arm/v7"].digest),
        line(1, "referrer", "spdx-sbom", &sbom.digest),
        line(2, "referrer", "notation-signature", &signature.digest),
        line(1, "tag", "cosign-signature", &old.digest),
        line(1, "tag", "cyclonedx-sbom", &listed.digest),
    ];
    assert_eq!(found, expected);

    let shown = home.run(["referrers", &image]).succeeds();
    for words in [
        "├─ linux/arm64/v8 ",
        "│  ├─ sigstore attestation: SLSA provenance ",
        "│  └─ cosign attestation (tag .att) ",
        "├─ SPDX SBOM ",
        "│  └─ Notation signature ",
        "├─ cosign signature (tag .sig) ",
        "└─ CycloneDX SBOM (tag .sbom) ",
    ] {
        assert!(shown.stdout.contains(words), "{words:?} in:\n{}", shown.stdout);
    }
    let one = home.run(["referrers", "--platform", "linux/arm64", &image]).succeeds();
    assert!(one.stdout.contains("SLSA") && !one.stdout.contains("SPDX"), "{}", one.stdout);
}

fn an_image_without_referrers_is_said_to_have_none(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let image = there.at("app:1");
    let shown = home.run(["referrers", &image]).succeeds().prints("");
    assert_eq!(shown.stderr, format!("Nothing refers to {image}\n"));
    assert_eq!(flattened(&as_json(&home, &image)).len(), 1);
    home.run(["referrers", &there.at("app:2")]).ends_with(3).complains("app:2");
    home.run(["referrers", &there.at("never")]).ends_with(3).complains("never");
}

fn lists_in_several_pages_and_odd_entries_are_read(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::small());
    api.seed(&fixture, "1");
    let writer = Writer { api: &api, kind };
    // The embedded registry sends at most 4 MiB of descriptors in one page. docker-registry takes no larger index.
    let (number, bytes) = if kind == Kind::Embedded { (7, 1 << 20) } else { (7, 1 << 10) };
    for count in 0..number {
        let new = New::of(&fixture.root, "application/x\u{1b}[2J");
        writer.refer(&New {
            annotations: json!({"number": count.to_string(), "long": "x".repeat(bytes)}),
            ..new
        });
    }
    if kind == Kind::Docker {
        // The index under the tag is only what its writers say.
        writer.list(&fixture.root.digest, fixture.root.descriptor());
        let lost = writer.refer(&New::of(&fixture.root, "application/spdx+json"));
        api.delete(&lost.digest);
    }
    let home = Home::fresh();
    let found = flattened(&as_json(&home, &there.at("app:1")));
    let known = found.iter().filter(|line| line.2 == "artifact").count();
    assert_eq!(known, number, "{found:?}");
    let shown = home.run(["referrers", &there.at("app:1")]).succeeds();
    assert!(shown.stdout.contains("application/x\\u{1b}[2J") && !shown.stdout.contains('\u{1b}'));
    if kind == Kind::Docker {
        for words in ["(missing)", "(see above)"] {
            assert!(shown.stdout.contains(words), "{words} in:\n{}", shown.stdout);
        }
    }
}

/// As <https://docs.docker.com/build/metadata/attestations/attestation-storage> describes.
fn attestations_of_buildkit_are_recognised(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::small());
    api.seed(&fixture, "image");
    let writer = Writer { api: &api, kind };
    let mut statement = writer.blob("application/vnd.in-toto+json", b"{}");
    statement["annotations"] = json!({"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": [statement],
        "config": writer.blob("application/vnd.oci.image.config.v1+json", b"{\"architecture\":\"unknown\"}"),
    });
    let attestation = api.put_manifest(MANIFEST, manifest.to_string().as_bytes(), None);
    let mut image = fixture.root.descriptor();
    image["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let mut listed = attestation.descriptor();
    listed["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    listed["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": fixture.root.digest,
    });
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [image, listed]});
    api.put_manifest(INDEX, index.to_string().as_bytes(), Some("1"));

    let shown = Home::fresh().run(["referrers", &there.at("app:1")]).succeeds();
    assert!(shown.stdout.contains("├─ linux/amd64 "), "{}", shown.stdout);
    assert!(shown.stdout.contains("└─ BuildKit attestation: SLSA provenance "), "{}", shown.stdout);
}
