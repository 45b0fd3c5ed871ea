//! `index create`, `add` and `remove`: multi-platform images out of images that are at registries.

use serde_json::{Value, json};

use super::{INDEX, MANIFEST};
use crate::registry::Counted;
use crate::support::{Api, Fixture, Home, Kind, Part, missing, run};

at_every_registry! {
    images_of_a_repository_become_an_index_without_moving,
    images_of_other_repositories_are_mounted,
    images_of_another_registry_are_copied,
    images_of_docker_become_dockers_list,
    images_are_added_replaced_and_removed,
    what_is_impossible_changes_nothing,
}

const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// The parsed manifest under a tag, and its media type.
fn index(api: &Api, tag: &str) -> Value {
    serde_json::from_slice(&api.manifest(tag).unwrap_or_else(|| panic!("no {tag}"))).unwrap()
}

/// The digests of the entries by platform.
fn listed(index: &Value) -> Vec<(String, String)> {
    let entries = index["manifests"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |entry: &Value| {
        let platform = &entry["platform"];
        let variant = platform["variant"].as_str().map(|variant| format!("/{variant}")).unwrap_or_default();
        format!("{}/{}{variant}", text(&platform["os"]), text(&platform["architecture"]))
    };
    entries.map(|entry| (name(entry), text(&entry["digest"]))).collect()
}

fn expected(fixture: &Fixture, platforms: &[&str]) -> Vec<(String, String)> {
    let entry = |platform: &&str| ((*platform).to_owned(), fixture.manifests[*platform].digest.clone());
    platforms.iter().map(entry).collect()
}

/// The names as containerd writes them: the variant of arm64 is understood.
fn normal(mut entries: Vec<(String, String)>) -> Vec<(String, String)> {
    entries.iter_mut().for_each(|(name, _)| *name = name.replace("arm64/v8", "arm64"));
    entries
}

fn at(there: &Counted, name: &str, part: &Part) -> String {
    format!("{}@{}", there.at(name), part.digest)
}

fn images_of_a_repository_become_an_index_without_moving(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("team/app"), Fixture::multi_platform());
    api.seed(&fixture, "old");
    let home = Home::fresh();
    let images =
        ["linux/arm64/v8", "linux/amd64"].map(|name| at(&there, "team/app", &fixture.manifests[name]));
    let name = there.at("team/app:1");
    let create = |flags: &[&str]| {
        let arguments = ["index", "create", "--annotation", "org.example.note=one"].iter().chain(flags);
        home.run(arguments.copied().chain([&*name, &images[0], &images[1]]))
    };
    let shown = create(&["--dry-run"]).succeeds();
    assert_eq!(api.manifest("1"), None, "a dry run changes nothing");
    there.proxy.forget();
    let created = create(&[]).succeeds();
    assert!(created.stderr.contains("Platforms: linux/arm64, linux/amd64\n"), "{}", created.stderr);

    let found = index(&api, "1");
    assert_eq!(shown.stdout.as_bytes(), api.manifest("1").unwrap());
    assert_eq!(created.stdout, format!("{name}@{}\n", crate::support::sha256(&api.manifest("1").unwrap())));
    assert_eq!(listed(&found), normal(expected(&fixture, &["linux/arm64/v8", "linux/amd64"])));
    assert_eq!((&found["mediaType"], &found["schemaVersion"]), (&json!(INDEX), &json!(2)));
    assert_eq!(found["annotations"], json!({"org.example.note": "one"}));
    assert_eq!(there.proxy.blob_bytes_sent(), 0);
    assert_eq!(there.proxy.requests("PUT", "/manifests/").len(), 1);

    home.run(["pull", "-q", "--platform", "linux/arm64", &name]).succeeds();
    if !missing("skopeo") {
        let folder = home.path().join("dir");
        let (image, folder) = (format!("docker://{name}"), format!("dir:{}", folder.display()));
        run("skopeo", ["copy", "-q", "--all", "--src-tls-verify=false", &image, &folder]).succeeds();
    }
}

fn images_of_other_repositories_are_mounted(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    there.api("from/app").seed(&fixture, "1");
    let home = Home::fresh();
    there.proxy.forget();
    home.run(["index", "create", "-q", &there.at("to/app:1"), &there.at("from/app:1")]).succeeds();
    assert_eq!((there.proxy.blob_bytes_sent(), there.proxy.blob_bytes_taken()), (0, 0));
    let api = there.api("to/app");
    assert_eq!(listed(&index(&api, "1")), listed(&index(&there.api("from/app"), "1")));
    for blob in &fixture.blobs {
        assert!(api.blob(&blob.digest).is_some());
    }
}

fn images_of_another_registry_are_copied(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let (here, fixture) = (Fixture::small(), Fixture::multi_platform());
    from.api("app").seed(&fixture, "1");
    to.api("app").seed(&here, "amd64");
    let home = Home::fresh();
    let arm = at(&from, "app", &fixture.manifests["linux/arm64/v8"]);
    home.run(["index", "create", &to.at("app:1"), &to.at("app:amd64"), &arm]).succeeds();
    let api = to.api("app");
    let found = listed(&index(&api, "1"));
    assert_eq!(found[0], ("linux/amd64".to_owned(), here.root.digest.clone()));
    assert_eq!(found[1..], normal(expected(&fixture, &["linux/arm64/v8"])));
    let manifest: Value = serde_json::from_slice(&api.manifest(&found[1].1).unwrap()).unwrap();
    for layer in manifest["layers"].as_array().unwrap() {
        assert!(api.blob(layer["digest"].as_str().unwrap()).is_some());
    }
}

fn images_of_docker_become_dockers_list(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::docker_list());
    api.seed(&fixture, "old");
    api.seed(&Fixture::small(), "oci");
    let home = Home::fresh();
    let images = ["linux/arm64/v8", "linux/arm/v7"].map(|name| at(&there, "app", &fixture.manifests[name]));
    home.run(["index", "create", &there.at("app:1"), &images[0], &images[1]]).succeeds();
    assert_eq!(index(&api, "1")["mediaType"], LIST);
    home.run(["index", "add", &there.at("app:1"), &there.at("app:oci")]).succeeds();
    let mixed = index(&api, "1");
    assert_eq!((&mixed["mediaType"], listed(&mixed).len()), (&json!(INDEX), 3));
}

fn images_are_added_replaced_and_removed(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::multi_platform());
    api.seed(&fixture, "1");
    let new = Fixture::many_layers(3);
    api.seed(&new, "new");
    let attestation = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": api.put_blob(b"{}")},
    });
    let attestation = api.put_manifest(MANIFEST, attestation.to_string().as_bytes(), None);
    let mut document = index(&api, "1");
    let mut entry = attestation.descriptor();
    entry["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    entry["annotations"] = json!({"vnd.docker.reference.digest": fixture.manifests["linux/arm64/v8"].digest});
    document["manifests"].as_array_mut().unwrap().push(entry);
    api.put_manifest(INDEX, document.to_string().as_bytes(), Some("1"));
    let home = Home::fresh();
    let name = there.at("app:1");

    home.run(["index", "add", &name, &there.at("app:new")]).succeeds();
    let mut wanted = expected(&fixture, &["linux/arm64/v8", "linux/arm/v7"]);
    wanted.insert(0, ("linux/amd64".to_owned(), new.root.digest.clone()));
    wanted.push(("unknown/unknown".to_owned(), attestation.digest));
    let found = index(&api, "1");
    assert_eq!(listed(&found), wanted, "the new image is where the old one was");
    assert_eq!(found["annotations"], json!({"test.regcli.note": "多平台"}));

    home.run(["index", "remove", &name, "linux/arm64", &new.root.digest]).succeeds();
    assert_eq!(listed(&index(&api, "1")), expected(&fixture, &["linux/arm/v7"]));
    assert!(api.manifest(&new.root.digest).is_some(), "the image itself stays");
}

fn what_is_impossible_changes_nothing(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::multi_platform());
    api.seed(&fixture, "1");
    api.seed(&Fixture::many_layers(2), "single");
    let home = Home::fresh();
    let (name, single) = (there.at("app:1"), there.at("app:single"));
    there.proxy.forget();
    home.run(["index", "remove", &name, "linux/s390x"]).ends_with(3).complains("linux/s390x");
    home.run(["index", "remove", &name, "linux/amd64", "linux/arm64", "linux/arm/v7"])
        .ends_with(125)
        .complains("would have no images left");
    home.run(["index", "remove", &name, "nonsense"]).ends_with(125);
    home.run(["index", "add", &single, &name]).ends_with(125).complains("single image");
    home.run(["index", "add", &there.at("app:never"), &name]).ends_with(3).complains("never");
    home.run(["index", "create", &there.at("app:2"), &name, &single])
        .ends_with(125)
        .complains("same platform");
    home.run(["index", "create", &there.at("app:2"), &there.at("app:never")]).ends_with(3);
    let by_digest = at(&there, "app", &fixture.root);
    home.run(["index", "create", &by_digest, &single]).ends_with(125).complains("by a tag");
    assert!(there.calls().iter().all(|call| call.starts_with("GET ") || call.starts_with("HEAD ")));
}
