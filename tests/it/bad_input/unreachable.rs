//! Registries that are not there, do not have it, or talk of something else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Fault, Fixture, Home, Hub, Kind, Proxy};

use super::{fails, names};

/// How long a person may wait to hear that nobody listens.
const AT_ONCE: Duration = Duration::from_secs(2);

#[test]
fn nobody_listens_and_every_command_says_so_at_once() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    home.run(["copy", "-q", &fixture.place(), "store:127.0.0.1:1/x:1"]).succeeds();
    let before = super::files(&home.store());
    for command in [
        &["login", "-u", "x", "--password-stdin", "127.0.0.1:1"][..],
        &["pull", "127.0.0.1:1/x:2"],
        &["pull", "-a", "127.0.0.1:1/x"],
        &["push", "127.0.0.1:1/x:1"],
        &["tag", "--remote", "127.0.0.1:1/x:1", "127.0.0.1:1/x:2"],
        &["catalog", "127.0.0.1:1"],
        &["tags", "127.0.0.1:1/x"],
        &["search", "127.0.0.1:1/x"],
        &["manifest", "127.0.0.1:1/x"],
        &["config", "127.0.0.1:1/x"],
        &["digest", "127.0.0.1:1/x"],
        &["copy", "127.0.0.1:1/x", "store:x"],
        &["copy", "-q", "store:127.0.0.1:1/x:1", "127.0.0.1:1/y"],
    ] {
        let start = Instant::now();
        let outcome = home.regcli(command).stdin("secret").run();
        assert!(start.elapsed() < AT_ONCE, "{command:?} took {:?}", start.elapsed());
        let hint = "no registry listens there: start one with regcli serve --addr 127.0.0.1:1";
        let outcome = fails(outcome, 5, "", hint);
        outcome.complains("dial tcp 127.0.0.1:1: connect: connection refused\n");
    }
    assert_eq!(super::files(&home.store()), before, "the store is as it was");
    assert!(!home.docker_config().exists());
}

#[test]
fn a_name_without_an_address_is_told_from_a_registry_that_is_down() {
    let home = Home::fresh();
    let start = Instant::now();
    fails(
        home.run(["pull", "registry.invalid/x"]),
        5,
        "Get \"https://registry.invalid/v2/x/manifests/latest\": dial tcp: lookup registry.invalid: no such host\n",
        "check the name registry.invalid and the network; set HTTPS_PROXY if a proxy is needed",
    );
    assert!(start.elapsed() < AT_ONCE * 5, "took {:?}", start.elapsed());
    fails(
        home.run(["pull", "ubuntu"]),
        5,
        "Get \"https://registry-1.docker.io/v2/library/ubuntu/manifests/latest\": dial tcp",
        "if Docker Hub is unreachable from here, name a mirror in \"registry-mirrors\" of \
         /etc/docker/daemon.json, or a proxy in HTTPS_PROXY",
    );
    for list in [["tags", "ubuntu"], ["search", "ubuntu"]] {
        let hint = "if Docker Hub is unreachable from here, name a proxy in HTTPS_PROXY: mirrors have no lists of tags \
                    and no search";
        fails(home.run(list), 5, "Get \"https://", hint);
    }
}

#[test]
fn what_a_registry_does_not_have_is_not_found() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let host = registry.host();
    for (command, problem) in [
        (&["manifest", "HOST/no"][..], "manifest for HOST/no:latest not found"),
        (&["config", "HOST/no"], "manifest for HOST/no:latest not found"),
        (&["digest", "HOST/no:1"], "manifest for HOST/no:1 not found"),
        (&["copy", "HOST/no", "store:x"], "manifest for HOST/no:latest not found"),
        (&["tag", "--remote", "HOST/no:1", "HOST/no:2"], "manifest for HOST/no:1 not found"),
        (&["tags", "HOST/no"], "name unknown: repository name not known to registry"),
    ] {
        let outcome = home.run(command.iter().map(|word| word.replace("HOST", host)));
        fails(outcome, 3, &problem.replace("HOST", host), "");
    }
    let hint = "list the images of the store: regcli images";
    for command in [
        &["push", "no"][..],
        &["tag", "no", "x"],
        &["rmi", "no"],
        &["manifest", "store:no"],
        &["config", "store:no"],
        &["digest", "store:no"],
        &["copy", "store:no", "store:x"],
        &["images", "-f", "since=no"],
    ] {
        fails(home.run(command), 3, "", hint);
    }
    assert_eq!(names(&home), "");
}

#[test]
fn a_web_server_that_is_no_registry_is_told_from_one() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let home = Home::fresh();
    let page = "<html>\n<h1>It works!</h1>\u{1b}[2J</html>";
    for (command, part, problem) in [
        (vec!["pull".to_owned(), format!("{}/x", proxy.host())], "/manifests/", "not a registry's answer"),
        (vec!["catalog".to_owned(), proxy.host()], "/_catalog", "not a registry's answer"),
        (vec!["tags".to_owned(), format!("{}/x", proxy.host())], "/tags/", "not a registry's answer"),
    ] {
        let headers = vec![("Content-Type", "text/html".to_owned())];
        proxy.fault("GET", part, Fault::Answer { status: 200, headers, body: page });
        let outcome = fails(home.run(&command), 1, "", "").complains(problem);
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    }
    assert_eq!(names(&home), "");
}

#[test]
fn a_mirror_that_answers_with_a_page_is_passed_over() {
    let registry = Kind::Embedded.open();
    let fixture = Fixture::small();
    let home = Home::fresh();
    home.run(["copy", "-q", &fixture.place(), &format!("{}/library/ubuntu", registry.host())]).succeeds();
    let hub = Hub::before(registry.host());
    let mirror = Proxy::before(registry.host());
    let headers = vec![("Content-Type", "text/html".to_owned())];
    mirror.fault("GET", "/manifests/", Fault::Answer { status: 200, headers, body: "<html>closed</html>" });
    let folder = home.path().join(".config/docker");
    std::fs::create_dir_all(&folder).unwrap();
    let mirrors = serde_json::json!({"registry-mirrors": [format!("http://{}", mirror.host())]});
    std::fs::write(folder.join("daemon.json"), mirrors.to_string()).unwrap();
    let outcome = home.regcli(["pull", "-q", "ubuntu"]).envs(hub.env()).run();
    outcome.succeeds().prints("docker.io/library/ubuntu:latest\n");
    assert_eq!(mirror.exchanges().len(), 1, "it is not asked again");
    assert!(!hub.exchanges().is_empty());
}

#[test]
fn a_registry_without_tls_behind_a_name_that_needs_it_is_named_with_the_flag_that_allows_it() {
    // A proxy that leads every name to a server that speaks plain HTTP, whatever it hears.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut heard = [0; 4096];
            let _ = stream.read(&mut heard);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let _ = stream.read(&mut heard);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let home = Home::fresh();
    for command in ["pull", "manifest"] {
        let outcome = home.regcli([command, "plain.example/x:1"]).env("HTTPS_PROXY", &proxy).run();
        fails(
            outcome,
            5,
            "Get \"https://plain.example/v2/x/manifests/1\": http: server gave HTTP response to HTTPS client\n",
            "plain.example does not speak TLS: use --plain-http, or add \"plain.example\" to \"insecure-registries\" \
             in /etc/docker/daemon.json",
        );
    }
    let login = ["login", "-u", "x", "--password-stdin", "plain.example"];
    let outcome = home.regcli(login).env("HTTPS_PROXY", &proxy).stdin("secret").run().ends_with(5);
    assert!(outcome.stderr.contains("server gave HTTP response to HTTPS client"), "{outcome}");
    assert!(!home.docker_config().exists());
}

#[test]
fn a_rate_limit_is_told_with_the_time_to_wait() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let home = Home::fresh();
    let body =
        r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}"#;
    let headers = vec![("Retry-After", "3600".to_owned())];
    proxy.fault("GET", "/manifests/", Fault::Answer { status: 429, headers, body });
    home.run(["pull", &format!("{}/x", proxy.host())])
        .ends_with(7)
        .complains("error: toomanyrequests: You have reached your pull rate limit.\n")
        .complains("\n\nhint: try again in about an hour, at 20");
}
