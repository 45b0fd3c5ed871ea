//! `pull` of images for several platforms, and of what is named by other digests.

use crate::support::{Fixture, Home, Kind, Part};

use super::{Counted, assert_kept, parts};

at_every_registry! {
    an_index_comes_whole,
    a_manifest_list_comes_whole,
    one_platform_of_an_index_comes,
    the_platform_of_this_machine_comes_by_itself,
    more_platforms_of_an_image_that_is_here_come_later,
    a_platform_that_is_not_there_is_refused_with_those_that_are,
    an_image_for_one_platform_is_not_another_one,
}

/// The blobs that a manifest names.
fn blobs_of(fixture: &Fixture, manifest: &Part) -> Vec<Part> {
    let text = String::from_utf8(fixture.content(&manifest.digest)).unwrap();
    fixture.blobs.iter().filter(|blob| text.contains(&blob.digest)).cloned().collect()
}

fn an_index_comes_whole(kind: Kind) {
    comes_whole(kind, &Fixture::multi_platform());
}

fn a_manifest_list_comes_whole(kind: Kind) {
    comes_whole(kind, &Fixture::docker_list());
}

fn comes_whole(kind: Kind, fixture: &Fixture) {
    let there = Counted::open(kind);
    there.api("app").seed(fixture, "1");
    let home = Home::fresh();
    let digest = format!("Digest: {}", fixture.root.digest);
    home.run(["pull", "--all-platforms", &there.at("app:1")]).succeeds().prints_line(&digest);
    assert_kept(&home, fixture, parts(fixture));
    assert_eq!(there.proxy.blob_bytes_taken(), fixture.blob_bytes());
}

fn one_platform_of_an_index_comes(kind: Kind) {
    for fixture in [Fixture::multi_platform(), Fixture::docker_list()] {
        let there = Counted::open(kind);
        there.api("app").seed(&fixture, "1");
        let home = Home::fresh();
        let pulled = home.run(["pull", "--platform", "linux/arm64", &there.at("app:1")]).succeeds();
        pulled.prints_line(&format!("Digest: {}", fixture.root.digest));
        let manifest = &fixture.manifests["linux/arm64/v8"];
        let blobs = blobs_of(&fixture, manifest);
        assert_kept(&home, &fixture, blobs.iter().chain([manifest, &fixture.root]));
        assert_eq!(there.proxy.blob_bytes_taken(), blobs.iter().map(|blob| blob.size).sum::<u64>());

        there.proxy.forget();
        home.run(["pull", "--platform", "linux/arm64/v8", &there.at("app:1")]).succeeds();
        assert_eq!(there.calls(), ["HEAD /v2/app/manifests/1"]);
    }
}

fn the_platform_of_this_machine_comes_by_itself(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    home.run(["pull", &there.at("app:1")]).succeeds();
    let platform = match std::env::consts::ARCH {
        "x86_64" => "linux/amd64",
        "aarch64" => "linux/arm64/v8",
        other => panic!("the fixture has no image for {other}"),
    };
    let manifest = &fixture.manifests[platform];
    let blobs = blobs_of(&fixture, manifest);
    assert_kept(&home, &fixture, blobs.iter().chain([manifest, &fixture.root]));
    assert_eq!(there.proxy.requests("GET", "/blobs/").len(), blobs.len(), "and no other");
}

fn more_platforms_of_an_image_that_is_here_come_later(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let pull = |platform: &[&str]| {
        home.run(["pull"].iter().chain(platform).copied().chain([there.at("app:1").as_str()])).succeeds()
    };
    pull(&["--platform", "linux/amd64"]);
    let status = format!("Status: Downloaded newer image for {}", there.at("app:1"));
    pull(&["--platform", "linux/amd64", "--platform", "linux/arm/v7"]).prints_line(&status);
    assert_kept(&home, &fixture, &blobs_of(&fixture, &fixture.manifests["linux/arm/v7"]));
    pull(&["--all-platforms"]).prints_line(&status);
    assert_kept(&home, &fixture, parts(&fixture));
    assert_eq!(there.proxy.blob_bytes_taken(), fixture.blob_bytes(), "each byte once");
}

fn a_platform_that_is_not_there_is_refused_with_those_that_are(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::multi_platform(), "1");
    let home = Home::fresh();
    home.run(["pull", "--platform", "linux/riscv64", &there.at("app:1")])
        .ends_with(3)
        .complains("no matching manifest for linux/riscv64 in the manifest list entries")
        .complains("hint: available: linux/amd64, linux/arm64/v8, linux/arm/v7 (choose with --platform)");
    assert_eq!(there.proxy.blob_bytes_taken(), 0);
    assert!(home.run(["images", "-q"]).succeeds().stdout.is_empty());
}

fn an_image_for_one_platform_is_not_another_one(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let refused = home.run(["pull", "--platform", "linux/arm64", &there.at("app:1")]);
    refused.ends_with(3).complains("image is for linux/amd64, not for linux/arm64");
    assert!(home.run(["images", "-q"]).succeeds().stdout.is_empty());
    home.run(["pull", "--platform", "linux/amd64", &there.at("app:1")]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
}
