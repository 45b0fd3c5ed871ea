//! Mirrors: a dead one is waited for once, not in each command.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Api, Fault, Fixture, Home, Kind, Outcome, Proxy, Registry};

/// A registry with one image, and a home whose config.toml names mirrors of it.
struct Scene {
    registry: Registry,
    home: Home,
}

impl Scene {
    fn new() -> Self {
        let registry = Kind::Embedded.open();
        Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
        Self { registry, home: Home::fresh() }
    }

    /// Makes these the mirrors of the registry at `host`.
    fn mirror(&self, host: &str, mirrors: &[&str]) {
        let folder = self.home.path().join(".config/regcli");
        fs::create_dir_all(&folder).unwrap();
        let own = format!("[registry.\"{host}\"]\nmirrors = {mirrors:?}\n");
        fs::write(folder.join("config.toml"), own).unwrap();
    }

    /// Reads the image's manifest by way of the mirrors.
    #[track_caller]
    fn read(&self) -> Outcome {
        self.home.run(["manifest", &format!("{}/team/app:1", self.registry.host())])
    }

    /// What is remembered of mirrors.
    fn memory(&self) -> String {
        fs::read_to_string(self.home.path().join(".cache/regcli/mirrors.json")).unwrap_or_default()
    }

    /// Makes all that is remembered of mirrors so many seconds older.
    fn grow_older(&self, seconds: u64) {
        let mut memory: serde_json::Value = serde_json::from_str(&self.memory()).unwrap();
        for entry in memory["entries"].as_array_mut().unwrap() {
            entry["learned"] = (entry["learned"].as_u64().unwrap() - seconds).into();
        }
        fs::write(self.home.path().join(".cache/regcli/mirrors.json"), memory.to_string()).unwrap();
    }
}

/// A server that takes connections and never says a word.
struct Silent {
    host: String,
    taken: Arc<AtomicUsize>,
}

impl Silent {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let taken = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&taken);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                counting.fetch_add(1, Ordering::SeqCst);
                held.push(stream);
            }
        });
        Self { host, taken }
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }
}

fn timed(work: impl FnOnce() -> Outcome) -> Duration {
    let begin = Instant::now();
    work().succeeds();
    begin.elapsed()
}

#[test]
fn a_mirror_that_says_nothing_is_waited_for_in_one_command_and_not_in_the_next() {
    let scene = Scene::new();
    let silent = Silent::listen();
    scene.mirror(scene.registry.host(), &[&format!("https://{}", silent.host)]);

    let first = timed(|| scene.read());
    assert!(first >= Duration::from_secs(3) && first < Duration::from_secs(8), "{first:?}");
    let connections = silent.taken();
    assert!(connections > 0 && scene.memory().contains(&silent.host), "{}", scene.memory());
    let next = timed(|| scene.read());

    assert!(next < Duration::from_secs(2), "{next:?}");
    assert_eq!(silent.taken(), connections, "it is not asked again");
    scene.grow_older(301);
    let later = timed(|| scene.read());
    assert!(later >= Duration::from_secs(3), "five minutes later it is: {later:?}");
    assert!(silent.taken() > connections);
}

#[test]
fn a_mirror_in_trouble_is_passed_over_for_five_minutes_and_then_asked_again() {
    let scene = Scene::new();
    let mirror = Proxy::before(scene.registry.host());
    scene.mirror(scene.registry.host(), &[&format!("http://{}", mirror.host())]);
    mirror.fault("GET", "/manifests/1", Fault::Answer { status: 503, headers: Vec::new(), body: "" });

    scene.read().succeeds();
    assert_eq!(mirror.exchanges().len(), 1);
    scene.read().succeeds();
    assert_eq!(mirror.exchanges().len(), 1, "it is not asked");
    scene.grow_older(299);
    scene.read().succeeds();
    assert_eq!(mirror.exchanges().len(), 1, "it is still not asked");
    scene.grow_older(2);
    scene.read().succeeds();

    assert_eq!(mirror.exchanges().len(), 2);
    assert_eq!(mirror.exchanges()[1].status, 200);
    assert!(!scene.memory().contains(&mirror.host()), "{}", scene.memory());
}

#[test]
fn a_mirror_without_the_image_is_asked_in_every_command() {
    let scene = Scene::new();
    let empty = Kind::Embedded.open();
    let empty = Proxy::before(empty.host());
    scene.mirror(scene.registry.host(), &[&format!("http://{}", empty.host())]);

    scene.read().succeeds();
    scene.read().succeeds();

    assert_eq!(empty.exchanges().iter().map(|seen| seen.status).collect::<Vec<_>>(), [404, 404]);
    assert_eq!(scene.memory(), "");
}

#[test]
fn a_dead_mirror_is_better_than_a_registry_that_cannot_be_reached() {
    let scene = Scene::new();
    let mirror = Proxy::before(scene.registry.host());
    scene.mirror("127.0.0.1:1", &[&format!("http://{}", mirror.host())]);
    let read = || scene.home.run(["pull", "-q", "127.0.0.1:1/team/app:1"]);
    mirror.fault("GET", "/manifests/1", Fault::Answer { status: 502, headers: Vec::new(), body: "" });

    read().ends_with(5).complains("dial tcp 127.0.0.1:1: connect: connection refused");
    assert!(scene.memory().contains(&mirror.host()), "{}", scene.memory());
    read().succeeds().prints("127.0.0.1:1/team/app:1\n");

    assert!(!scene.memory().contains(&mirror.host()), "it has answered: {}", scene.memory());
}

#[test]
fn where_everybody_is_dead_the_error_is_the_registrys_own() {
    let scene = Scene::new();
    scene.mirror("127.0.0.1:1", &["http://127.0.0.1:2", "http://127.0.0.1:3"]);

    for _ in 0..2 {
        let read = scene.home.run(["manifest", "127.0.0.1:1/team/app:1"]).ends_with(5);
        read.complains("error: Get \"https://127.0.0.1:1/v2/team/app/manifests/1\": dial tcp 127.0.0.1:1: ");
    }
    assert!(scene.memory().contains("127.0.0.1:2") && scene.memory().contains("127.0.0.1:3"));
}

#[test]
fn a_push_never_turns_to_a_dead_mirror() {
    let scene = Scene::new();
    let mirror = Proxy::before(scene.registry.host());
    scene.mirror("127.0.0.1:1", &[&format!("http://{}", mirror.host())]);
    mirror.fault("GET", "/manifests/1", Fault::Answer { status: 502, headers: Vec::new(), body: "" });
    scene.home.run(["manifest", "127.0.0.1:1/team/app:1"]).ends_with(5);
    mirror.forget();

    let fixture = Fixture::small();
    scene.home.run(["copy", &fixture.place(), "127.0.0.1:1/team/app:1"]).ends_with(5);

    assert!(mirror.exchanges().is_empty(), "{:#?}", mirror.exchanges());
}
