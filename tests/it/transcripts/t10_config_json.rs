//! Transcript 10: what a broken config.json, odd entries and credential helpers do to `logout`, `login` and `pull`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::{Fixture, Home, Kind, Outcome, Registry};
use crate::words::publish;

use super::{UNENCRYPTED, login, recording};

/// A registry that wants a password and has `x:1`, and somebody whom it does not know yet.
struct Lab {
    registry: Registry,
    home: Home,
    helpers: std::path::PathBuf,
}

/// Keeps what it is given in a file, as Docker's helpers keep it elsewhere, and a log of what it was asked.
const LAB: &str = r#"cd "$(dirname "$0")"
asked=$(cat)
echo "$1 $asked" >>log
case $1 in
store) echo "$asked" >db ;;
get) cat db 2>&- || { echo 'credentials not found in native keychain'; exit 1; } ;;
erase) rm -f db ;;
esac
"#;

const BROKEN: &str = "echo diag on stderr >&2\necho 'boom: backend locked'\nexit 3\n";

impl Lab {
    fn new() -> Self {
        let registry = Kind::Embedded.with_password("user1", "s3cret");
        let publisher = Home::fresh();
        login(&publisher, "user1", "s3cret", registry.host()).succeeds();
        publish(&publisher, &Fixture::small(), &format!("{}/x:1", registry.host()));
        let home = Home::fresh();
        let helpers = home.path().join("helpers");
        fs::create_dir_all(&helpers).unwrap();
        fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
        for (name, script) in [("lab", LAB), ("broken", BROKEN)] {
            let program = helpers.join(format!("docker-credential-{name}"));
            fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { registry, home, helpers }
    }

    fn host(&self) -> &str {
        self.registry.host()
    }

    fn write(&self, config: &str) {
        fs::write(self.home.docker_config(), config).unwrap();
        fs::set_permissions(self.home.docker_config(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn config(&self) -> Value {
        serde_json::from_slice(&fs::read(self.home.docker_config()).unwrap()).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let path = format!("{}:/usr/bin:/bin", self.helpers.display());
        self.home.regcli(arguments).env("PATH", path).stdin("s3cret").run()
    }

    fn login(&self) -> Outcome {
        self.run(&["login", "-u", "user1", "--password-stdin", self.host()])
    }

    fn pull(&self) -> Outcome {
        self.run(&["pull", "-q", &format!("{}/x:1", self.host())])
    }

    fn logout(&self) -> Outcome {
        self.run(&["logout", self.host()])
    }

    /// What the helper `lab` was asked since this was called last.
    fn asked(&self) -> Vec<String> {
        let log = self.helpers.join("log");
        let text = fs::read_to_string(&log).unwrap_or_default().replace(self.host(), "HOST");
        let _ = fs::remove_file(log);
        text.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(&self, outcome: &Outcome, expected: &str) {
        recording(&self.home, self.host()).check(outcome, expected);
    }
}

const NO_CREDENTIALS: &str = "err| error: no basic auth credentials
    err|   caused by: Get \"http://HOST/v2/x/manifests/1\" answered 401 Unauthorized
    err|
    err| hint: log in: regcli login HOST
    exit 4";

#[test]
fn transcript_10_a_credentials_store_is_asked_for_everything() {
    let lab = Lab::new();
    lab.write(r#"{"credsStore":"lab"}"#);

    lab.check(&lab.login(), "out| Login Succeeded\nexit 0");
    assert_eq!(lab.config(), json!({"credsStore": "lab", "auths": {lab.host(): {}}}));
    let stored = r#"store {"ServerURL":"HOST","Username":"user1","Secret":"s3cret"}"#;
    assert_eq!(lab.asked(), [stored]);

    lab.check(&lab.pull(), "out| HOST/x:1\nexit 0");
    assert_eq!(lab.asked(), ["get HOST"]);

    lab.run(&["login", lab.host()]).succeeds().prints("Login Succeeded\n");
    assert_eq!(lab.asked(), ["get HOST", stored]);

    lab.check(&lab.logout(), "out| Removing login credentials for HOST\nexit 0");
    assert_eq!(lab.config(), json!({"credsStore": "lab", "auths": {}}));
    // Docker erases the first one twice.
    assert_eq!(lab.asked(), ["erase HOST", "erase http://HOST", "erase https://HOST"]);

    lab.check(&lab.pull(), NO_CREDENTIALS);
}

#[test]
fn transcript_10_a_helper_for_one_registry() {
    let lab = Lab::new();
    let other = Kind::Embedded.with_password("user1", "s3cret");
    lab.write(
        &json!({"credHelpers": {lab.host(): "lab"}, "auths": {lab.host(): {"auth": "dTpw"}}}).to_string(),
    );

    lab.check(&lab.login(), "out| Login Succeeded\nexit 0");
    let elsewhere = lab.run(&["login", "-u", "user1", "--password-stdin", other.host()]);
    lab.check(&elsewhere, &format!("out| Login Succeeded\n{UNENCRYPTED}\nexit 0"));

    let auths = json!({lab.host(): {}, other.host(): {"auth": "dXNlcjE6czNjcmV0"}});
    assert_eq!(lab.config(), json!({"credHelpers": {lab.host(): "lab"}, "auths": auths}));
}

#[test]
fn transcript_10_a_helper_that_is_not_there() {
    let lab = Lab::new();
    lab.write(r#"{"credsStore":"nothere"}"#);
    let missing = "err: exec: \"docker-credential-nothere\": executable file not found in $PATH, out: ``";
    lab.check(
        &lab.login(),
        &format!("err| error: error saving credentials: error storing credentials - {missing}\nexit 1"),
    );
    // Docker goes on without a word; nobody would guess why the password is not found.
    lab.check(&lab.pull(), &format!("err| WARNING: error getting credentials - {missing}\n{NO_CREDENTIALS}"));
    lab.check(
        &lab.logout(),
        &format!(
            "out| Removing login credentials for HOST
             err| WARNING: could not erase credentials:
             err| HOST: error erasing credentials - {missing}
             exit 0"
        ),
    );
    assert_eq!(lab.config(), json!({"credsStore": "nothere"}));
}

#[test]
fn transcript_10_a_helper_that_fails() {
    let lab = Lab::new();
    lab.write(r#"{"credsStore":"broken"}"#);
    let failed = "err: exit status 3, out: `boom: backend locked`";
    // What it writes to standard error is passed on once, with its name.
    let note = "err| WARNING: docker-credential-broken: diag on stderr";
    lab.check(
        &lab.login(),
        &format!(
            "{note}\nerr| error: error saving credentials: error storing credentials - {failed}\nexit 1"
        ),
    );
    lab.check(
        &lab.pull(),
        &format!("{note}\nerr| WARNING: error getting credentials - {failed}\n{NO_CREDENTIALS}"),
    );
    lab.check(
        &lab.logout(),
        &format!(
            "out| Removing login credentials for HOST
             {note}
             err| WARNING: could not erase credentials:
             err| HOST: error erasing credentials - {failed}
             exit 0"
        ),
    );
}

#[test]
fn transcript_10_a_broken_helper_does_not_stop_an_anonymous_pull() {
    let lab = Lab::new();
    let open = Kind::Embedded.open();
    let image = format!("{}/x:1", open.host());
    publish(&Home::fresh(), &Fixture::small(), &image);
    for helper in ["nothere", "broken"] {
        lab.write(&json!({"credsStore": helper}).to_string());
        lab.run(&["pull", "-q", &image]).succeeds().prints(&format!("{image}\n"));
    }
}

#[test]
fn transcript_10_a_logout_and_a_config_json_that_does_not_parse() {
    let lab = Lab::new();
    lab.write("{\"auths\": \n");
    // Docker ends with 0, and would write over a file that parses by half.
    lab.check(
        &lab.logout(),
        "out| Removing login credentials for HOST
         err| WARNING: Error parsing config file (HOME/.docker/config.json): unexpected EOF
         err| error: Error parsing config file (HOME/.docker/config.json)
         err|   caused by: unexpected EOF
         err|
         err| hint: fix HOME/.docker/config.json; regcli did not change it
         exit 1",
    );
    assert_eq!(fs::read_to_string(lab.home.docker_config()).unwrap(), "{\"auths\": \n");
}

#[test]
fn transcript_10_entries_that_are_none_are_forgotten_and_the_others_stay() {
    for auth in ["!!!", "bm9jb2xvbg=="] {
        let lab = Lab::new();
        lab.write(&json!({"auths": {"x": {"auth": auth}, "other": {"auth": "!!!"}}}).to_string());
        lab.check(&lab.run(&["logout", "x"]), "out| Removing login credentials for x\nexit 0");
        assert_eq!(lab.config(), json!({"auths": {"other": {"auth": "!!!"}}}));
    }
    let lab = Lab::new();
    lab.write("\n");
    lab.check(&lab.run(&["logout", "x"]), "out| Removing login credentials for x\nexit 0");
}

/// Base64 of this.
fn encoded(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn every_form_of_an_entry_that_docker_reads_is_read() {
    let lab = Lab::new();
    let known = json!({"auth": encoded("user1:s3cret")});
    for (entry, why) in [
        (known.clone(), "as docker writes it"),
        (json!({"username": "user1", "password": "s3cret"}), "in clear"),
        (json!({"auth": encoded("user1:s3cret\0\0\0")}), "filled up with zeros, as by old Docker"),
        (json!({"auth": encoded("user1:s3cret"), "email": "a@b.c"}), "with what Docker once asked for"),
    ] {
        lab.write(&json!({"auths": {lab.host(): entry}}).to_string());
        lab.pull().succeeds().prints(&format!("{}/x:1\n", lab.host()));
        assert_eq!(lab.config()["auths"][lab.host()], entry, "{why}: it is only read");
    }
    lab.write(&format!("\u{feff}{}", json!({"auths": {lab.host(): known}})));
    lab.check(&lab.pull(), "out| HOST/x:1\nexit 0");
    // Docker wants the padding.
    let unpadded = encoded("user1:s3cret1").trim_end_matches('=').to_owned();
    lab.write(&json!({"auths": {lab.host(): {"auth": unpadded}}}).to_string());
    lab.pull().ends_with(4);
}

#[test]
fn a_password_is_all_that_comes_after_the_first_colon() {
    let registry = Kind::Embedded.with_password("user1", "a:b:c");
    let home = Home::fresh();
    login(&home, "user1", "a:b:c", registry.host()).succeeds();
    let again = home.run(["login", registry.host()]).succeeds().prints("Login Succeeded\n");
    again.complains("[Username: user1]");
}

#[test]
fn transcript_10_the_file_of_docker_1_6_is_not_read_and_the_variable_of_docker_28_is() {
    let lab = Lab::new();
    let entry = json!({lab.host(): {"auth": encoded("user1:s3cret"), "email": "x"}});
    fs::write(lab.home.path().join(".dockercfg"), entry.to_string()).unwrap();
    lab.check(&lab.pull(), NO_CREDENTIALS);
    let image = format!("{}/x:1", lab.host());
    let variable = json!({"auths": {lab.host(): {"auth": encoded("user1:s3cret")}}}).to_string();
    let outcome = lab.home.regcli(["pull", "-q", &image]).env("DOCKER_AUTH_CONFIG", variable).run();
    lab.check(&outcome, "out| HOST/x:1\nexit 0");
}
