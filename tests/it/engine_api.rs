//! Docker Engines that are not there, are none, or break off: what no real one does when it is asked to.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::support::{Authority, Engine, Fixture, Home, Outcome, TlsEngine, folder, reply, run, swallow};

/// Runs regcli with an Engine at this address.
#[track_caller]
fn with(home: &Home, host: &str, arguments: &[&str]) -> Outcome {
    home.regcli(arguments).env("DOCKER_HOST", host).run()
}

/// What is in the store's folder for unfinished work.
fn parts(home: &Home) -> usize {
    fs::read_dir(home.store().join("parts")).map_or(0, Iterator::count)
}

/// Answers the request to load an image after all of it has come; other questions as an Engine that knows it not.
fn loads(answer: &'static str) -> Engine {
    Engine::of_version("1.41", move |request, stream| {
        if request.starts_with("POST ") {
            swallow(stream);
            reply(stream, "200 OK", answer);
        } else {
            reply(stream, "404 Not Found", r#"{"message":"no such image"}"#);
        }
    })
}

#[test]
fn an_engine_that_is_not_there_is_named_in_dockers_words() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    for host in ["unix:///nonexistent.sock", "tcp://127.0.0.1:1"] {
        for ends in [["docker-daemon:app:1", "oci:out"], [&fixture.place(), "docker-daemon:app:1"]] {
            let outcome = with(&home, host, &["copy", ends[0], ends[1]]).ends_with(5);
            let words = format!(
                "error: Cannot connect to the Docker daemon at {host}. Is the docker daemon running?\n"
            );
            let hint = "\nhint: start Docker, or name its socket: DOCKER_HOST=unix:///PATH or ";
            assert!(outcome.stderr.starts_with(&words), "{outcome}");
            outcome.complains(hint);
        }
    }
    assert!(!home.path().join("out").exists());
}

#[test]
fn what_cannot_be_reached_is_refused_with_what_to_do() {
    let home = Home::fresh();
    for (host, words, hint) in [
        (
            "ssh://me@build.lab",
            "Docker hosts over ssh:// are not supported: ssh://build.lab",
            "ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock me@build.lab",
        ),
        (
            "npipe:////./pipe/docker_engine",
            "Docker hosts over npipe:// are not supported",
            "DOCKER_HOST=unix:///PATH",
        ),
        ("ftp://x", "invalid bind address format: ftp://x", "DOCKER_HOST=unix:///PATH"),
    ] {
        with(&home, host, &["copy", "docker-daemon:app", "oci:out"])
            .ends_with(1)
            .complains(words)
            .complains(hint);
    }
}

#[test]
fn what_answers_and_is_no_engine_is_told_so() {
    let home = Home::fresh();
    for (answer, words) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", "is not a Docker Engine\n"),
        ("HTTP/1.1 200 OK\r\nApi-Version: new\r\nContent-Length: 2\r\n\r\nOK", "is not a Docker Engine\n"),
        (
            "HTTP/1.1 200 OK\r\nApi-Version: 1.12\r\nContent-Length: 2\r\n\r\nOK",
            "its API has version 1.12, and 1.24 is needed",
        ),
        (
            "HTTP/1.1 500 No\r\nApi-Version: 1.41\r\nContent-Length: 18\r\n\r\n{\"message\":\"sick\"}",
            "error: sick\n",
        ),
        (
            "HTTP/1.1 302 No\r\nLocation: http://example.test/\r\nContent-Length: 0\r\n\r\n",
            "is not a Docker Engine\n",
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", "lost the connection to the Docker daemon at "),
        ("", "lost the connection to the Docker daemon at "),
    ] {
        let engine = Engine::start(move |_, stream| stream.write_all(answer.as_bytes()).unwrap());
        let outcome = with(&home, &engine.socket(), &["copy", "docker-daemon:app", "oci:out"]);
        assert_ne!(outcome.code, 0, "{outcome}");
        outcome.complains(words);
        assert_eq!(engine.requests(), ["GET /_ping"]);
    }
}

#[test]
fn an_engines_words_are_cut_and_cannot_steer_a_terminal() {
    let home = Home::fresh();
    let engine = Engine::of_version("1.41", |request, stream| match request {
        "GET /v1.41/images/long:1/get" => {
            // It never ends.
            drop(stream.write_all(b"HTTP/1.1 500 No\r\n\r\n{\"message\":\""));
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        }
        "GET /v1.41/images/ansi:1/get" => {
            reply(stream, "500 No", r#"{"message":"\u001b[2Jgone\u001b]0;title\u0007\nhint: trust me"}"#);
        }
        "GET /v1.41/images/wide:1/get" => {
            reply(stream, "500 No", &format!(r#"{{"message":"{}"}}"#, "长".repeat(9000)));
        }
        _ => reply(stream, "500 No", "<html>"),
    });
    let copy = |image: &str| {
        with(&home, &engine.socket(), &["copy", &format!("docker-daemon:{image}:1"), "oci:out"]).ends_with(1)
    };

    let start = Instant::now();
    copy("long").complains("error: the Docker Engine returned HTTP status 500\n");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let ansi = copy("ansi");
    assert!(!ansi.stderr.contains(['\u{1b}', '\u{7}']), "{ansi}");
    assert!(ansi.stderr.contains("gone"), "{ansi}");
    assert!(!ansi.stderr.contains("\nhint: trust me"), "{ansi}");
    assert!(copy("wide").stderr.len() < 1200);
    copy("other").complains("error: the Docker Engine returned HTTP status 500\n");
}

#[test]
fn an_archive_that_breaks_off_leaves_nothing() {
    let home = Home::fresh();
    let engine = Engine::of_version("1.41", |_, stream| {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n";
        stream.write_all(head).unwrap();
        drop(stream.write_all(&tar_of_a_file()[..900_000]));
    });
    for target in ["store:app:1", "oci:out", "docker-archive:out.tar"] {
        let outcome = with(&home, &engine.socket(), &["copy", "docker-daemon:app:1", target]).ends_with(5);
        outcome.complains("error: lost the connection to the Docker daemon at unix://");
    }
    home.run(["images", "-q"]).succeeds().prints("");
    assert_eq!(parts(&home), 0);
    assert!(!home.path().join("out").exists() && !home.path().join("out.tar").exists());
}

/// A tar with one file of a mebibyte.
fn tar_of_a_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("layer"), vec![7; 1 << 20]).unwrap();
    let tar = run("tar", ["-cC", folder.path().to_str().unwrap(), "layer"]).succeeds();
    tar.raw
}

#[test]
fn what_is_no_archive_of_the_image_is_refused() {
    let home = Home::fresh();
    let engine = Engine::of_version("1.41", |request, stream| match request {
        "GET /v1.41/images/empty:1/get" => reply(stream, "200 OK", ""),
        "GET /v1.41/images/html:1/get" => reply(stream, "200 OK", "<html>"),
        _ => {
            let tar = tar_of_a_file();
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").and_then(|()| stream.write_all(&tar)));
        }
    });
    for (image, words) in [
        ("empty", "the Docker Engine's archive of empty:1 is empty\n"),
        ("html", "the Docker Engine's archive of html:1 is not an image archive: it is not a tar"),
        (
            "other",
            "the Docker Engine's archive of other:1 is not an image archive: it has neither an index.json",
        ),
    ] {
        let place = format!("docker-daemon:{image}:1");
        let outcome = with(&home, &engine.socket(), &["copy", &place, "store:app:1"]);
        assert_ne!(outcome.code, 0, "{outcome}");
        outcome.complains(words);
    }
    assert_eq!(parts(&home), 0);
}

#[test]
fn an_engine_that_dies_while_it_loads_is_the_reason_that_is_told() {
    let home = Home::fresh();
    let fixture = Fixture::heavy(8 << 20);
    let engine = Engine::of_version("1.41", |_, stream| {
        let mut some = vec![0; 200_000];
        drop(stream.read_exact(&mut some));
    });
    let outcome =
        with(&home, &engine.socket(), &["copy", &fixture.place(), "docker-daemon:app:1"]).ends_with(5);
    outcome.complains("error: lost the connection to the Docker daemon at unix://");
}

#[test]
fn an_engine_that_refuses_in_the_middle_is_heard() {
    let home = Home::fresh();
    let fixture = Fixture::heavy(8 << 20);
    let engine = Engine::of_version("1.41", |_, stream| {
        let mut some = vec![0; 200_000];
        drop(stream.read_exact(&mut some));
        reply(stream, "500 No", r#"{"message":"no space left on device"}"#);
        // As Go's server does: it says that it has said all, and then gives its client half a second.
        stream.shutdown(Shutdown::Write).unwrap();
        std::thread::sleep(Duration::from_millis(500));
    });
    let outcome =
        with(&home, &engine.socket(), &["copy", &fixture.place(), "docker-daemon:app:1"]).ends_with(1);
    outcome.complains("error: no space left on device\n");
}

#[test]
fn what_an_engine_says_after_the_last_byte_decides() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    let loaded = r#"{"stream":"Loaded image: app:1\n"}"#;
    for (answer, code, words) in [
        (loaded, 0, ""),
        (
            "{\"status\":\"x\",\"progressDetail\":{}}\r\n{\"stream\":\"Loaded image: docker.io/library/app:1\\n\"}\r\n",
            0,
            "",
        ),
        (
            r#"{"errorDetail":{"message":"Error processing tar file"},"error":"x"}"#,
            1,
            "error: Error processing tar file\n",
        ),
        (r#"{"error":"only that"}"#, 1, "error: only that\n"),
        ("", 1, "error: the Docker Engine accepted all of app:1, but has no image of that name\n"),
        (r#"{"stream":"Loaded image: other:1\n"}"#, 1, "but has no image of that name\n"),
        ("<html>", 1, "is not a Docker Engine\n"),
        ("[]", 1, "is not a Docker Engine\n"),
    ] {
        let engine = loads(answer);
        let copy = with(&home, &engine.socket(), &["copy", &fixture.place(), "docker-daemon:app:1"]);
        copy.ends_with(code).complains(words);
        assert!(engine.requests().contains(&"POST /v1.41/images/load?quiet=1".to_owned()));
    }
}

#[test]
fn the_newest_version_that_both_know_is_spoken() {
    let home = Home::fresh();
    for (theirs, spoken) in [("1.24", "1.24"), ("1.41", "1.41"), ("1.99", "1.51"), ("2.0", "1.51")] {
        let engine = Engine::of_version(theirs, |_, stream| reply(stream, "404 Not Found", ""));
        let copy =
            with(&home, &engine.socket(), &["copy", "docker-daemon:lab/app:1", "oci:out"]).ends_with(3);
        copy.complains("error: No such image: lab/app:1\n");
        assert_eq!(engine.requests()[1], format!("GET /v{spoken}/images/lab/app:1/get"));
    }
}

#[test]
fn an_engine_gets_no_credentials() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    let auth = r#"{"auth": "dXNlcjE6aHVudGVyMg=="}"#;
    let config = format!(
        r#"{{"auths": {{"https://index.docker.io/v1/": {auth}, "localhost": {auth}}}, "HttpHeaders": {{"X-Meta": "hunter2"}}}}"#
    );
    fs::write(home.docker_config(), config).unwrap();
    let engine = loads(r#"{"stream":"Loaded image: app:1\n"}"#);

    with(&home, &engine.socket(), &["copy", &fixture.place(), "docker-daemon:app:1"]).succeeds();
    with(&home, &engine.socket(), &["copy", "docker-daemon:app:1", "oci:out"]).ends_with(3);
    with(&home, &engine.socket(), &["push", "app:1"]).ends_with(3);

    for head in engine.heads() {
        let head = head.to_lowercase();
        for secret in ["authorization", "x-registry-auth", "hunter2", "x-meta", "dxnlc"] {
            assert!(!head.contains(secret), "{head}");
        }
    }
}

#[test]
fn a_look_without_being_asked_takes_no_longer_than_a_second() {
    let home = Home::fresh();
    let silent = Engine::start(|_, stream| drop(stream.read(&mut [0; 1])));
    for command in [&["push", "app:1"][..], &["tag", "app:1", "app:2"], &["save", "-o", "x.tar", "app:1"]] {
        let start = Instant::now();
        let outcome = with(&home, &silent.socket(), command).ends_with(3);
        assert!(start.elapsed() < Duration::from_secs(4), "{command:?} took {:?}", start.elapsed());
        assert!(!outcome.stderr.contains("docker-daemon"), "{outcome}");
    }
    // What is wrong with the Engine is no matter of a command that only missed something.
    for host in ["ssh://x", "unix:///nonexistent.sock", "nonsense://"] {
        let outcome = with(&home, host, &["push", "app:1"]).ends_with(3);
        outcome.complains("error: An image does not exist locally with the tag: app\n");
    }
}

#[test]
fn an_engine_behind_tls_is_known_by_its_certificate() {
    let home = Home::fresh();
    let authority = Authority::new();
    let engine = TlsEngine::start(&authority.issue(&["localhost"]));
    let files = folder();
    fs::copy(authority.certificate(), files.path().join("ca.pem")).unwrap();
    let host = format!("tcp://localhost:{}", engine.port());
    let push = |variables: &[(&'static str, &str)]| {
        let command = home.regcli(["push", "app:1"]).env("DOCKER_HOST", &host);
        command.envs(variables.iter().copied()).run().ends_with(3).stderr.contains("docker-daemon:app:1")
    };
    let trusted = files.path().to_str().unwrap();

    assert!(push(&[("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", trusted)]));
    assert!(push(&[("DOCKER_TLS", "1")]), "it need not be verified");
    assert!(!push(&[]), "without TLS it cannot be spoken to");
    fs::copy(Authority::new().certificate(), files.path().join("ca.pem")).unwrap();
    assert!(!push(&[("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", trusted)]), "anybody's");

    let missing = home.regcli(["copy", "docker-daemon:app", "oci:out"]).env("DOCKER_HOST", &host);
    let missing = missing.env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", "/nonexistent").run();
    missing.ends_with(1).complains("error: cannot use /nonexistent/ca.pem: ");
}

#[test]
fn a_name_that_an_engine_cannot_have_is_refused_before_anything_is_done() {
    let home = Home::fresh();
    let digest = format!("sha256:{}", "a".repeat(64));
    for (name, words) in [
        (format!("app@{digest}"), "refusing to create a tag with a digest reference"),
        (digest, "refusing to create an ambiguous tag using digest algorithm as name"),
    ] {
        let place = format!("docker-daemon:{name}");
        let outcome = with(&home, "unix:///nonexistent.sock", &["copy", "127.0.0.1:1/x", &place]);
        outcome.ends_with(125).complains(words);
    }
}
