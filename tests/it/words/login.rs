//! `login`: transcripts 01, 03, 04, 13 and 16.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Home, Hub, Kind, Outcome, TokenService, missing};

use super::Recording;

const KINDS: [Kind; 2] = [Kind::Embedded, Kind::Docker];

const PASSWORD: [&str; 2] = ["user1", "s3cret"];

/// Logs in with the password on standard input.
#[track_caller]
fn login(home: &Home, server: &str, password: &str) -> Outcome {
    home.regcli(["login", "-u", "user1", "--password-stdin", server]).stdin(password).run()
}

fn config(home: &Home) -> String {
    fs::read_to_string(home.docker_config()).unwrap()
}

#[test]
fn transcript_01_a_wrong_and_a_right_password() {
    for kind in KINDS {
        if kind.missing() || missing("htpasswd") {
            return;
        }
        let registry = kind.with_password(PASSWORD[0], PASSWORD[1]);
        let home = Home::fresh();
        let recording = Recording::at(&home).with(registry.host(), "HOST");
        recording.check(
            &home.run(["login", registry.host(), "-u", "user1", "-p", "wrong"]),
            "err| WARNING! Using --password via the CLI is insecure. Use --password-stdin.
             err| error: HOST refused user user1: wrong name or password
             err|   caused by: login attempt to http://HOST/v2/ failed with status: 401 Unauthorized
             err|
             err| hint: check the name and the password; with two-factor login or single sign-on, use an access token as the password
             exit 4",
        );
        assert!(!home.docker_config().exists(), "a wrong password is not stored");
        recording.check(
            &home.run(["login", registry.host(), "-u", "user1", "-p", "s3cret"]),
            "out| Login Succeeded
             err| WARNING! Using --password via the CLI is insecure. Use --password-stdin.
             err|
             err| WARNING! Your credentials are stored unencrypted in 'HOME/.docker/config.json'.
             err| Configure a credential helper to remove this warning. See
             err| https://docs.docker.com/go/credential-store/
             err|
             exit 0",
        );
        let expected = format!(
            "{{\n\t\"auths\": {{\n\t\t\"{}\": {{\n\t\t\t\"auth\": \"dXNlcjE6czNjcmV0\"\n\t\t}}\n\t}}\n}}",
            registry.host()
        );
        assert_eq!(config(&home), expected);
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home.docker_config()), 0o600);
        assert_eq!(mode(home.docker_config().parent().unwrap()), 0o700);
        recording.check(
            &home.run(["login", registry.host()]),
            "out| Login Succeeded
             err| Authenticating with existing credentials... [Username: user1]
             err|
             err|  Info -> To login with a different account, run 'regcli logout' followed by 'regcli login'
             err|
             err|
             exit 0",
        );
        recording.check(&login(&home, registry.host(), "s3cret\n"), "out| Login Succeeded\nexit 0");
        recording.check(&login(&home, registry.host(), "s3cret\r\n"), "out| Login Succeeded\nexit 0");
    }
}

#[test]
fn transcript_01_a_password_from_stdin_loses_one_line_break_and_nothing_else() {
    let registry = Kind::Embedded.with_password("user1", " with spaces \n");
    let home = Home::fresh();
    login(&home, registry.host(), " with spaces \n\n").succeeds();
    login(&home, registry.host(), " with spaces \n\r\n").succeeds();
    login(&home, registry.host(), " with spaces \n").ends_with(4);
    home.regcli(["login", "-u", "user1", "-p", "-", registry.host()])
        .stdin(" with spaces \n\r")
        .run()
        .succeeds();
}

#[test]
fn transcript_01_flags_that_cannot_be_meant_are_refused_before_anybody_is_asked() {
    let home = Home::fresh();
    let recording = Recording::at(&home);
    for (arguments, problem) in [
        (
            vec!["-p", "x", "--password-stdin", "-u", "user1"],
            "conflicting options: cannot specify both --password and --password-stdin",
        ),
        (vec!["--password-stdin"], "the --password-stdin option requires --username to be set"),
        (vec!["-p", "-"], "the --password-stdin option requires --username to be set"),
        (vec!["-u", ""], "username is empty"),
        (vec!["-u", "user1", "-p", ""], "password is empty"),
    ] {
        let outcome = home.regcli(["login", "nosuch.invalid"].iter().chain(&arguments)).stdin("x").run();
        recording.check(&outcome, &format!("err| error: {problem}\nexit 125"));
    }
    for nothing in ["", "\n", " \r\n"] {
        recording.check(&login(&home, "nosuch.invalid", nothing), "err| error: password is empty\nexit 125");
    }
}

#[test]
fn transcript_01_nobody_to_ask() {
    let home = Home::fresh();
    let expected = "err| error: cannot perform an interactive login from a non-TTY device
                    err|
                    err| hint: give both: --username NAME --password-stdin < FILE
                    exit 4";
    for arguments in
        [&["login", "nosuch.invalid"][..], &["login", "-u", "user1", "nosuch.invalid"], &["login"]]
    {
        Recording::at(&home).check(&home.run(arguments), expected);
    }
}

#[test]
fn transcript_01_a_server_may_be_written_as_a_url() {
    let registry = Kind::Embedded.with_password(PASSWORD[0], PASSWORD[1]);
    let port = registry.host().rsplit(':').next().unwrap();
    for (server, key) in [
        (format!("http://{}", registry.host()), registry.host().to_owned()),
        (format!("https://{}/v2/", registry.host()), registry.host().to_owned()),
        (format!("localhost:{port}"), format!("localhost:{port}")),
    ] {
        let home = Home::fresh();
        login(&home, &server, "s3cret").succeeds().prints("Login Succeeded\n");
        assert!(config(&home).contains(&format!("\"{key}\": {{\n")), "{server}: {}", config(&home));
        home.run(["logout", &server]).succeeds().prints(&format!("Removing login credentials for {key}\n"));
        assert_eq!(config(&home), "{\n\t\"auths\": {}\n}");
    }
}

#[test]
fn transcript_01_a_registry_that_asks_nobody_takes_any_password_and_regcli_says_so() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    Recording::at(&home).with(registry.host(), "HOST").check(
        &login(&home, registry.host(), "thing"),
        "out| Login Succeeded
         err| WARNING: HOST does not ask for credentials; they are stored unchecked
         err|
         err| WARNING! Your credentials are stored unencrypted in 'HOME/.docker/config.json'.
         err| Configure a credential helper to remove this warning. See
         err| https://docs.docker.com/go/credential-store/
         err|
         exit 0",
    );
}

#[test]
fn transcript_01_nobody_listens() {
    let home = Home::fresh();
    Recording::at(&home).check(
        &login(&home, "127.0.0.1:1", "thing"),
        "err| error: Get \"https://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused
         err|
         err| hint: no registry listens there: start one with regcli serve --addr 127.0.0.1:1
         exit 5",
    );
    Recording::at(&home).check(
        &login(&home, "nosuch.invalid", "thing"),
        "err| error: Get \"https://nosuch.invalid/v2/\": dial tcp: lookup nosuch.invalid: no such host
         err|
         err| hint: check the name nosuch.invalid and the network; set HTTPS_PROXY if a proxy is needed
         exit 5",
    );
    assert!(!home.docker_config().exists());
}

#[test]
fn transcript_02_stored_credentials_that_are_wrong_now_without_a_terminal() {
    let registry = Kind::Embedded.with_password(PASSWORD[0], PASSWORD[1]);
    let home = Home::fresh();
    super::config_json::write(
        &home,
        &format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjE6b2xk"}}}}}}"#, registry.host()),
    );
    Recording::at(&home).with(registry.host(), "HOST").check(
        &home.run(["login", registry.host()]),
        "err| Authenticating with existing credentials... [Username: user1]
         err|
         err|  Info -> To login with a different account, run 'regcli logout' followed by 'regcli login'
         err|
         err|
         err| Login did not succeed, error: login attempt to http://HOST/v2/ failed with status: 401 Unauthorized
         err| error: cannot perform an interactive login from a non-TTY device
         err|
         err| hint: give both: --username NAME --password-stdin < FILE
         exit 4",
    );
}

#[test]
fn transcript_04_docker_hub_under_all_its_names_is_one_key() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    for server in [&[][..], &["docker.io"], &["index.docker.io"], &["https://index.docker.io/v1/"]] {
        let home = Home::fresh();
        let arguments = ["login", "-u", "demo", "--password-stdin"].iter().chain(server);
        let outcome = home.regcli(arguments).envs(hub.env()).stdin("hunter2").run();
        outcome.succeeds().prints("Login Succeeded\n");
        let expected = "{\n\t\"auths\": {\n\t\t\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"ZGVtbzpodW50ZXIy\"\n\t\t}\n\t}\n}";
        assert_eq!(config(&home), expected, "{server:?}");
    }
}

#[test]
fn transcript_04_a_password_that_docker_hub_does_not_take() {
    let hub = Hub::without_images();
    let home = Home::fresh();
    let outcome =
        home.regcli(["login", "-u", "demo", "--password-stdin"]).envs(hub.env()).stdin("wrong").run();
    Recording::at(&home).check(
        &outcome,
        "err| error: Docker Hub refused user demo: wrong name or password
         err|   caused by: Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password
         err|
         err| hint: check the name and the password; with two-factor or social login, use a personal access token as the password
         exit 4",
    );
}

#[test]
fn transcript_03_an_authority_that_nobody_knows() {
    let hub = Hub::without_images();
    let [proxy, _] = hub.env();
    let home = Home::fresh();
    let outcome = home.regcli(["login", "-u", "demo", "--password-stdin"]).envs([proxy]).stdin("x").run();
    Recording::at(&home).check(
        &outcome,
        "err| error: Get \"https://registry-1.docker.io/v2/\": x509: certificate signed by unknown authority
         err|
         err| hint: name the authority's certificate with --ca-file, or store it as /etc/docker/certs.d/docker.io/ca.crt
         exit 5",
    );
}

#[test]
fn transcript_16_an_identity_token_is_stored_in_place_of_the_password() {
    let service = TokenService::start();
    service.give_identity_tokens();
    let registry = Kind::Embedded.with_tokens(&service);
    let home = Home::fresh();
    let arguments = ["login", "-u", "demo", "--password-stdin", registry.host()];
    let outcome = home.regcli(arguments).stdin("hunter2").run();
    Recording::at(&home).check(&outcome, "out| Login Succeeded\nexit 0");
    let config: serde_json::Value = serde_json::from_str(&config(&home)).unwrap();
    let entry = &config["auths"][registry.host()];
    assert_eq!(entry, &serde_json::json!({"auth": "ZGVtbzo=", "identitytoken": "refresh-demo-0"}));
    home.run(["login", registry.host()]).ends_with(4).complains("cannot perform an interactive login");
}
