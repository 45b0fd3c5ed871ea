//! Mirrors: a dead one is waited for once, not in each command.

mod foreign;
mod ranking;
mod upstream;

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::scripted::{Route, Scripted};
use crate::support::{Api, Fault, Fixture, Gate, Home, Kind, Outcome, Proxy, Registry};

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
    scene.grow_older(280);
    scene.read().succeeds();
    assert_eq!(mirror.exchanges().len(), 1, "it is still not asked");
    scene.grow_older(21);
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

/// Runs `regcli mirror ARGUMENTS`, and answers its lines without the times.
fn mirror(home: &Home, arguments: &[&str], code: i32) -> Vec<String> {
    let all = ["mirror"].iter().chain(arguments).copied();
    let outcome = home.regcli(all).env("REGCLI_ETC", home.path().join("etc")).run().ends_with(code);
    outcome.stdout.lines().map(ToOwned::to_owned).collect()
}

const STEPS: &str = "{{.Mirror}}|{{.Reachable}}|{{.TLS}}|{{.API}}|{{.Manifest}}|{{.Verdict}}";

#[test]
fn mirrors_are_listed_in_their_order_with_the_file_that_names_them() {
    let home = Home::fresh();
    let write = |path: &str, content: &str| {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let daemon = write(
        "etc/docker/daemon.json",
        r#"{"registry-mirrors": ["https://second.example/", "https://first.example"]}"#,
    );
    let own = write(
        ".config/regcli/config.toml",
        "[registry.\"r.example\"]\nmirrors = [\"http://127.0.0.1:4001/x\"]\n[registry.\"docker.io\"]\n\
         mirrors = [\"https://first.example\", { url = \"http://127.0.0.1:4001\", namespace = true }]\n",
    );

    let rows = mirror(&home, &["list", "--format", "{{.Registry}}|{{.Mirror}}|{{.Source}}|{{.State}}"], 0);

    assert_eq!(
        rows,
        [
            format!("docker.io|https://first.example|{own}|-"),
            format!("docker.io|http://127.0.0.1:4001?ns=docker.io|{own}|-"),
            format!("docker.io|https://second.example|{daemon}|-"),
            format!("r.example|http://127.0.0.1:4001/x|{own}|-"),
        ]
    );
    assert_eq!(mirror(&Home::fresh(), &["ls"], 0), ["REGISTRY   MIRROR    SOURCE    STATE"]);
}

#[test]
fn a_test_says_how_far_one_gets_with_each_mirror() {
    let scene = Scene::new();
    let good = Proxy::before(scene.registry.host());
    let empty = Kind::Embedded.open();
    let closed = Proxy::guarding(scene.registry.host(), Gate::password("user1", "s3cret"));
    let silent = Silent::listen();
    let without_tls = Proxy::before(scene.registry.host());
    let plain = |host: &str| format!("http://{host}");
    let mirrors = [
        "http://127.0.0.1:1".to_owned(),
        plain(&good.host()),
        plain(empty.host()),
        plain(&closed.host()),
        format!("https://{}", silent.host),
        format!("https://{}", without_tls.host()),
    ];
    scene.mirror(scene.registry.host(), &mirrors.each_ref().map(String::as_str));
    let image = format!("{}/team/app:1", scene.registry.host());
    let begin = Instant::now();

    let ranked = mirror(&scene.home, &["test", "--image", &image, "--format", STEPS], 0);

    assert!(
        ranked[0].starts_with("(the registry)|") || ranked[0].starts_with(&format!("{}|", mirrors[1])),
        "{ranked:#?}"
    );
    let row = |url: &String| ranked.iter().find(|row| row.starts_with(&format!("{url}|"))).unwrap().clone();
    let rows = mirrors.each_ref().map(row);
    assert!(begin.elapsed() < Duration::from_secs(10), "they are tried at once: {:?}", begin.elapsed());
    let get = |base: &str| format!("Get \"{base}/v2/\"");
    assert_eq!(
        rows[0],
        format!(
            "{0}|no|-|-|-|{1}: dial tcp 127.0.0.1:1: connect: connection refused",
            mirrors[0],
            get(&mirrors[0])
        )
    );
    assert_eq!(rows[1], format!("{}|yes|-|yes|yes|works", mirrors[1]));
    assert!(rows[2].starts_with(&format!("{}|yes|-|yes|no|", mirrors[2])), "{rows:#?}");
    assert_eq!(rows[3], format!("{}|yes|-|yes|no|no basic auth credentials", mirrors[3]));
    assert_eq!(rows[4], format!("{0}|no|-|-|-|{1}: no connection for 3 s", mirrors[4], get(&mirrors[4])));
    assert_eq!(
        rows[5],
        format!(
            "{0}|yes|no|-|-|{1}: http: server gave HTTP response to HTTPS client",
            mirrors[5],
            get(&mirrors[5])
        )
    );
    let asked: Vec<_> = good.exchanges().iter().map(|seen| seen.method.clone()).collect();
    assert_eq!(asked[..2], ["GET", "HEAD"]);
    let states = mirror(&scene.home, &["list", "--format", "{{.State}}"], 0);
    let dead: Vec<_> = states.iter().map(|state| state.starts_with("tried last, no response ")).collect();
    assert_eq!(dead, [true, false, false, false, true, true], "{states:#?}");
}

#[test]
fn a_mirror_that_works_again_is_asked_in_its_turn_again() {
    let scene = Scene::new();
    let proxy = Proxy::before(scene.registry.host());
    let url = format!("http://{}", proxy.host());
    scene.mirror(scene.registry.host(), &[&url]);
    proxy.fault("GET", "/v2/", Fault::Answer { status: 503, headers: Vec::new(), body: "" });

    let rows = mirror(&scene.home, &["test", &proxy.host(), "--format", STEPS], 1);
    assert!(rows[0].starts_with(&format!("{url}|yes|-|no|-|")), "{rows:#?}");
    assert!(scene.memory().contains(&proxy.host()));
    let rows = mirror(&scene.home, &["test", &url, "--format", STEPS], 0);

    assert_eq!(rows, [format!("{url}|yes|-|yes|-|works")], "no image is known to ask for");
    assert!(!scene.memory().contains(&proxy.host()));
}

#[test]
fn a_mirror_that_is_not_configured_is_tried_as_one_of_docker_hub() {
    let upstream = Kind::Embedded.open();
    Api::of(upstream.host(), "library/hello-world").seed(&Fixture::small(), "latest");
    let proxy = Proxy::before(upstream.host());
    let home = Home::fresh();
    let url = format!("http://{}/", proxy.host());

    let rows = mirror(&home, &["test", &url, "--format", "json"], 0);

    assert_eq!(rows.len(), 2, "the Hub itself is the other one");
    let row: serde_json::Value = serde_json::from_str(&rows[0]).unwrap();
    let field = |name: &str| row[name].as_str().unwrap();
    assert_eq!((field("Registry"), field("Manifest"), field("Verdict")), ("docker.io", "yes", "works"));
    assert!(field("Time").trim_end_matches("ms").parse::<u64>().is_ok(), "{row}");
    let seen = proxy.exchanges();
    assert_eq!(seen[1].path, "/v2/library/hello-world/manifests/latest");
}

#[test]
fn what_cannot_be_tried_is_said_in_dockers_words() {
    let home = Home::fresh();
    for (arguments, code, words) in [
        (&["mirror", "test"][..], 1, "error: no mirror is configured\n"),
        (&["mirror", "test", "--image", "r.example/x"], 1, "error: no mirror of r.example is configured\n"),
        (
            &["mirror", "test", "mirror.example"],
            125,
            "error: invalid mirror: no scheme specified for \"mirror.example\": must use either 'https://' or 'http://'\n",
        ),
        (&["mirror", "test", "--image", "a//b"], 125, "error: invalid reference format"),
        (&["mirror", "list", "x"], 125, "error: 'regcli mirror list' accepts no arguments\n"),
        (
            &["mirror", "list", "--format", "{{"],
            125,
            "error: template parsing error: template: :1: unclosed action\n",
        ),
    ] {
        home.run(arguments).ends_with(code).prints("").complains(words);
    }
}

#[test]
fn a_mirror_that_stalls_in_a_body_costs_no_attempt() {
    let fixture = Fixture::heavy(1 << 20);
    let stalling = Scripted::start();
    stalling.seed("team/app", &fixture, "1");
    stalling.on(Route::Blob).stall_after(100 << 10).forever();
    for retry in ["0", "1"] {
        let scene = Scene::new();
        Api::of(scene.registry.host(), "team/app").seed(&fixture, "1");
        scene.mirror(scene.registry.host(), &[&format!("http://{}", stalling.host())]);
        let image = format!("{}/team/app:1", scene.registry.host());
        scene.home.run(["pull", "-q", "--retry", retry, "--timeout", "1s", &image]).succeeds();
        scene.home.run(["verify"]).succeeds();
    }
}
