//! Requests that go by a proxy: which ones do, and what is told of a proxy that lets nothing through.

use crate::reports::outages;
use crate::support::scripted::{Route, Scripted};
use crate::support::{
    Authority, Fixture, Forward, Home, Kind, Outcome, Registry, Restarting, Tunnel, missing,
};

/// The port that nobody listens at.
const DEAD: &str = "127.0.0.1:1";

/// A registry behind TLS that only a proxy finds, and what regcli needs to trust it.
struct Scene {
    registry: Registry,
    authority: Authority,
    /// `registry.test:PORT`
    name: String,
    home: Home,
}

impl Scene {
    fn new() -> Self {
        let authority = Authority::new();
        let registry = Kind::Embedded.with_tls(&authority);
        let name = registry.host().replace("127.0.0.1", "registry.test");
        Self { registry, authority, name, home: Home::fresh() }
    }

    fn run(&self, arguments: &[&str], variables: &[(&'static str, &str)]) -> Outcome {
        let trusted = self.authority.certificate();
        let arguments = arguments.iter().copied().chain(["--ca-file", trusted.to_str().unwrap()]);
        self.home.regcli(arguments).envs(variables.iter().copied()).run()
    }
}

#[test]
fn r4_no_proxy_means_what_it_means_to_go() {
    let tunnel = Tunnel::to(DEAD);
    let (variable, proxy) = tunnel.env();
    let home = Home::fresh();
    let goes_by_the_proxy = |host: &str, exceptions: &str| {
        let pull = home.regcli(["pull", "--retry", "0", &format!("{host}/app")]);
        pull.env(variable, &proxy).env("NO_PROXY", exceptions).run().ends_with(5);
        tunnel.connections() > 0
    };

    for (host, exceptions) in [
        ("r.invalid:5000", "r.invalid:5000"),
        ("r.invalid:5000", "x.lab, *.invalid"),
        ("r.invalid", "invalid"),
        ("r.invalid", "*"),
        ("R.invalid:5000", ".INVALID:5000"),
        ("0.0.0.0:1", "0.0.0.0:1"),
        ("0.0.0.0:1", "*"),
        ("0.0.0.0:1", "0.0.0.0/8"),
        (DEAD, ""),
        ("localhost:1", "x"),
    ] {
        assert!(!goes_by_the_proxy(host, exceptions), "{host} {exceptions}");
    }
    for (host, exceptions) in [
        ("r.invalid:5000", "r.invalid:5001"),
        ("r.invalid:5000", "*.r.invalid,nvalid"),
        ("0.0.0.0:1", "0.0.0.0:2, 10.0.0.0/8"),
    ] {
        assert!(goes_by_the_proxy(host, exceptions), "{host} {exceptions}");
    }
    // The small spelling counts as well, the other one first.
    let pull = || home.regcli(["pull", "--retry", "0", "r.invalid/app"]).env("https_proxy", &proxy);
    pull().run().ends_with(5);
    assert!(tunnel.connections() > 0);
    pull().env("no_proxy", "r.invalid").run().ends_with(5);
    pull().env("NO_PROXY", "r.invalid").env("no_proxy", "x").run().ends_with(5);
    assert_eq!(tunnel.connections(), 0);
}

#[test]
fn r8_a_real_proxy_that_refuses_is_named_with_its_answer() {
    if missing("tinyproxy") || missing("squid") || missing("htpasswd") {
        return;
    }
    let (scene, tiny, squid) = (Scene::new(), Forward::tinyproxy(), Forward::squid());
    let image = format!("{}/team/app:1", scene.name);
    let pull = |image: &str, variable: &'static str, url: &str| {
        scene.run(&["pull", "--retry", "0", image], &[(variable, url)]).ends_with(5)
    };
    let told = |forward: &Forward, variable: &str, answer: &str| {
        format!("proxy {} (from {variable}): {answer}", forward.url())
    };
    let log_in = "hint: add a user name and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT";
    let required = "407 Proxy Authentication Required";

    let outcome = pull(&image, "HTTPS_PROXY", &tiny.url());
    outcome.complains(&told(&tiny, "HTTPS_PROXY", required)).complains(log_in);
    let outcome = pull(&image, "HTTPS_PROXY", &squid.url());
    outcome.complains(&told(&squid, "HTTPS_PROXY", required)).complains(log_in);
    let known = squid.url_for("demo:hunter2%40x%3Ay");
    let outcome = pull("denied.test/app", "https_proxy", &known);
    outcome.complains(&told(&squid, "https_proxy", "403 Forbidden")).complains("check https_proxy;");
    let outcome = pull("registry.test:1/app", "ALL_PROXY", &known);
    outcome.complains(&told(&squid, "ALL_PROXY", "503 Service Unavailable"));
    let outcome = pull("registry.test:1/app", "HTTPS_PROXY", &tiny.url_for("demo:hunter2"));
    outcome.complains(&told(&tiny, "HTTPS_PROXY", "500 "));
    // Plain HTTP is not tunnelled: the proxy answers in the registry's place.
    let arguments = ["pull", "--plain-http", "--retry", "0", "registry.test/app"];
    let outcome = scene.home.regcli(arguments).env("HTTP_PROXY", squid.url()).run().ends_with(5);
    outcome.complains(&told(&squid, "HTTP_PROXY", required));
}

/// Pulls an image of a registry that speaks plain HTTP, by a proxy.
#[track_caller]
fn pull_plainly(home: &Home, image: &str, proxy: &str) -> Outcome {
    home.regcli(["--plain-http", "pull", "-q", image]).env("HTTP_PROXY", proxy).run()
}

#[test]
fn r8_what_a_proxy_answers_for_a_registry_without_tls_is_told_as_the_proxys() {
    if missing("tinyproxy") || missing("squid") || missing("htpasswd") {
        return;
    }
    let (home, tiny, squid) = (Home::fresh(), Forward::tinyproxy(), Forward::squid());
    let known = [tiny.url_for("demo:hunter2"), squid.url_for("demo:hunter2%40x%3Ay")];
    for (forward, known, image, answer) in [
        (&tiny, &known[0], "denied.test/app", "403 Forbidden"),
        (&tiny, &known[0], "0.0.0.0:1/app", "500 Internal Server Error"),
        (&squid, &known[1], "denied.test/app", "403 Forbidden (ERR_ACCESS_DENIED 0)"),
        (&squid, &known[1], "registry.test:1/app", "503 Service Unavailable (ERR_CONNECT_FAIL 111)"),
    ] {
        let pull = home.regcli(["--plain-http", "pull", "--retry", "0", image]).env("HTTP_PROXY", known);
        let outcome = pull.run().ends_with(5);
        let told = format!("proxy {} (from HTTP_PROXY): {answer}", forward.url());
        let outcome = outcome.complains(&told).complains("check HTTP_PROXY;");
        assert!(!outcome.stderr.contains("login") && !outcome.stderr.contains("denied: "), "{outcome}");
    }
}

#[test]
fn r8_what_a_registry_without_tls_answers_through_a_proxy_is_told_as_its_own() {
    if missing("squid") || missing("htpasswd") || missing("docker-registry") {
        return;
    }
    let (home, squid, registry) = (Home::fresh(), Forward::squid(), Kind::Docker.open());
    let known = squid.url_for("demo:hunter2%40x%3Ay");
    let named = |host: &str| host.replace("127.0.0.1", "registry.test");
    let image = format!("{}/team/none:1", named(registry.host()));
    let outcome = pull_plainly(&home, &image, &known).ends_with(3);
    assert!(!outcome.stderr.contains("proxy"), "{outcome}");

    // Nothing shows who has said this, so that both are named.
    let scripted = Scripted::start();
    scripted.on(Route::Any).status(403).without_header("Docker-Distribution-Api-Version").forever();
    let outcome = pull_plainly(&home, &named(&scripted.at("app:1")), &known).ends_with(4);
    let told = format!("it came through proxy {} (from HTTP_PROXY)", squid.url());
    outcome.complains("denied: ").complains(&told);
}

#[test]
fn r8_a_registry_without_tls_that_restarts_behind_a_proxy_is_waited_for() {
    if missing("squid") || missing("htpasswd") || missing("docker-registry") {
        return;
    }
    let (home, squid, fixture) = (Home::fresh(), Forward::squid(), Fixture::several(6, 1 << 20));
    let mut registry = Restarting::start(Kind::Docker);
    let image = format!("{}/app:1", registry.host());
    home.run(["copy", "-q", &fixture.place(), &image]).succeeds();
    let image = image.replace("127.0.0.1", "registry.test");
    let pull = home.regcli(["--plain-http", "--limit-rate=1M", "pull", &image]);
    let pull = pull.env("HTTP_PROXY", squid.url_for("demo:hunter2%40x%3Ay")).start();
    outages::wait_for(&home.store(), 1 << 20);
    registry.kill();
    // Longer than six attempts take.
    std::thread::sleep(std::time::Duration::from_secs(10));
    registry.start_again();
    pull.finish().succeeds();
    outages::assert_kept(&home, &fixture);
}

#[test]
fn r8_images_come_and_go_by_a_proxy_that_asks_for_a_password() {
    if missing("squid") || missing("htpasswd") {
        return;
    }
    let (scene, squid, fixture) = (Scene::new(), Forward::squid(), Fixture::small());
    let image = format!("{}/team/app:1", scene.name);
    let known = squid.url_for("demo:hunter2%40x%3Ay");
    scene.home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();

    for variable in ["HTTPS_PROXY", "all_proxy"] {
        scene.run(&["push", "-q", &image], &[(variable, &known)]).succeeds();
        scene.home.run(["rmi", "-f", &image]).succeeds();
        scene.run(&["pull", "-q", &image], &[(variable, &known)]).succeeds();
        let digest = scene.run(&["digest", &image], &[(variable, &known)]).succeeds();
        assert_eq!(digest.last_line(), fixture.root.digest);
    }
}

#[test]
fn r8_a_proxy_that_is_not_there_or_another_one_is_named() {
    let scene = Scene::new();
    let image = format!("{}/team/app:1", scene.name);
    let pull = |variable: &'static str, url: &str| {
        let outcome =
            scene.run(&["--debug", "pull", "--retry", "0", &image], &[(variable, url)]).ends_with(5);
        assert!(!outcome.stderr.contains("--plain-http"), "{outcome}");
        outcome
    };
    for (url, shown) in [
        ("http://demo:hunter2@127.0.0.1:1", "http://127.0.0.1:1"),
        ("https://demo:hunter2@127.0.0.1:1/", "https://127.0.0.1:1"),
        ("socks5h://demo:hunter2@127.0.0.1:1", "socks5h://127.0.0.1:1"),
        ("socks5://127.0.0.1:1", "socks5://127.0.0.1:1"),
        ("127.0.0.1:1", "http://127.0.0.1:1"),
    ] {
        let refused = "dial tcp 127.0.0.1:1: connect: connection refused";
        let outcome = pull("HTTPS_PROXY", url);
        outcome
            .complains(&format!("proxy {shown} (from HTTPS_PROXY): {refused}"))
            .complains("hint: check HTTPS_PROXY; list the registries that need no proxy in NO_PROXY");
    }
    let lookup =
        "proxy http://proxy.invalid:3128 (from ALL_PROXY): dial tcp: lookup proxy.invalid: no such host";
    pull("ALL_PROXY", "proxy.invalid:3128").complains(lookup);
    // One that speaks plain HTTP where TLS is expected of it, and the other way round.
    let tunnel = Tunnel::to(DEAD);
    let plain = tunnel.env().1.replace("http://", "https://");
    pull("HTTPS_PROXY", &plain)
        .complains(&format!("proxy {plain} (from HTTPS_PROXY): it does not speak TLS"))
        .complains("hint: write http:// instead of https:// in HTTPS_PROXY");
    let secure = format!("http://{}", scene.registry.host());
    pull("HTTPS_PROXY", &secure).complains("it speaks TLS").complains("write https:// instead of http://");
    let socks = tunnel.env().1.replace("http://", "socks5h://");
    pull("HTTPS_PROXY", &socks).complains(&format!("proxy {socks} (from HTTPS_PROXY): "));
    // A proxy that reaches nobody hangs up.
    let hung_up = format!("proxy {} (from HTTPS_PROXY): it closes the connection", tunnel.env().1);
    pull("HTTPS_PROXY", &tunnel.env().1).complains(&hung_up);
}

#[test]
fn r8_a_variable_that_is_no_proxy_is_an_error_before_anything_is_sent() {
    let scene = Scene::new();
    let (image, tunnel) = (format!("{}/team/app:1", scene.name), Tunnel::to(DEAD));
    let told = "HTTPS_PROXY is not the URL of a proxy";
    for value in ["http://", "ftp://127.0.0.1:1", "http://demo:hunter2@127.0.0.1:99999", "127.0.0.1:port"] {
        let variables = [("HTTPS_PROXY", value), ("ALL_PROXY", &*tunnel.env().1)];
        for command in ["pull", "digest", "tags"] {
            let name = if command == "tags" { image.trim_end_matches(":1") } else { &image };
            let outcome = scene.run(&[command, name], &variables).ends_with(1).complains(told);
            outcome.complains("hint: set HTTPS_PROXY to http://HOST:PORT, or unset it");
        }
        let outcome = scene.run(&["doctor", &scene.name], &variables).ends_with(1);
        assert!(outcome.stdout.contains(told), "{outcome}");
        // What is asked without it does not mind.
        let excepted = [variables[0], ("NO_PROXY", "registry.test")];
        scene
            .run(&["pull", "--retry", "0", &image], &excepted)
            .ends_with(5)
            .complains("lookup registry.test");
    }
    assert_eq!(tunnel.connections(), 0);
}

#[test]
fn r8_doctor_tells_the_same_of_a_proxy() {
    if missing("squid") || missing("htpasswd") {
        return;
    }
    let (scene, squid) = (Scene::new(), Forward::squid());
    let known = squid.url_for("demo:hunter2%40x%3Ay");
    let doctor = |name: &str, url: &str| scene.run(&["doctor", name], &[("HTTPS_PROXY", url)]);
    let tells = |outcome: Outcome, words: &str| assert!(outcome.stdout.contains(words), "{words}\n{outcome}");

    let told = format!("proxy {} (from HTTPS_PROXY): 407 Proxy Authentication Required", squid.url());
    tells(doctor(&scene.name, &squid.url()).ends_with(5), &told);
    tells(doctor(&scene.name, &squid.url()), "add a user name and a password");
    tells(doctor("denied.test", &known).ends_with(5), "(from HTTPS_PROXY): 403 Forbidden");
    let secure = squid.url().replace("http://", "https://");
    tells(doctor(&scene.name, &secure).ends_with(5), "it does not speak TLS");
    tells(doctor(&scene.name, &known), &format!("{}, from HTTPS_PROXY", squid.url()));
}
