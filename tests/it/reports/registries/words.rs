//! R12: what storages, proxies and mirrors say is told as theirs.

use std::fs;

use serde_json::Value;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Authority, DockerRegistry, Fixture, Home, Kind, Nginx, OddAnswer, OddServer, missing};

/// What S3 says.
const SKEWED: &str = "<?xml version=\"1.0\"?>\n<Error><Code>RequestTimeTooSkewed</Code>\
    <Message>The difference between the request time and \x1b[31mthe current time is too large.</Message>\
    <AWSAccessKeyId>AKIAPLUGH</AWSAccessKeyId></Error>";

/// Names one mirror of a registry.
fn mirror_of(home: &Home, registry: &str, mirror: &str) {
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{registry}\"]\nmirrors = [{mirror:?}]\n");
    fs::write(folder.join("config.toml"), config).unwrap();
}

#[test]
fn r12_a_storage_that_refuses_is_told_in_its_own_words() {
    for (kind, body, words) in [
        ("application/xml", SKEWED, "RequestTimeTooSkewed: The difference between the request time and"),
        ("text/plain", "URL signature expired\n", "URL signature expired"),
        ("text/html", "<html>no</html>", "answered 403 Forbidden"),
    ] {
        let registry = Scripted::start();
        let storage = registry.beside();
        registry.seed("app", &Fixture::small(), "1");
        let place = format!("{}/bucket/blob?X-Amz-Signature=plugh", storage.origin());
        registry.on(Route::Blob).redirect(307, place).forever();
        storage.on(Route::Any).status(403).body(kind, body).edit(|_, answer| answer.status = 403).forever();
        let outcome = Home::fresh().run(["pull", &registry.at("app:1")]).ends_with(4);
        let outcome = outcome.complains(words).complains(&format!("{} answered 403", storage.host()));
        let said = &outcome.stderr;
        assert!(!said.contains("log in") && !said.contains("docker login"), "{outcome}");
        assert!(!said.contains("plugh") && !said.contains("AKIA") && !said.contains('\u{1b}'), "{outcome}");
    }
}

#[test]
fn r12_a_storage_that_refuses_a_manifest_is_no_refusal_of_the_registry() {
    let registry = Scripted::start();
    let storage = registry.beside();
    registry.on(Route::Manifest).redirect(307, format!("{}/m", storage.origin())).forever();
    storage.on(Route::Any).body("application/xml", SKEWED).edit(|_, answer| answer.status = 403).forever();
    let outcome = Home::fresh().run(["pull", &registry.at("app:1")]).ends_with(4);
    let outcome = outcome.complains("RequestTimeTooSkewed");
    assert!(!outcome.stderr.contains("docker login") && !outcome.stderr.contains("log in"), "{outcome}");
}

/// Somebody who pushes to docker-registry by way of nginx with TLS that forwards what `directives` say.
fn push_through(directives: &str) -> Option<(crate::support::Outcome, String)> {
    if missing("docker-registry") || missing("nginx") {
        return None;
    }
    let registry = DockerRegistry::open();
    let authority = Authority::new();
    let proxy = Nginx::tls_before(registry.host(), &authority.issue(&["127.0.0.1"]), directives);
    let (home, image) = (Home::fresh(), proxy.at("app:1"));
    home.run(["copy", "-q", &Fixture::small().place(), &format!("store:{image}")]).succeeds();
    Some((home.run(["push", &image]), proxy.host().to_owned()))
}

#[test]
fn r12_a_proxy_that_does_not_forward_how_clients_come_is_found_out() {
    let Some((outcome, host)) = push_through("proxy_set_header Host $http_host;") else { return };
    let outcome = outcome.ends_with(1).complains("from HTTPS to plain HTTP");
    // The URL, who named it, and what to do.
    outcome
        .complains(&format!("http://{host}/v2/app/blobs/uploads/"))
        .complains(&format!("Post \"https://{host}/v2/app/blobs/uploads/"))
        .complains(&format!("{host} believes that its address is http://{host}"))
        .complains("proxy_set_header X-Forwarded-Proto $scheme;");
}

#[test]
fn r12_a_port_that_a_proxy_has_lost_is_found_out() {
    let directives = "proxy_set_header Host $host;\nproxy_set_header X-Forwarded-Proto $scheme;";
    let Some((outcome, host)) = push_through(directives) else { return };
    assert_ne!(outcome.code, 0);
    outcome
        .complains("\"https://127.0.0.1/v2/app/blobs/uploads/")
        .complains(&format!("{host} believes that its address is https://127.0.0.1"))
        .complains("proxy_set_header Host $http_host;");
    let right = "proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme;";
    let Some((outcome, _)) = push_through(right) else { return };
    outcome.succeeds();
}

#[test]
fn r12_the_refusal_of_a_mirror_is_told_with_the_registry_that_cannot_be_reached() {
    for (status, words) in
        [(401, "access denied"), (402, "402 Payment Required"), (403, "access denied"), (404, "not found")]
    {
        let mirror = OddServer::start(OddAnswer { status, headers: &[], body: "" });
        let home = Home::fresh();
        mirror_of(&home, "127.0.0.1:1", &format!("http://{}", mirror.host()));
        for command in ["pull", "digest", "manifest"] {
            let outcome = home.run([command, "127.0.0.1:1/app:1"]).ends_with(5);
            outcome
                .complains(&format!(
                    "error: mirror {}: {words}; 127.0.0.1:1: cannot be reached\n",
                    mirror.host()
                ))
                .complains(&format!("\"http://{}/v2/app/manifests/1\" answered {status}", mirror.host()))
                .complains("dial tcp 127.0.0.1:1: connect: connection refused");
        }
    }
}

#[test]
fn r12_a_registry_that_cannot_be_reached_is_a_warning_where_a_mirror_serves_pulls() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    mirror_of(&home, "127.0.0.1:1", &format!("http://{}", registry.host()));
    let report = home.run(["doctor", "--format", "json", "127.0.0.1:1"]).succeeds();
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["status"], "warn", "{report:#}");
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["status"] != "fail"), "{report:#}");
    let warned = checks.iter().find(|check| check["status"] == "warn").unwrap();
    assert!(warned["hint"].as_str().unwrap().contains("pull through the mirror"), "{report:#}");
    // Without one it is a failure as before.
    Home::fresh().run(["doctor", "127.0.0.1:1"]).ends_with(5);
}
