//! What is wrong on the way to a registry, and with who answers there.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{Report, doctor};
use crate::support::{Authority, Fault, Gate, Home, Kind, Proxy, Tunnel};

/// Answers the next `GET /v2/` so.
fn answering(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Proxy {
    let proxy = Proxy::before("127.0.0.1:1");
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    proxy.fault("GET", "/v2/", Fault::Answer { status, headers, body });
    proxy
}

#[test]
fn a_dead_port_is_told_and_what_needs_it_is_skipped() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();

    let report = Report::of(doctor(&Home::fresh(), &[&free]), 5);

    report
        .has("tcp", "fail", "connection refused")
        .advises("tcp", "regcli serve --addr")
        .has("tls", "skip", "because TCP failed")
        .has("rate-limit", "skip", "because TCP failed")
        .has("credentials", "ok", "no credentials stored")
        .has("store", "ok", "");
}

#[test]
fn a_name_without_an_address_is_told() {
    let report = Report::of(doctor(&Home::fresh(), &["registry.invalid"]), 5);

    report.has("dns", "fail", "registry.invalid has no address").advises("dns", "HTTPS_PROXY");
    report.has("tcp", "skip", "because DNS failed");
}

#[test]
fn who_takes_connections_and_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let begun = Instant::now();

    let report = Report::of(doctor(&Home::fresh(), &[&host]), 5);

    report.has("tcp", "ok", "connected").has("tls", "fail", "no response for 10 s");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    drop(listener);
}

#[test]
fn an_answer_that_never_comes_is_given_up_in_time() {
    let proxy = Proxy::before("127.0.0.1:1");
    proxy.fault("GET", "/v2/", Fault::Delay(Duration::from_secs(60)));
    let begun = Instant::now();

    let report = Report::of(doctor(&Home::fresh(), &[&proxy.host()]), 5);

    report.has("registry", "fail", "no response for");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn a_web_server_is_no_registry() {
    for (status, headers, words) in [
        (
            200,
            &[("content-type", "text/html; charset=utf-8")][..],
            "not a registry: /v2/ returns 200 with text/html",
        ),
        (404, &[("content-type", "text/plain")], "not a registry: /v2/ returns 404 with text/plain"),
        (400, &[], "not a registry: /v2/ returns 400"),
    ] {
        let server = answering(status, headers, "<html>hello</html>");
        let report = Report::of(doctor(&Home::fresh(), &[&server.host()]), 1);
        report.has("registry", "fail", words).advises("registry", "check the address");
        report.has("clock", "skip", "because registry failed");
    }
}

#[test]
fn a_registry_in_trouble_has_the_exit_code_of_its_trouble() {
    for (status, headers, code) in [(503, &[][..], 5), (429, &[("retry-after", "7")], 7), (403, &[], 4)] {
        let server = answering(status, headers, "");
        Report::of(doctor(&Home::fresh(), &[&server.host()]), code).has("registry", "fail", "");
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_but_stops_nothing() {
    let registry =
        [("docker-distribution-api-version", "registry/2.0"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    let server = answering(200, &registry, "{}");

    let report = Report::of(doctor(&Home::fresh(), &[&server.host()]), 0);

    report.has("clock", "warn", "behind this machine").advises("clock", "set the clock");
    // Behind the one answer there is nothing.
    report.has("catalog", "warn", "returns 502");
}

#[test]
fn foreign_text_reaches_nobody_as_it_came() {
    let wild = [("content-type", "text/html"), ("server", "x")];
    let server = answering(404, &wild, "");
    let report = Home::fresh().run(["doctor", &server.host()]).ends_with(1);
    assert!(!report.stdout.contains('\u{1b}'), "{report}");
    let schemes = [("www-authenticate", "Negotiate")];
    let server = answering(401, &schemes, "\u{1b}[31m");
    let report = Report::of(doctor(&Home::fresh(), &[&server.host()]), 4);
    report.has("registry", "warn", "does not identify itself").has("challenge", "fail", "requires negotiate");
}

#[test]
fn rate_limits_are_told() {
    let headers = |left| {
        [
            ("docker-distribution-api-version", "registry/2.0"),
            ("ratelimit-limit", "100;w=21600"),
            ("ratelimit-remaining", left),
        ]
    };
    let server = answering(200, &headers("76;w=21600"), "{}");
    let report = Report::of(doctor(&Home::fresh(), &[&server.host()]), 0);
    report.has("rate-limit", "ok", "76 of 100 requests left in 6h");
    let server = answering(200, &headers("0;w=21600"), "{}");
    Report::of(doctor(&Home::fresh(), &[&server.host()]), 7).has("rate-limit", "fail", "0 of 100");
}

#[test]
fn a_registry_of_no_tls_is_not_taken_for_one_that_has_it() {
    let registry = Kind::Embedded.open();
    let tunnel = Tunnel::to(registry.host());
    let name = registry.host().replace("127.0.0.1", "registry.test");
    let (variable, proxy) = tunnel.env();
    let home = Home::fresh();

    let report = Report::of(doctor(&home, &[&name]).env(variable, proxy), 5);

    report
        .has("proxy", "ok", "from HTTPS_PROXY")
        .has("dns", "ok", "127.0.0.1 is an address")
        .has("tls", "fail", "speaks plain HTTP on this port")
        .advises("tls", "--plain-http");
}

#[test]
fn plain_http_is_not_asked_of_a_registry_that_has_tls() {
    let authority = Authority::new();
    let proxy = Proxy::tls("127.0.0.1:1", Gate::Open, &authority.issue(&["127.0.0.1"]));
    let home = Home::fresh();

    let flag = Report::of(doctor(&home, &["--plain-http", &proxy.host()]), 5);
    flag.has("tls", "fail", "speaks TLS on this port").advises("tls", "omit --plain-http");

    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let own = format!("[registry.\"{}\"]\nplain-http = true\n", proxy.host());
    fs::write(folder.join("config.toml"), own).unwrap();
    let file = Report::of(doctor(&home, &[&proxy.host()]), 5);
    file.has("settings", "ok", "by config.toml").advises("tls", "remove plain-http = true");
}

#[test]
fn proxies_are_told_without_their_passwords() {
    let home = Home::fresh();
    let run = |variables: &[(&'static str, &str)], host: &str, code| {
        Report::of(doctor(&home, &[host]).envs(variables.iter().copied()), code)
    };
    let dead = [("HTTPS_PROXY", "http://demo:hunter2@127.0.0.1:1")];

    let through = run(&dead, "registry.invalid", 5);
    through.has("proxy", "ok", "http://127.0.0.1:1, from HTTPS_PROXY");
    through.has("tcp", "fail", "connection refused").advises("tcp", "check HTTPS_PROXY;");
    let excepted = run(&[dead[0], ("NO_PROXY", ".invalid")], "registry.invalid", 5);
    excepted.has("proxy", "ok", "NO_PROXY names the registry").has("dns", "fail", "has no address");
    let broken = run(&[("HTTPS_PROXY", "http://")], "registry.invalid", 1);
    broken.has("proxy", "fail", "HTTPS_PROXY is not the URL of a proxy").advises("proxy", "HTTPS_PROXY");
    let registry = Kind::Embedded.open();
    run(&[dead[0], ("HTTP_PROXY", dead[0].1)], registry.host(), 0).has(
        "proxy",
        "ok",
        "none: loopback addresses",
    );
}
