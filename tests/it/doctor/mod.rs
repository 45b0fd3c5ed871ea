//! `regcli doctor`: what it says of real registries, and of everything that can be wrong with them.

mod access;
mod local;
mod network;
mod tls;
mod uploads;

use std::fs;

use serde_json::Value;

use crate::support::{Api, Fixture, Home, Kind, Outcome, Proxy, Regcli};

/// What must never be seen.
const SECRETS: [&str; 3] = ["hunter2", "ZGVtbzpodW50ZXIy", "wrong-password"];

/// What `regcli doctor --format json` has said.
struct Report {
    outcome: Outcome,
    checks: Vec<Value>,
}

impl Report {
    /// Runs it to its end, which has this exit code.
    #[track_caller]
    fn of(regcli: Regcli, code: i32) -> Self {
        let outcome = regcli.run().ends_with(code);
        for secret in SECRETS {
            assert!(
                !outcome.stdout.contains(secret) && !outcome.stderr.contains(secret),
                "{secret}: {outcome}"
            );
        }
        let document: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome}"));
        let checks = document["checks"].as_array().unwrap().clone();
        Self { outcome, checks }
    }

    /// The check with this id.
    #[track_caller]
    fn check(&self, id: &str) -> &Value {
        let mut found = self.checks.iter().filter(|check| check["id"] == id);
        found.next().unwrap_or_else(|| panic!("no check {id}\n{}", self.outcome))
    }

    /// Asserts that a check ended so, and that its words hold these.
    #[track_caller]
    fn has(&self, id: &str, status: &str, words: &str) -> &Self {
        let check = self.check(id);
        let detail = check["detail"].as_str().unwrap();
        assert!(check["status"] == status && detail.contains(words), "{status} {words}?\n{check:#}");
        self
    }

    /// Asserts that the advice of a check holds these words.
    #[track_caller]
    fn advises(&self, id: &str, words: &str) -> &Self {
        let check = self.check(id);
        assert!(check["hint"].as_str().is_some_and(|hint| hint.contains(words)), "{words}?\n{check:#}");
        self
    }
}

/// `regcli doctor --format json ARGUMENTS` in this home, with nothing of this machine's `/etc`.
fn doctor(home: &Home, arguments: &[&str]) -> Regcli {
    let arguments = [&["doctor", "--format", "json"], arguments].concat();
    home.regcli(arguments).env("REGCLI_ETC", home.path().join("etc"))
}

/// Puts a config.json into the home that nobody else may read.
fn know(home: &Home, config: &Value) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), config.to_string()).unwrap();
    fs::set_permissions(home.docker_config(), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_registry_in_order_is_told_with_everything_it_can() {
    for kind in Kind::present() {
        let registry = kind.open();
        let proxy = Proxy::before(registry.host());
        Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");

        let report = Report::of(doctor(&Home::fresh(), &[&proxy.host()]), 0);

        let software = if kind == Kind::Docker { "Docker Registry" } else { "regcli serve 0" };
        report
            .has("settings", "ok", "plain HTTP is allowed on this machine")
            .has("proxy", "ok", "none: loopback addresses")
            .has("dns", "ok", "127.0.0.1 is an address")
            .has("tcp", "ok", &format!("connected to {}", proxy.host()))
            .has("tls", "ok", "plain HTTP")
            .has("registry", "ok", software)
            .has("clock", "ok", "in step")
            .has("challenge", "ok", "open")
            .has("credentials", "ok", "no credentials stored")
            .has("token", "ok", "not needed")
            .has("catalog", "ok", "team/app first")
            .has("ranges", "ok", "supported: interrupted pulls resume")
            .has("upload", "skip", "--write")
            .has("rate-limit", "ok", "not reported")
            .has("mirror", "skip", "none configured")
            .has("docker-config", "ok", "does not exist")
            .has("store", "ok", "not created yet");
        let changing = proxy.exchanges().into_iter().filter(|call| !["GET", "HEAD"].contains(&&*call.method));
        assert_eq!(changing.map(|call| call.method).collect::<Vec<_>>(), [""; 0], "nothing is changed");
        assert!(proxy.blob_bytes_taken() <= 1, "one byte is enough");
    }
}

#[test]
fn programs_get_one_object_with_ids_that_stay() {
    let registry = Kind::Embedded.open();
    let outcome = doctor(&Home::fresh(), &[registry.host()]).run().succeeds();

    assert_eq!(outcome.stdout.lines().count(), 1);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["registry"], registry.host());
    assert_eq!(document["status"], "ok");
    let ids: Vec<&str> =
        document["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "settings",
            "proxy",
            "dns",
            "tcp",
            "tls",
            "registry",
            "clock",
            "challenge",
            "credentials",
            "token",
            "catalog",
            "ranges",
            "upload",
            "rate-limit",
            "mirror",
            "docker-config",
            "store"
        ]
    );
    for check in document["checks"].as_array().unwrap() {
        let keys: Vec<&String> = check.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "status", "title", "detail", "hint"]);
        let status = check["status"].as_str().unwrap();
        assert!(["ok", "warn", "fail", "skip"].contains(&status), "{check}");
        assert!(check["hint"].is_null() || check["hint"].is_string(), "{check}");
        assert!(!check["detail"].as_str().unwrap().is_empty(), "{check}");
    }
}

#[test]
fn people_get_a_line_for_each_check_without_colours_in_a_pipe() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();

    let list = home.run(["doctor", registry.host()]).succeeds();
    let lines = home.run(["doctor", "--format", "{{.ID}} {{.Status}} {{.Hint}}", registry.host()]).succeeds();
    let table = home.run(["doctor", "--format", "table", registry.host()]).succeeds();

    assert_eq!(list.stdout.lines().count(), 17, "{list}");
    assert!(list.stdout.contains("\nok    registry      regcli serve "), "{list}");
    assert!(!list.stdout.contains('\u{1b}'), "{list}");
    lines.prints_line("tls ok ");
    assert!(table.stdout.starts_with("STATUS "), "{table}");
    home.run(["doctor", "--format", "{{.Secret}}", registry.host()]).ends_with(125);
    home.run(["doctor", "not a host"]).ends_with(125);
    home.run(["doctor", &format!("{}/UPPER", registry.host())]).ends_with(125);
    home.run(["doctor", "--write", "team/app"]).ends_with(125).complains("--write requires a registry");
}

#[test]
fn a_repository_is_looked_at_if_it_is_named() {
    for kind in Kind::present() {
        let registry = kind.open();
        let api = Api::of(registry.host(), "team/list");
        api.seed(&Fixture::multi_platform(), "latest");
        let at = |path: &str| format!("{}/{path}", registry.host());
        let home = Home::fresh();

        Report::of(doctor(&home, &[&at("team/list")]), 0).has("ranges", "ok", "(team/list)");
        Report::of(doctor(&home, &[&at("team/none")]), 3).has("ranges", "fail", "");
    }
}
