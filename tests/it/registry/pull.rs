//! `pull` of one image and of several.

use crate::support::{Fixture, Home, Kind};

use super::{Counted, assert_kept, parts};

at_every_registry! {
    an_image_comes_byte_for_byte,
    an_image_comes_by_its_digest,
    pulling_again_takes_one_request,
    a_digest_that_is_here_takes_no_request,
    three_layers_take_five_requests,
    another_tag_of_what_is_here_takes_one_request,
    what_another_repository_brought_is_asked_for_all_the_same,
    layers_that_are_here_are_not_taken_again,
    a_tag_that_has_moved_is_pulled_anew,
    all_tags_of_a_repository_come,
    one_image_of_several_that_is_missing_leaves_the_others,
    what_is_not_there_is_said_in_dockers_words,
    a_quiet_pull_says_only_the_name,
}

/// What pull says of a tag that it brought.
fn downloaded(name: &str, tag: &str, fixture: &Fixture) -> String {
    let path = name.split_once('/').unwrap().1;
    format!(
        "{tag}: Pulling from {path}\nDigest: {}\nStatus: Downloaded newer image for {name}:{tag}\n{name}:{tag}\n",
        fixture.root.digest
    )
}

fn an_image_comes_byte_for_byte(kind: Kind) {
    for fixture in [Fixture::small(), Fixture::docker(), Fixture::many_layers(20)] {
        let there = Counted::open(kind);
        there.api("team/app").seed(&fixture, "1.0");
        let home = Home::fresh();
        let name = there.at("team/app");
        let pulled = home.run(["pull", &format!("{name}:1.0")]).succeeds();
        let pulled = pulled.prints(&downloaded(&name, "1.0", &fixture));
        for layer in fixture.blobs.iter().filter(|blob| blob.media_type.contains("tar")) {
            let id = &layer.digest["sha256:".len()..][..12];
            assert!(pulled.stderr.contains(&format!("{id}: Pulling fs layer\n")), "{pulled}");
            assert!(pulled.stderr.contains(&format!("{id}: Download complete\n")), "{pulled}");
        }
        assert_kept(&home, &fixture, parts(&fixture));
        assert_eq!(there.proxy.blob_bytes_taken(), fixture.blob_bytes(), "each byte once");
    }
}

fn an_image_comes_by_its_digest(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "latest");
    let home = Home::fresh();
    let image = there.at(&format!("app@{}", fixture.root.digest));
    let first = format!("{image}: Pulling from app");
    let pulled = home.run(["pull", &image]).succeeds().prints_line(&first);
    assert_eq!(pulled.last_line(), image);
    assert_kept(&home, &fixture, parts(&fixture));
}

fn pulling_again_takes_one_request(kind: Kind) {
    let there = Counted::open(kind);
    there.api("team/app").seed(&Fixture::small(), "latest");
    let home = Home::fresh();
    let image = there.at("team/app");
    home.run(["pull", &image]).succeeds().prints_line("Using default tag: latest");

    there.proxy.forget();
    let status = format!("Status: Image is up to date for {image}:latest");
    home.run(["pull", &image]).succeeds().prints_line(&status);
    assert_eq!(there.calls(), ["HEAD /v2/team/app/manifests/latest"]);
}

fn a_digest_that_is_here_takes_no_request(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("app").seed(&fixture, "latest");
    let home = Home::fresh();
    let image = there.at(&format!("app@{}", fixture.root.digest));
    home.run(["pull", &image]).succeeds();

    there.proxy.forget();
    home.run(["pull", &image]).succeeds().prints_line(&format!("Status: Image is up to date for {image}"));
    assert_eq!(there.calls(), [""; 0]);
}

fn three_layers_take_five_requests(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(3);
    there.api("team/app").seed(&fixture, "1");
    Home::fresh().run(["pull", &there.at("team/app:1")]).succeeds();

    let calls = there.calls();
    assert_eq!(calls[0], "GET /v2/team/app/manifests/1", "no ping, and no HEAD before it");
    let mut blobs = calls[1..].to_owned();
    blobs.sort();
    let path = |digest: &str| format!("GET /v2/team/app/blobs/{digest}");
    let expected: Vec<_> = fixture.blobs.iter().map(|blob| path(&blob.digest)).collect();
    assert_eq!(blobs, expected, "config and three layers, each once");
}

fn another_tag_of_what_is_here_takes_one_request(kind: Kind) {
    let there = Counted::open(kind);
    let home = Home::fresh();
    for (fixture, name) in [(Fixture::small(), "app"), (Fixture::multi_platform(), "many")] {
        there.api(name).seed(&fixture, "1");
        there.api(name).tag(&fixture, &["2".to_owned()]);
        home.run(["pull", "--all-platforms", &there.at(&format!("{name}:1"))]).succeeds();

        there.proxy.forget();
        home.run(["pull", "--all-platforms", &there.at(&format!("{name}:2"))]).succeeds();
        assert_eq!(there.calls(), [format!("GET /v2/{name}/manifests/2")]);
        let images = home.run(["images", "-q", &there.at(&format!("{name}:2"))]).succeeds();
        assert_eq!(images.stdout.lines().count(), 1, "{images}");
    }
}

fn what_another_repository_brought_is_asked_for_all_the_same(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::multi_platform();
    for name in ["app", "other"] {
        there.api(name).seed(&fixture, "1");
    }
    let home = Home::fresh();
    home.run(["pull", "--all-platforms", &there.at("app:1")]).succeeds();
    let pinned = |name: &str| there.at(&format!("{name}@{}", fixture.root.digest));

    there.proxy.forget();
    home.run(["pull", "--all-platforms", &pinned("other")]).succeeds();
    assert_eq!(there.calls(), [format!("GET /v2/other/manifests/{}", fixture.root.digest)]);
    home.run(["pull", "--all-platforms", &pinned("never")]).ends_with(3);
}

fn layers_that_are_here_are_not_taken_again(kind: Kind) {
    let there = Counted::open(kind);
    let (first, second) = (Fixture::many_layers(2), Fixture::many_layers(4));
    there.api("app").seed(&first, "1");
    there.api("app").seed(&second, "2");
    let home = Home::fresh();
    home.run(["pull", &there.at("app:1")]).succeeds();

    there.proxy.forget();
    let pulled = home.run(["pull", &there.at("app:2")]).succeeds();
    let new: u64 = second.blobs.iter().filter(|blob| !first.blobs.contains(blob)).map(|blob| blob.size).sum();
    assert_eq!(there.proxy.blob_bytes_taken(), new);
    assert_eq!(pulled.stderr.matches(": Already exists\n").count(), 2, "{pulled}");
    assert_kept(&home, &second, parts(&second));
}

fn a_tag_that_has_moved_is_pulled_anew(kind: Kind) {
    let there = Counted::open(kind);
    let (old, new) = (Fixture::many_layers(1), Fixture::many_layers(2));
    there.api("app").seed(&old, "latest");
    let home = Home::fresh();
    let image = there.at("app:latest");
    home.run(["pull", &image]).succeeds();
    there.api("app").seed(&new, "latest");
    home.run(["pull", &image]).succeeds().prints(&downloaded(&there.at("app"), "latest", &new));
    home.run(["digest", &format!("store:{image}")]).succeeds().prints(&format!("{}\n", new.root.digest));
}

fn all_tags_of_a_repository_come(kind: Kind) {
    let there = Counted::open(kind);
    let images = [("1", Fixture::many_layers(1)), ("2", Fixture::many_layers(2)), ("edge", Fixture::small())];
    for (tag, fixture) in &images {
        there.api("team/app").seed(fixture, tag);
    }
    let home = Home::fresh();
    let name = there.at("team/app");
    let pulled = home.run(["pull", "-a", &name]).succeeds();
    for (tag, fixture) in &images {
        assert!(
            pulled
                .stdout
                .contains(&format!("{tag}: Pulling from team/app\nDigest: {}\n", fixture.root.digest))
        );
        assert_kept(&home, fixture, parts(fixture));
        home.run(["digest", &format!("store:{name}:{tag}")])
            .succeeds()
            .prints(&format!("{}\n", fixture.root.digest));
    }
    let end = format!("Status: Downloaded newer image for {name}\n{name}\n");
    assert!(pulled.stdout.ends_with(&end), "{pulled}");
    home.run(["pull", "-a", &name])
        .succeeds()
        .prints_line(&format!("Status: Image is up to date for {name}"));
}

fn one_image_of_several_that_is_missing_leaves_the_others(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::small();
    there.api("first").seed(&fixture, "1");
    there.api("last").seed(&fixture, "1");
    let home = Home::fresh();
    let [first, missing, last] = ["first:1", "nosuch:1", "last:1"].map(|name| there.at(name));
    let pulled = home.run(["pull", &first, &missing, &last]).ends_with(1);
    let pulled = pulled.complains(&format!("error: manifest for {missing} not found"));
    assert_eq!(pulled.last_line(), last);
    for image in [&first, &last] {
        home.run(["digest", &format!("store:{image}")])
            .succeeds()
            .prints(&format!("{}\n", fixture.root.digest));
    }
    home.run(["pull", &missing, &there.at("neither:1")]).ends_with(3);
}

fn what_is_not_there_is_said_in_dockers_words(kind: Kind) {
    let there = Counted::open(kind);
    there.api("team/app").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    let pull = |image: &str| home.run(["pull", image]).ends_with(3);
    let tag = there.at("team/app:nosuch");
    pull(&tag).complains(&format!("manifest for {tag} not found: manifest unknown: manifest unknown"));
    let absent = there.at(&format!("team/app@sha256:{}", "0".repeat(64)));
    pull(&absent).complains(&format!("manifest for {absent} not found: manifest unknown"));
    let repository = there.at("no/such");
    home.run(["pull", "-a", &repository]).ends_with(3).complains(&format!(
        "repository {repository} not found: name unknown: repository name not known to registry"
    ));
    assert!(home.run(["images", "-q"]).succeeds().stdout.is_empty(), "nothing half-done");
}

fn a_quiet_pull_says_only_the_name(kind: Kind) {
    let there = Counted::open(kind);
    there.api("app").seed(&Fixture::small(), "latest");
    let quiet = Home::fresh().run(["pull", "-q", &there.at("app")]).succeeds();
    let quiet = quiet.prints(&format!("{}\n", there.at("app:latest")));
    assert_eq!(quiet.stderr, "");
}
