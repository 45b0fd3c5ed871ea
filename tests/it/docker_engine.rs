//! A real Docker Engine and regcli: each takes what the other has pushed.

use crate::support::{Dockerd, Fixture, Home, Kind, folder, missing, run, sha256};

/// Whether there is no Docker Engine here, and somebody said that this may be.
fn no_engine() -> bool {
    missing("dockerd") || missing("docker")
}

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
    if no_engine() {
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
    if no_engine() {
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
