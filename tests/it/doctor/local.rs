//! What this machine has: files, the store, mirrors, helpers; and Docker Hub, which is looked at by itself.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use super::{Report, doctor, know};
use crate::support::{Fixture, Home, Hub, Kind};

#[test]
fn docker_hub_is_looked_at_if_nothing_is_named() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    let home = Home::fresh();

    let report = Report::of(doctor(&home, &[]).envs(hub.env()), 0);

    report
        .has("proxy", "ok", "from HTTPS_PROXY")
        .has("tls", "ok", "certificate by regcli tests for index.docker.io")
        .has("registry", "ok", "Docker Hub")
        .has("challenge", "ok", "https://auth.docker.io/token")
        .has("token", "ok", "an anonymous token")
        .has("catalog", "skip", "not available on Docker Hub")
        .has("ranges", "skip", "name a repository")
        .has("helpers", "ok", "")
        .has("keyring", "ok", "");
    let asked = hub.exchanges().into_iter().filter(|call| call.path.contains("/ratelimitpreview/test/"));
    assert!(asked.map(|call| call.method).all(|method| method == "HEAD"), "to ask must cost nothing");
}

#[test]
fn mirrors_are_dead_or_alive() {
    let registry = Kind::Embedded.open();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let home = Home::fresh();
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let (living, dead) = (format!("http://{}", registry.host()), format!("http://{dead}"));
    let own = format!("[registry.\"{}\"]\nmirrors = [{living:?}, {dead:?}]\n", registry.host());
    fs::write(folder.join("config.toml"), own).unwrap();

    let report = Report::of(doctor(&home, &[registry.host()]), 0);

    report.has("mirror", "ok", &format!("{living} works"));
    let last = report.checks.iter().filter(|check| check["id"] == "mirror").nth(1).unwrap();
    assert_eq!(last["status"], "warn");
    assert!(last["detail"].as_str().unwrap().starts_with(&format!("{dead} does not work: ")), "{last}");
    assert!(last["hint"].as_str().unwrap().contains("tried last"), "{last}");
}

#[test]
fn a_config_json_that_is_broken_or_open_to_others_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let look = |words: &str, hint: &str| {
        let report = Report::of(doctor(&home, &[registry.host()]), 0);
        report.has("docker-config", "warn", words).advises("docker-config", hint);
    };

    know(&home, &json!({"auths": {"other.lab": {"auth": "ZGVtbzpodW50ZXIy"}}}));
    Report::of(doctor(&home, &[registry.host()]), 0).has("docker-config", "ok", "config.json");
    fs::set_permissions(home.docker_config(), fs::Permissions::from_mode(0o644)).unwrap();
    look("readable by others (mode 644)", "chmod 600");
    fs::write(home.docker_config(), "{").unwrap();
    look("Error parsing config file", "fix");
}

#[test]
fn a_store_that_cannot_be_used_fails() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let fixture = Fixture::small();
    home.run(["copy", "-q", &fixture.place(), "store:team/app:1"]).succeeds();
    Report::of(doctor(&home, &[registry.host()]), 0).has("store", "ok", "1 image, ");

    fs::write(home.store().join("index.json"), "{").unwrap();
    Report::of(doctor(&home, &[registry.host()]), 6).has("store", "fail", "index.json");
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let report = Report::of(doctor(&home, &["--store", file.to_str().unwrap(), registry.host()]), 1);
    report.has("store", "fail", "cannot write to");
}

#[test]
fn helpers_that_are_named_and_not_there_are_told() {
    let hub = Hub::without_images();
    let home = Home::fresh();
    know(&home, &json!({"credHelpers": {"h.lab": "nosuch"}}));

    let report = Report::of(doctor(&home, &[]).envs(hub.env()), 0);

    report.has("helpers", "warn", "nosuch").advises("helpers", "install docker-credential-nosuch");
}
