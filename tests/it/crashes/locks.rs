//! A file system without locks, as some network file systems: strace answers for it.

use rustix::process::Signal;

use super::{images, is_valid, names_in};
use crate::support::{Api, Fixture, Home, Kind, Proxy, Regcli, eventually, missing};

use std::time::Duration;

/// How such file systems say that they have none.
const WAYS: [&str; 2] = ["ENOLCK", "EOPNOTSUPP"];

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command on a file system that has no locks.
fn without_locks(home: &Home, way: &str, arguments: &[&str]) -> Regcli {
    let inject = format!("inject=flock:error={way}");
    home.regcli(arguments)
        .under("strace", ["-f", "-q", "-o", "/dev/null", "-e", "trace=flock", "-e", &inject])
}

#[test]
fn f10_without_locks_two_pulls_fetch_each_blob_once_and_gc_waits_for_both() {
    if missing("strace") {
        return;
    }
    for way in WAYS {
        let fixture = Fixture::heavy(1 << 20);
        let registry = Kind::Embedded.open();
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        let line = Proxy::before(registry.host());
        line.slow_down(1 << 20);
        let image = format!("{}/team/app:1", line.host());
        let home = Home::fresh();
        without_locks(&home, way, &["copy", "-q", &Fixture::many_layers(3).place(), "store:kept:1"])
            .run()
            .succeeds();

        let pulls = [(); 2].map(|()| without_locks(&home, way, &["pull", "-q", &image]).start());
        let begun = || (line.blob_bytes_taken() > 0).then_some(());
        eventually(PATIENCE, begun).expect("a pull has begun");
        without_locks(&home, way, &["gc", "--partial"]).run().succeeds();

        for pull in pulls {
            pull.finish().succeeds();
        }
        assert_eq!(line.blob_bytes_taken(), fixture.blob_bytes(), "{:#?}", line.exchanges());
        is_valid(&home.store());
        assert_eq!(images(&home), [image, "kept:1".to_owned()]);
        assert_eq!(names_in(&home.store().join("locks")), ["index", "store"]);
    }
}

#[test]
fn f10_without_locks_a_killed_process_holds_up_nobody() {
    if missing("strace") {
        return;
    }
    let fixture = Fixture::heavy(1 << 20);
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let line = Proxy::before(registry.host());
    line.slow_down(1 << 18);
    let image = format!("{}/team/app:1", line.host());
    let home = Home::fresh();
    // strace goes down with what it watches, and takes it along.
    let pull = without_locks(&home, WAYS[0], &["pull", "-q", &image]).start();
    eventually(PATIENCE, || (line.blob_bytes_taken() > 0).then_some(())).expect("the pull has begun");
    let claims = || names_in(&home.store().join("locks")).iter().filter(|name| name.contains('.')).count();
    assert!(claims() > 0);
    let process = names_in(&home.store().join("locks"));
    let process = process.iter().find(|name| name.contains('.')).unwrap().split('-').rev().nth(1).unwrap();
    let process = rustix::process::Pid::from_raw(process.parse().unwrap()).unwrap();
    rustix::process::kill_process(process, Signal::KILL).unwrap();
    pull.finish().ends_with(128 + 9);
    assert!(claims() > 0, "it is killed, so it left them");

    line.slow_down(0);
    without_locks(&home, WAYS[0], &["pull", "-q", &image]).run().succeeds();
    without_locks(&home, WAYS[0], &["gc"]).run().succeeds();
    assert_eq!(claims(), 0);
    is_valid(&home.store());
}
