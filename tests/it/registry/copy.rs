//! `copy`: from any place to any other.

use serde_json::Value;

use crate::support::{Api, Fixture, Home, Kind, blob_path, sha256};

use super::{Counted, assert_kept, keep, parts};

at_every_registry! {
    from_one_registry_to_another_it_streams,
    within_one_registry_no_layer_byte_moves,
    copying_again_moves_nothing,
    between_registry_and_store_all_bytes_stay,
    between_registry_and_layout_all_bytes_stay,
    one_platform_is_copied_under_its_own_digest,
    several_platforms_are_copied_with_their_index,
    r2_several_platforms_go_to_a_registry_with_an_index_of_them_alone,
    what_is_not_there_is_not_copied,
}

/// Every kind of image that a copy has to leave as it is.
fn all_fixtures() -> [Fixture; 5] {
    [
        Fixture::small(),
        Fixture::docker(),
        Fixture::multi_platform(),
        Fixture::docker_list(),
        Fixture::many_layers(12),
    ]
}

fn from_one_registry_to_another_it_streams(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    for (number, fixture) in all_fixtures().iter().enumerate() {
        let name = format!("team/app{number}");
        from.api(&name).seed(fixture, "1");
        to.proxy.forget();
        let home = Home::fresh();
        let (source, target) = (from.at(&format!("{name}:1")), to.at(&format!("{name}:copy")));
        let copied = home.run(["copy", &source, &target]).succeeds();
        copied.prints(&format!("{target}@{}\n", fixture.root.digest));
        to.api(&name).holds(fixture, "copy");
        assert_eq!(to.proxy.blob_bytes_sent(), fixture.blob_bytes(), "each byte once");
        assert!(!home.store().exists(), "nothing touches the disk");
    }
}

fn within_one_registry_no_layer_byte_moves(kind: Kind) {
    let there = Counted::open(kind);
    for (number, fixture) in all_fixtures().iter().enumerate() {
        let (from, to) = (format!("from/{number}"), format!("to/{number}"));
        there.api(&from).seed(fixture, "1");
        there.proxy.forget();
        let home = Home::fresh();
        let copied = home.run(["copy", &there.at(&format!("{from}:1")), &there.at(&format!("{to}:2"))]);
        let mounted = format!(": Mounted from {from}\n");
        assert!(copied.succeeds().stderr.contains(&mounted));
        assert_eq!(there.proxy.blob_bytes_sent(), 0);
        assert_eq!(there.proxy.blob_bytes_taken(), 0);
        there.api(&to).holds(fixture, "2");
    }
}

fn copying_again_moves_nothing(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let fixture = Fixture::multi_platform();
    from.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let copy = || home.run(["copy", &from.at("app:1"), &to.at("app:1")]).succeeds();
    copy();
    from.proxy.forget();
    to.proxy.forget();
    copy();
    assert_eq!((from.proxy.blob_bytes_taken(), to.proxy.blob_bytes_sent()), (0, 0));
    assert_eq!(to.proxy.requests("POST", "/").len(), 0, "no upload is begun");
}

fn between_registry_and_store_all_bytes_stay(kind: Kind) {
    let there = Counted::open(kind);
    for (number, fixture) in all_fixtures().iter().enumerate() {
        let (from, to) = (format!("from/{number}"), format!("to/{number}"));
        there.api(&from).seed(fixture, "1");
        let home = Home::fresh();
        let source = format!("docker://{}", there.at(&format!("{from}:1")));
        let kept = home.run(["copy", &source, "store:example.com/app:1"]).succeeds();
        kept.prints(&format!("store:example.com/app:1@{}\n", fixture.root.digest));
        assert_kept(&home, fixture, parts(fixture));
        home.run(["copy", "store:example.com/app:1", &there.at(&format!("{to}:1"))]).succeeds();
        there.api(&to).holds(fixture, "1");
    }
}

fn between_registry_and_layout_all_bytes_stay(kind: Kind) {
    let there = Counted::open(kind);
    for (number, fixture) in all_fixtures().iter().enumerate() {
        let name = format!("app{number}");
        there.api(&name).seed(fixture, "1");
        let home = Home::fresh();
        let folder = home.path().join("layout");
        let source = there.at(&format!("{name}:1"));
        for place in [format!("oci:{}", folder.display()), format!("oci:{}-named:v1", folder.display())] {
            let copied = home.run(["copy", &source, &place]).succeeds();
            copied.prints(&format!("{place}@{}\n", fixture.root.digest));
            let written = std::path::Path::new(place.split(':').nth(1).unwrap());
            for part in parts(fixture) {
                let found = std::fs::read(blob_path(written, &part.digest)).unwrap();
                assert_eq!(found, fixture.content(&part.digest), "{}", part.digest);
            }
            let back = format!("back{number}{}", if place.ends_with("v1") { "n" } else { "" });
            home.run(["copy", &place, &there.at(&format!("{back}:1"))]).succeeds();
            there.api(&back).holds(fixture, "1");
        }
        let missing = format!("oci:{}-named:nosuch", folder.display());
        home.run(["copy", &missing, &there.at("never:1")]).ends_with(3).complains("nosuch");
    }
}

fn one_platform_is_copied_under_its_own_digest(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let fixture = Fixture::docker_list();
    from.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let arm = &fixture.manifests["linux/arm64/v8"];
    let copied = home.run(["copy", "--platform", "linux/arm64", &from.at("app:1"), &to.at("app:1")]);
    copied.succeeds().prints(&format!("{}@{}\n", to.at("app:1"), arm.digest));
    assert_eq!(to.api("app").manifest("1"), Some(fixture.content(&arm.digest)));
    assert_eq!(to.proxy.requests("PUT", "/manifests/").len(), 1);
    let arm_only = fixture.content(&arm.digest);
    let text = String::from_utf8(arm_only).unwrap();
    let needed = fixture.blobs.iter().filter(|blob| text.contains(&blob.digest));
    assert_eq!(from.proxy.blob_bytes_taken(), needed.map(|blob| blob.size).sum::<u64>());
}

fn several_platforms_are_copied_with_their_index(kind: Kind) {
    // A layout may have an index without all of its images; it stays unchanged.
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let folder = home.path().join("layout");
    let platforms = ["--platform", "linux/arm64", "--platform", "linux/amd64"];
    let place = format!("oci:{}:v1", folder.display());
    let arguments = ["copy"].iter().chain(&platforms).copied().map(str::to_owned);
    let copied = home.run(arguments.chain([there.at("app:1"), place.clone()])).succeeds();
    copied.prints(&format!("{place}@{}\n", fixture.root.digest));
    for (platform, manifest) in &fixture.manifests {
        let there = blob_path(&folder, &manifest.digest).exists();
        assert_eq!(there, platform != "linux/arm/v7", "{platform}");
    }
}

fn r2_several_platforms_go_to_a_registry_with_an_index_of_them_alone(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let home = Home::fresh();
    for (name, fixture) in [("oci", Fixture::multi_platform()), ("docker", Fixture::docker_list())] {
        let app = format!("{name}/app");
        from.api(&app).seed(&fixture, "1");
        let source = from.at(&format!("{app}:1"));
        let copy = |options: &[&str], target: &str| {
            let platforms = ["copy", "--platform", "linux/arm64", "--platform", "linux/amd64"];
            home.run(platforms.iter().chain(options).chain(&[source.as_str(), target]))
        };
        for (there, repository) in [(&to, app.as_str()), (&from, &format!("{name}/mirror"))] {
            let target = there.at(&format!("{repository}:2"));
            let foreseen = copy(&["-q", "--dry-run"], &target).succeeds().stdout;
            let copied = copy(&[], &target).succeeds();
            assert_eq!(copied.stdout, foreseen);

            let stored = there.api(repository).manifest("2").unwrap();
            copied.prints(&format!("{target}@{}\n", sha256(&stored)));
            // The entries are those of the source, in its order, and all else is the source's.
            let mut expected: Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
            let left_out = &fixture.manifests["linux/arm/v7"].digest;
            expected["manifests"].as_array_mut().unwrap().retain(|entry| entry["digest"] != **left_out);
            assert_eq!(serde_json::from_slice::<Value>(&stored).unwrap(), expected);
            home.run(["copy", "-q", &target, &format!("oci:{repository}:1")]).succeeds();

            // Nothing is moved again, and a digest that the copy does not have is refused.
            there.proxy.forget();
            copy(&[], &target).succeeds().prints(&foreseen);
            assert!(there.proxy.requests("PUT", "").is_empty());
            let pinned = there.at(&format!("{repository}@{}", fixture.root.digest));
            copy(&[], &pinned).ends_with(125).complains("is not the digest of the image");
        }
    }
}

fn what_is_not_there_is_not_copied(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let missing = there.at("app:nosuch");
    home.run(["copy", &missing, &there.at("to:1")])
        .ends_with(3)
        .complains(&format!("manifest for {missing} not found"));
    home.run(["copy", "store:nosuch:1", &there.at("to:1")]).ends_with(3);
    home.run(["copy", "--platform", "linux/s390x", &there.at("app:1"), &there.at("to:1")])
        .ends_with(3)
        .complains("image is for linux/amd64, not for linux/s390x");
    let pinned = there.at(&format!("to@sha256:{}", "0".repeat(64)));
    keep(&home, &fixture, "example.com/app:1");
    let refused = home.run(["copy", "store:example.com/app:1", &pinned]);
    refused.ends_with(125).complains("is not the digest of the image");
    assert_eq!(Api::of(there.registry.host(), "to").manifest("1"), None);
}
