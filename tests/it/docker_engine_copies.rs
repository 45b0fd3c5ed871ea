//! Images copied into a real Docker Engine and out of it, by its socket.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Api, Dockerd, Fixture, Home, Kind, Outcome, eventually, sha256};

/// More than any command may take, on a machine that has little left of it.
const MEMORY: u64 = 64 << 20;

/// Runs regcli beside an Engine.
#[track_caller]
fn with(home: &Home, engine: &Dockerd, arguments: &[&str]) -> Outcome {
    home.regcli(arguments).env("DOCKER_HOST", engine.socket()).run()
}

/// What the Engine calls the ID of an image: the digest of its config.
#[track_caller]
fn id_in(engine: &Dockerd, image: &str) -> String {
    engine.docker(&["inspect", "--format", "{{.Id}}", image]).succeeds().last_line().to_owned()
}

/// All names that the Engine knows.
fn names_in(engine: &Dockerd) -> Vec<String> {
    let listed = engine.docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds();
    let mut names: Vec<String> = listed.stdout.lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// The digest of the config of an image at any place.
#[track_caller]
fn config_of(home: &Home, engine: &Dockerd, place: &str) -> String {
    sha256(&with(home, engine, &["config", place]).succeeds().raw)
}

#[test]
fn images_go_into_an_engine_and_come_out_the_same() {
    if Dockerd::is_missing() {
        return;
    }
    let engine = Dockerd::start();
    for (name, fixture) in
        [("oci", Fixture::small()), ("schema2", Fixture::docker()), ("index", Fixture::multi_platform())]
    {
        let (home, registry) = (Home::fresh(), Kind::Embedded.open());
        let there = format!("{}/team/{name}:1", registry.host());
        Api::of(registry.host(), &format!("team/{name}")).seed(&fixture, "1");
        let id = config_of(&home, &engine, &there);

        let (from_registry, from_store) = (format!("lab/{name}:registry"), format!("{name}:store"));
        let copied =
            with(&home, &engine, &["copy", &there, &format!("docker-daemon:{from_registry}")]).succeeds();
        assert!(copied.last_line().starts_with(&format!("docker-daemon:docker.io/{from_registry}@sha256:")));
        assert!(!home.store().exists(), "a copy into an Engine touches no disk");
        with(&home, &engine, &["pull", "-q", &there]).succeeds();
        with(&home, &engine, &["copy", &format!("store:{there}"), &format!("docker-daemon:{from_store}")])
            .succeeds();

        assert_eq!(id_in(&engine, &from_registry), id, "{name}");
        assert_eq!(id_in(&engine, &from_store), id, "{name}");
        comes_out(&home, &engine, &from_registry);
        engine.docker(&["rmi", &from_registry, &from_store]).succeeds();
    }
    assert_eq!(names_in(&engine), [] as [&str; 0]);
}

/// Copies an image of an Engine to every other place, and finds its config and its layers there.
#[track_caller]
fn comes_out(home: &Home, engine: &Dockerd, image: &str) {
    let registry = Kind::Embedded.open();
    let source = format!("docker-daemon:{image}");
    for target in [
        format!("{}/back:1", registry.host()),
        "store:back:1".to_owned(),
        "oci:back:1".to_owned(),
        "oci-archive:back.tar:1".to_owned(),
        "docker-archive:back.docker.tar:back:1".to_owned(),
        "docker-daemon:lab/again:1".to_owned(),
    ] {
        with(home, engine, &["copy", &source, &target]).succeeds();
        assert_eq!(config_of(home, engine, &target), id_in(engine, image), "{target}");
    }
    // By its ID, too.
    with(home, engine, &["copy", &format!("docker-daemon:{}", id_in(engine, image)), "oci:by-id"]).succeeds();
    let tars: Vec<String> = std::fs::read_dir(home.store().join("parts"))
        .map(|parts| parts.map(|part| format!("{:?}", part.unwrap().path())).collect())
        .unwrap_or_default();
    assert_eq!(tars, [] as [&str; 0], "nothing is left of what was unpacked");
    engine.docker(&["rmi", "lab/again:1"]).succeeds();
}

#[test]
fn what_only_an_engine_has_is_found_there() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home) = (Dockerd::start(), Home::fresh());
    let fixture = Fixture::small();
    let registry = Kind::Embedded.open();
    let image = format!("{}/team/app:1", registry.host());
    with(&home, &engine, &["copy", &fixture.place(), &format!("docker-daemon:{image}")]).succeeds();

    let nowhere = with(&home, &engine, &["copy", "docker-daemon:nosuch:1", "oci:out"]).ends_with(3);
    nowhere.complains("error: No such image: nosuch:1\n");
    let neither = with(&home, &engine, &["push", "nosuch:1"]).ends_with(3);
    neither.complains("hint: list the images of the store: regcli images");
    let command = format!("copy docker-daemon:{image} {image}");
    for preview in [&["push", &image][..], &["push", "--dry-run", &image]] {
        let push = with(&home, &engine, preview).ends_with(3);
        let words =
            format!("error: An image does not exist locally with the tag: {}/team/app\n", registry.host());
        push.complains(&words).complains(&format!("\nhint: copy it from Docker Engine: regcli {command}\n"));
    }
    for missing in [&["tag", &image, "x:1"][..], &["save", "-o", "x.tar", &image]] {
        let hint = format!("regcli copy docker-daemon:{image} store:{image}\n");
        with(&home, &engine, missing).ends_with(3).complains(&hint);
    }

    // The command of the hint does what was meant.
    with(&home, &engine, &command.split(' ').collect::<Vec<_>>()).succeeds();
    assert_eq!(config_of(&home, &engine, &image), id_in(&engine, &image));
}

#[test]
fn a_dry_run_changes_nothing_at_an_engine() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home) = (Dockerd::start(), Home::fresh());
    let fixture = Fixture::multi_platform();
    let image = "docker-daemon:lab/app:1";

    let into = with(&home, &engine, &["copy", "--dry-run", &fixture.place(), image]).succeeds();
    assert!(into.stdout.contains("docker-daemon:docker.io/lab/app:1: would copy"), "{into}");
    assert_eq!(names_in(&engine), [] as [&str; 0]);

    with(&home, &engine, &["copy", &fixture.place(), image]).succeeds();
    let layers = engine.docker(&["inspect", "--format", "{{len .RootFS.Layers}}", "lab/app:1"]).succeeds();
    let out = with(&home, &engine, &["copy", "--dry-run", "--format", "json", image, "oci:out"]).succeeds();
    let preview: Value = serde_json::from_str(&out.stdout).unwrap();
    let blobs = preview["blobs"].as_array().unwrap_or_else(|| panic!("{out}")).len();
    assert_eq!(blobs, layers.last_line().parse::<usize>().unwrap() + 1, "{out}");
    assert!(!home.path().join("out").exists());
}

#[test]
fn an_interrupted_load_leaves_nothing_at_an_engine() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home) = (Dockerd::start(), Home::fresh());
    let fixture = Fixture::heavy(4 << 20);
    let slow = ["--limit-rate", "200000", "copy", &fixture.place(), "docker-daemon:lab/app:1"];
    let copy = home.regcli(slow).env("DOCKER_HOST", engine.socket()).start();
    std::thread::sleep(Duration::from_millis(1500));
    copy.signal(Signal::INT);
    copy.finish().ends_with(130);

    assert_eq!(names_in(&engine), [] as [&str; 0]);
    let all = || engine.docker(&["images", "-aq"]).succeeds().stdout;
    assert_eq!(all(), "", "not even without a name");
    // It works again at once, and with the same bytes.
    with(&home, &engine, &["copy", &fixture.place(), "docker-daemon:lab/app:1"]).succeeds();
    assert_eq!(names_in(&engine), ["lab/app:1"]);
    assert!(eventually(Duration::from_secs(5), || (!all().is_empty()).then_some(())).is_some());
}

#[test]
fn what_an_engine_does_not_take_is_told_in_its_words_and_is_not_there() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home) = (Dockerd::start(), Home::fresh());
    let layer = Fixture::layer("a", 3000);
    let lying = json!({
        "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [sha256(b"other")]},
    });
    let fixture = Fixture::with_config(lying, std::slice::from_ref(&layer));
    let copy = with(&home, &engine, &["copy", &fixture.place(), "docker-daemon:lab/app:1"]).ends_with(1);
    copy.complains("error: invalid diffID for layer 0");
    // An image that is none has no name there.
    let artifact = Fixture::artifact();
    let copy = with(&home, &engine, &["copy", &artifact.place(), "docker-daemon:lab/app:1"]).ends_with(1);
    copy.complains("the Docker Engine accepted all of lab/app:1, but has no image of that name\n");
    // No image of this index is for that.
    let many = Fixture::multi_platform();
    let other = ["copy", "--platform", "linux/s390x", &many.place(), "docker-daemon:x"];
    assert_ne!(with(&home, &engine, &other).code, 0);

    assert_eq!(names_in(&engine), [] as [&str; 0]);
}

#[test]
fn a_large_layer_takes_little_memory_into_an_engine_and_out_of_it() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home, registry) = (Dockerd::start(), Home::fresh(), Kind::Embedded.open());
    let fixture = Fixture::heavy(200 << 20);
    Api::of(registry.host(), "app").seed(&fixture, "1");
    let there = format!("{}/app:1", registry.host());
    let into = with(&home, &engine, &["copy", &there, "docker-daemon:app:1"]).succeeds();
    let out = with(&home, &engine, &["copy", "docker-daemon:app:1", "store:app:1"]).succeeds();
    for outcome in [into, out] {
        assert!(outcome.peak > 0 && outcome.peak <= MEMORY, "{} bytes\n{outcome}", outcome.peak);
    }
}

#[test]
fn a_context_that_docker_made_leads_to_its_engine() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home) = (Dockerd::start(), Home::fresh());
    let endpoint = format!("host={}", engine.socket());
    engine.docker(&["context", "create", "lab", "--docker", &endpoint]).succeeds();
    let config = engine.config();
    let digest = |name: &'static str, value: &str| {
        let command =
            home.regcli(["--config", config.to_str().unwrap(), "copy", "docker-daemon:nosuch", "oci:out"]);
        command.env(name, value).run()
    };

    // That there is no such image, only an Engine can tell.
    digest("DOCKER_CONTEXT", "lab").ends_with(3).complains("No such image: nosuch:latest");
    let none = digest("DOCKER_CONTEXT", "nosuch").ends_with(1);
    none.complains("error: context \"nosuch\": context not found: open ").complains("docker context ls");
    digest("DOCKER_HOST", "unix:///nonexistent.sock").ends_with(5);

    std::fs::write(config.join("config.json"), r#"{"currentContext": "lab"}"#).unwrap();
    digest("LC_ALL", "C").ends_with(3).complains("No such image: nosuch:latest");
    digest("DOCKER_HOST", "unix:///nonexistent.sock").ends_with(5);
}
