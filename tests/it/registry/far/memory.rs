//! How much memory commands take, whatever they move: layers that are large, many, or both.

use serde_json::json;

use crate::support::{Fixture, Home, Kind, Outcome, SEED};

use super::{Counted, SLOW, keep};

at_every_registry! {
    a_gigabyte_takes_little_memory,
    segments_take_little_memory,
    segments_by_many_connections_take_little_memory,
    a_copy_between_registries_takes_little_memory,
    many_layers_take_little_memory,
    several_large_layers_take_little_memory,
}

/// More than any command may take, on a machine that has little left of it.
const MEMORY: u64 = 64 << 20;

/// The same where up to 32 connections are open, each with what HTTP has read ahead on it. Measured: 32 to 62 MB of the
/// program as tests run it, the most on a busy machine.
const MEMORY_OF_MANY: u64 = 80 << 20;

#[track_caller]
fn took_little(outcome: &Outcome) {
    took_at_most(outcome, MEMORY);
}

#[track_caller]
fn took_at_most(outcome: &Outcome, limit: u64) {
    eprintln!("{} MB at most", outcome.peak >> 20);
    assert!(outcome.peak > 0 && outcome.peak <= limit, "{} bytes\n{outcome}", outcome.peak);
}

/// A registry with a layer of so many bytes, behind a slow line.
fn far(kind: Kind, bytes: usize) -> Counted {
    let there = Counted::open(kind);
    let fixture = Fixture::huge(bytes);
    let image = format!("{}/app:1", there.registry.host());
    Home::fresh().run(["copy", &fixture.place(), &image]).succeeds();
    there.proxy.slow_down(SLOW);
    there
}

/// An image of so many layers of so many bytes each.
fn layers(count: usize, bytes: usize) -> Fixture {
    let mut random = fastrand::Rng::with_seed(SEED);
    let layer = |_| {
        let mut content = vec![0; bytes];
        random.fill(&mut content);
        content
    };
    let layers: Vec<Vec<u8>> = (0..count).map(layer).collect();
    Fixture::with_config(json!({"architecture": "amd64", "os": "linux"}), &layers)
}

fn a_gigabyte_takes_little_memory(kind: Kind) {
    let there = Counted::open(kind);
    let fixture = Fixture::huge(1 << 30);
    let home = Home::fresh();
    let image = format!("{}/app:1", there.registry.host());
    took_little(&home.run(["copy", &fixture.place(), &image]).succeeds());
    took_little(&home.run(["pull", &image]).succeeds());
}

fn segments_take_little_memory(kind: Kind) {
    let there = far(kind, 192 << 20);
    took_little(&Home::fresh().run(["pull", &there.at("app:1")]).succeeds());
    assert!(there.proxy.exchanges().len() > 6, "it came in pieces");
}

fn segments_by_many_connections_take_little_memory(kind: Kind) {
    let there = far(kind, 192 << 20);
    took_little(&Home::fresh().run(["--jobs", "32", "pull", &there.at("app:1")]).succeeds());
    assert!(there.proxy.exchanges().len() > 12, "it came in pieces");
}

fn a_copy_between_registries_takes_little_memory(kind: Kind) {
    let (from, to) = (far(kind, 192 << 20), Counted::open(kind));
    // What goes there is one stream, so this is no slower than what comes.
    to.proxy.slow_down(8 * SLOW);
    took_little(&Home::fresh().run(["copy", &from.at("app:1"), &to.at("app:1")]).succeeds());
    assert!(from.proxy.exchanges().len() > 64, "it came by segments");
}

fn many_layers_take_little_memory(kind: Kind) {
    there_and_back(kind, &layers(80, 1_400_000), MEMORY_OF_MANY);
}

fn several_large_layers_take_little_memory(kind: Kind) {
    there_and_back(kind, &layers(12, 16 << 20), MEMORY);
}

#[track_caller]
fn there_and_back(kind: Kind, fixture: &Fixture, limit: u64) {
    let there = Counted::open(kind);
    let (home, image) = (Home::fresh(), there.at("app:1"));
    keep(&home, fixture, &image);
    there.proxy.slow_down(SLOW);
    took_at_most(&home.run(["push", &image]).succeeds(), limit);
    took_at_most(&Home::fresh().run(["pull", &image]).succeeds(), limit);
}
