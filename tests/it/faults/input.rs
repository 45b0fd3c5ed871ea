//! U: what people type. R10: what a search is answered.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Home, Hub, Kind, Outcome, Tunnel};

use super::MEMORY;

/// Asserts that a reference is refused with a caret below it, by all commands that take one.
#[track_caller]
fn refused(home: &Home, proxy: &(&'static str, String), typed: &str) {
    for command in [&["pull"][..], &["push"], &["digest"], &["tags"], &["copy", "store:x:1"]] {
        let arguments = command.iter().copied().chain(["--", typed]);
        let outcome = home.regcli(arguments).env(proxy.0, &proxy.1).run().ends_with(125);
        let first = outcome.stderr.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("error: invalid ")
                || first == "error: repository name must not be more than 255 characters",
            "{outcome}"
        );
        let caret = outcome.stderr.lines().any(|line| line.trim_start() == "^" && line.starts_with("  "));
        assert!(caret, "{outcome}");
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn u01_what_is_no_reference_is_refused_with_a_caret_and_nobody_is_asked() {
    let registry = Scripted::start();
    let tunnel = Tunnel::to(&registry.host());
    let home = Home::fresh();
    let host = registry.host();
    let (name, tag) = ("n".repeat(256), "t".repeat(129));
    for typed in [
        "Ubuntu",
        "HOST/Upper",
        "a//b",
        "HOST/a//b",
        ":tag",
        "HOST/:tag",
        "@sha256:abc",
        "HOST/a@sha256:short",
        "HOST/NAME",
        "NAME",
        "HOST/a:TAG",
        "HOST/\u{e9}t\u{e9}",
        "\u{955c}\u{50cf}",
        "-rf",
        "..",
        "HOST/..",
        "HOST/a/../b",
        "HOST/a ",
        "HOST/a\n",
        "a\t",
        " a",
        "",
        "HOST/a:1 ",
        "HOST/",
        "/a",
        "a/",
        "a@",
        "[::1/x",
        "[::1]:x/y",
    ] {
        let typed = typed.replace("HOST", &host).replace("NAME", &name).replace("TAG", &tag);
        refused(&home, &tunnel.env(), &typed);
    }
    // Docker takes any number for a port, until it is to be connected to.
    let outcome = home.regcli(["digest", "127.0.0.1:99999/x"]).env(tunnel.env().0, tunnel.env().1).run();
    outcome.ends_with(1).complains("invalid port number");
    assert_eq!((tunnel.connections(), registry.connections()), (0, 0), "nobody is asked");
    assert!(
        !home.store().exists() || std::fs::read_dir(home.store()).unwrap().count() == 0,
        "nothing is made"
    );
    home.run(["pull", "-rf"]).ends_with(125);
    home.run(["digest", &registry.at("nosuch:1")]).ends_with(3);
    assert!(registry.connections() > 0, "who asks is seen");
}

#[test]
fn u02_short_names_are_those_of_docker_hub_and_localhost_is_a_host() {
    let hub = Hub::without_images();
    let home = Home::fresh();
    for (typed, path) in [("ubuntu", "/v2/library/ubuntu/"), ("host/x", "/v2/host/x/")] {
        // Whether it may be had is up to Docker Hub.
        home.regcli(["--retry", "0", "pull", "-q", typed]).envs(hub.env()).run();
        let asked = hub.exchanges();
        assert!(asked.iter().any(|exchange| exchange.path.starts_with(path)), "{typed}: {asked:#?}");
    }
    for (typed, means) in [
        ("ubuntu", "docker.io/library/ubuntu:latest"),
        ("host/x", "docker.io/host/x:latest"),
        ("localhost/x", "localhost/x:latest"),
        ("host.example/x", "host.example/x:latest"),
        ("host:5000/x", "host:5000/x:latest"),
    ] {
        home.run(["reference", typed]).succeeds().prints(&format!("{means}\n"));
    }
}

#[test]
fn u04_a_password_is_sent_as_it_was_given_and_again_as_it_was_stored() {
    let long = "p".repeat(64 << 10);
    for password in [
        "two\nlines",
        "a:b::c:",
        "p\u{e4}\u{df}w\u{f6}rt \u{1f511}",
        " \t spaces\t ",
        "\r\n\r",
        "\"\\<&>",
        &long,
    ] {
        let registry = Kind::Embedded.with_password("user1", password);
        let home = Home::fresh();
        for end in ["\n", "\r\n"] {
            let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
            let given = format!("{password}{end}");
            if password.trim().is_empty() {
                home.regcli(arguments).stdin(given).run().ends_with(125).complains("password is empty");
                continue;
            }
            let outcome = home.regcli(arguments).stdin(given).run().succeeds();
            assert!(!outcome.stderr.contains(password), "{outcome}");
            home.run(["login", registry.host()]).succeeds().complains("[Username: user1]");
        }
        if password.trim() == password {
            let wrong = format!("{password}\n\n");
            let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
            home.regcli(arguments).stdin(wrong).run().ends_with(4);
        }
    }
}

/// Searches a registry that answers this.
fn search(answer: impl Into<bytes::Bytes>, arguments: &[&str]) -> Outcome {
    let registry = Scripted::start();
    registry.on(Route::Other).of("/v1/search").body("application/json", answer).forever();
    let term = registry.at("x");
    Home::fresh().regcli(["search"].iter().chain(arguments).chain([&term.as_str()])).run()
}

#[test]
fn r10_what_a_search_finds_moves_no_cursor_and_takes_one_line() {
    let found = json!({"results": [
        {"name": "x\u{1b}[2J\u{1b}]0;t\u{7}", "description": "\u{9b}31m\u{202e}red\u{8}\r\nsecond", "star_count": 1},
        {"name": "large", "description": "d".repeat(1 << 20), "star_count": 2, "is_official": true},
        {"name": "y\ttab\n", "description": "a\tb", "star_count": 3},
    ]});
    let outcome = search(found.to_string(), &[]).succeeds();
    let bad = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!outcome.stdout.contains(bad), "{outcome}");
    assert_eq!(outcome.stdout.lines().count(), 4, "{outcome}");
    assert!(outcome.stdout.lines().all(|line| line.chars().count() < 150), "{outcome}");
    let whole = search(found.to_string(), &["--no-trunc"]).succeeds();
    assert!(!whole.stdout.contains(bad) && whole.stdout.len() > 1 << 20);
    assert_eq!(whole.stdout.lines().count(), 4);
}

#[test]
fn r10_odd_and_missing_fields_of_a_result_are_nothing() {
    let found = json!({"results": [
        {"name": "negative", "star_count": -7}, {"name": "half", "star_count": 2.5}, {"name": "huge", "star_count": 1e300},
        {"name": "words", "star_count": "many", "is_official": "yes"},
        {"name": "null", "description": null, "star_count": null, "is_official": null, "is_automated": null},
        {"name": null, "description": "nameless"}, null, 7, [], {}, {"name": {"a": 1}},
    ], "num_pages": null, "page": "x"});
    let format = ["--format", "{{.Name}} {{.StarCount}}{{.IsOfficial}}{{.Description}}"];
    let outcome = search(found.to_string(), &format).succeeds();
    // Names are printed with their registry, which has another port each time.
    let names: Vec<_> =
        outcome.stdout.lines().filter_map(|line| line.split_once('/')).map(|(_, name)| name).collect();
    assert_eq!(names, ["negative 0", "half 2", "huge 18446744073709551615", "words 0", "null 0"]);
    assert_eq!(search("{\"results\": null}", &["--format", "{{.Name}}"]).succeeds().stdout, "");
}

#[test]
fn r10_a_million_results_are_bounded_by_the_limit_and_by_their_size() {
    let entry = |number: usize| format!("{{\"name\":\"{number}\"}},");
    let many: String = (0..900_000).map(entry).collect();
    let many = format!("{{\"results\":[{}]}}", many.trim_end_matches(','));
    assert!(many.len() < 16 << 20, "so many fit: {}", many.len());
    let twice: String = (0..1_800_000).map(entry).collect();
    let begun = Instant::now();
    let outcome = search(many, &["--limit", "5", "--format", "{{.Name}}"]).succeeds();
    let names: Vec<_> =
        outcome.stdout.lines().filter_map(|line| line.split_once('/')).map(|(_, name)| name).collect();
    assert_eq!(names, ["0", "1", "2", "3", "4"]);
    eprintln!("{} MB, {:?}", outcome.peak >> 20, begun.elapsed());
    assert!(outcome.peak > 0 && outcome.peak < MEMORY, "{} MB", outcome.peak >> 20);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());

    let outcome = search(format!("{{\"results\":[{twice}{{}}]}}"), &["--limit", "5"]);
    assert!(outcome.code == 1 || outcome.stdout.lines().count() <= 6, "{outcome}");
    assert!(outcome.peak > 0 && outcome.peak < MEMORY, "{} MB\n{outcome}", outcome.peak >> 20);
}
