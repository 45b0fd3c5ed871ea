//! `push`: what arrives, in what order, and what is said.

use crate::support::{Fixture, Home, Kind};

use super::{Counted, keep};

at_every_registry! {
    an_image_arrives_byte_for_byte,
    an_index_arrives_whole,
    a_manifest_list_arrives_whole,
    content_named_by_sha512_arrives_and_comes_back,
    three_layers_take_fourteen_requests,
    one_platform_of_an_index_arrives_alone,
    the_only_platform_that_is_here_arrives_alone,
    all_tags_of_a_name_arrive,
    one_image_of_several_that_is_missing_leaves_the_others,
    a_quiet_push_says_only_the_name,
}

/// What push says of an image it pushed.
fn pushed(name: &str, tag: &str, root: &crate::support::Part) -> String {
    format!("The push refers to repository [{name}]\n{tag}: digest: {} size: {}\n", root.digest, root.size)
}

fn arrives_whole(kind: Kind, fixture: &Fixture) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let name = there.at("team/app");
    keep(&home, fixture, &format!("{name}:1.0"));
    let outcome = home.run(["push", &format!("{name}:1.0")]).succeeds();
    let outcome = outcome.prints(&pushed(&name, "1.0", &fixture.root));
    there.api("team/app").holds(fixture, "1.0");
    assert_eq!(there.proxy.blob_bytes_sent(), fixture.blob_bytes(), "each byte once");
    for layer in fixture.blobs.iter().filter(|blob| blob.media_type.contains("tar")) {
        let id = &layer.digest.split_once(':').unwrap().1[..12];
        assert!(outcome.stderr.contains(&format!("{id}: Preparing\n")), "{outcome}");
        assert!(outcome.stderr.contains(&format!("{id}: Pushed\n")), "{outcome}");
    }
    let puts = there.proxy.requests("PUT", "/v2/");
    let first_manifest = puts.iter().position(|put| put.path.contains("/manifests/")).unwrap();
    assert!(puts[first_manifest..].iter().all(|put| put.path.contains("/manifests/")), "blobs first");
    assert_eq!(puts.last().unwrap().path, "/v2/team/app/manifests/1.0", "the tag last");
}

fn an_image_arrives_byte_for_byte(kind: Kind) {
    arrives_whole(kind, &Fixture::small());
    arrives_whole(kind, &Fixture::docker());
}

fn an_index_arrives_whole(kind: Kind) {
    arrives_whole(kind, &Fixture::multi_platform());
}

fn a_manifest_list_arrives_whole(kind: Kind) {
    arrives_whole(kind, &Fixture::docker_list());
}

fn content_named_by_sha512_arrives_and_comes_back(kind: Kind) {
    let fixture = Fixture::sha512();
    arrives_whole(kind, &fixture);
    let there = Counted::open(kind);
    let (sender, receiver) = (Home::fresh(), Home::fresh());
    let image = there.at("app:1");
    keep(&sender, &fixture, &image);
    sender.run(["push", &image]).succeeds();
    receiver.run(["pull", &image]).succeeds();
    super::assert_kept(&receiver, &fixture, super::parts(&fixture));
}

fn three_layers_take_fourteen_requests(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let image = there.at("app:1");
    keep(&home, &Fixture::many_layers(3), &image);
    home.run(["push", &image]).succeeds();
    let calls = there.calls();
    let count = |start: &str| calls.iter().filter(|call| call.starts_with(start)).count();
    assert_eq!(calls[0], "HEAD /v2/app/manifests/1", "no ping");
    assert_eq!(count("HEAD /v2/app/blobs/sha256:"), 4, "{calls:#?}");
    assert_eq!(count("POST /v2/app/blobs/uploads/"), 4, "{calls:#?}");
    assert_eq!(count("PUT /v2/app/blobs/uploads/"), 4, "{calls:#?}");
    assert_eq!(calls.last().unwrap(), "PUT /v2/app/manifests/1");
    assert_eq!(calls.len(), 14, "{calls:#?}");
}

fn one_platform_of_an_index_arrives_alone(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    let name = there.at("app");
    keep(&home, &fixture, &format!("{name}:1"));
    let arm = &fixture.manifests["linux/arm64/v8"];
    let outcome = home.run(["push", "--platform", "linux/arm64", &format!("{name}:1")]).succeeds();
    outcome.prints(&pushed(&name, "1", arm));
    assert_eq!(there.api("app").manifest("1"), Some(fixture.content(&arm.digest)));
    assert_eq!(there.api("app").manifest(&fixture.root.digest), None);
    home.run(["push", &format!("{name}:1")]).succeeds().prints(&pushed(&name, "1", &fixture.root));
    there.api("app").holds(&fixture, "1");

    keep(&home, &Fixture::small(), &format!("{name}:single"));
    home.run(["push", "--platform", "linux/arm64", &format!("{name}:single")])
        .ends_with(3)
        .complains("image is for linux/amd64, not for linux/arm64");
    assert_eq!(there.api("app").manifest("single"), None);
}

fn the_only_platform_that_is_here_arrives_alone(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    there.api("from").seed(&fixture, "1");
    home.run(["pull", "--platform", "linux/arm/v7", &there.at("from:1")]).succeeds();
    home.run(["tag", &there.at("from:1"), &there.at("to:1")]).succeeds();
    let arm = &fixture.manifests["linux/arm/v7"];
    let note =
        "Not all multiplatform-content is present and only the available single-platform image was pushed";
    let outcome = home.run(["push", &there.at("to:1")]).succeeds().prints(&pushed(&there.at("to"), "1", arm));
    outcome.complains(note).complains(&format!("{} -> {}", fixture.root.digest, arm.digest));
    assert_eq!(there.api("to").manifest("1"), Some(fixture.content(&arm.digest)));

    home.run(["pull", "--platform", "linux/amd64", "--platform", "linux/arm/v7", &there.at("from:1")])
        .succeeds();
    let refused = home.run(["push", &there.at("to:1")]).ends_with(1);
    refused.complains("only linux/amd64, linux/arm/v7 of the platforms of").complains("hint: available: ");
}

fn all_tags_of_a_name_arrive(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let name = there.at("team/app");
    let images = [("1", Fixture::many_layers(1)), ("2", Fixture::many_layers(2)), ("edge", Fixture::small())];
    for (tag, fixture) in &images {
        keep(&home, fixture, &format!("{name}:{tag}"));
    }
    keep(&home, &images[0].1, &there.at("other:1"));
    let outcome = home.run(["push", "-a", &name]).succeeds();
    for (tag, fixture) in &images {
        there.api("team/app").holds(fixture, tag);
        let line = format!("{tag}: digest: {} size: {}\n", fixture.root.digest, fixture.root.size);
        assert!(outcome.stdout.contains(&line), "{outcome}");
    }
    assert_eq!(there.api("other").manifest("1"), None, "another repository");
    let all: u64 = images[1].1.blob_bytes()
        + images[2].1.blob_bytes()
        + images[0]
            .1
            .blobs
            .iter()
            .filter(|blob| blob.media_type.contains("config"))
            .map(|blob| blob.size)
            .sum::<u64>();
    assert_eq!(there.proxy.blob_bytes_sent(), all, "a layer that two tags share is sent once");
}

fn one_image_of_several_that_is_missing_leaves_the_others(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::small();
    let [first, missing, last] = ["first:1", "nosuch:1", "last:1"].map(|name| there.at(name));
    keep(&home, &fixture, &first);
    keep(&home, &fixture, &last);
    let outcome = home.run(["push", &first, &missing, &last]).ends_with(1);
    outcome.complains(&format!("An image does not exist locally with the tag: {}", there.at("nosuch")));
    there.api("first").holds(&fixture, "1");
    there.api("last").holds(&fixture, "1");

    home.run(["push", &missing]).ends_with(3);
    home.run(["push", &there.at("first:2")])
        .ends_with(3)
        .complains(&format!("tag does not exist: {}", there.at("first:2")));
}

fn a_quiet_push_says_only_the_name(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::small();
    let image = there.at("app:latest");
    keep(&home, &fixture, &image);
    let quiet = home.run(["push", "-q", &there.at("app")]).succeeds();
    let quiet = quiet.prints(&format!("{image}@{}\n", fixture.root.digest));
    assert_eq!(quiet.stderr, "");
}
