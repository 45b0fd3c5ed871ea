//! Locks: whose they are, and what a wait for one is like.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::write_store;
use crate::reports::screen::{self, SIGNALS};
use crate::support::scripted::{Route, Scripted};
use crate::support::{Api, Fixture, Home, Kind, Proxy, eventually};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A store of one image, and its lock for index.json as earlier versions made it.
fn old_store() -> (Home, File) {
    let home = Home::fresh();
    write_store(&home.store(), 1, |_| "docker.io/library/app:1".to_owned());
    fs::create_dir_all(home.store().join("locks")).unwrap();
    let path = home.store().join("locks/index");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    (home, file)
}

#[test]
fn s8_locks_belong_to_this_user_alone() {
    let (home, _file) = old_store();
    home.run(["tag", "app:1", "app:2"]).succeeds();
    for lock in ["index", "store"] {
        assert_eq!(mode(&home.store().join("locks").join(lock)), 0o600, "{lock}");
    }

    // That of a blob, while it is written.
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&Fixture::heavy(1 << 20), "1");
    let line = Proxy::before(registry.host());
    line.slow_down(1 << 18);
    let pull = home.regcli(["pull", "-q", &format!("{}/team/app:1", line.host())]).start();
    let names = || fs::read_dir(home.store().join("locks")).unwrap().map(|entry| entry.unwrap().path());
    let of_a_blob = || names().find(|path| path.to_str().unwrap().contains("sha256-"));
    let lock = eventually(PATIENCE, of_a_blob).expect("a blob is written");
    assert_eq!(mode(&lock), 0o600);
    line.slow_down(0);
    pull.finish().succeeds();
}

#[test]
fn s8_a_wait_for_a_lock_says_for_whom_and_ends() {
    let (home, file) = old_store();
    // Another user who could read the lock's file has locked it.
    file.lock().unwrap();
    let holder = format!("process {}", std::process::id());

    let outcome = home.run(["--timeout", "3s", "tag", "app:1", "app:2"]).ends_with(1);

    let outcome = outcome.complains(&format!("Waiting for {holder}"));
    let outcome = outcome.complains("locks/index after 3 s").complains(&format!("{holder} ("));
    outcome.complains("--timeout");
    home.run(["digest", "store:app:2"]).ends_with(3);
    file.unlock().unwrap();
    let outcome = home.run(["tag", "app:1", "app:2"]).succeeds();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn s8_a_blob_that_another_process_writes_is_waited_for_while_it_grows() {
    let (registry, home, fixture) = (Kind::Embedded.open(), Home::fresh(), Fixture::heavy(64 << 10));
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let name = layer.digest.replace(':', "-");
    for folder in ["locks", "parts"] {
        fs::create_dir_all(home.store().join(folder)).unwrap();
    }
    let lock = File::create(home.store().join("locks").join(&name)).unwrap();
    lock.lock().unwrap();
    let pull = home.regcli(["--timeout", "2s", "pull", "-q", &image]).start();
    // For longer than the time limit the other process gets on.
    let mut part = File::create(home.store().join("parts").join(&name)).unwrap();
    let content = fixture.content(&layer.digest);
    for byte in &content[..8] {
        part.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
    lock.unlock().unwrap();
    pull.finish().succeeds();

    // One that does not get on is not waited for for ever.
    home.run(["rmi", &image]).succeeds();
    let lock = File::create(home.store().join("locks").join(&name)).unwrap();
    lock.lock().unwrap();
    let outcome = home.run(["--timeout", "1s", "--retry", "0", "pull", "-q", &image]);
    assert_eq!(outcome.code, 1, "{outcome}");
    outcome.complains(&format!("process {}", std::process::id()));
}

#[test]
fn s8_a_store_that_regcli_makes_is_for_this_user_alone() {
    let (home, fixture) = (Home::fresh(), Fixture::small());
    let deep = home.path().join("a/b/store");
    home.run(["--store", deep.to_str().unwrap(), "copy", "-q", &fixture.place(), "store:app:1"]).succeeds();
    assert_eq!(mode(&deep), 0o700);
    assert_eq!(mode(deep.parent().unwrap()), 0o755, "a folder above it is as usual");

    // One that is there stays as its owner wants it; a layout is made for others.
    fs::create_dir(home.store()).unwrap();
    fs::set_permissions(home.store(), fs::Permissions::from_mode(0o755)).unwrap();
    home.run(["copy", "-q", &fixture.place(), "store:app:1"]).succeeds();
    assert_eq!(mode(&home.store()), 0o755);
    let layout = home.path().join("layout");
    home.run(["copy", "-q", "store:app:1", &format!("oci:{}", layout.display())]).succeeds();
    assert_eq!(mode(&layout), 0o755);

    let archive = home.path().join("app.tar");
    home.run(["save", "-o", archive.to_str().unwrap(), "app:1"]).succeeds();
    let archive = archive.to_str().unwrap();
    for command in [&["load", "-q", "-i", archive][..], &["import", archive, "app:2"]] {
        let fresh = Home::fresh();
        fresh.run(command).succeeds();
        assert_eq!(mode(&fresh.store()), 0o700, "{command:?}");
    }
}

/// Runs a command until it says that it waits for a lock, and asserts that it dies of a signal.
#[track_caller]
fn dies_while_it_waits(home: &Home, arguments: &[&str], signal: Signal) {
    let mut command = screen::regcli(home, arguments);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Waiting for process") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "{arguments:?} has ended and waited for nothing");
    }
    screen::dies_of(child, signal, arguments[0]);
}

#[test]
fn d3_a_command_that_waits_for_a_lock_dies_of_the_signal() {
    let (home, file) = old_store();
    for signal in SIGNALS {
        file.lock().unwrap();
        dies_while_it_waits(&home, &["tag", "app:1", "app:2"], signal);
        file.unlock().unwrap();
        home.run(["digest", "store:app:2"]).ends_with(3);
    }
    assert_eq!(home.run(["tag", "app:1", "app:2"]).succeeds().stderr, "");

    // Another pull writes the blob, and gets nothing of it for a while.
    let (registry, fixture) = (Scripted::start(), Fixture::heavy(1 << 20));
    registry.seed("app", &fixture, "1");
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    registry.on(Route::Blob).of(&layer.digest).stall_after(layer.size / 2).once();
    let image = registry.at("app:1");
    let first = home.regcli(["pull", "-q", &image]).start();
    let part = home.store().join("parts").join(layer.digest.replace(':', "-"));
    eventually(PATIENCE, || part.exists().then_some(())).expect("the blob is written");
    for signal in SIGNALS {
        dies_while_it_waits(&home, &["pull", "-q", &image], signal);
    }
    first.signal(Signal::INT);
    first.finish().ends_with(130);
    home.run(["pull", "-q", &image]).succeeds();
    home.run(["verify", "--no-fetch", &image]).succeeds();
}
