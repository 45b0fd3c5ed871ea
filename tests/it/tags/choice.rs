//! Which tags are listed and in which order, and what is not requested for it.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::{field, rows};
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, StandIn};

/// A registry with versions that were created one after the other, and one reproducible build.
fn versions(registry: &Scripted) {
    let dated = [
        ("1.9", "2026-01-01T00:00:00Z"),
        ("1.10", "2026-02-01T00:00:00Z"),
        ("1.10-alpine", "2026-02-02T00:00:00Z"),
        ("2.0", "1970-01-01T00:00:00Z"),
        ("latest", "2026-03-01T00:00:00Z"),
    ];
    for (tag, created) in dated {
        let config = json!({
            "created": created, "os": "linux", "architecture": "amd64", "config": {},
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        registry.seed("app", &Fixture::with_config(config, &[Fixture::layer(tag, 10)]), tag);
    }
}

#[test]
fn tags_come_in_the_order_that_was_asked_for() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    versions(&registry);
    let at = registry.at("app");
    for (arguments, expected) in [
        (&["--sort", "name"][..], "1.10 1.10-alpine 1.9 2.0 latest"),
        (&["--sort", "semver"], "2.0 1.10 1.10-alpine 1.9 latest"),
        (&["--sort", "semver", "--reverse"], "1.9 1.10-alpine 1.10 2.0 latest"),
        (&["--sort", "date"], "latest 1.10-alpine 1.10 1.9 2.0"),
        (&["--sort", "date", "--limit", "2"], "latest 1.10-alpine"),
        (&["--sort", "date", "-r", "--limit", "1"], "1.9"),
        (&["--semver", ">=1.9", "--sort", "semver"], "2.0 1.10 1.9"),
        (&["--semver", ">=1.10.0-0 <2", "--sort", "name"], "1.10 1.10-alpine"),
        (&["--match", "^1.1", "--sort", "name"], "1.10 1.10-alpine"),
        (&["--since", "2026-02-02", "--sort", "date"], "latest 1.10-alpine"),
    ] {
        let listed = home.run(["tags", &at].iter().chain(arguments)).succeeds();
        assert_eq!(listed.stdout.split_whitespace().collect::<Vec<_>>().join(" "), expected, "{arguments:?}");
    }
    let since = home.run(["tags", "--since", "2026-02-02", &at]).succeeds();
    since.complains("left out: 1 tag without a known date\n");
}

#[test]
fn nothing_is_requested_about_tags_that_are_not_shown() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    versions(&registry);
    let at = registry.at("app");
    let count = |route| registry.requests(route).len();

    let newest =
        home.run(["tags", "-l", "--semver", "*", "--sort", "semver", "--limit", "1", &at]).succeeds();
    assert_eq!(rows(&newest)[1][0], "2.0");
    assert_eq!((count(Route::ManifestHead), count(Route::Manifest), count(Route::Blob)), (1, 1, 1));

    registry.forget();
    home.run(["tags", "--match", "^1", &at]).succeeds();
    home.run(["tags", "--sort", "semver", &at]).succeeds();
    assert_eq!((registry.heard().len(), count(Route::Tags)), (2, 2), "names alone need no manifest");
}

#[test]
fn columns_and_templates_read_what_they_name() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    versions(&registry);
    let at = registry.at("app");

    let digests = home.run(["tags", "--format", "{{.Tag}}@{{.Digest}}", &at]).succeeds();
    assert!(digests.stdout.lines().all(|line| line.contains("@sha256:")), "{digests}");
    assert_eq!(registry.requests(Route::Manifest).len(), 0, "a digest needs no manifest");

    let shown = home.run(["tags", "--columns", "tag,pushed,created", "--sort", "name", &at]).succeeds();
    assert_eq!(rows(&shown)[0], ["TAG", "PUSHED", "CREATED"], "a column that was asked for stays");
    assert_eq!(rows(&shown)[4], ["2.0", "-", "-"], "1970 is not a date: {shown}");
    let json = home.run(["tags", "--format", "json", "--match", "^2", &at]).succeeds();
    assert_eq!(field(&json, "Created"), ["1970-01-01T00:00:00Z"]);
}

#[test]
fn wrong_values_are_refused_before_anything_is_requested() {
    let (registry, home) = (Scripted::start(), Home::fresh());
    let at = registry.at("app");
    for arguments in [
        &["--sort", "age"][..],
        &["--columns", "tag,nosuch"],
        &["--columns", "tag", "-l"],
        &["--columns", "tag", "--format", "json"],
        &["--since", "yesterday"],
        &["--semver", "x y"],
        &["--match", "("],
        &["-l", "--format", "{{.Nosuch}}"],
    ] {
        home.run(["tags", &at].iter().chain(arguments)).ends_with(125);
    }
    assert_eq!(registry.heard().len(), 0);
}

#[test]
fn names_that_are_not_valid_tags_are_counted_and_the_first_is_shown_safely() {
    let there = StandIn::start();
    let names = json!({"tags": ["1.0", "a\u{1b}[2J/b", "-x"]}).to_string();
    there.registry.on(Route::Tags).body("application/json", names).forever();
    let listed = there.home.run(["tags", "-l", &there.registry.at("team/web/app")]).succeeds();
    assert_eq!(rows(&listed).iter().map(|row| row[0]).collect::<Vec<_>>(), ["TAG", "1.0"]);
    listed.complains("left out: 2 names that are not valid tags, first \"a\\u{1b}[2J/b\"\n");
}

#[test]
fn pages_of_tags_that_never_end_are_an_error_after_the_tags_so_far() {
    let never = StandIn::start();
    let number = AtomicU32::new(0);
    let page = never.registry.on(Route::Tags).body("application/json", r#"{"tags":["1.0","1.1"]}"#);
    page.edit(move |head, answer| {
        let (path, last) = (head.path.split('?').next().unwrap(), number.fetch_add(1, Ordering::Relaxed));
        answer.set("Link", format!("<{path}?n=2&last={last}>; rel=\"next\""));
    })
    .forever();

    for flags in [&[][..], &["--sort", "name"]] {
        let outcome =
            never.home.run(["tags"].iter().chain(flags).chain([&&*never.registry.at("team/web/app")]));
        outcome.ends_with(1).complains("its pages bring no new names");
        assert_eq!(never.registry.requests(Route::Tags).len(), 2, "{flags:?}");
        never.registry.forget();
    }
}
