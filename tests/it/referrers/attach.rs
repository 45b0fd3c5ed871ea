//! `attach`: files become an artifact that refers to an image.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::registry::Counted;
use crate::support::{Fault, Fixture, Home, Kind, eventually, missing, run, sha256};

at_every_registry! {
    files_are_attached_as_the_specification_says,
    the_same_files_change_nothing_when_they_are_attached_again,
    files_are_attached_to_one_platform,
    what_cannot_be_attached_is_said_before_anything_is_sent,
}

fn files_are_attached_as_the_specification_says(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("team/app"), Fixture::small());
    api.seed(&fixture, "1");
    let home = Home::fresh();
    let file = |name: &str, content: &[u8]| {
        let path = home.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let large = vec![7_u8; 3 << 20];
    let files = [
        file("app.spdx.json", b"{\"spdxVersion\":\"SPDX-2.3\"}"),
        format!("{}:application/x-dump", file("memory.bin", &large)),
        file("empty.txt", b""),
    ];
    let flags = ["attach", "--type", "application/spdx+json", "--annotation", "made-by=a test"];
    let arguments = flags.into_iter().map(str::to_owned).chain([there.at("team/app:1")]).chain(files);
    let attached = home.run(arguments).succeeds();

    let (name, digest) = attached.stdout.trim_end().split_once('@').unwrap();
    assert_eq!(name, there.at("team/app"));
    let manifest = api.manifest(digest).unwrap();
    assert_eq!(sha256(&manifest), digest);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let layer = |media_type: &str, content: &[u8], title: &str| {
        json!({
            "mediaType": media_type, "digest": sha256(content), "size": content.len(),
            "annotations": {"org.opencontainers.image.title": title},
        })
    };
    let expected = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/spdx+json",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2},
        "layers": [
            layer("application/spdx+json", b"{\"spdxVersion\":\"SPDX-2.3\"}", "app.spdx.json"),
            layer("application/x-dump", &large, "memory.bin"),
            layer("text/plain", b"", "empty.txt"),
        ],
        "subject": fixture.root.descriptor(),
        "annotations": {"made-by": "a test"},
    });
    assert_eq!(manifest, expected);
    for (number, content) in [&b"{\"spdxVersion\":\"SPDX-2.3\"}"[..], &large, b""].iter().enumerate() {
        let digest = manifest["layers"][number]["digest"].as_str().unwrap();
        assert_eq!(api.blob(digest).as_deref(), Some(*content));
    }
    is_found(&there, digest);
    api.holds(&fixture, "1");
    if kind == Kind::Docker {
        let list = api.manifest(&fixture.root.digest.replace(':', "-")).unwrap();
        let list: Value = serde_json::from_slice(&list).unwrap();
        let entry = &list["manifests"][0];
        assert_eq!(entry["digest"], digest);
        assert_eq!(entry["artifactType"], "application/spdx+json");
        assert_eq!(entry["annotations"], json!({"made-by": "a test"}));
    }
}

/// Asserts that the artifact is shown with its files, and read by another client.
fn is_found(there: &Counted, digest: &str) {
    let shown = Home::fresh().run(["referrers", &there.at("team/app:1")]).succeeds();
    let words = "└─ SPDX SBOM: app.spdx.json, memory.bin, empty.txt ";
    let short = &digest["sha256:".len()..][..12];
    assert!(shown.stdout.contains(words) && shown.stdout.contains(short), "{}", shown.stdout);
    if !missing("skopeo") {
        let image = format!("docker://{}@{digest}", there.at("team/app"));
        let read = run("skopeo", ["inspect", "--raw", "--tls-verify=false", &image]).succeeds();
        assert_eq!(sha256(read.stdout.as_bytes()), digest, "another reader finds the same bytes");
    }
}

fn the_same_files_change_nothing_when_they_are_attached_again(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::small());
    api.seed(&fixture, "1");
    let home = Home::fresh();
    let file = home.path().join("scan.txt");
    fs::write(&file, "nothing found\n").unwrap();
    let attach = |artifact_type: &str| {
        let file = file.to_str().unwrap();
        home.run(["attach", "-q", "--type", artifact_type, &there.at("app:1"), file]).succeeds().stdout
    };
    let first = attach("application/vnd.example.scan");
    let other = attach("application/vnd.example.other");
    there.proxy.forget();
    assert_eq!(attach("application/vnd.example.scan"), first);
    assert_eq!(there.proxy.blob_bytes_sent(), 0);
    let shown = home.run(["referrers", "--format", "json", &there.at("app:1")]).succeeds();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let mut found: Vec<&str> = shown["referrers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["digest"].as_str().unwrap())
        .collect();
    let mut expected = [&first, &other].map(|line| line.trim_end().split_once('@').unwrap().1);
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

fn files_are_attached_to_one_platform(kind: Kind) {
    let there = Counted::open(kind);
    let (api, fixture) = (there.api("app"), Fixture::multi_platform());
    api.seed(&fixture, "1");
    let home = Home::fresh();
    let file = home.path().join("scan.json");
    fs::write(&file, "{}").unwrap();
    let (image, file) = (there.at("app:1"), file.to_str().unwrap());
    let flags = ["attach", "--type", "a/b", "--platform", "linux/arm64"];
    let attached = home.run(flags.into_iter().chain([&*image, file])).succeeds();
    let (_, digest) = attached.stdout.trim_end().split_once('@').unwrap();
    let manifest: Value = serde_json::from_slice(&api.manifest(digest).unwrap()).unwrap();
    assert_eq!(manifest["subject"], fixture.manifests["linux/arm64/v8"].descriptor());
    let flags = ["attach", "--type", "a/b", "--platform", "linux/s390x"];
    home.run(flags.into_iter().chain([&*image, file])).ends_with(3).complains("linux/s390x");
}

fn what_cannot_be_attached_is_said_before_anything_is_sent(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    let path = |name: &str| home.path().join(name).display().to_string();
    fs::create_dir_all(home.path().join("dir")).unwrap();
    fs::write(home.path().join("a.txt"), "a").unwrap();
    fs::write(home.path().join("dir/a.txt"), "b").unwrap();
    there.proxy.forget();
    let attach = |image: &str, files: &[String]| {
        let flags = ["attach", "--type", "a/b"].map(str::to_owned);
        home.run(flags.into_iter().chain([there.at(image)]).chain(files.iter().cloned()))
    };
    attach("app:1", &[path("missing.txt")]).ends_with(1).complains("missing.txt");
    attach("app:1", &[path("dir")]).ends_with(125).complains("not a regular file");
    attach("app:1", &[path("a.txt"), path("dir/a.txt")])
        .ends_with(125)
        .complains("two files have the name a.txt");
    attach("app:2", &[path("a.txt")]).ends_with(3).complains("app:2");
    home.run(["attach", "--type", "sbom", &there.at("app:1"), &path("a.txt")]).ends_with(125);
    home.run(["attach", &there.at("app:1"), &path("a.txt")]).ends_with(125).complains("--type");
    let reads = |call: &String| call.starts_with("GET ") || call.starts_with("HEAD ");
    assert!(there.calls().iter().all(reads), "{:?}", there.calls());
}

/// Another client has read the list before ours was written, and writes it afterwards.
#[test]
fn a_list_that_another_client_overwrites_is_written_again() {
    if Kind::Docker.missing() {
        return;
    }
    let there = Counted::open(Kind::Docker);
    let (api, fixture) = (there.api("app"), Fixture::small());
    api.seed(&fixture, "1");
    let home = Home::fresh();
    let file = home.path().join("a.txt");
    fs::write(&file, "a").unwrap();
    let file = file.to_str().unwrap();
    home.run(["attach", "-q", "--type", "a/theirs", &there.at("app:1"), file]).succeeds();
    let tag = fixture.root.digest.replace(':', "-");
    let theirs = api.manifest(&tag).unwrap();

    there.proxy.forget();
    let part = format!("/manifests/{tag}");
    // The list is read to find it, to extend it, and to see whether it has arrived.
    for wait in [0, 0, 3] {
        there.proxy.fault("GET", &part, Fault::Delay(Duration::from_secs(wait)));
    }
    let attaching = home.regcli(["attach", "-q", "--type", "a/ours", &there.at("app:1"), file]).start();
    let is_read_again = || (there.proxy.requests("GET", &part).len() == 3).then_some(());
    eventually(Duration::from_secs(30), is_read_again).expect("the list is read again");
    api.put_manifest("application/vnd.oci.image.index.v1+json", &theirs, Some(&tag));
    let attached = attaching.finish().succeeds();

    let digest = attached.stdout.trim_end().split_once('@').unwrap().1.to_owned();
    let list: Value = serde_json::from_slice(&api.manifest(&tag).unwrap()).unwrap();
    let entries = list["manifests"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "{list}");
    assert!(entries.iter().any(|entry| entry["digest"] == *digest), "{list}");
}
