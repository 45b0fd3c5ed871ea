//! Disks that are full before a command begins, or fill up while it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{is_valid, names_in};
use crate::bad_input::Tmpfs;
use crate::support::{Api, Fixture, Home, Kind, Outcome, Proxy, SEED, eventually};

/// Room enough for everything, in bytes.
const PLENTY: usize = 32 << 20;

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A small disk with a store.
struct Scene {
    disk: Tmpfs,
    home: Home,
}

impl Scene {
    fn with(bytes: usize) -> Option<Self> {
        Some(Self { disk: Tmpfs::mount(bytes)?, home: Home::fresh() })
    }

    fn store(&self) -> PathBuf {
        self.disk.path().join("store")
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Outcome {
        let store = self.store();
        let fixed = ["--progress", "none", "--store", store.to_str().unwrap()];
        self.home.run(fixed.iter().chain(arguments))
    }

    /// That there is an image of this name, or that there is none.
    fn holds(&self, name: &str) -> bool {
        self.run(&["digest", &format!("store:{name}")]).code == 0
    }

    /// Takes up all room that is left.
    fn fill(&self) {
        let filler = self.disk.path().join("filler");
        let mut file = fs::File::create(filler).unwrap();
        let chunk = vec![0; 4096];
        while std::io::Write::write(&mut file, &chunk).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.disk.path().join("filler")).unwrap();
    }
}

/// That a command has failed because of the full disk, and said so.
#[track_caller]
fn is_full(outcome: Outcome, disk: &Path) {
    let outcome = outcome.ends_with(1);
    let names_it =
        outcome.stderr.contains("no space in ") || outcome.stderr.contains("No space left on device");
    assert!(names_it, "{outcome}");
    let hint = format!("\n\nhint: free space on the file system of {}", disk.display());
    assert!(outcome.stderr.contains(&hint), "{outcome}");
}

#[test]
fn f03_a_disk_of_any_size_is_too_small_or_enough_and_nothing_in_between() {
    let fixture = Fixture::heavy(2 << 20);
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    let files = Home::fresh();
    let archive = files.path().join("archive.tar.gz");
    let tar = files.path().join("archive.tar");
    files.run(["copy", "-q", &fixture.place(), &format!("oci-archive:{}:{image}", tar.display())]).succeeds();
    fs::write(&archive, gzip(&fs::read(&tar).unwrap())).unwrap();
    let commands: [(&str, [&str; 4]); 4] = [
        ("pull", ["pull", "-q", "--retry=0", &image]),
        ("load", ["load", "-q", "-i", tar.to_str().unwrap()]),
        // It is unpacked to that disk first.
        ("load of gzip", ["load", "-q", "-i", archive.to_str().unwrap()]),
        ("copy", ["copy", "-q", &fixture.place(), &format!("store:{image}")]),
    ];
    let mut random = fastrand::Rng::with_seed(SEED);
    let (mut full, mut enough) = (0, 0);
    for (name, command) in commands {
        for _ in 0..6 {
            let size = random.usize((64 << 10)..(5 << 20));
            let Some(scene) = Scene::with(size) else { return };
            let outcome = scene.run(&command);
            eprintln!("{name} on {size} bytes: exit {}", outcome.code);
            if outcome.code == 0 {
                enough += 1;
            } else {
                is_full(outcome, scene.disk.path());
                full += 1;
                assert!(!scene.holds(&image), "{name} on {size} bytes");
                is_valid(&scene.store());
                scene.disk.resize(PLENTY);
                scene.run(&command).succeeds();
            }
            assert!(scene.holds(&image));
            is_valid(&scene.store());
            assert_eq!(names_in(&scene.store().join("parts")), [""; 0]);
        }
    }
    assert!(full > 4 && enough > 4, "{full} were too small, {enough} large enough");
}

#[test]
fn f03_a_disk_that_fills_up_in_mid_pull_is_an_error_and_the_next_pull_goes_on() {
    let fixture = Fixture::heavy(2 << 20);
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let mut random = fastrand::Rng::with_seed(SEED);
    for _ in 0..3 {
        let Some(scene) = Scene::with(6 << 20) else { return };
        let line = Proxy::before(registry.host());
        let image = format!("{}/team/app:1", line.host());
        let layout = scene.disk.path().join("layout");
        let place = format!("oci:{}:v1", layout.display());
        for (command, folder) in
            [(&["pull", "-q", &image][..], scene.store()), (&["copy", "-q", &image, &place], layout)]
        {
            line.forget();
            line.slow_down(1 << 20);
            let reached = random.u64(1..fixture.blob_bytes() / 2);
            let store = scene.store();
            let fixed = ["--progress", "none", "--store", store.to_str().unwrap()];
            let running = scene.home.regcli(fixed.iter().chain(command)).start();
            eventually(PATIENCE, || (line.blob_bytes_taken() >= reached).then_some(()))
                .expect("it has begun");
            scene.fill();
            is_full(running.finish(), scene.disk.path());
            assert!(!folder.join("index.json").exists(), "nothing is named");
            is_valid(&folder);

            scene.make_room();
            line.slow_down(0);
            let taken = line.blob_bytes_taken();
            scene.run(command).succeeds();
            is_valid(&folder);
            let again = line.blob_bytes_taken() - taken;
            // What was written before the disk was full is not fetched again.
            let whole = fixture.blob_bytes();
            assert!(
                again <= whole - reached.saturating_sub(512 << 10).min(whole),
                "{again}, {reached} of {whole}"
            );
            assert_eq!(names_in(&folder.join("parts")), [""; 0]);
        }
    }
}

#[test]
fn f03_a_full_disk_keeps_nobody_from_pushing_saving_elsewhere_and_removing() {
    let fixture = Fixture::heavy(1 << 20);
    let Some(scene) = Scene::with(6 << 20) else { return };
    let registry = Kind::Embedded.open();
    let image = format!("{}/team/app:1", registry.host());
    scene.run(&["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
    scene.fill();
    scene.run(&["push", "-q", &image]).succeeds();
    Api::of(registry.host(), "team/app").holds(&fixture, "1");
    let archive = scene.home.path().join("out.tar");
    scene.run(&["save", "-o", archive.to_str().unwrap(), &image]).succeeds();
    let here = scene.disk.path().join("out.tar");
    is_full(scene.run(&["save", "-o", here.to_str().unwrap(), &image]), scene.disk.path());
    assert_eq!(names_in(scene.disk.path()), ["filler", "store"]);
    is_full(scene.run(&["tag", &image, "other:1"]), scene.disk.path());
    is_valid(&scene.store());
    scene.run(&["verify"]).succeeds();
    scene.make_room();
    scene.run(&["tag", &image, "other:1"]).succeeds();
    scene.run(&["rmi", "other:1"]).succeeds();
    is_valid(&scene.store());
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, content).unwrap();
    encoder.finish().unwrap()
}
