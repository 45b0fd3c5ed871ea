//! Configs that are read for a question, before anything is copied: as patiently as layers, and once.

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Kind};

use super::{Counted, assert_kept, parts};

at_every_registry! {
    a_platform_of_a_single_image_takes_five_requests_for_three_layers,
    a_copy_of_a_platform_reads_the_config_once,
}

fn a_platform_of_a_single_image_takes_five_requests_for_three_layers(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::many_layers(3);
    there.api("app").seed(&fixture, "1");
    let home = Home::fresh();
    home.run(["pull", "--platform", "linux/amd64", &there.at("app:1")]).succeeds();
    assert_eq!(there.calls().len(), 5, "{:#?}", there.calls());
    assert_eq!(there.proxy.blob_bytes_taken(), fixture.blob_bytes());
    assert_kept(&home, &fixture, parts(&fixture));
}

fn a_copy_of_a_platform_reads_the_config_once(kind: Kind) {
    let (from, to) = (Counted::open(kind), Counted::open(kind));
    let fixture = Fixture::many_layers(3);
    from.api("app").seed(&fixture, "1");
    let arguments = ["copy", "--platform", "linux/amd64", &from.at("app:1"), &to.at("app:1")];
    Home::fresh().run(arguments).succeeds();
    assert_eq!(from.calls().len(), 5, "{:#?}", from.calls());
    to.api("app").holds(&fixture, "1");
}

/// Runs a command on the image `app:1` of a registry at which its config is in trouble once.
fn runs(command: &[&str], trouble: impl Fn(&Scripted, &str)) {
    let registry = Scripted::start();
    let fixture = Fixture::small();
    registry.seed("app", &fixture, "1");
    let config = fixture.config_digest();
    trouble(&registry, &config);
    let image = registry.at("app:1");
    let home = Home::fresh();
    home.run([command, &[&image]].concat()).succeeds();
    let asked = registry.requests(Route::Blob);
    let asked = asked.iter().filter(|heard| heard.head.path.contains(&config)).count();
    assert_eq!(asked, 2, "{command:?}: once more, and not again");
}

const COMMANDS: [&[&str]; 4] =
    [&["pull", "--platform", "linux/amd64"], &["config"], &["inspect", "--remote"], &["history", "--remote"]];

#[test]
fn a_config_that_cannot_be_had_for_a_moment_is_asked_for_again() {
    for command in COMMANDS {
        runs(command, |registry, config| registry.on(Route::Blob).of(config).status(503).once());
    }
}

#[test]
fn a_config_that_is_cut_or_wrong_is_asked_for_again() {
    runs(COMMANDS[0], |registry, config| registry.on(Route::Blob).of(config).cut_after(20).once());
    runs(COMMANDS[1], |registry, config| registry.on(Route::Blob).of(config).flip_byte(7).once());
}

#[test]
fn a_config_that_is_always_wrong_is_corrupt() {
    let registry = Scripted::start();
    let fixture = Fixture::small();
    registry.seed("app", &fixture, "1");
    registry.on(Route::Blob).of(&fixture.config_digest()).flip_byte(7).forever();
    let arguments = ["pull", "--platform", "linux/amd64", &registry.at("app:1")];
    Home::fresh().run(arguments).ends_with(6);
    assert_eq!(registry.requests(Route::Blob).len(), 2, "once more, and no layer");
}
