//! What is left of a blob that came by several connections when its copy is ended: all up to the first hole.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Kind, eventually};

use super::{Far, assert_kept, parts};

at_every_registry! {
    a_pull_that_was_killed_goes_on_where_the_first_hole_was,
    a_pull_that_was_interrupted_goes_on_where_the_first_hole_was,
    a_copy_to_a_layout_that_was_killed_goes_on_where_the_first_hole_was,
}

/// What one body gets, in bytes a second: so little that a command is met in the middle of it.
const SLOWER: u64 = 1 << 20;

/// How long is waited for what has to come about.
const PATIENCE: Duration = Duration::from_secs(40);

fn a_pull_that_was_killed_goes_on_where_the_first_hole_was(kind: Kind) {
    let far = Far::open(kind);
    goes_on(&far, (Signal::KILL, 137), &["pull", &far.there.at("app:1")], &far.home.store());
    assert_kept(&far.home, &far.fixture, parts(&far.fixture));
}

fn a_pull_that_was_interrupted_goes_on_where_the_first_hole_was(kind: Kind) {
    let far = Far::open(kind);
    goes_on(&far, (Signal::INT, 130), &["pull", &far.there.at("app:1")], &far.home.store());
    assert_kept(&far.home, &far.fixture, parts(&far.fixture));
}

fn a_copy_to_a_layout_that_was_killed_goes_on_where_the_first_hole_was(kind: Kind) {
    let far = Far::open(kind);
    let layout = far.home.path().join("layout");
    let target = format!("oci:{}:1", layout.display());
    goes_on(&far, (Signal::KILL, 137), &["copy", "-q", &far.there.at("app:1"), &target], &layout);
    far.home.run(["copy", "-q", &target, "store:again:1"]).succeeds();
    assert_kept(&far.home, &far.fixture, parts(&far.fixture));
}

/// Ends a command when half of the layer has come by several connections, and has it go on in another run.
#[track_caller]
fn goes_on(far: &Far, (signal, code): (Signal, i32), command: &[&str], store: &Path) {
    let proxy = &far.there.proxy;
    proxy.slow_down(SLOWER);
    let begun = far.home.regcli(command).start();
    let size = far.fixture.blob_bytes();
    let half = || (far.segments() >= 8 && proxy.blob_bytes_taken() > size / 2).then_some(());
    eventually(PATIENCE, half).unwrap_or_else(|| panic!("{:#?}", proxy.exchanges()));
    begun.signal(signal);
    begun.finish().ends_with(code);

    let content = far.fixture.content(far.layer());
    let part = fs::read(store.join("parts").join(far.layer().replace(':', "-"))).unwrap();
    eprintln!("{} of {size} bytes are left of {}", part.len(), proxy.blob_bytes_taken());
    assert!(!part.is_empty() && part.len() < content.len(), "{} bytes", part.len());
    assert!(part == content[..part.len()], "there are no holes in it");

    proxy.forget();
    proxy.slow_down(0);
    far.home.run(command).succeeds();
    let first = proxy.requests("GET", far.layer()).swap_remove(0);
    assert_eq!(first.range, Some(format!("bytes={}-{}", part.len(), content.len() - 1)));
    far.took_at_most_without(part.len() as u64);
}
