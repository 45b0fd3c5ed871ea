//! Registries that refuse the API for referrers in ways of their own, and lists that lie.

use serde_json::{Value, json};

use super::{INDEX, MANIFEST, New, Writer};
use crate::registry::Counted;
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind, Part, sha256};

/// A registry without the API, where a signature is listed under the tag.
fn with_tag() -> (Scripted, Fixture, String) {
    let (registry, fixture) = (Scripted::start(), Fixture::small());
    registry.seed("app", &fixture, "1");
    let config = b"{}";
    registry.seed_blob("app", &sha256(config), config.to_vec());
    let signature = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.cncf.notary.signature",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(config), "size": 2},
        "layers": [], "subject": fixture.root.descriptor(),
    })
    .to_string();
    let digest = registry.seed_manifest("app", MANIFEST, signature.clone().into_bytes());
    let part = Part { media_type: MANIFEST.to_owned(), digest: digest.clone(), size: signature.len() as u64 };
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [part.descriptor()]});
    let index = registry.seed_manifest("app", INDEX, index.to_string().into_bytes());
    registry.tag("app", &fixture.root.digest.replace(':', "-"), &index);
    (registry, fixture, digest)
}

/// Whether the signature is found.
fn finds(registry: &Scripted, digest: &str) -> bool {
    let shown = Home::fresh().run(["referrers", "--format", "json", &registry.at("app:1")]).succeeds();
    let tree: Value = serde_json::from_str(&shown.stdout).unwrap();
    tree["referrers"].as_array().is_some_and(|found| found.len() == 1 && found[0]["digest"] == digest)
}

/// What go-containerregistry takes for a registry without the API (pkg/v1/remote/referrers.go: 404, 400, 406, and what is
/// not an index), and what proxies in front of registries answer.
#[test]
fn any_refusal_of_the_api_leads_to_the_tag() {
    let (registry, _, digest) = with_tag();
    assert!(finds(&registry, &digest), "404 of an unknown path");
    for status in [400, 404, 405, 406, 501] {
        registry.on(Route::Other).of("/referrers/").status(status).body("text/plain", "no").once();
        assert!(finds(&registry, &digest), "{status}");
    }
    registry.on(Route::Other).of("/referrers/").redirect(303, "https://docs.example/").once();
    assert!(finds(&registry, &digest), "a redirect to a page for people is not followed");
    registry.on(Route::Other).of("/referrers/").status(200).body("text/html", "<html>").once();
    assert!(finds(&registry, &digest), "a page for people");
    registry.on(Route::Other).of("/referrers/").status(200).body("application/json", "{}").once();
    assert!(finds(&registry, &digest), "an object that is not an index");
}

#[test]
fn an_api_that_fails_is_an_error_and_not_an_empty_list() {
    let (registry, ..) = with_tag();
    registry.on(Route::Other).of("/referrers/").error(403, "DENIED").once();
    let image = registry.at("app:1");
    Home::fresh().run(["referrers", &image]).ends_with(4).prints("");
    registry.on(Route::Other).of("/referrers/").status(503).body("text/plain", "later").once();
    Home::fresh().run(["--retry", "0", "referrers", &image]).ends_with(5).prints("");
}

#[test]
fn a_list_that_leads_to_another_server_or_in_a_circle_is_refused() {
    let (registry, fixture, _) = with_tag();
    let index =
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [fixture.root.descriptor()]}).to_string();
    for (link, pages) in
        [("<http://127.0.0.1:1/v2/app/referrers/x>; rel=\"next\"", 1), ("<?again>; rel=\"next\"", 2)]
    {
        registry
            .on(Route::Other)
            .of("/referrers/")
            .status(200)
            .header("Link", link)
            .body(INDEX, index.clone())
            .times(pages);
        Home::fresh().run(["referrers", &registry.at("app:1")]).ends_with(1).prints("");
    }
}

#[test]
fn a_tag_that_means_something_else_is_not_overwritten() {
    let (from, registry) = (Counted::open(Kind::Embedded), Scripted::start());
    let fixture = Fixture::small();
    let api = from.api("app");
    api.seed(&fixture, "1");
    Writer { api: &api, kind: Kind::Embedded }.refer(&New::of(&fixture.root, "application/spdx+json"));
    registry.seed("app", &fixture, "1");
    let tag = fixture.root.digest.replace(':', "-");
    registry.tag("app", &tag, &fixture.root.digest);
    let copied = Home::fresh().run(["copy", "--referrers", &from.at("app:1"), &registry.at("app:1")]);
    copied.ends_with(1).complains("points to something else");
    let puts = registry.requests(Route::ManifestPut);
    assert!(!puts.iter().any(|put| format!("{put:?}").contains(&tag)), "{puts:?}");
}

#[test]
fn what_lies_too_deep_is_refused() {
    let there = Counted::open(Kind::Embedded);
    let (api, fixture) = (there.api("app"), Fixture::small());
    api.seed(&fixture, "1");
    let writer = Writer { api: &api, kind: Kind::Embedded };
    let mut last = Part { ..fixture.root.clone() };
    for depth in 1..=9 {
        let home = Home::fresh();
        last = writer.refer(&New::of(&last, "application/x-nested"));
        let shown = home.run(["referrers", &there.at("app:1")]);
        match depth {
            ..=8 => assert_eq!(shown.succeeds().stdout.lines().count(), depth + 1),
            _ => drop(shown.ends_with(6).complains("referrers lie more than 8 deep")),
        }
    }
}

#[test]
fn nothing_is_built_on_bytes_that_the_registry_does_not_have() {
    let (registry, fixture) = (Scripted::start(), Fixture::multi_platform());
    registry.seed("app", &fixture, "multi");
    let home = Home::fresh();
    let image = &fixture.manifests["linux/amd64"];
    let garbled = String::from_utf8(fixture.content(&fixture.root.digest)).unwrap().replace("amd64", "amd65");
    let kind = "application/vnd.oci.image.index.v1+json";
    let refused = |arguments: &[&str]| {
        registry.on(Route::Manifest).of("multi").body(kind, garbled.clone()).once();
        let refused = home.run(arguments).ends_with(6);
        assert!(refused.stderr.contains("which it does not have: it is damaged"), "{refused}");
    };
    let name = registry.at("app:multi");
    refused(&["index", "remove", &name, &image.digest]);
    refused(&["attach", &name, "--type", "application/spdx+json", "/etc/hostname"]);
    registry.holds("app", &fixture, "multi");
    home.run(["index", "remove", &name, &image.digest]).succeeds();
}
