//! Credentials stay with the token service that has checked them at the login.

use std::fs;

use super::{keep, log_in};
use crate::support::{Fault, Fixture, Home, Kind, Proxy, TokenService};

/// Where it is kept who has checked what.
const KEPT: &str = ".local/share/regcli/token-services.json";

#[test]
fn a_password_does_not_go_to_a_token_service_that_is_named_later() {
    let (service, registry) = (TokenService::start(), Kind::Embedded.open());
    let proxy = Proxy::guarding(registry.host(), service.gate());
    let (host, home) = (proxy.host(), Home::fresh());
    log_in(&home, &host);
    keep(&home, &Fixture::small(), &format!("{host}/team/app:1"));
    service.move_to("localhost");
    service.forget();
    // What the registry asked for is asked anew each day.
    fs::remove_dir_all(home.path().join(".cache")).unwrap();

    let refused = format!("{host} names another token service than at the login: localhost, not 127.0.0.1");
    for command in [["push", "-q"], ["pull", "-q"]] {
        let outcome =
            home.run(command.into_iter().chain([format!("{host}/team/app:1").as_str()])).ends_with(4);
        outcome
            .complains(&refused)
            .complains(&format!("only if that is expected, accept it: regcli login {host}"));
    }
    // What is stored is not tried at another service either.
    home.run(["login", &host]).ends_with(4).complains(&refused);
    home.run(["auth", "status", "--check", &host]).complains("localhost");
    assert_eq!(service.requests(), [], "nobody came");

    // Who types the password is told where it went.
    let there = service.realm().replace("http://", "").replace("/token", "");
    let login = home.regcli(["login", "-u", "demo", "--password-stdin", &host]).stdin("hunter2").run();
    login.succeeds().prints("Login Succeeded\n").complains(&format!("{host} lets {there} check credentials"));
    home.run(["push", "-q", &format!("{host}/team/app:1")]).succeeds();
}

#[test]
fn a_registry_that_checked_the_password_itself_cannot_name_a_token_service_later() {
    let (service, registry) = (TokenService::start(), Kind::Embedded.open());
    let proxy = Proxy::before(registry.host());
    let (host, home) = (proxy.host(), Home::fresh());
    let ask = |path, challenge: &str| {
        let headers = vec![("WWW-Authenticate", challenge.to_owned())];
        proxy.fault("GET", path, Fault::Answer { status: 401, headers, body: "" });
    };
    ask("/v2/", "Basic realm=\"registry\"");
    log_in(&home, &host);
    fs::remove_dir_all(home.path().join(".cache")).unwrap();
    service.move_to("localhost");
    let challenge = format!("Bearer realm=\"{}\",service=\"regcli.test\"", service.realm());
    ask("/manifests/", &challenge);

    let outcome = home.run(["pull", &format!("{host}/team/app:1")]).ends_with(4);

    outcome.complains("names another token service than at the login: localhost, not 127.0.0.1");
    assert_eq!(service.requests(), []);
}

#[test]
fn logout_forgets_the_token_service_and_nothing_that_is_kept_is_secret() {
    let (service, registry) = (TokenService::start(), Kind::Embedded.open());
    let proxy = Proxy::guarding(registry.host(), service.gate());
    let (host, home) = (proxy.host(), Home::fresh());
    log_in(&home, &host);
    let kept = fs::read_to_string(home.path().join(KEPT)).unwrap();
    assert!(kept.contains(&host) && kept.contains("127.0.0.1"), "{kept}");
    assert!(!kept.contains("hunter2") && !kept.contains("demo"), "{kept}");

    home.run(["logout", &host]).succeeds();

    assert!(!fs::read_to_string(home.path().join(KEPT)).unwrap().contains(&host));
    // A file that cannot be read, or is somebody's invention, keeps nobody from anything.
    fs::write(home.path().join(KEPT), "{").unwrap();
    log_in(&home, &host);
    home.run(["pull", &format!("{host}/library/none")]).ends_with(3);
}
