//! Several processes that do everything at random on one store, for as long as they are let.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::{is_valid, names_in, setting};
use crate::support::{Api, Fixture, Home, Kind, Outcome, Proxy, Registry, SEED};

/// How many seconds each of the two runs lasts; `REGCLI_STRESS_SECONDS` for more.
const SECONDS: u64 = 6;

/// A registry with two images that share a layer, one store, and an archive with the second.
struct Scene {
    _registry: Registry,
    proxy: Proxy,
    home: Home,
    images: [String; 2],
    archive: PathBuf,
}

/// What one process did, how often, and what it says that it has removed.
#[derive(Default)]
struct Diary {
    runs: BTreeMap<&'static str, usize>,
    /// Commands that ended otherwise than well, as they may when others are at work.
    turned_away: usize,
    deleted: BTreeMap<String, usize>,
}

impl Scene {
    fn new() -> Self {
        let registry = Kind::Embedded.open();
        let proxy = Proxy::before(registry.host());
        let (first, second) = (Fixture::heavy(300 << 10), Fixture::heavy(500 << 10));
        Api::of(registry.host(), "team/first").seed(&first, "1");
        Api::of(registry.host(), "team/second").seed(&second, "1");
        let images = ["first", "second"].map(|name| format!("{}/team/{name}:1", proxy.host()));
        let home = Home::fresh();
        let archive = home.path().join("archive.tar");
        let place = format!("oci-archive:{}:{}", archive.display(), images[1]);
        home.run(["copy", "-q", &second.place(), &place]).succeeds();
        Self { _registry: registry, proxy, home, images, archive }
    }

    /// Works until `end`.
    fn work(&self, process: u64, end: Instant) -> Diary {
        let mut random = fastrand::Rng::with_seed(SEED + process);
        let mut diary = Diary::default();
        while Instant::now() < end {
            let image = &self.images[random.usize(..2)];
            let other = format!("name{}:1", random.u8(..3));
            let archive = self.archive.to_str().unwrap();
            let name = if random.bool() { image } else { &other };
            match random.u8(..10) {
                0..=2 => diary.note("pull", &self.home.run(["pull", "-q", image]), &[0]),
                3 => diary.note("tag", &self.home.run(["tag", image, &other]), &[0, 3]),
                4..=5 => diary.note("rmi", &self.home.run(["rmi", name]), &[0, 3]),
                // 1: somebody writes for longer than it waits.
                6 => diary.note("gc", &self.home.run(["gc", "--partial"]), &[0, 1]),
                7 => diary.note("verify", &self.home.run(["verify", "--no-fetch"]), &[0]),
                8 => diary.note("load", &self.home.run(["load", "-q", "-i", archive]), &[0]),
                // 3: it is not there, or was removed meanwhile.
                _ => diary.note("push", &self.home.run(["push", "-q", image]), &[0, 3]),
            }
        }
        diary
    }
}

impl Diary {
    #[track_caller]
    fn note(&mut self, command: &'static str, outcome: &Outcome, expected: &[i32]) {
        assert!(expected.contains(&outcome.code), "expected one of {expected:?}\n{outcome}");
        if command == "gc" && outcome.code == 1 {
            assert!(outcome.stderr.contains("is being written to by another process"), "{outcome}");
        }
        *self.runs.entry(command).or_default() += 1;
        self.turned_away += usize::from(outcome.code != 0);
        for digest in outcome.stdout.lines().filter_map(|line| line.strip_prefix("Deleted: ")) {
            *self.deleted.entry(digest.to_owned()).or_default() += 1;
        }
    }

    fn join(mut self, other: Self) -> Self {
        for (command, runs) in other.runs {
            *self.runs.entry(command).or_default() += runs;
        }
        for (digest, times) in other.deleted {
            *self.deleted.entry(digest).or_default() += times;
        }
        self.turned_away += other.turned_away;
        self
    }
}

fn together(processes: u64) {
    let seconds = setting("REGCLI_STRESS_SECONDS", SECONDS);
    eprintln!("{processes} processes, {seconds} s, seeds from {SEED}");
    let scene = Scene::new();
    let end = Instant::now() + Duration::from_secs(seconds);
    let diary = thread::scope(|scope| {
        let scene = &scene;
        let working: Vec<_> =
            (0..processes).map(|process| scope.spawn(move || scene.work(process, end))).collect();
        working.into_iter().map(|work| work.join().unwrap()).fold(Diary::default(), Diary::join)
    });
    eprintln!("{:?}, {} of them in vain", diary.runs, diary.turned_away);
    assert_eq!(diary.runs.len(), 7, "every command had its turn: {:?}", diary.runs);

    let store = scene.home.store();
    is_valid(&store);
    scene.home.run(["verify", "--no-fetch"]).succeeds();
    assert_eq!(names_in(&store.join("locks")), ["index", "store"], "no lock is left behind");
    assert_eq!(names_in(&store.join("parts")), [""; 0], "no file that is being written is left behind");
    was_fetched_no_more_than_needed(&scene.proxy, &diary);
    for image in &scene.images {
        scene.home.run(["pull", "-q", image]).succeeds();
    }
}

/// A blob is fetched once, and once more each time that it was removed.
#[track_caller]
fn was_fetched_no_more_than_needed(proxy: &Proxy, diary: &Diary) {
    let mut fetched: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in proxy.requests("GET", "/blobs/sha256:") {
        let digest = exchange.path.rsplit('/').next().unwrap().to_owned();
        *fetched.entry(digest).or_default() += 1;
    }
    assert!(!fetched.is_empty());
    eprintln!("fetched: {:?}", fetched.values().collect::<Vec<_>>());
    for (digest, times) in fetched {
        let removed = diary.deleted.get(&digest).copied().unwrap_or_default();
        assert!(times <= removed + 1, "{digest} was fetched {times} times, and removed {removed} times");
    }
}

#[test]
fn f05_two_processes_on_one_store_leave_it_right() {
    together(2);
}

#[test]
fn f05_eight_processes_on_one_store_leave_it_right() {
    together(8);
}
