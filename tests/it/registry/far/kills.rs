//! What is left of a blob that came by several connections when its copy is ended: all that came.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Kind, eventually};

use super::{Far, assert_kept, parts};

at_every_registry! {
    a_pull_that_was_killed_loses_nothing_of_what_came,
    a_pull_that_was_interrupted_loses_nothing_of_what_came,
    a_copy_to_a_layout_that_was_killed_loses_nothing_of_what_came,
}

/// What one body gets, in bytes a second: so little that a command is met in the middle of it.
const SLOWER: u64 = 1 << 20;

/// What each of the connections had not handed on when the command was ended, in bytes.
const ON_ITS_WAY: u64 = 2 << 20;

/// How long is waited for what has to come about.
const PATIENCE: Duration = Duration::from_secs(40);

fn a_pull_that_was_killed_loses_nothing_of_what_came(kind: Kind) {
    let far = Far::open(kind);
    goes_on(&far, (Signal::KILL, 137), &["pull", &far.there.at("app:1")]);
    assert_kept(&far.home, &far.fixture, parts(&far.fixture));
}

fn a_pull_that_was_interrupted_loses_nothing_of_what_came(kind: Kind) {
    let far = Far::open(kind);
    goes_on(&far, (Signal::INT, 130), &["pull", &far.there.at("app:1")]);
    assert_kept(&far.home, &far.fixture, parts(&far.fixture));
}

fn a_copy_to_a_layout_that_was_killed_loses_nothing_of_what_came(kind: Kind) {
    let far = Far::open(kind);
    let layout = far.home.path().join("layout");
    let target = format!("oci:{}:1", layout.display());
    goes_on(&far, (Signal::KILL, 137), &["copy", "-q", &far.there.at("app:1"), &target]);
    far.home.run(["copy", "-q", &target, "store:again:1"]).succeeds();
    assert_kept(&far.home, &far.fixture, parts(&far.fixture));
}

/// Ends a command when half of the layer has come by several connections, and has it go on in another run.
#[track_caller]
fn goes_on(far: &Far, (signal, code): (Signal, i32), command: &[&str]) {
    let proxy = &far.there.proxy;
    proxy.slow_down(SLOWER);
    let begun = far.home.regcli(command).start();
    let size = far.fixture.blob_bytes();
    let half = || (far.segments() >= 1 && proxy.blob_bytes_taken() > size / 2).then_some(());
    eventually(PATIENCE, half).unwrap_or_else(|| panic!("{:#?}", proxy.exchanges()));
    begun.signal(signal);
    begun.finish().ends_with(code);
    let before = proxy.blob_bytes_taken();

    proxy.forget();
    proxy.slow_down(0);
    far.home.run(command).succeeds();
    let after = proxy.blob_bytes_taken();
    eprintln!("{before} bytes came before, and {after} after, of {size}");
    assert!(
        after < size / 2 + ON_ITS_WAY && before + after <= size + ON_ITS_WAY,
        "{before} and {after} of {size}"
    );
}
