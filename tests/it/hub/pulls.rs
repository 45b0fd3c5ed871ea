//! Docker Hub's limit of pulls, which is known before a command spends any.

use serde_json::json;

use super::Scene;
use crate::support::scripted::{Route, Scripted};
use crate::support::{Api, Fixture, Home, Kind, Outcome, Proxy};

/// Images that have nothing in common, of these repositories.
fn fill(scene: &Scene, repositories: &[&str]) {
    for repository in repositories {
        scene.push(&image(repository), &format!("{repository}:1"));
    }
}

fn image(name: &str) -> Fixture {
    Fixture::with_config(json!({"architecture": "amd64", "os": "linux"}), &[Fixture::layer(name, 500)])
}

const FIVE: [&str; 5] = ["library/one", "library/two", "library/three", "library/four", "library/five"];

/// Runs a command with these images as its last arguments.
fn run(scene: &Scene, command: &[&str], repositories: &[&str]) -> Outcome {
    let images: Vec<_> = repositories.iter().map(|repository| format!("{repository}:1")).collect();
    scene.run(&[command, &images.iter().map(String::as_str).collect::<Vec<_>>()].concat())
}

/// The requests to the registry that have this in their path, by their methods.
fn asked(scene: &Scene, method: &str, part: &str) -> usize {
    let seen = scene.hub.exchanges().into_iter().filter(|seen| seen.status != 401);
    seen.filter(|seen| seen.method == method && seen.path.contains(part)).count()
}

#[test]
fn images_that_exceed_the_pulls_that_are_left_are_refused_before_one_is_spent() {
    let scene = Scene::new(Kind::Embedded);
    fill(&scene, &FIVE);
    scene.hub.allow_pulls(3);
    for command in [&["pull"][..], &["pull", "-q"], &["pull", "--dry-run"]] {
        let refused = run(&scene, command, &FIVE).ends_with(7);
        let refused = refused.complains(
            "error: Docker Hub allows 3 more pulls for now, and 5 images need one each: none of them was pulled\n",
        );
        assert_eq!(refused.stderr.matches("error: ").count(), 1, "{refused}");
        let then = refused.stderr.split("hint: try again in 6 hours, at ").nth(1).expect("a time");
        let then = then.lines().next().unwrap();
        assert!(then.parse::<jiff::Timestamp>().is_ok(), "{then}");
    }
    assert_eq!((asked(&scene, "GET", "/manifests/"), asked(&scene, "GET", "/blobs/")), (0, 0));
}

#[test]
fn images_that_the_store_has_unchanged_do_not_count() {
    let scene = Scene::new(Kind::Embedded);
    fill(&scene, &FIVE);
    run(&scene, &["pull"], &FIVE[..3]).succeeds();
    scene.hub.allow_pulls(2);
    run(&scene, &["pull"], &FIVE).succeeds();
    run(&scene, &["pull"], &FIVE).succeeds();
}

#[test]
fn images_whose_publisher_pays_do_not_count() {
    let scene = Scene::new(Kind::Embedded);
    let images = ["library/one", "library/sponsored-a", "library/sponsored-b", "library/sponsored-c"];
    fill(&scene, &images);
    scene.hub.allow_pulls(1);
    run(&scene, &["pull"], &images).succeeds();
}

#[test]
fn without_a_limit_there_is_one_request_at_the_hub_and_none_elsewhere() {
    let scene = Scene::new(Kind::Embedded);
    fill(&scene, &FIVE);
    run(&scene, &["pull"], &FIVE).succeeds();
    assert_eq!((asked(&scene, "HEAD", "/"), asked(&scene, "GET", "/manifests/")), (1, 5));

    let proxy = Proxy::before(scene.registry.host());
    let images: Vec<_> = FIVE.iter().map(|repository| format!("{}/{repository}:1", proxy.host())).collect();
    let arguments: Vec<_> = ["pull"].into_iter().chain(images.iter().map(String::as_str)).collect();
    Home::fresh().run(&arguments).succeeds();
    // A manifest, a config and a layer.
    assert_eq!(proxy.exchanges().len(), FIVE.len() * 3, "{:#?}", proxy.exchanges());
}

#[test]
fn a_preview_says_how_many_pulls_are_left() {
    let scene = Scene::new(Kind::Embedded);
    fill(&scene, &FIVE);
    scene.hub.allow_pulls(76);
    let preview = run(&scene, &["pull", "--dry-run"], &FIVE).succeeds();
    preview.complains("Docker Hub: 71 of 100 pulls left in 6 hours\n");
}

#[test]
fn one_image_without_a_pull_left_fails_in_the_hubs_words_with_the_time() {
    let scene = Scene::new(Kind::Embedded);
    fill(&scene, &FIVE[..1]);
    scene.hub.allow_pulls(0);
    let refused = run(&scene, &["pull"], &FIVE[..1]).ends_with(7);
    refused
        .complains("toomanyrequests: You have reached your unauthenticated pull rate limit.")
        .complains("hint: try again in 6 hours, at 20");
}

#[test]
fn a_copy_of_all_tags_spends_a_pull_only_for_what_has_changed() {
    let scene = Scene::new(Kind::Embedded);
    let tags: Vec<_> = (0..6).map(|number| number.to_string()).collect();
    for tag in &tags {
        scene.push(&image(tag), &format!("library/app:{tag}"));
    }
    let there = Kind::Embedded.open();
    let target = format!("{}/app", there.host());
    scene.hub.allow_pulls(5);
    let refused = scene.run(&["copy", "-a", "library/app", &target]).ends_with(7);
    refused.complains("Docker Hub allows 5 more pulls for now, and 6 images need one each");
    scene.hub.allow_pulls(6);
    scene.run(&["copy", "-a", "library/app", &target]).succeeds();

    scene.push(&image("new"), "library/app:3");
    scene.hub.allow_pulls(1);
    scene.hub.forget();
    scene.run(&["copy", "-a", "library/app", &target]).succeeds();
    assert_eq!(asked(&scene, "GET", "/manifests/"), 1);
    Api::of(there.host(), "app").holds(&image("new"), "3");
}

#[test]
fn a_plan_of_a_sync_reads_no_manifest_and_says_how_many_pulls_are_needed_and_left() {
    let scene = Scene::new(Kind::Embedded);
    let tags: Vec<_> = (0..6).map(|number| number.to_string()).collect();
    for tag in &tags {
        scene.push(&image(tag), &format!("library/app:{tag}"));
    }
    let there = Kind::Embedded.open();
    let target = format!("{}/app", there.host());
    scene.hub.allow_pulls(5);
    let planned = scene.run(&["sync", "--plan", "library/app", &target]).ends_with(10);
    assert_eq!(planned.last_line(), "6 to create; 6 manifests to read");
    planned.complains("Docker Hub: 5 of 100 pulls left in 6 hours\n");
    let refused = scene.run(&["sync", "library/app", &target]).ends_with(7);
    refused.complains("Docker Hub allows 5 more pulls for now, and 6 images need one each");
    assert_eq!(asked(&scene, "GET", "/manifests/"), 0);
    scene.hub.allow_pulls(6);
    scene.run(&["sync", "library/app", &target]).succeeds();
    scene.hub.allow_pulls(0);
    scene.run(&["sync", "library/app", &target]).succeeds().complains("6 unchanged; ");
    Api::of(there.host(), "app").holds(&image("3"), "3");
}

#[test]
fn another_registry_with_such_a_limit_is_believed_too() {
    let registry = Scripted::start();
    let names: Vec<_> = (0..50).map(|number| format!("app{number}")).collect();
    for name in &names {
        registry.seed(name, &image(name), "1");
    }
    for route in [Route::Manifest, Route::ManifestHead] {
        registry.on(route).with_header("ratelimit-remaining", "3;w=21600").forever();
    }
    let images: Vec<_> = names.iter().map(|name| registry.at(&format!("{name}:1"))).collect();
    let arguments: Vec<_> = ["pull"].into_iter().chain(images.iter().map(String::as_str)).collect();
    let home = Home::fresh();
    let refused = home.run(&arguments).ends_with(1);
    // Those that were read before the limit was known are paid for, so they are pulled.
    let read = registry.requests(Route::Manifest).len();
    assert!(read < names.len());
    refused
        .complains("allows 3 more pulls for now")
        .complains(&format!("{} of 50 images failed: ", names.len() - read));
    assert_eq!(home.run(["images", "-q"]).stdout.lines().count(), read);
}
