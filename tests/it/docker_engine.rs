//! A real Docker Engine and regcli: each takes what the other has pushed.

use serde_json::{Value, json};

use crate::support::{Dockerd, Fixture, Home, Kind, folder, run, sha256};

/// Brings a fixture into a home's store under a name, and pushes it.
fn push(home: &Home, fixture: &Fixture, image: &str) {
    home.run(["copy", &fixture.place(), &format!("store:{image}")]).succeeds();
    home.run(["push", image]).succeeds();
}

/// What a Docker Engine takes for the digest of an image.
fn digest_in(engine: &Dockerd, image: &str) -> String {
    let digests = engine.docker(&["inspect", "--format", "{{json .RepoDigests}}", image]).succeeds();
    let digests: Vec<String> = serde_json::from_str(digests.last_line()).unwrap();
    let name = image.rsplit_once(':').unwrap().0;
    let of_this = digests.iter().find_map(|digest| digest.strip_prefix(&format!("{name}@")));
    of_this.unwrap_or_else(|| panic!("{image} is none of {digests:?}")).to_owned()
}

#[test]
fn docker_engine_pulls_what_regcli_pushed_and_regcli_pulls_what_docker_engine_pushed() {
    if Dockerd::is_missing() {
        return;
    }
    let engine = Dockerd::start();
    for kind in Kind::present() {
        let registry = kind.open();
        for (path, fixture) in [
            ("team/oci", Fixture::small()),
            ("team/docker", Fixture::docker()),
            ("team/index", Fixture::multi_platform()),
            ("team/list", Fixture::docker_list()),
        ] {
            let home = Home::fresh();
            let image = format!("{}/{path}:1", registry.host());
            push(&home, &fixture, &image);

            let pull = engine.docker(&["pull", &image]).succeeds();

            pull.prints_line(&format!("Digest: {}", fixture.root.digest));
            assert_eq!(digest_in(&engine, &image), fixture.root.digest, "{kind:?}, {path}");
            let again = format!("{}/{path}:again", registry.host());
            come_back(&engine, &image, &again);
        }
    }
}

/// Docker Engine pushes an image under another tag; regcli pulls it and finds what docker says it pushed.
fn come_back(engine: &Dockerd, image: &str, again: &str) {
    engine.docker(&["tag", image, again]).succeeds();
    let pushed = engine.docker(&["push", again]).succeeds();
    let (_, told) = pushed.last_line().split_once(": digest: ").unwrap();
    let digest = told.split(' ').next().unwrap();

    let home = Home::fresh();
    home.run(["pull", again]).succeeds().prints_line(&format!("Digest: {digest}"));

    let manifest = home.run(["manifest", again]).succeeds();
    assert_eq!(sha256(&manifest.raw), digest);
    assert_eq!(kept(&home, again), ids(engine, again), "the layers are those that docker has");
}

#[test]
fn docker_engine_takes_what_regcli_imported_and_regcli_what_docker_engine_imported() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, registry) = (Dockerd::start(), Kind::Embedded.open());
    let (home, content) = (Home::fresh(), folder());
    let ours = format!("{}/ours/app:1", registry.host());
    let source = content.path().to_str().unwrap();
    home.run(["import", "--change", "CMD [\"/bin/hello\"]", source, &ours]).succeeds();
    home.run(["push", &ours]).succeeds();

    engine.docker(&["pull", &ours]).succeeds();
    let command = engine.docker(&["inspect", "--format", "{{json .Config.Cmd}}", &ours]);
    command.succeeds().prints("[\"/bin/hello\"]\n");
    assert_eq!(ids(&engine, &ours), kept(&home, &ours));

    let archive = home.path().join("archive.tar");
    run("tar", ["-cf", archive.to_str().unwrap(), "-C", source, "."]).succeeds();
    let theirs = format!("{}/theirs/app:1", registry.host());
    engine.docker(&["import", archive.to_str().unwrap(), &theirs]).succeeds();
    let copy = format!("{}/theirs/copy:1", registry.host());
    engine.docker(&["tag", &theirs, &copy]).succeeds();
    engine.docker(&["push", &theirs]).succeeds();
    let again = engine.docker(&["push", &theirs]).succeeds();
    assert!(again.stdout.contains(": Layer already exists\n"), "{again}");
    let mounted = engine.docker(&["push", &copy]).succeeds();
    assert!(mounted.stdout.contains(": Mounted from theirs/app\n"), "{mounted}");

    home.run(["pull", "-q", &copy]).succeeds();
    assert_eq!(kept(&home, &copy), ids(&engine, &copy));
}

#[test]
fn inspect_and_history_show_what_docker_engine_shows() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, registry) = (Dockerd::start(), Kind::Embedded.open());
    for (name, fixture) in [
        ("small", Fixture::small()),
        ("schema2", Fixture::docker()),
        ("index", Fixture::multi_platform()),
        ("full", Fixture::with_config(full_config(), &two_layers())),
        ("bare", Fixture::with_config(json!({"architecture": "amd64", "os": "linux"}), &two_layers())),
        ("nulls", Fixture::with_config(nulls(), &two_layers())),
    ] {
        let home = Home::fresh();
        let image = format!("{}/{name}:1", registry.host());
        push(&home, &fixture, &image);
        engine.docker(&["pull", &image]).succeeds();
        for arguments in [&["inspect", &image][..], &["inspect", "--remote", &image]] {
            assert_eq!(shown(&home.run(arguments)), shown(&engine.docker(&["inspect", &image])), "{name}");
        }
        let by_template = ["image", "inspect", "-f", TEMPLATE, &image];
        assert_eq!(home.run(by_template).succeeds().stdout, engine.docker(&by_template).succeeds().stdout);
        // Docker lists no layers that have no history.
        let rows = ["history", "--no-trunc", "--format", ROW, &image];
        // The client of Docker 20.10 shows a step without a date as the longest time that it can count.
        let theirs = engine.docker(&rows).succeeds().stdout.replace("|292 years ago|", "|N/A|");
        let has_history = !theirs.trim().is_empty();
        for remote in [&rows[..], &["history", "--remote", "--no-trunc", "--format", ROW, &image]] {
            let ours = home.run(remote).succeeds().stdout;
            assert!(!has_history || ours == theirs, "{name}:\n{ours}\n{theirs}");
        }
        // Some of them have the same config, which would make them one image with several names.
        engine.docker(&["rmi", &image]).succeeds();
    }
}

/// What people ask for in templates.
const TEMPLATE: &str = "{{.Id}} {{.RepoTags}} {{index .RepoDigests 0}} {{.Created}} {{.Os}}/{{.Architecture}} \
    {{.RootFS.Layers}} {{.Author}}{{.Comment}} {{len .RootFS.Layers}}";

/// The fields of `docker history` that do not depend on whether layers are compressed. No date is before 2000, where
/// the clients of Docker 20.10 and 28 differ.
const ROW: &str = "{{.ID}}|{{.CreatedSince}}|{{.CreatedBy}}|{{.Comment}}";

/// What `inspect` shows of one image, as it is written: without sizes, which are those of compressed layers
/// with us, and without what only one of both has.
fn shown(inspected: &crate::support::Outcome) -> String {
    let mut images: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&inspected.stdout).unwrap();
    assert_eq!(images.len(), 1, "{inspected}");
    for only in ["Container", "ContainerConfig", "VirtualSize", "GraphDriver", "Descriptor", "Size"] {
        images[0].shift_remove(only);
    }
    serde_json::to_string_pretty(&images).unwrap()
}

fn two_layers() -> Vec<Vec<u8>> {
    vec![Fixture::layer("a", 30_000), Fixture::layer("b", 300)]
}

/// A config that says all there is to say, and something that Docker does not know.
fn full_config() -> Value {
    json!({
        "architecture": "amd64", "os": "linux", "variant": "v2", "os.version": "1.2", "author": "Me <me@x.y>",
        "created": "2026-09-21T08:30:00.123456789Z", "docker_version": "20.10",
        "config": {
            "Hostname": "h", "User": "u", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Env": ["A=<b>&", "B="],
            "Cmd": [], "Entrypoint": ["/e"], "Volumes": {"/v": {}}, "WorkingDir": "/app",
            "Labels": {"z": "1", "a": "镜像"}, "StopSignal": "SIGTERM", "OnBuild": ["RUN true"],
            "Healthcheck": {"Test": ["CMD", "x"], "Interval": 1_000_000_000}, "Shell": ["/bin/bash"],
            "ArgsEscaped": true, "StopTimeout": 5, "NetworkDisabled": true, "MacAddress": "aa", "Unknown": 1,
        },
        "history": [
            {"created": "2026-09-21T08:30:00Z", "created_by": "COPY a", "comment": "first", "author": "x"},
            {"created": "2026-09-21T08:31:00Z", "created_by": "ENV A=1\tB=<2>", "empty_layer": true},
            {"created": "2001-01-01T00:00:00Z", "created_by": "RUN y", "comment": "buildkit.dockerfile.v0"},
        ],
    })
}

/// A config that says nothing, aloud.
fn nulls() -> Value {
    json!({
        "architecture": "amd64", "os": "linux", "created": null, "author": null, "config": null,
        "history": [{"created": null, "created_by": null}, {"comment": null, "empty_layer": null}],
    })
}

/// The layers of an image in regcli's store, unpacked.
fn kept(home: &Home, image: &str) -> Vec<String> {
    let config = home.run(["config", &format!("store:{image}")]).succeeds();
    let config: serde_json::Value = serde_json::from_slice(&config.raw).unwrap();
    config["rootfs"]["diff_ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

/// The layers of an image in a Docker Engine, unpacked.
fn ids(engine: &Dockerd, image: &str) -> Vec<String> {
    let layers = engine.docker(&["inspect", "--format", "{{json .RootFS.Layers}}", image]).succeeds();
    serde_json::from_str(layers.last_line()).unwrap()
}
