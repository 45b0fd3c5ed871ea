//! Completion: what shells are told may follow, and that nobody waits or is asked for anything.

mod shells;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use crate::support::{Fixture, Home, Kind, Outcome, Registry, eventually};

/// A second for all of it, and some time for a machine that has other things to do.
const PATIENCE: Duration = Duration::from_millis(1800);

/// What a shell is told when this has been typed, the last word up to its end.
#[track_caller]
fn ask(home: &Home, line: &str) -> Vec<String> {
    let outcome = answer(home, line);
    let value = |line: &str| line.split('\t').next().unwrap().to_owned();
    outcome.stdout.lines().map(value).collect()
}

#[track_caller]
fn answer(home: &Home, line: &str) -> Outcome {
    let (words, word) = line.rsplit_once(' ').unwrap();
    let arguments = ["__complete", "fish", &format!("={word}")].map(str::to_owned);
    let arguments = arguments.into_iter().chain(words.split(' ').map(str::to_owned));
    let start = Instant::now();
    let outcome = home.run(arguments).succeeds();
    assert!(start.elapsed() < PATIENCE, "took {:?}: {outcome}", start.elapsed());
    assert_eq!(outcome.stderr, "", "{outcome}");
    outcome
}

/// A home whose store has images under these names.
fn with_images(names: &[&str]) -> Home {
    let home = Home::fresh();
    let fixture = Fixture::small();
    for name in names {
        home.run(["copy", "-q", &fixture.place(), &format!("store:{name}")]).succeeds();
    }
    home
}

/// A registry with two tags of `team/app`.
fn with_tags(registry: &Registry, config: Option<&str>) {
    let home = Home::fresh();
    if let Some(config) = config {
        know(&home, config);
    }
    for tag in ["latest", "1.0"] {
        let target = format!("{}/team/app:{tag}", registry.host());
        home.run(["copy", "-q", &Fixture::small().place(), &target]).succeeds();
    }
}

/// Puts a config.json into the home.
fn know(home: &Home, config: &str) {
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), config).unwrap();
}

#[test]
fn commands_flags_and_words_are_completed() {
    let home = Home::fresh();
    assert_eq!(ask(&home, "regcli lo"), ["login", "logout", "load"]);
    assert_eq!(ask(&home, "regcli image l"), ["load", "ls"]);
    assert_eq!(ask(&home, "regcli c"), ["catalog", "config", "check", "cat", "copy", "cp", "completion"]);
    assert_eq!(ask(&home, "regcli pull --all"), ["--all-platforms", "--all-tags"]);
    assert_eq!(
        ask(&home, "regcli pull --platform linux/a"),
        ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6"]
    );
    assert_eq!(ask(&home, "regcli pull --platform=linux/s"), ["--platform=linux/s390x"]);
    assert_eq!(ask(&home, "regcli --progress "), ["auto", "tty", "plain", "json", "none"]);
    assert_eq!(ask(&home, "regcli images --format "), ["json", "table"]);
    assert_eq!(ask(&home, "regcli auth token --format h"), ["header"]);
    assert_eq!(ask(&home, "regcli completion "), ["bash", "elvish", "fish", "powershell", "zsh"]);
    assert_eq!(ask(&home, "regcli images --filter d"), ["dangling="]);
    assert_eq!(ask(&home, "regcli images -f dangling="), ["dangling=true", "dangling=false"]);
    assert_eq!(ask(&home, "regcli search --filter is-o"), ["is-official="]);
    assert_eq!(ask(&home, "regcli search -f is-official=f"), ["is-official=false"]);
    assert!(answer(&home, "regcli pus").stdout.starts_with("push\tUpload an image"));
    for nothing in ["regcli nosuch ", "regcli pull --jobs ", "regcli load x", "regcli login -p "] {
        assert_eq!(ask(&home, nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn the_stores_images_are_completed_by_name_and_id() {
    let home = with_images(&["ubuntu:22.04", "127.0.0.1:5000/app:1"]);
    let both = ["ubuntu:22.04", "127.0.0.1:5000/app:1"];
    for command in ["rmi", "push", "tag", "save", "history", "inspect", "image rm", "images"] {
        assert_eq!(ask(&home, &format!("regcli {command} u")), ["ubuntu:22.04"], "{command}");
        let all = ask(&home, &format!("regcli {command} "));
        assert!(both.iter().all(|image| all.contains(&(*image).to_owned())), "{command}: {all:?}");
    }
    assert_eq!(ask(&home, "regcli rmi ubuntu:22.04 "), ["127.0.0.1:5000/app:1"]);
    assert_eq!(ask(&home, "regcli save docker.io/li"), ["docker.io/library/ubuntu:22.04"]);
    let id = home.run(["images", "-q", "ubuntu"]).succeeds().stdout.trim().to_owned();
    assert_eq!(ask(&home, &format!("regcli rmi {}", &id[..4])), [id]);
    assert_eq!(ask(&home, "regcli --store nosuch rmi "), [""; 0]);
    assert_eq!(ask(&home, "regcli pull ub"), ["ubuntu:22.04"]);
    assert_eq!(ask(&home, "regcli pull 127"), ["127.0.0.1:5000/app:1", "127.0.0.1:5000/"]);
}

#[test]
fn places_and_files_are_completed() {
    let home = with_images(&["ubuntu:22.04"]);
    for file in ["app.tar", "a:b.tar"] {
        fs::write(home.path().join(file), "").unwrap();
    }
    fs::create_dir(home.path().join("apps")).unwrap();
    assert_eq!(ask(&home, "regcli copy o"), ["oci:", "oci-archive:"]);
    assert_eq!(ask(&home, "regcli copy oci:a"), ["oci:apps/"]);
    assert_eq!(
        ask(&home, "regcli copy x docker-archive:a"),
        ["docker-archive:app.tar", "docker-archive:apps/"]
    );
    assert_eq!(ask(&home, "regcli copy store:u"), ["store:ubuntu:22.04"]);
    assert_eq!(ask(&home, "regcli load -i a"), ["a:b.tar", "app.tar", "apps/"]);
    assert_eq!(ask(&home, "regcli load --input=app."), ["--input=app.tar"]);
    assert_eq!(ask(&home, "regcli serve --root a"), ["apps/"]);
}

#[test]
fn the_registries_that_one_has_credentials_for_are_completed() {
    let home = Home::fresh();
    know(&home, r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"r.lab:5000":{"auth":"YTpi"}}}"#);
    for command in ["logout", "login", "auth status", "catalog"] {
        assert_eq!(ask(&home, &format!("regcli {command} ")), ["docker.io", "r.lab:5000"], "{command}");
    }
    assert_eq!(ask(&home, "regcli pull r"), ["r.lab:5000/"]);
    assert_eq!(ask(&home, "regcli search r"), ["r.lab:5000/"]);
}

#[test]
fn tags_and_repositories_of_registries_are_completed() {
    for kind in Kind::present() {
        let registry = kind.open();
        let host = registry.host();
        with_tags(&registry, None);
        let home = Home::fresh();
        let repository = format!("{host}/team/app");
        let repositories = [repository.clone(), format!("{repository}:")];
        assert_eq!(ask(&home, &format!("regcli pull {host}/")), repositories, "a tag may follow");
        let mut tags = ask(&home, &format!("regcli pull {repository}:"));
        tags.sort();
        assert_eq!(tags, [format!("{repository}:1.0"), format!("{repository}:latest")]);
        assert_eq!(ask(&home, &format!("regcli digest {repository}:l")), [format!("{repository}:latest")]);
        let copy = format!("regcli copy docker://{repository}:l");
        assert_eq!(ask(&home, &copy), [format!("docker://{repository}:latest")]);
        assert_eq!(ask(&home, &format!("regcli tags {host}/te")), [repository.as_str()]);
        assert_eq!(ask(&home, &format!("regcli pull {host}/nosuch:")), [""; 0]);
    }
}

#[test]
fn stored_credentials_are_used() {
    for kind in Kind::present() {
        let registry = kind.with_password("user1", "s3cret");
        let config = format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjE6czNjcmV0"}}}}}}"#, registry.host());
        with_tags(&registry, Some(&config));
        let home = Home::fresh();
        let line = format!("regcli pull {}/team/app:l", registry.host());
        assert_eq!(ask(&home, &line), [""; 0], "nobody is asked for a password");
        know(&home, &config);
        assert_eq!(ask(&home, &line), [format!("{}/team/app:latest", registry.host())]);
    }
}

#[test]
fn a_registry_that_does_not_answer_is_not_waited_for() {
    let home = with_images(&["ubuntu:22.04"]);
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    home.run(["tag", "ubuntu:22.04", &format!("{host}/app:1")]).succeeds();
    assert_eq!(
        ask(&home, &format!("regcli pull {host}/app:")),
        [format!("{host}/app:1")],
        "what is known is told"
    );
    assert_eq!(ask(&home, &format!("regcli tags {host}/")), [format!("{host}/app")]);
    drop(silent);
    assert_eq!(ask(&home, &format!("regcli tags {host}/x")), [""; 0], "nobody listens");
}

#[test]
fn a_credential_helper_that_hangs_is_killed() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let folder = home.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("docker-credential-lab");
    fs::write(&program, format!("#!/bin/sh\necho $$ >{}/pid\nexec sleep 60\n", home.path().display()))
        .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    know(&home, r#"{"credsStore":"lab"}"#);
    let path = std::env::join_paths([folder.as_path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    for word in [format!("={}/team/app:", registry.host()), "=r".to_owned()] {
        let start = Instant::now();
        let regcli = home.regcli(["__complete", "fish", &word, "regcli", "pull"]).env("PATH", &path);
        let outcome = regcli.run().succeeds().prints("");
        assert!(outcome.stderr.is_empty() && start.elapsed() < PATIENCE, "{:?} {outcome}", start.elapsed());
        let pid = fs::read_to_string(home.path().join("pid")).unwrap();
        let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        // It was killed; the system may take its time to let it end.
        let ended = || (state().is_empty() || state().contains(" Z ")).then_some(());
        assert!(eventually(Duration::from_secs(5), ended).is_some(), "the helper has ended: {}", state());
    }
}

/// Answers every request with this document, until the test ends.
fn always(document: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let length = document.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{document}").as_bytes());
        }
    });
    host
}

#[test]
fn names_that_are_none_never_reach_a_shell() {
    let home = Home::fresh();
    let host = always(
        r#"{"repositories":["good","$(touch x)","a b","a;b","a`b`","../up","a\nb","\u001b[2J","-x"],
            "tags":["good","$(touch x)","a b","a;b","a`b`","a\nb","a\tb","\u001b[2J","-x","'","\"",""]}"#,
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        for (command, typed, expected) in [("tags", "/", "/good\n"), ("pull", "/good:", "/good:good\n")] {
            let (word, line) = (format!("={host}{typed}"), format!("regcli {command} {host}{typed}"));
            let rest = if shell == "bash" { vec![line.as_str()] } else { vec!["regcli", command] };
            let outcome = home.run(["__complete", shell, &word].into_iter().chain(rest)).succeeds();
            outcome.prints(&format!("{host}{expected}"));
        }
    }
}

#[test]
fn whatever_is_asked_nothing_fails_and_nothing_is_said() {
    let home = Home::fresh();
    fs::create_dir_all(home.path().join(".config/regcli")).unwrap();
    fs::write(home.path().join(".config/regcli/config.toml"), "nonsense").unwrap();
    know(&home, "{");
    for arguments in [
        &["__complete"][..],
        &["__complete", "nosuch"],
        &["__complete", "bash"],
        &["__complete", "bash", "="],
        &["__complete", "bash", "x", "regcli "],
        &["__complete", "zsh", "=", "regcli", "pull"],
        &["__complete", "zsh", "=h:5000/a:", "regcli", "pull"],
        &["__complete", "fish", "=", "regcli", "--store", "x", "--cert=a", "images"],
        &["__complete", "fish", "=--", "regcli", "--", "--"],
    ] {
        home.run(arguments).succeeds().prints("");
    }
    let regcli = home.regcli(["__complete", "fish", "=pul", "regcli"]).env("HOME", "");
    assert!(regcli.run().succeeds().stdout.starts_with("pull\t"));
}
