//! `login` and `logout` at a registry with a password.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Fixture, Home, Kind, Registry, missing};

use super::keep;

at_every_registry! {
    a_right_password_is_kept_and_used,
    a_wrong_password_is_denied_in_dockers_words,
    a_wrong_password_leaves_the_right_one_as_it_is,
    logout_forgets_the_password,
    without_credentials_nobody_pulls_or_pushes,
    a_registry_that_asks_nobody_says_nothing_about_a_password,
}

/// A registry that wants a password; `None` if this machine has none.
fn guarded(kind: Kind) -> Option<Registry> {
    if kind == Kind::Docker && missing("htpasswd") {
        return None;
    }
    Some(kind.with_password("user1", "s3cret"))
}

fn log_in(home: &Home, host: &str, password: &str) -> crate::support::Outcome {
    home.regcli(["login", "-u", "user1", "--password-stdin", host]).stdin(password).run()
}

/// config.json; an empty object if there is none.
fn docker_config(home: &Home) -> Value {
    fs::read(home.docker_config()).map_or(json!({}), |text| serde_json::from_slice(&text).unwrap())
}

fn a_right_password_is_kept_and_used(kind: Kind) {
    let Some(registry) = guarded(kind) else { return };
    let home = Home::fresh();
    let warning = format!(
        "\nWARNING! Your credentials are stored unencrypted in '{}'.\nConfigure a credential helper",
        home.docker_config().display()
    );
    log_in(&home, registry.host(), "s3cret\n").succeeds().prints("Login Succeeded\n").complains(&warning);
    let expected = json!({"auths": {registry.host(): {"auth": "dXNlcjE6czNjcmV0"}}});
    assert_eq!(docker_config(&home), expected);

    let image = format!("{}/team/app:1", registry.host());
    keep(&home, &Fixture::small(), &image);
    home.run(["push", &image]).succeeds();
    home.run(["rmi", &image]).succeeds();
    home.run(["pull", &image]).succeeds();
    home.run(["catalog", registry.host()]).succeeds().prints("team/app\n");

    let again = home.run(["login", registry.host()]).succeeds().prints("Login Succeeded\n");
    again.complains("Authenticating with existing credentials... [Username: user1]");
}

fn a_wrong_password_is_denied_in_dockers_words(kind: Kind) {
    let Some(registry) = guarded(kind) else { return };
    let home = Home::fresh();
    let words =
        format!("login attempt to http://{}/v2/ failed with status: 401 Unauthorized", registry.host());
    log_in(&home, registry.host(), "wrong").ends_with(4).prints("").complains(&words);
    let by_flag = home.run(["login", "-u", "user1", "-p", "wrong", registry.host()]);
    by_flag
        .ends_with(4)
        .complains("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
        .complains(&words);
    assert!(!home.docker_config().exists(), "nothing is kept of a password that is wrong");
}

fn a_wrong_password_leaves_the_right_one_as_it_is(kind: Kind) {
    let Some(registry) = guarded(kind) else { return };
    let home = Home::fresh();
    log_in(&home, registry.host(), "s3cret").succeeds();
    let before = docker_config(&home);
    log_in(&home, registry.host(), "wrong").ends_with(4);
    assert_eq!(docker_config(&home), before);
    home.run(["catalog", registry.host()]).succeeds();
}

fn logout_forgets_the_password(kind: Kind) {
    let Some(registry) = guarded(kind) else { return };
    let home = Home::fresh();
    log_in(&home, registry.host(), "s3cret").succeeds();
    home.run(["catalog", registry.host()]).succeeds();

    let words = format!("Removing login credentials for {}\n", registry.host());
    home.run(["logout", registry.host()]).succeeds().prints(&words);
    assert_eq!(docker_config(&home).pointer("/auths").unwrap_or(&json!({})), &json!({}));
    home.run(["catalog", registry.host()]).ends_with(4);
    home.run(["logout", registry.host()]).succeeds().prints(&words);
}

fn without_credentials_nobody_pulls_or_pushes(kind: Kind) {
    let Some(registry) = guarded(kind) else { return };
    let home = Home::fresh();
    let image = format!("{}/team/app:1", registry.host());
    let hint = format!("hint: log in: regcli login {}", registry.host());
    home.run(["pull", &image]).ends_with(4).complains("no basic auth credentials").complains(&hint);
    keep(&home, &Fixture::small(), &image);
    home.run(["push", &image]).ends_with(4).complains("no basic auth credentials").complains(&hint);
    home.run(["tags", &format!("{}/team/app", registry.host())]).ends_with(4).complains(&hint);

    let wrong = json!({"auths": {registry.host(): {"auth": "dXNlcjE6d3Jvbmc="}}});
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), wrong.to_string()).unwrap();
    let refused = home.run(["push", &image]).ends_with(4);
    refused.complains("unauthorized: authentication required").complains("log in again: regcli login");
}

fn a_registry_that_asks_nobody_says_nothing_about_a_password(kind: Kind) {
    let registry = kind.open();
    let home = Home::fresh();
    let warning = format!("{} does not ask for credentials; they are stored unchecked", registry.host());
    log_in(&home, registry.host(), "any").succeeds().prints("Login Succeeded\n").complains(&warning);
    assert_eq!(docker_config(&home)["auths"][registry.host()]["auth"], "dXNlcjE6YW55");
}
