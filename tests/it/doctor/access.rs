//! Who one is: passwords, tokens, and registries that ask for too much.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Report, doctor, know};
use crate::support::{Api, Fault, Fixture, Gate, Home, Kind, Proxy, TokenService};

/// What config.json holds for `demo` with this password.
fn auths(host: &str, password: &str) -> Value {
    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("demo:{password}"));
    json!({"auths": {host: {"auth": auth}}})
}

#[test]
fn a_password_is_sent_once_and_is_right_wrong_or_missing() {
    for kind in Kind::present() {
        let registry = kind.with_password("demo", "hunter2");
        let proxy = Proxy::before(registry.host());
        let host = proxy.host();
        let home = Home::fresh();

        let nobody = Report::of(doctor(&home, &[&host]), 4);
        nobody.has("challenge", "ok", "Basic: requires a user name and a password");
        nobody.has("token", "fail", "no basic auth credentials").advises("token", "regcli login");

        know(&home, &auths(&host, "wrong-password"));
        proxy.forget();
        let wrong = Report::of(doctor(&home, &[&host]), 4);
        wrong.has("credentials", "ok", "password of demo, from ").has("token", "fail", "");
        wrong.advises("token", "refused the stored credentials").has(
            "catalog",
            "skip",
            "because login failed",
        );
        let sent = proxy.exchanges().into_iter().filter(|call| call.authorization.is_some()).count();
        assert_eq!(sent, 1, "some lock an account after a few wrong passwords");

        know(&home, &auths(&host, "hunter2"));
        let right = Report::of(doctor(&home, &[&host]), 0);
        right.has("token", "ok", "are accepted").has("catalog", "ok", "none are visible");
    }
}

#[test]
fn a_token_is_for_anybody_or_for_somebody() {
    for kind in Kind::present() {
        let service = TokenService::start();
        service.set_lifetime(Duration::from_secs(300));
        let registry = kind.with_tokens(&service);
        let home = Home::fresh();

        let anybody = Report::of(doctor(&home, &[registry.host()]), 0);
        let challenge =
            format!("Bearer: requires a token for {} from {}", service.service(), service.realm());
        anybody.has("challenge", "ok", &challenge);
        anybody.has("token", "ok", "an anonymous token, valid for 5m");

        know(&home, &auths(registry.host(), "hunter2"));
        let somebody = Report::of(doctor(&home, &[registry.host()]), 0);
        somebody.has("token", "ok", "a token for this account");
        know(&home, &auths(registry.host(), "wrong-password"));
        service.forget();
        let wrong = Report::of(doctor(&home, &[registry.host()]), 4);
        wrong.has("token", "fail", "");
        assert_eq!(service.requests().len(), 1, "a wrong password is sent once");
    }
}

#[test]
fn a_token_that_allows_nothing_is_told() {
    let (upstream, service) = (Kind::Embedded.open(), TokenService::start());
    Api::of(upstream.host(), "private/app").seed(&Fixture::small(), "1");
    let proxy = Proxy::guarding(upstream.host(), service.gate());
    service.grant_nothing_private();
    let home = Home::fresh();
    know(&home, &auths(&proxy.host(), "hunter2"));

    let report = Report::of(doctor(&home, &[&format!("{}/private/app", proxy.host())]), 4);

    report
        .has("token", "fail", "does not allow pulling private/app")
        .advises("token", "does not let this account use");
}

#[test]
fn nothing_is_sent_to_a_token_service_that_is_not_trusted() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::guarding(registry.host(), Gate::Open);
    let challenge = "Bearer realm=\"ftp://me:hunter2@auth.lab/token?key=hunter2\",service=\"x\"".to_owned();
    let headers = vec![("www-authenticate", challenge)];
    proxy.fault("GET", "/v2/", Fault::Answer { status: 401, headers, body: "" });
    let home = Home::fresh();
    know(&home, &auths(&proxy.host(), "hunter2"));

    let report = Report::of(doctor(&home, &[&proxy.host()]), 4);

    report.has("challenge", "fail", "ftp://auth.lab/token is not trusted: it ");
    report.has("token", "skip", "because access failed");
    assert!(proxy.exchanges().iter().all(|call| call.authorization.is_none()));
}

#[test]
fn broken_credentials_and_helpers_are_told_and_stop_nothing() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();

    know(&home, &json!({"auths": {registry.host(): {"auth": "%%%"}}}));
    let report = Report::of(doctor(&home, &[registry.host()]), 0);
    report.has("credentials", "warn", "illegal base64").advises("credentials", "");

    know(&home, &json!({"credHelpers": {registry.host(): "nosuch"}}));
    let report = Report::of(doctor(&home, &[registry.host()]), 0);
    report.has("credentials", "warn", "docker-credential-nosuch");
    let own = home.regcli(["doctor", "--format", "{{.ID}} {{.Status}}", registry.host()]);
    own.run().prints_line("credentials warn");
}
