//! What a registry has already is not sent again: `push` twice, mounts, and tags at the registry.

use crate::support::{Fixture, Home, Kind};

use super::{Counted, keep};

at_every_registry! {
    pushing_again_takes_one_request,
    another_tag_of_the_same_image_sends_no_layer,
    a_tag_that_moves_to_what_another_tag_means_sends_no_layer,
    another_tag_of_what_was_never_pushed_takes_one_question_as_well,
    only_new_layers_are_sent,
    another_repository_takes_the_layers_by_mount,
    a_mount_that_the_registry_refuses_becomes_an_upload,
    an_upload_that_a_refused_mount_began_is_used,
    a_tag_at_the_registry_moves_no_layer,
    a_tag_at_the_registry_of_an_index_keeps_all_platforms,
    a_tag_at_the_registry_needs_its_source,
}

fn pushing_again_takes_one_request(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::many_layers(3);
    let image = there.at("team/app:1");
    keep(&home, &fixture, &image);
    let first = home.run(["push", &image]).succeeds();

    there.proxy.forget();
    let again = home.run(["push", &image]).succeeds().prints(&first.stdout);
    assert_eq!(there.calls(), ["HEAD /v2/team/app/manifests/1"]);
    assert_eq!(again.stderr.matches(": Layer already exists\n").count(), 3, "{again}");
}

fn another_tag_of_the_same_image_sends_no_layer(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::many_layers(3);
    keep(&home, &fixture, &there.at("app:1"));
    home.run(["push", &there.at("app:1")]).succeeds();
    home.run(["tag", &there.at("app:1"), &there.at("app:2")]).succeeds();

    there.proxy.forget();
    let again = home.run(["push", &there.at("app:2")]).succeeds();
    assert_eq!(there.proxy.blob_bytes_sent(), 0);
    assert_eq!(again.stderr.matches(": Layer already exists\n").count(), 3, "{again}");
    let digest = &fixture.root.digest;
    let calls = [format!("HEAD /v2/app/manifests/{digest}"), "PUT /v2/app/manifests/2".to_owned()];
    assert_eq!(there.calls(), calls, "one question, one answer");
    there.api("app").holds(&fixture, "2");
}

fn a_tag_that_moves_to_what_another_tag_means_sends_no_layer(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(3));
    keep(&home, &old, &there.at("app:latest"));
    keep(&home, &new, &there.at("app:2"));
    home.run(["push", "-a", &there.at("app")]).succeeds();
    home.run(["rmi", &there.at("app:latest"), &there.at("app:2")]).succeeds();
    keep(&home, &new, &there.at("app:latest"));

    there.proxy.forget();
    home.run(["push", &there.at("app:latest")]).succeeds();
    assert_eq!(there.calls().len(), 3, "the tag, the image, and the tag anew: {:#?}", there.calls());
    there.api("app").holds(&new, "latest");
}

fn another_tag_of_what_was_never_pushed_takes_one_question_as_well(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::many_layers(3);
    keep(&home, &fixture, &there.at("app:1"));
    home.run(["tag", &there.at("app:1"), &there.at("app:2")]).succeeds();

    home.run(["push", &there.at("app:2")]).succeeds();
    assert_eq!(there.calls().len(), 14, "{:#?}", there.calls());
    there.api("app").holds(&fixture, "2");
}

fn only_new_layers_are_sent(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(4));
    keep(&home, &old, &there.at("app:1"));
    keep(&home, &new, &there.at("app:2"));
    home.run(["push", &there.at("app:1")]).succeeds();

    there.proxy.forget();
    home.run(["push", &there.at("app:2")]).succeeds();
    let missing: u64 = new.blobs.iter().filter(|blob| !old.blobs.contains(blob)).map(|blob| blob.size).sum();
    assert_eq!(there.proxy.blob_bytes_sent(), missing);
    there.api("app").holds(&new, "2");
}

fn another_repository_takes_the_layers_by_mount(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::multi_platform();
    let (from, to) = (there.at("team/app:1"), there.at("other/app:1"));
    keep(&home, &fixture, &from);
    home.run(["push", &from]).succeeds();
    home.run(["tag", &from, &to]).succeeds();

    there.proxy.forget();
    let pushed = home.run(["push", &to]).succeeds();
    assert_eq!(there.proxy.blob_bytes_sent(), 0);
    assert_eq!(pushed.stderr.matches(": Mounted from team/app\n").count(), 6, "{pushed}");
    there.api("other/app").holds(&fixture, "1");
}

fn a_mount_that_the_registry_refuses_becomes_an_upload(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::small();
    // The store believes that `nosuch` has these blobs; the registry has never heard of it.
    keep(&home, &fixture, &there.at("nosuch:1"));
    keep(&home, &fixture, &there.at("app:1"));
    let pushed = home.run(["push", &there.at("app:1")]).succeeds();
    assert!(!pushed.stderr.contains("Mounted"), "{pushed}");
    there.api("app").holds(&fixture, "1");
    assert_eq!(there.proxy.blob_bytes_sent(), fixture.blob_bytes());
}

fn an_upload_that_a_refused_mount_began_is_used(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    let fixture = Fixture::small();
    keep(&home, &fixture, &there.at("nosuch:1"));
    keep(&home, &fixture, &there.at("app:1"));
    home.run(["push", &there.at("app:1")]).succeeds();
    let begun = there.proxy.requests("POST", "/v2/app/blobs/uploads/");
    assert!(begun.iter().all(|post| post.path.contains("mount=") && post.status == 202), "{begun:#?}");
    assert_eq!(begun.len(), fixture.blobs.len(), "one for each blob, and none besides");
}

fn a_tag_at_the_registry_moves_no_layer(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::docker();
    there.api("team/app").seed(&fixture, "1.0");
    let home = Home::fresh();
    home.run(["tag", "--remote", &there.at("team/app:1.0"), &there.at("team/app:stable")])
        .succeeds()
        .prints("");
    let expected = ["GET /v2/team/app/manifests/1.0", "PUT /v2/team/app/manifests/stable"];
    assert_eq!(there.calls(), expected);
    there.api("team/app").holds(&fixture, "stable");
    assert!(!home.store().exists(), "the store has no part in it");
}

fn a_tag_at_the_registry_of_an_index_keeps_all_platforms(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    there.api("app").seed(&fixture, "1");
    let source = there.at(&format!("app@{}", fixture.root.digest));
    Home::fresh().run(["tag", "--remote", &source, &there.at("app")]).succeeds();
    there.api("app").holds(&fixture, "latest");
    assert_eq!(there.proxy.requests("GET", "/blobs/").len(), 0);
}

fn a_tag_at_the_registry_needs_its_source(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    let missing = there.at("app:nosuch");
    home.run(["tag", "--remote", &missing, &there.at("app:2")])
        .ends_with(3)
        .complains(&format!("manifest for {missing} not found"));
    home.run(["tag", "--remote", &there.at("app:1"), &there.at("other:1")])
        .ends_with(125)
        .complains("--remote tags within one repository");
    assert_eq!(there.api("app").manifest("2"), None);
}
