//! Several regcli processes at once, and such as do not live to their end.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{
    Api, Fault, Fixture, Home, Kind, Outcome, Proxy, Registry, SEED, blob_path, eventually, sha256,
};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A registry behind a line that is slow where a test wants it, and a home.
struct Scene {
    registry: Registry,
    line: Proxy,
    home: Home,
    image: String,
}

impl Scene {
    /// With a fixture at the registry, as `team/app:1`.
    fn with(kind: Kind, fixture: &Fixture) -> Self {
        let scene = Self::empty(kind);
        scene.at_registry().seed(fixture, "1");
        scene
    }

    /// With nothing at the registry.
    fn empty(kind: Kind) -> Self {
        let registry = kind.open();
        let line = Proxy::before(registry.host());
        let image = format!("{}/team/app:1", line.host());
        Self { registry, line, home: Home::fresh(), image }
    }

    /// Lets a body of this size take a second.
    fn slow_down(&self, fixture: &Fixture) {
        self.line.slow_down(fixture.blob_bytes());
    }

    /// Waits until `bytes` has reached half of a fixture.
    #[track_caller]
    fn wait_for_half(&self, fixture: &Fixture, bytes: impl Fn(&Proxy) -> u64) {
        let half = || (bytes(&self.line) >= fixture.blob_bytes() / 2).then_some(());
        eventually(PATIENCE, half).unwrap_or_else(|| panic!("{:#?}", self.line.exchanges()));
    }

    /// `team/app`, past the line.
    fn at_registry(&self) -> Api {
        Api::of(self.registry.host(), "team/app")
    }
}

/// That an image is in a home's store, every byte of it.
#[track_caller]
fn has_whole(home: &Home, image: &str, fixture: &Fixture) {
    let digest = home.run(["digest", &format!("store:{image}")]).succeeds();
    assert_eq!(digest.last_line(), fixture.root.digest);
    for part in fixture.blobs.iter().chain([&fixture.root]) {
        let path = blob_path(&home.store(), &part.digest);
        let content = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(sha256(&content), part.digest);
    }
}

#[test]
fn two_pulls_of_one_image_fetch_each_blob_once() {
    let fixture = Fixture::heavy(4 << 20);
    for kind in Kind::present() {
        let scene = Scene::with(kind, &fixture);
        scene.slow_down(&fixture);

        let pulls = [(); 2].map(|()| scene.home.regcli(["pull", &scene.image]).start());

        for pull in pulls {
            pull.finish().succeeds().prints_line(&format!("Digest: {}", fixture.root.digest));
        }
        assert_eq!(scene.line.blob_bytes_taken(), fixture.blob_bytes(), "{:#?}", scene.line.exchanges());
        has_whole(&scene.home, &scene.image, &fixture);
    }
}

#[test]
fn tags_pulls_and_removals_at_once_lose_nothing() {
    // Both have the same layers: whoever removes the one must not take them from the other.
    let (fixture, kept) = (Fixture::small(), Fixture::docker());
    let scene = Scene::with(Kind::Embedded, &fixture);
    let home = &scene.home;
    home.run(["copy", &kept.place(), "store:kept:1"]).succeeds();
    thread::scope(|scope| {
        for name in ["a", "b"] {
            scope.spawn(move || {
                for number in 0..8 {
                    home.run(["tag", "kept:1", &format!("{name}:{number}")]).succeeds();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..8 {
                home.run(["tag", "kept:1", "gone:1"]).succeeds();
                home.run(["rmi", "gone:1"]).succeeds().prints_line("Untagged: gone:1");
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..6 {
                    home.run(["pull", "-q", &scene.image]).succeeds();
                    // The other one may have been first.
                    let removed = home.run(["rmi", &scene.image]);
                    assert!(matches!(removed.code, 0 | 3), "{removed}");
                }
            });
        }
    });
    has_whole(home, "kept:1", &kept);
    home.run(["pull", "-q", &scene.image]).succeeds();
    has_whole(home, &scene.image, &fixture);
    let names = home.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds();
    let mut names: Vec<&str> = names.stdout.lines().collect();
    names.sort_unstable();
    let mut expected: Vec<String> =
        ["a", "b"].iter().flat_map(|name| (0..8).map(move |number| format!("{name}:{number}"))).collect();
    expected.extend(["kept:1".to_owned(), scene.image.clone()]);
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn a_pull_that_is_killed_anywhere_leaves_a_store_that_goes_on() {
    let fixture = Fixture::heavy(1 << 20);
    let scene = Scene::with(Kind::Embedded, &fixture);
    scene.line.slow_down(4 << 20);
    scene.home.run(["copy", &Fixture::many_layers(3).place(), "store:kept:1"]).succeeds();
    let mut random = fastrand::Rng::with_seed(SEED);
    for _ in 0..15 {
        let pull = scene.home.regcli(["pull", "-q", &scene.image]).start();
        thread::sleep(Duration::from_millis(random.u64(0..400)));
        pull.signal(Signal::KILL);
        pull.finish();

        let images = scene.home.run(["images", "-q", "kept:1"]).succeeds();
        assert_eq!(images.stdout.lines().count(), 1);
        if random.bool() {
            // There, or not; in either case an answer.
            let removed = scene.home.run(["rmi", &scene.image]);
            assert!(matches!(removed.code, 0 | 3), "{removed}");
        }
    }
    scene.home.run(["pull", "-q", &scene.image]).succeeds();
    has_whole(&scene.home, &scene.image, &fixture);
    let all = scene.home.run(["rmi", &scene.image, "kept:1"]).succeeds();
    assert_eq!(all.stderr, "");
    assert_eq!(blobs(&scene.home), [""; 0], "what was left by those that were killed is gone, too");
}

/// The names of all blobs in a home's store.
fn blobs(home: &Home) -> Vec<String> {
    let Ok(folder) = fs::read_dir(home.store().join("blobs/sha256")) else { return Vec::new() };
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_push_that_is_killed_anywhere_is_pushed_again() {
    let fixture = Fixture::heavy(1 << 20);
    let mut random = fastrand::Rng::with_seed(SEED);
    for kind in Kind::present() {
        let scene = Scene::empty(kind);
        scene.home.run(["copy", &fixture.place(), &format!("store:{}", scene.image)]).succeeds();
        scene.line.slow_down(4 << 20);
        for _ in 0..8 {
            let push = scene.home.regcli(["push", "-q", &scene.image]).start();
            thread::sleep(Duration::from_millis(random.u64(0..400)));
            push.signal(Signal::KILL);
            push.finish();
        }

        scene.home.run(["push", "-q", &scene.image]).succeeds();

        scene.at_registry().holds(&fixture, "1");
        has_whole(&scene.home, &scene.image, &fixture);
    }
}

#[test]
fn a_pull_after_a_kill_goes_on_at_the_byte_that_was_reached() {
    let fixture = Fixture::heavy(8 << 20);
    for kind in Kind::present() {
        let scene = Scene::with(kind, &fixture);
        scene.slow_down(&fixture);
        let pull = scene.home.regcli(["pull", &scene.image]).start();
        scene.wait_for_half(&fixture, Proxy::blob_bytes_taken);
        pull.signal(Signal::KILL);
        pull.finish().ends_with(128 + 9);
        scene.line.forget();
        scene.line.slow_down(0);

        scene.home.run(["pull", &scene.image]).succeeds();

        let (taken, size) = (scene.line.blob_bytes_taken(), fixture.blob_bytes());
        assert!(taken * 10 <= size * 6, "{kind:?}: {taken} of {size} bytes were fetched again");
        has_whole(&scene.home, &scene.image, &fixture);
    }
}

/// The signals that ask to stop, with the exit codes that a shell expects.
const STOPS: [(Signal, i32); 2] = [(Signal::INT, 130), (Signal::TERM, 143)];

/// That a command ended within a second, and says no more than it did before.
#[track_caller]
fn stopped(outcome: Outcome, since: Instant, code: i32) {
    let took = since.elapsed();
    let outcome = outcome.ends_with(code);
    assert!(took < Duration::from_secs(1), "it took {took:?}\n{outcome}");
    let layer = |line: &str| line.split_once(": ").is_some_and(|(id, _)| id.len() == 12);
    // A log needs to know whether the next run begins anew.
    let kept = |line: &str| line.starts_with("Interrupted: ") && line.contains("; the same command ");
    assert!(
        outcome.stderr.lines().all(|line| layer(line) || kept(line)),
        "nothing else has to be told\n{outcome}"
    );
    assert!(outcome.stderr.lines().filter(|line| kept(line)).count() <= 1, "{outcome}");
}

#[test]
fn a_pull_stops_at_once_when_it_is_asked_to_and_keeps_what_it_has() {
    let fixture = Fixture::heavy(8 << 20);
    for (signal, code) in STOPS {
        let scene = Scene::with(Kind::Embedded, &fixture);
        scene.slow_down(&fixture);
        let pull = scene.home.regcli(["pull", &scene.image]).start();
        scene.wait_for_half(&fixture, Proxy::blob_bytes_taken);

        let asked = Instant::now();
        pull.signal(signal);
        stopped(pull.finish(), asked, code);

        scene.home.run(["images", "-q"]).succeeds().prints("");
        scene.line.forget();
        scene.line.slow_down(0);
        scene.home.run(["pull", &scene.image]).succeeds();
        let (taken, size) = (scene.line.blob_bytes_taken(), fixture.blob_bytes());
        assert!(taken * 10 <= size * 6, "{taken} of {size} bytes were fetched again");
        has_whole(&scene.home, &scene.image, &fixture);
    }
}

#[test]
fn a_push_stops_at_once_when_it_is_asked_to_and_takes_its_upload_back() {
    let fixture = Fixture::heavy(8 << 20);
    for kind in Kind::present() {
        for (signal, code) in STOPS {
            let scene = Scene::empty(kind);
            scene.home.run(["copy", &fixture.place(), &format!("store:{}", scene.image)]).succeeds();
            scene.slow_down(&fixture);
            let push = scene.home.regcli(["push", &scene.image]).start();
            scene.wait_for_half(&fixture, Proxy::blob_bytes_sent);

            let asked = Instant::now();
            push.signal(signal);
            stopped(push.finish(), asked, code);

            let deleted = scene.line.requests("DELETE", "/blobs/uploads/");
            let statuses: Vec<u16> = deleted.iter().map(|delete| delete.status).collect();
            // docker-registry 2.8 knows an upload only by the offset that it has told, and tells none meanwhile.
            let expected = if kind == Kind::Embedded { 204 } else { 404 };
            assert_eq!(statuses, [expected], "{kind:?}: {:#?}", scene.line.exchanges());
            scene.line.slow_down(0);
            scene.home.run(["push", "-q", &scene.image]).succeeds();
            scene.at_registry().holds(&fixture, "1");
        }
    }
}

#[test]
fn a_second_signal_ends_what_the_first_one_left_to_do() {
    let fixture = Fixture::heavy(4 << 20);
    let scene = Scene::empty(Kind::Embedded);
    scene.home.run(["copy", &fixture.place(), &format!("store:{}", scene.image)]).succeeds();
    scene.slow_down(&fixture);
    let push = scene.home.regcli(["push", &scene.image]).start();
    scene.wait_for_half(&fixture, Proxy::blob_bytes_sent);
    scene.line.fault("DELETE", "/blobs/uploads/", Fault::Delay(PATIENCE));
    push.signal(Signal::INT);
    let asked = || scene.line.requests("DELETE", "/blobs/uploads/").pop();
    eventually(PATIENCE, asked).expect("the registry is asked to forget the upload");

    let again = Instant::now();
    push.signal(Signal::INT);

    stopped(push.finish(), again, 130);
}

#[test]
fn a_registry_that_does_not_answer_holds_up_the_end_for_a_moment_only() {
    let fixture = Fixture::heavy(4 << 20);
    let scene = Scene::empty(Kind::Embedded);
    scene.home.run(["copy", &fixture.place(), &format!("store:{}", scene.image)]).succeeds();
    scene.slow_down(&fixture);
    let push = scene.home.regcli(["push", &scene.image]).start();
    scene.wait_for_half(&fixture, Proxy::blob_bytes_sent);
    scene.line.fault("DELETE", "/blobs/uploads/", Fault::Delay(PATIENCE));
    let asked = Instant::now();
    push.signal(Signal::INT);
    push.finish().ends_with(130);
    let taken = asked.elapsed();
    eprintln!("it took {taken:?}");
    // Two seconds, and what a machine with other work needs.
    assert!(taken < PATIENCE / 2, "{taken:?}");
    assert_eq!(scene.line.requests("DELETE", "/blobs/uploads/").len(), 1);
}
