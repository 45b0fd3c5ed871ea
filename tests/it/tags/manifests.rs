//! Registries without a list of their own: each manifest and config is read once, and what it says is kept.

use super::{field, rows};
use crate::registry::Counted;
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind};

at_every_registry! {
    images_indexes_and_artifacts_are_described,
    a_second_list_only_resolves_the_tags,
}

fn images_indexes_and_artifacts_are_described(kind: Kind) {
    let there = Counted::open(kind);
    let (image, index, artifact) = (Fixture::small(), Fixture::multi_platform(), Fixture::artifact());
    there.api("app").seed(&image, "image");
    there.api("app").seed(&index, "index");
    there.api("app").seed(&artifact, "artifact");
    let home = Home::fresh();
    let options = ["--sort", "name", "--platform", "linux/arm64"];

    let listed = home.run(["tags", "-l", &there.at("app")].iter().chain(&options)).succeeds();

    let rows = rows(&listed);
    assert_eq!(rows[0], ["TAG", "DIGEST", "SIZE", "PLATFORMS", "CREATED"]);
    let names: Vec<_> = rows[1..].iter().map(|row| row[0]).collect();
    assert_eq!(names, ["artifact", "image", "index"]);
    assert_eq!(listed.stderr, "unknown for all tags: PUSHED\n");
    assert!(rows[2][3] == "linux/amd64" && rows[3][3].ends_with(" +2"), "{listed}");
    assert!(rows[3][3].starts_with("linux/arm64"), "the wanted platform comes first: {listed}");
    assert!(rows[1][3].contains('/') && rows[1][4] == "-", "{listed}");

    let json = home.run(["tags", "--format", "json", "--sort", "name", &there.at("app")]).succeeds();
    let digests = [&artifact, &image, &index].map(|fixture| fixture.root.digest.clone());
    assert_eq!(field(&json, "Digest"), digests);
    assert!(json.stdout.contains(&format!(r#""Size":{},"#, image.blob_bytes())), "a number: {json}");
    assert_eq!(field(&json, "Platforms")[2], "linux/amd64,linux/arm64/v8,linux/arm/v7");
}

fn a_second_list_only_resolves_the_tags(kind: Kind) {
    let there = Counted::open(kind);
    let (image, index) = (Fixture::small(), Fixture::multi_platform());
    there.api("app").seed(&image, "1");
    there.api("app").seed(&index, "2");
    let home = Home::fresh();
    let list = || home.run(["tags", "-l", "--platform", "linux/amd64", &there.at("app")]).succeeds();

    let first = list();
    let calls = there.calls();
    // One of the two tags is asked first whether the registry limits pulls. An index is read with one of its images.
    let count = |calls: &[String], part: &str| calls.iter().filter(|call| call.contains(part)).count();
    assert_eq!(count(&calls, "HEAD "), 1, "{calls:?}");
    assert!(count(&calls, "GET /v2/app/manifests/") <= 3 && count(&calls, "/blobs/") <= 2, "{calls:?}");
    there.proxy.forget();
    let second = list();
    let calls = there.calls();

    assert_eq!(first.stdout, second.stdout);
    assert_eq!(count(&calls, "HEAD /v2/app/manifests/"), 2, "{calls:?}");
    assert_eq!(count(&calls, "GET /v2/app/manifests/") + count(&calls, "/blobs/"), 0, "{calls:?}");
    assert_eq!(there.proxy.blob_bytes_sent(), 0);
}

#[test]
fn two_thousand_tags_cost_a_request_each_and_one_for_each_config() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    let images = [Fixture::small(), Fixture::many_layers(2), Fixture::many_layers(3)];
    for (number, image) in images.iter().enumerate() {
        registry.seed("app", image, &format!("0.{number}.0"));
    }
    for number in 0..1997 {
        registry.tag("app", &format!("1.0.{number}"), &images[number % 3].root.digest);
    }
    let list = || home.run(["tags", "-l", &registry.at("app")]).succeeds();
    let count = |route| registry.requests(route).len();

    let first = list();
    assert_eq!(first.stdout.lines().count(), 2001);
    assert_eq!(count(Route::ManifestHead) + count(Route::Manifest), 2000, "one for each tag");
    assert_eq!(count(Route::Blob), 3, "one config for each image");
    registry.forget();

    let second = list();
    assert_eq!((count(Route::ManifestHead), count(Route::Manifest), count(Route::Blob)), (2000, 0, 0));
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&first.stdout), sorted(&second.stdout));
}

#[test]
fn a_tag_that_is_gone_is_left_out_with_a_warning() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "stays");
    let tags = r#"{"name":"app","tags":["gone","stays"]}"#;
    registry.on(Route::Tags).body("application/json", tags).forever();

    let listed = home.run(["tags", "--columns", "tag,digest", &registry.at("app")]).succeeds();

    assert_eq!(rows(&listed).len(), 2, "{listed}");
    listed.complains("WARNING: gone is in the list of tags, but has no manifest\n");
}

#[test]
fn a_manifest_that_is_refused_leaves_its_facts_unknown() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    let blocked = Fixture::many_layers(2);
    registry.seed("app", &blocked, "2");
    registry.on(Route::Manifest).of(&blocked.root.digest).error(412, "PRECONDITION").forever();

    let listed = home.run(["tags", "--columns", "tag,size", "--sort", "name", &registry.at("app")]);

    let listed = listed.succeeds();
    assert_eq!(rows(&listed)[2], ["2", "-"], "{listed}");
    assert!(listed.stderr.contains("could not be read"), "{listed}");
}

#[test]
fn a_registry_that_limits_pulls_is_not_drained() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    registry.seed("app", &Fixture::many_layers(2), "2");
    let limited = registry.on(Route::ManifestHead).with_header("ratelimit-limit", "100;w=21600");
    limited.with_header("ratelimit-remaining", "76;w=21600").forever();

    let listed = home.run(["tags", "-l", &registry.at("app")]).succeeds();

    assert_eq!(rows(&listed)[0], ["TAG", "DIGEST"]);
    assert_eq!(
        (registry.requests(Route::ManifestHead).len(), registry.requests(Route::Manifest).len()),
        (2, 0)
    );
    listed.complains("manifests of 2 tags are not read, because the registry limits pulls\n");
}

#[test]
fn facts_in_a_damaged_cache_are_read_again() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    let list = || home.run(["tags", "-l", &registry.at("app")]).succeeds().stdout;
    let first = list();
    let folder = home.path().join(".cache/regcli/documents");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let kept = std::fs::read_to_string(&files[0]).unwrap();
    for damaged in [kept.replace("linux", "minux"), kept[..kept.len() / 2].to_owned(), String::new()] {
        std::fs::write(&files[0], damaged).unwrap();
        assert_eq!(list(), first);
    }
    home.run(["gc"]).succeeds();
    assert!(!files[0].exists(), "gc removes what can be read again");
}

#[test]
fn a_tag_that_cannot_be_resolved_hides_no_other() {
    for status in [500, 403] {
        let (registry, home) = (Scripted::start(), Home::fresh());
        for tag in ["1", "2", "3"] {
            registry.seed("app", &Fixture::small(), tag);
        }
        registry.on(Route::Manifest).of("/manifests/2").status(status).forever();
        let listed =
            home.run(["--retry", "0", "tags", "-l", "--sort", "name", &registry.at("app")]).succeeds();
        let rows = rows(&listed);
        assert_eq!(rows[1..].iter().map(|row| row[0]).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!((rows[2][1], rows[3][3]), ("-", "linux/amd64"), "{listed}");
        listed.complains("2 could not be read: ");
    }
    let (registry, home) = (Scripted::start(), Home::fresh());
    registry.seed("app", &Fixture::small(), "1");
    registry.on(Route::ManifestHead).status(403).forever();
    registry.on(Route::Manifest).status(403).forever();
    home.run(["tags", "-l", &registry.at("app")]).ends_with(4);
}
