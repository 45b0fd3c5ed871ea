//! skopeo, which knows nothing of regcli: at its registry, and in its store.

use serde_json::Value;

use crate::support::{EmbeddedRegistry, Fixture, Home, missing, run, sha256};

use super::{assert_kept, keep, parts};

/// Everything that one registry may have to hold.
fn fixtures() -> [(&'static str, Fixture); 4] {
    [
        ("small", Fixture::small()),
        ("docker", Fixture::docker()),
        ("index", Fixture::multi_platform()),
        ("list", Fixture::docker_list()),
    ]
}

#[test]
fn skopeo_pulls_from_the_embedded_registry_what_regcli_pushed() {
    if missing("skopeo") {
        return;
    }
    let registry = EmbeddedRegistry::start();
    for (name, fixture) in fixtures() {
        let home = Home::fresh();
        let image = format!("{}/team/{name}:1", registry.host());
        keep(&home, &fixture, &image);
        home.run(["push", &image]).succeeds();

        let folder = home.path().join("pulled");
        let place = format!("dir:{}", folder.display());
        let source = format!("docker://{image}");
        run("skopeo", ["copy", "--all", "--preserve-digests", "--src-tls-verify=false", &source, &place])
            .succeeds();
        let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
        assert_eq!(manifest, fixture.content(&fixture.root.digest), "{name}");
        for blob in &fixture.blobs {
            let found = std::fs::read(folder.join(&blob.digest["sha256:".len()..])).unwrap();
            assert_eq!(sha256(&found), blob.digest, "{name}");
        }
        let tags = run("skopeo", ["list-tags", "--tls-verify=false", &source[..source.rfind(':').unwrap()]]);
        let tags: Value = serde_json::from_str(&tags.succeeds().stdout).unwrap();
        assert_eq!(tags["Tags"], serde_json::json!(["1"]));
    }
}

#[test]
fn regcli_pulls_what_skopeo_pushed_to_the_embedded_registry() {
    if missing("skopeo") {
        return;
    }
    let registry = EmbeddedRegistry::start();
    for (name, fixture) in fixtures() {
        let image = format!("{}/team/{name}:1", registry.host());
        fixture.push_with_skopeo(&image, &[]);
        let home = Home::fresh();
        let digest = format!("Digest: {}", fixture.root.digest);
        home.run(["pull", "--all-platforms", &image]).succeeds().prints_line(&digest);
        assert_kept(&home, &fixture, parts(&fixture));
    }
}

#[test]
fn skopeo_copies_within_the_embedded_registry_and_deletes_there() {
    if missing("skopeo") {
        return;
    }
    let registry = EmbeddedRegistry::start();
    let fixture = Fixture::small();
    let at = |name: &str| format!("docker://{}/{name}", registry.host());
    fixture.push_with_skopeo(&format!("{}/from:1", registry.host()), &[]);
    let unverified = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    run("skopeo", ["copy", unverified[0], unverified[1], &at("from:1"), &at("to:1")]).succeeds();
    run("skopeo", ["delete", "--tls-verify=false", &at("from:1")]).succeeds();
    let home = Home::fresh();
    home.run(["pull", &format!("{}/from:1", registry.host())]).ends_with(3);
    home.run(["pull", &format!("{}/to:1", registry.host())]).succeeds();
    assert_kept(&home, &fixture, parts(&fixture));
}

#[test]
fn skopeo_reads_the_store_after_a_pull() {
    if missing("skopeo") {
        return;
    }
    let registry = EmbeddedRegistry::start();
    for (name, fixture) in [("small", Fixture::small()), ("index", Fixture::multi_platform())] {
        let image = format!("{}/team/{name}:1", registry.host());
        fixture.push_with_skopeo(&image, &[]);
        let home = Home::fresh();
        home.run(["pull", "--all-platforms", &image]).succeeds();

        let place = format!("oci:{}:{image}", home.store().display());
        let raw = run("skopeo", ["inspect", "--raw", &place]).succeeds().raw;
        assert_eq!(raw, fixture.content(&fixture.root.digest));
        let config =
            run("skopeo", ["inspect", "--override-os=linux", "--override-arch=amd64", "--config", &place]);
        let config: Value = serde_json::from_str(&config.succeeds().stdout).unwrap();
        assert_eq!(config["architecture"], "amd64");
        let target = format!("dir:{}", home.path().join("copied").display());
        run("skopeo", ["copy", "--all", "--preserve-digests", &place, &target]).succeeds();
        let copied = std::fs::read(home.path().join("copied/manifest.json")).unwrap();
        assert_eq!(copied, fixture.content(&fixture.root.digest));
    }
}
