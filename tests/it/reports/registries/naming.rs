//! U5, U6, U13 and D8: what was typed, what there is instead, and who is asked for it.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind};

/// A registry with an image under these tags.
fn with_tags(repository: &str, tags: &[&str]) -> Scripted {
    let registry = Scripted::start();
    let fixture = Fixture::small();
    registry.seed(repository, &fixture, tags[0]);
    for tag in tags {
        registry.tag(repository, tag, &fixture.root.digest);
    }
    registry
}

#[test]
fn u5_a_registry_in_place_of_a_repository_is_told_from_a_tag() {
    for typed in ["localhost:5801", "127.0.0.1:5000"] {
        let outcome = Home::fresh().run(["tags", typed]).ends_with(125);
        outcome
            .complains(&format!("error: {typed} is a registry, not a repository"))
            .complains(&format!("regcli catalog {typed}"));
    }
    Home::fresh().run(["tags", "ubuntu:22"]).ends_with(125).complains("without a tag: ubuntu");
}

#[test]
fn u5_a_registry_is_not_asked_for_at_docker_hub() {
    let home = Home::fresh();
    for arguments in [
        &["pull", "127.0.0.1:5000"][..],
        &["digest", "localhost:5000"],
        &["manifest", "inspect", "127.0.0.1:5000"],
        &["copy", "127.0.0.1:5000", "oci:x"],
    ] {
        let outcome = home.run(arguments).ends_with(125);
        outcome.complains("is a registry, not a repository").complains("hint: ");
    }
}

#[test]
fn u5_a_tag_means_no_platform_by_chance() {
    let arguments = ["push", "--platform", "linux/amd64", "--platform", "linux/arm64", "127.0.0.1:5000/app"];
    Home::fresh().run(arguments).ends_with(125).complains("push takes one --platform");
}

#[test]
fn u5_a_catalog_is_of_a_registry_that_has_one() {
    let registry = with_tags("team/app", &["1"]);
    let home = Home::fresh();
    let outcome = home.run(["catalog", &registry.at("team")]).ends_with(125);
    outcome
        .complains("is a repository, not a registry")
        .complains(&format!("regcli tags {}", registry.at("team")));
    let outcome = home.run(["catalog", &registry.origin()]).ends_with(125);
    outcome.complains("leave out http://");
    assert!(registry.heard().is_empty());
    home.run(["catalog", &format!("{}/", registry.host())]).succeeds().prints("team/app\n");
    for arguments in [&["catalog"][..], &["catalog", "docker.io"]] {
        // No proxy, no network: nobody is asked.
        let outcome =
            home.run(arguments).ends_with(125).complains("Docker Hub does not list its repositories");
        outcome.complains("regcli catalog HOST[:PORT]");
    }
}

#[test]
fn u5_what_a_search_finds_can_be_pulled_by_its_name() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let name = format!("{}/team/app", registry.host());
    home.run(["copy", "-q", &Fixture::small().place(), &name]).succeeds();
    let search = ["search", "--format", "{{.Name}}", &format!("{}/app", registry.host())];
    let found = home.run(search).succeeds().prints(&format!("{name}\n")).stdout;
    home.run(["pull", "-q", found.trim()]).succeeds();
}

#[test]
fn u5_a_filter_by_stars_where_none_are_counted_is_told() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let term = format!("{}/app", registry.host());
    home.run(["copy", "-q", &Fixture::small().place(), &format!("{term}:1")]).succeeds();
    let outcome = home.run(["search", "-s", "10", &term]).succeeds();
    outcome.complains(&format!("WARNING: {} does not count stars", registry.host())).complains("omit");
    assert_eq!(home.run(["search", &term]).succeeds().stderr, "");
}

#[test]
fn u6_a_tag_that_is_not_there_is_answered_with_those_that_are_like_it() {
    let registry = with_tags("app", &["1.25", "1.26", "1.26-alpine", "stable"]);
    let home = Home::fresh();
    for command in
        [&["pull"][..], &["digest"], &["manifest"], &["inspect", "--remote"], &["pull", "--dry-run"]]
    {
        registry.forget();
        let outcome = home.run([command, &[&registry.at("app:1.27")]].concat()).ends_with(3);
        outcome.complains(&format!(
            "similar tags of {}: 1.25, 1.26; list them all: regcli tags",
            registry.at("app")
        ));
        assert!(registry.requests(Route::Tags).len() <= 1, "{:#?}", registry.heard());
    }
    let to = registry.at("copied:1");
    home.run(["copy", &registry.at("app:stabel"), &to]).ends_with(3).complains(": stable; list them all: ");
    let outcome = home.run(["pull", &registry.at("app:nope")]).ends_with(3);
    outcome.complains(&format!("list the tags of {0}: regcli tags {0}", registry.at("app")));
}

#[test]
fn u6_advice_that_cannot_be_had_is_no_second_failure() {
    for status in [401, 404, 500] {
        let registry = with_tags("app", &["1"]);
        registry.on(Route::Tags).status(status).forever();
        let outcome = Home::fresh().run(["pull", &registry.at("app:nope")]).ends_with(3);
        assert!(outcome.stderr.contains("manifest unknown: manifest unknown\n"), "{outcome}");
        assert!(!outcome.stderr.contains("list the tags of"), "{outcome}");
    }
    // A registry that says nothing is not waited for as for an image.
    let registry = with_tags("app", &["1"]);
    registry.on(Route::Tags).silent().forever();
    Home::fresh().run(["pull", &registry.at("app:nope")]).ends_with(3).complains("manifest unknown");
    assert_eq!(registry.requests(Route::Tags).len(), 1);
}

#[test]
fn u13_library_is_proposed_where_a_copy_of_docker_hub_has_it() {
    let registry = with_tags("library/nginx", &["1"]);
    let home = Home::fresh();
    let outcome = home.run(["pull", &registry.at("nginx:1")]).ends_with(3);
    outcome.complains(&format!("try {}", registry.at("library/nginx:1")));
    let outcome = home.run(["pull", &registry.at("other:1")]).ends_with(3);
    assert!(!outcome.stderr.contains("library/"), "{outcome}");
}

#[test]
fn u13_a_mirror_that_hangs_is_waited_for_once_for_all_names() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let images: Vec<String> = (0..4).map(|number| format!("{}/app{number}:1", registry.host())).collect();
    for image in &images {
        home.run(["copy", "-q", &Fixture::many_layers(1).place(), image]).succeeds();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = listener.local_addr().unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&taken);
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            counting.fetch_add(1, Ordering::SeqCst);
            held.push(stream);
        }
    });
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\nmirrors = [\"http://{mirror}\"]\n", registry.host());
    fs::write(folder.join("config.toml"), config).unwrap();

    let begun = Instant::now();
    home.run(["pull", "-q"].into_iter().chain(images.iter().map(String::as_str))).succeeds();
    // The images are asked for concurrently, so that all of them wait together.
    assert!(begun.elapsed() < Duration::from_secs(25), "one wait of 10 s: {:?}", begun.elapsed());
    let asked = taken.load(Ordering::SeqCst);
    assert!((1..=images.len()).contains(&asked), "{asked} connections to the mirror");

    home.run(["digest", &images[0]]).succeeds();
    assert_eq!(taken.load(Ordering::SeqCst), asked, "the next command does not wait again");
}

#[test]
fn d8_a_write_past_mirrors_leaves_reading_as_it_was() {
    let registry = with_tags("app", &["1"]);
    let mirror = registry.beside();
    let home = Home::fresh();
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\nmirrors = [{:?}]\n", registry.host(), mirror.origin());
    fs::write(folder.join("config.toml"), config).unwrap();
    // The source is the repository that is written to, too: it is read from the mirror, and asked itself as a target.
    home.run(["copy", &registry.at("app:1"), &registry.at("app:2")]).succeeds();
    assert_eq!(mirror.requests(Route::Manifest).len(), 1, "{:#?}", mirror.heard());
    assert_eq!(registry.requests(Route::Manifest).len(), 0, "{:#?}", registry.heard());
    assert!(mirror.heard().iter().all(|heard| heard.head.method == "GET"));
    assert!(registry.requests(Route::ManifestHead).len() + registry.requests(Route::ManifestPut).len() >= 2);
}
