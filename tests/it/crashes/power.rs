//! Power cuts: what a disk has that lost everything which nobody had told it to keep.
//!
//! An ext4 file system lies in a file. What was written into it and not synced is in the kernel's memory and not
//! in that file, so a copy of the file is a disk after a power cut. It is mounted with the options that keep least.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::is_valid;
use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Outcome, SEED, eventually, missing, refused, run};

/// Nothing reaches the disk by itself within five minutes, and a rename does not wait for what it names.
const FORGETFUL: &str = "loop,noatime,commit=300,data=writeback,noauto_da_alloc";

/// How many power cuts there are.
const CUTS: usize = 9;

/// A file system in a file, mounted as long as this lives.
pub(super) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// A new one. `None` if this user may not mount it, and the test is left out.
    pub(super) fn new() -> Option<Self> {
        if missing("mkfs.ext4") {
            return None;
        }
        let disk = Self { folder: tempfile::Builder::new().prefix("regcli-disk-").tempdir().unwrap() };
        fs::File::create(disk.image()).unwrap().set_len(24 << 20).unwrap();
        run("mkfs.ext4", ["-q", disk.image().to_str().unwrap()]).succeeds();
        disk.mount(FORGETFUL)
    }

    /// What is left of it if the power goes now.
    fn after_a_power_cut(&self) -> Self {
        let left = Self { folder: tempfile::Builder::new().prefix("regcli-disk-").tempdir().unwrap() };
        fs::copy(self.image(), left.image()).unwrap();
        left.mount("loop").expect("the first one could be mounted")
    }

    fn mount(self, options: &str) -> Option<Self> {
        fs::create_dir(self.path()).unwrap();
        let mounted =
            run("mount", ["-o", options, self.image().to_str().unwrap(), self.path().to_str().unwrap()]);
        if mounted.code != 0 {
            eprintln!("{mounted}");
            fs::remove_dir(self.path()).unwrap();
            refused("ext4");
            return None;
        }
        Some(self)
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    pub(super) fn store(&self) -> PathBuf {
        self.path().join("store")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.path().exists() {
            let unmounted = run("umount", [self.path()]);
            if !thread::panicking() {
                unmounted.succeeds();
            }
        }
    }
}

/// What a command writes is on this store.
fn on(store: &Path, home: &Home, arguments: &[&str]) -> Outcome {
    home.run(["--store", store.to_str().unwrap()].iter().chain(arguments))
}

#[test]
fn f05_a_power_cut_loses_what_was_not_synced_and_nothing_that_is_named() {
    let Some(disk) = Disk::new() else { return };
    // That the disk forgets, or else all of this would show nothing.
    on(&disk.store(), &Home::fresh(), &["copy", "-q", &Fixture::small().place(), "store:first:1"]).succeeds();
    fs::write(disk.path().join("new"), "forgotten").unwrap();
    fs::rename(disk.path().join("new"), disk.path().join("named")).unwrap();
    assert!(!disk.after_a_power_cut().path().join("named").exists(), "this disk keeps everything");

    let home = Home::fresh();
    let fixture = Fixture::heavy(1 << 20);
    let archive = home.path().join("archive.tar");
    home.run(["copy", "-q", &fixture.place(), &format!("oci-archive:{}:x:1", archive.display())]).succeeds();
    let place = fixture.place();
    let commands: [&[&str]; 3] = [
        &["copy", "-q", &place, "store:x:1"],
        &["load", "-q", "-i", archive.to_str().unwrap()],
        &["tag", "first:1", "x:1"],
    ];
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut killed = 0;
    for cut in 0..CUTS {
        let command = commands[cut % commands.len()];
        let begun = Instant::now();
        on(&disk.store(), &home, command).succeeds();
        let whole = begun.elapsed();
        on(&disk.after_a_power_cut().store(), &home, &["digest", "store:x:1"]).succeeds();
        on(&disk.store(), &home, &["rmi", "x:1"]).succeeds();

        let fixed = ["--store".to_owned(), disk.store().to_str().unwrap().to_owned()];
        let line = fixed.into_iter().chain(command.iter().map(|word| (*word).to_owned()));
        let begun = Instant::now();
        let started = home.regcli(line).start();
        thread::sleep(whole.mul_f64(0.1 + 0.7 * random.f64()));
        started.signal(Signal::KILL);
        killed += usize::from(started.finish().code != 0);
        let left = disk.after_a_power_cut();
        assert!(begun.elapsed() < Duration::from_secs(20), "the disk may have been written meanwhile");

        is_valid(&left.store());
        on(&left.store(), &home, &["verify", "--no-fetch"]).succeeds();
        on(&left.store(), &home, &["digest", "store:first:1"]).succeeds();
        on(&left.store(), &home, command).succeeds();
        on(&left.store(), &home, &["verify", "--no-fetch"]).succeeds();
        let removed = on(&disk.store(), &home, &["rmi", "x:1"]);
        assert!(matches!(removed.code, 0 | 3), "{removed}");
    }
    eprintln!("{killed} of {CUTS} commands were killed before their end");
    assert!(killed * 4 >= CUTS, "{killed} of {CUTS}");
}

#[test]
fn f05_a_power_cut_leaves_what_has_come_of_a_blob() {
    let Some(disk) = Disk::new() else { return };
    let registry = Scripted::start();
    let fixture = Fixture::heavy(12 << 20);
    registry.seed("app", &fixture, "1");
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let (home, image) = (Home::fresh(), registry.at("app:1"));
    let store = disk.store();
    let slow = ["--store", store.to_str().unwrap(), "--limit-rate", "1M", "pull", &image];
    let begun = Instant::now();
    let pull = home.regcli(slow).start();
    // Sooner than the disk is written by itself.
    let left = eventually(Duration::from_secs(25), || {
        let left = disk.after_a_power_cut();
        let part = left.store().join("parts").join(layer.digest.replace(':', "-"));
        fs::metadata(part).is_ok_and(|part| part.len() > 0).then_some(left)
    });
    let left = left.expect("something of the blob reaches the disk while it comes");
    eprintln!("something was on the disk after {:?}", begun.elapsed());
    pull.signal(Signal::KILL);
    pull.finish().ends_with(137);

    registry.forget();
    on(&left.store(), &home, &["pull", &image]).succeeds();
    is_valid(&left.store());
    let mut requests = registry.requests(Route::Blob);
    requests.retain(|heard| heard.head.path.contains(&layer.digest));
    eprintln!("{} of {} bytes came again", registry.blob_bytes_sent(), layer.size);
    assert_eq!(requests.len(), 1, "nothing begins anew: {requests:#?}");
    assert!(requests[0].range_start() > Some(0), "{requests:#?}");
}
