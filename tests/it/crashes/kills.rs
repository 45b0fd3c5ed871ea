//! kill -9 at random moments of every command that changes a store.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{is_valid, names_in, setting};
use crate::support::{Api, Fixture, Home, Kind, Proxy, Registry, SEED, blob_path, sha256};

/// How many kills there are, over all stores; `REGCLI_KILLS` for more.
const KILLS: u64 = 300;

/// How many stores are killed at once.
const STORES: u64 = 2;

/// The signal that nobody can take.
const KILLED: i32 = 128 + 9;

/// What one body may have a second, so that a pull lasts long enough to be hit anywhere.
const PACE: u64 = 1 << 20;

/// The commands that are killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Pull,
    Push,
    Copy,
    Load,
    Gc,
    Tag,
}

impl Victim {
    const ALL: [Self; 6] = [Self::Pull, Self::Push, Self::Copy, Self::Load, Self::Gc, Self::Tag];
}

/// One store, and a registry behind a slow line.
struct Scene {
    registry: Registry,
    line: Proxy,
    home: Home,
    /// At the registry, to be pulled.
    pulled: Fixture,
    /// In the store, always.
    kept: Fixture,
    /// In a layout, to be copied.
    copied: Fixture,
    /// In an archive, to be loaded.
    archive: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let registry = Kind::Embedded.open();
        let (pulled, kept, copied) =
            (Fixture::heavy(96 << 10), Fixture::heavy(64 << 10), Fixture::heavy(80 << 10));
        Api::of(registry.host(), "team/app").seed(&pulled, "1");
        let line = Proxy::before(registry.host());
        line.slow_down(PACE);
        let home = Home::fresh();
        home.run(["copy", "-q", &kept.place(), "store:kept:1"]).succeeds();
        let archive = home.path().join("archive.tar");
        let target = format!("oci-archive:{}:loaded:1", archive.display());
        home.run(["copy", "-q", &Fixture::heavy(72 << 10).place(), &target]).succeeds();
        Self { registry, line, home, pulled, kept, copied, archive }
    }

    /// Where the kept image is pushed to in this round: each time to a repository that has nothing yet.
    fn destination(&self, round: u64) -> String {
        format!("{}/pushed{round}/app:1", self.line.host())
    }

    /// Makes that `victim` has all its work to do, and gives its command line.
    fn prepare(&self, victim: Victim, round: u64) -> Vec<String> {
        let archive = self.archive.to_str().unwrap();
        let pulled = format!("{}/team/app:1", self.line.host());
        let line: &[&str] = match victim {
            Victim::Pull => {
                self.forget(&pulled);
                &["pull", "-q", &pulled]
            }
            Victim::Push => {
                self.home.run(["tag", "kept:1", &self.destination(round)]).succeeds();
                &["push", "-q", &self.destination(round)]
            }
            Victim::Copy => {
                self.forget("copied:1");
                &["copy", "-q", &self.copied.place(), "store:copied:1"]
            }
            Victim::Load => {
                self.forget("loaded:1");
                &["load", "-q", "-i", archive]
            }
            Victim::Gc => {
                self.litter(round);
                &["gc", "--partial"]
            }
            Victim::Tag => &["tag", "kept:1", &format!("tagged:{round}")],
        };
        line.iter().map(|word| (*word).to_owned()).collect()
    }

    fn forget(&self, image: &str) {
        let removed = self.home.run(["rmi", image]);
        assert!(matches!(removed.code, 0 | 3), "{removed}");
    }

    /// Blobs that no image needs.
    fn litter(&self, round: u64) {
        for number in 0..64 {
            let content = format!("litter {round} {number}");
            fs::write(blob_path(&self.home.store(), &sha256(content.as_bytes())), content).unwrap();
        }
    }

    /// Runs the command to its end, and asserts that it did what it is for.
    fn complete(&self, victim: Victim, round: u64, line: &[String]) {
        self.home.run(line).succeeds();
        match victim {
            Victim::Pull => self.has(&self.pulled),
            Victim::Copy => self.has(&self.copied),
            Victim::Load => drop(self.home.run(["digest", "store:loaded:1"]).succeeds()),
            Victim::Push => {
                let pushed = Api::of(self.registry.host(), &format!("pushed{round}/app"));
                pushed.holds(&self.kept, "1");
                self.forget(&self.destination(round));
            }
            Victim::Gc => {
                let litter = sha256(format!("litter {round} 0").as_bytes());
                assert!(!blob_path(&self.home.store(), &litter).exists());
                assert_eq!(names_in(&self.home.store().join("parts")), [""; 0]);
            }
            Victim::Tag => {
                self.home.run(["digest", &format!("store:tagged:{round}")]).succeeds();
                self.forget(&format!("tagged:{round}"));
            }
        }
    }

    #[track_caller]
    fn has(&self, fixture: &Fixture) {
        for part in fixture.blobs.iter().chain([&fixture.root]) {
            let content = fs::read(blob_path(&self.home.store(), &part.digest)).unwrap();
            assert_eq!(sha256(&content), part.digest);
        }
    }

    /// How long `victim` takes if it is left alone: the median of three runs.
    fn measure(&self, victim: Victim, round: u64) -> Duration {
        let mut times: Vec<Duration> = (0..3)
            .map(|run| {
                let round = round + run;
                let line = self.prepare(victim, round);
                let begun = Instant::now();
                self.home.run(&line).succeeds();
                let took = begun.elapsed();
                self.complete(victim, round, &line);
                took
            })
            .collect();
        times.sort();
        times[1]
    }
}

/// What became of the kills of one command.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// How long it took when it was left alone.
    measured: Duration,
    /// How long it seems to take at present: the machine has other work, too.
    lasts: Duration,
    kills: u64,
    /// Those that came before the command's end.
    hits: u64,
}

impl Tally {
    fn note(&mut self, hit: bool) {
        self.kills += 1;
        self.hits += u64::from(hit);
        self.lasts = self.lasts.mul_f64(if hit { 1.02 } else { 0.8 });
    }
}

fn kill_on_one_store(seed: u64, kills: u64) -> [Tally; 6] {
    let scene = Scene::new();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tallies = [Tally::default(); 6];
    for (victim, tally) in Victim::ALL.into_iter().zip(&mut tallies) {
        tally.measured = scene.measure(victim, 1_000_000);
        tally.lasts = tally.measured;
    }
    for round in 0..kills {
        let choice = usize::try_from(round).unwrap() % tallies.len();
        let (victim, tally) = (Victim::ALL[choice], &mut tallies[choice]);
        let line = scene.prepare(victim, round);
        let command = scene.home.regcli(&line).start();
        thread::sleep(tally.lasts.mul_f64(random.f64()));
        command.signal(Signal::KILL);
        let outcome = command.finish();
        assert!(matches!(outcome.code, 0 | KILLED), "{outcome}");
        tally.note(outcome.code == KILLED);

        is_valid(&scene.home.store());
        scene.home.run(["verify", "--no-fetch"]).succeeds();
        if matches!(victim, Victim::Push) {
            let pushed = Api::of(scene.registry.host(), &format!("pushed{round}/app"));
            if pushed.manifest("1").is_some() {
                pushed.holds(&scene.kept, "1");
            }
        }
        scene.complete(victim, round, &line);
    }
    scene.home.run(["gc", "--partial"]).succeeds();
    let home = &scene.home;
    assert_eq!(names_in(&home.store().join("parts")), [""; 0], "nothing is left of those that were killed");
    assert_eq!(names_in(&home.store().join("locks")), ["index", "store"]);
    is_valid(&home.store());
    tallies
}

#[test]
fn f05_a_store_survives_kills_at_300_random_moments_of_six_commands() {
    let kills = setting("REGCLI_KILLS", KILLS);
    eprintln!("seed {SEED}, {kills} kills on {STORES} stores");
    let begun = Instant::now();
    let tallies: Vec<[Tally; 6]> = thread::scope(|scope| {
        let stores: Vec<_> = (0..STORES)
            .map(|store| {
                let share = kills / STORES + u64::from(store < kills % STORES);
                scope.spawn(move || kill_on_one_store(SEED + store, share))
            })
            .collect();
        stores.into_iter().map(|store| store.join().unwrap()).collect()
    });
    for (place, victim) in Victim::ALL.into_iter().enumerate() {
        let of = |count: fn(&Tally) -> u64| tallies.iter().map(|store| count(&store[place])).sum::<u64>();
        let (kills, hits) = (of(|tally| tally.kills), of(|tally| tally.hits));
        let measured = tallies[0][place].measured;
        eprintln!("{victim:?} lasts {measured:?}: {hits} of {kills} were killed before their end");
        assert!(hits * 2 > kills, "{victim:?}: most are to be killed in the middle, {hits} of {kills} were");
    }
    eprintln!("{:?}", begun.elapsed());
}
