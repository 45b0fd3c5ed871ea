//! A disk that takes no more writes for a while: whoever writes there hangs in the kernel, which no signal ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use super::is_valid;
use super::power::Disk;
use crate::support::{Api, Fixture, Home, Kind, Proxy, Started, eventually, run};

/// How long something may take that is bound to come.
const SOON: Duration = Duration::from_secs(30);

/// A file system that takes no writes as long as this lives.
struct Frozen(PathBuf);

impl Frozen {
    fn new(path: &Path) -> Self {
        run("fsfreeze", ["-f".as_ref(), path.as_os_str()]).succeeds();
        Self(path.to_owned())
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        run("fsfreeze", ["-u".as_ref(), self.0.as_os_str()]);
    }
}

/// The states of the threads of a process, that of the first one before all others.
fn states(process: &Started) -> Vec<char> {
    let folder = PathBuf::from(format!("/proc/{}/task", process.id()));
    let mut threads: Vec<u32> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    threads.sort_by_key(|thread| (*thread != process.id(), *thread));
    let state = |thread: &u32| {
        let stat = fs::read_to_string(folder.join(thread.to_string()).join("stat")).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    };
    threads.iter().filter_map(state).collect()
}

#[test]
fn d3_a_pull_into_a_store_that_hangs_dies_of_the_signal_and_leaves_nothing_half_done() {
    let (registry, fixture) = (Kind::Embedded.open(), Fixture::heavy(4 << 20));
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let Some(disk) = Disk::new() else { return };
        let (line, home, store) = (Proxy::before(registry.host()), Home::fresh(), disk.store());
        let image = format!("{}/team/app:1", line.host());
        let on =
            |arguments: &[&str]| home.regcli(["--store", store.to_str().unwrap()].iter().chain(arguments));
        line.slow_down(1 << 20);
        let pull = on(&["pull", "-q", &image]).start();
        let has_begun = || super::names_in(&store.join("parts")).first().cloned();
        eventually(SOON, has_begun).expect("a blob is written");

        let frozen = Frozen::new(disk.path().as_path());
        let hangs = || states(&pull).contains(&'D').then_some(());
        eventually(SOON, hangs).expect("a thread hangs in the kernel");
        pull.signal(signal);
        // The process is over; only what hangs in the kernel keeps it.
        let is_over = || (states(&pull).first() == Some(&'Z')).then_some(());
        let over = eventually(SOON, is_over);
        drop(frozen);

        pull.finish().ends_with(code);
        assert!(over.is_some(), "{signal:?}: it waited for the disk");
        is_valid(&store);
        on(&["digest", &format!("store:{image}")]).run().ends_with(3);
        on(&["verify", "--no-fetch"]).run().succeeds();
        line.slow_down(0);
        on(&["pull", "-q", &image]).run().succeeds();
        is_valid(&store);
    }
}
