//! Docker's config.json: transcript 10.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Hub, Kind};

use super::Recording;

/// Puts a config.json into the home.
pub(super) fn write(home: &Home, content: &str) {
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), content).unwrap();
    fs::set_permissions(home.docker_config(), fs::Permissions::from_mode(0o600)).unwrap();
}

fn login(home: &Home, server: &str) {
    home.regcli(["login", "-u", "user1", "--password-stdin", server]).stdin("s3cret").run().succeeds();
}

#[test]
fn transcript_10_what_regcli_does_not_know_stays_and_so_does_the_order() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    write(
        &home,
        r#"{"zzUnknown":{"a":1},"psFormat":"table {{.ID}}","HttpHeaders":{"User-Agent":"x","X-Meta":"y"},"auths":{"old.example.com":{"auth":"dTpw","email":"a@b.c"},"tok.example.com":{"identitytoken":"IDT"}},"plugins":{"p":{"k":"v"}}}"#,
    );
    login(&home, registry.host());
    let text = fs::read_to_string(home.docker_config()).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<_> = config.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["zzUnknown", "psFormat", "HttpHeaders", "auths", "plugins"]);
    assert_eq!(config["HttpHeaders"], json!({"User-Agent": "x", "X-Meta": "y"}));
    assert_eq!(config["auths"]["old.example.com"], json!({"auth": "dTpw", "email": "a@b.c"}));
    assert_eq!(config["auths"][registry.host()], json!({"auth": "dXNlcjE6czNjcmV0"}));
    assert!(text.starts_with("{\n\t\"zzUnknown\": {\n\t\t\"a\": 1\n\t},\n"), "{text}");
    assert!(!text.ends_with('\n'));
}

#[test]
fn transcript_10_a_link_stays_a_link_even_if_it_leads_nowhere_yet() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let real = home.path().join("real.json");
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    symlink(&real, home.docker_config()).unwrap();
    login(&home, registry.host());
    assert!(fs::symlink_metadata(home.docker_config()).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains(registry.host()));
    home.run(["logout", registry.host()]).succeeds();
    assert!(fs::symlink_metadata(home.docker_config()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "{\n\t\"auths\": {}\n}");
}

#[test]
fn transcript_10_the_folder_is_that_of_the_flag_else_of_docker_config_else_of_home() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let (flag, variable) = (home.path().join("flag"), home.path().join("variable"));
    let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
    let run = |more: &[&str]| {
        let outcome = home
            .regcli(more.iter().chain(&arguments))
            .env("DOCKER_CONFIG", &variable)
            .stdin("s3cret")
            .run()
            .succeeds();
        outcome.prints("Login Succeeded\n")
    };
    run(&[]);
    assert!(variable.join("config.json").exists() && !flag.exists());
    run(&["--config", flag.to_str().unwrap()]).complains("flag/config.json'");
    assert!(flag.join("config.json").exists() && !home.docker_config().exists());
}

#[test]
fn transcript_10_every_way_to_write_a_registrys_key_gives_its_password() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    login(&home, registry.host());
    let host = registry.host();
    let image = format!("{host}/x:1");
    super::publish(&home, &Fixture::small(), &image);
    let recording = Recording::at(&home).with(host, "HOST");
    for key in [
        host.to_owned(),
        format!("http://{host}"),
        format!("https://{host}"),
        format!("https://{host}/"),
        format!("https://{host}/v1/"),
        format!("https://{host}/v2/"),
        format!("{host}/"),
        format!("{host}/v2/"),
        format!("{host}/x"),
    ] {
        write(&home, &json!({"auths": {key: {"auth": "dXNlcjE6czNjcmV0"}}}).to_string());
        recording.check(&home.run(["pull", "-q", &image]), "out| HOST/x:1\nexit 0");
    }
    for entry in [
        json!({"username": "user1", "password": "s3cret"}),
        json!({"auth": "dXNlcjE6czNjcmV0", "username": "bad", "password": "bad"}),
    ] {
        write(&home, &json!({"auths": {host: entry}}).to_string());
        recording.check(&home.run(["pull", "-q", &image]), "out| HOST/x:1\nexit 0");
    }
    write(&home, r#"{"auths":{"127.0.0.1":{"auth":"dXNlcjE6czNjcmV0"}}}"#);
    home.run(["pull", "-q", &image]).ends_with(4).complains("no basic auth credentials");
}

#[test]
fn transcript_10_docker_hub_is_found_under_the_keys_of_podman_and_docker() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    let home = Home::fresh();
    super::publish(&home, &Fixture::small(), &format!("{}/demo/base:1", registry.host()));
    for key in ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "https://index.docker.io/v1"] {
        write(&home, &json!({"auths": {key: {"auth": "ZGVtbzpodW50ZXIy"}}}).to_string());
        let outcome = home.regcli(["pull", "-q", "demo/base:1"]).envs(hub.env()).run();
        Recording::at(&home).check(&outcome, "out| docker.io/demo/base:1\nexit 0");
    }
}

#[test]
fn transcript_10_a_helper_keeps_the_password_and_the_file_only_says_that_it_does() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let (path, log) = helper(&home, "lab");
    write(&home, r#"{"credsStore":"lab"}"#);
    let recording = Recording::at(&home).with(registry.host(), "HOST");
    let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
    let outcome = home.regcli(arguments).env("PATH", &path).stdin("s3cret").run();
    recording.check(&outcome, "out| Login Succeeded\nexit 0");
    let config: Value = serde_json::from_slice(&fs::read(home.docker_config()).unwrap()).unwrap();
    assert_eq!(config, json!({"credsStore": "lab", "auths": {registry.host(): {}}}));
    let asked = fs::read_to_string(log).unwrap();
    let stored = format!(
        "store {{\"ServerURL\":\"{}\",\"Username\":\"user1\",\"Secret\":\"s3cret\"}}\n",
        registry.host()
    );
    assert!(asked.contains(&stored), "{asked}");
    let outcome = home.regcli(["login", registry.host()]).env("PATH", &path).run();
    outcome.succeeds().complains("Authenticating with existing credentials... [Username: user1]");
}

#[test]
fn transcript_10_a_helper_that_is_not_there_is_named() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    write(&home, r#"{"credsStore":"nothere"}"#);
    let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
    let outcome = home.regcli(arguments).stdin("s3cret").run().ends_with(1);
    assert_eq!(
        outcome.stderr.lines().next().unwrap(),
        "error: error saving credentials: error storing credentials - err: exec: \"docker-credential-nothere\": \
         executable file not found in $PATH, out: ``"
    );
    assert_eq!(outcome.stdout, "");
    assert_eq!(fs::read_to_string(home.docker_config()).unwrap(), r#"{"credsStore":"nothere"}"#);
}

/// A credential helper that keeps what it is given in a file, and a log of what it was asked; gives the `PATH`
/// that leads to it, and the log.
fn helper(home: &Home, name: &str) -> (std::ffi::OsString, std::path::PathBuf) {
    let folder = home.path().join("helpers");
    fs::create_dir_all(&folder).unwrap();
    let script = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\nasked=$(cat)\necho \"$1 $asked\" >>log\ncase $1 in\n\
                  store) echo \"$asked\" >db ;;\nget) cat db ;;\nesac\n";
    let program = folder.join(format!("docker-credential-{name}"));
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut path = folder.clone().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    (path, folder.join("log"))
}
