//! Transcript 04: logins at Docker Hub, which has a token service.

use crate::support::{Home, Hub, Kind, Outcome, Registry};
use crate::words::Recording;

use super::UNENCRYPTED;

/// Docker Hub and somebody who uses it.
struct Lab {
    _registry: Registry,
    hub: Hub,
    home: Home,
}

impl Lab {
    fn new() -> Self {
        let registry = Kind::Embedded.open();
        let hub = Hub::before(registry.host());
        Self { _registry: registry, hub, home: Home::fresh() }
    }

    fn run(&self, arguments: &[&str], stdin: &str) -> Outcome {
        self.home.regcli(arguments).envs(self.hub.env()).stdin(stdin).run()
    }

    #[track_caller]
    fn check(&self, outcome: &Outcome, expected: &str) {
        Recording::at(&self.home).check(outcome, expected);
    }

    /// The requests to registry-1.docker.io, `GET /v2/ 401`.
    fn asked(&self) -> Vec<String> {
        let line = |seen: crate::support::Exchange| format!("{} {} {}", seen.method, seen.path, seen.status);
        self.hub.exchanges().into_iter().map(line).collect()
    }
}

const LOGIN: [&str; 4] = ["login", "-u", "demo", "--password-stdin"];

#[test]
fn transcript_04_a_login_asks_the_registry_then_the_token_service_then_the_registry() {
    let lab = Lab::new();

    lab.check(&lab.run(&LOGIN, "wrong"), WRONG);

    assert_eq!(lab.asked(), ["GET /v2/ 401"]);
    lab.check(&lab.run(&LOGIN, "hunter2"), &format!("out| Login Succeeded\n{UNENCRYPTED}\nexit 0"));
    assert_eq!(lab.asked(), ["GET /v2/ 401", "GET /v2/ 401", "GET /v2/ 200"]);
    let tokens = lab.hub.token_requests();
    let asked: Vec<_> =
        tokens.iter().map(|asked| (asked.method.as_str(), asked.user.as_str(), asked.status)).collect();
    assert_eq!(
        asked,
        [("GET", "", 401), ("GET", "demo", 200)],
        "it does not know whose wrong password it was"
    );
    assert!(tokens.iter().all(|asked| asked.offline && asked.scopes.concat().is_empty()));
}

const WRONG: &str = "
    err| error: Docker Hub refused user demo: wrong name or password
    err|   caused by: Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password
    err|
    err| hint: check the name and the password; with two-factor or social login, use a personal access token as the password
    exit 4";

const EXISTING: &str = "err| Authenticating with existing credentials... [Username: demo]
    err|
    err|  Info -> To login with a different account, run 'regcli logout' followed by 'regcli login'
    err|
    err|";

#[test]
fn transcript_04_stored_credentials_are_tried_under_every_name_of_the_hub() {
    let lab = Lab::new();
    lab.run(&LOGIN, "hunter2").succeeds();
    for server in [&[][..], &["docker.io"], &["index.docker.io"], &["https://index.docker.io/v1/"]] {
        let outcome = lab.run(&[&["login"], server].concat(), "");
        lab.check(&outcome, &format!("out| Login Succeeded\n{EXISTING}\nexit 0"));
    }
    // Docker keeps a login at registry-1.docker.io apart, where no pull finds it. Here it is the Hub's.
    let again = lab.run(&[&LOGIN[..], &["registry-1.docker.io"]].concat(), "hunter2");
    lab.check(&again, "out| Login Succeeded\nexit 0");
    let removed = "out| Removing login credentials for https://index.docker.io/v1/\nexit 0";
    lab.check(&lab.run(&["logout"], ""), removed);
    assert_eq!(std::fs::read_to_string(lab.home.docker_config()).unwrap(), "{\n\t\"auths\": {}\n}");
}

#[test]
fn a_token_service_that_does_not_take_what_is_stored_says_that_it_has_expired() {
    let lab = Lab::new();
    std::fs::create_dir_all(lab.home.docker_config().parent().unwrap()).unwrap();
    let stored = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"ZGVtbzpvbGQ="}}}"#;
    std::fs::write(lab.home.docker_config(), stored).unwrap();
    let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(lab.home.docker_config(), own).unwrap();
    lab.check(
        &lab.run(&["login"], ""),
        &format!(
            "{EXISTING}
             err| Stored credentials invalid or expired
             err| error: cannot perform an interactive login from a non-TTY device
             err|
             err| hint: give both: --username NAME --password-stdin < FILE
             exit 4"
        ),
    );
    assert_eq!(std::fs::read_to_string(lab.home.docker_config()).unwrap(), stored);
}
