//! C: config.json as it is found on machines, and credential helpers as they should not be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::scripted::{Demand, PASSWORD, Scripted, USER};
use crate::support::{Fixture, Home, Kind, Outcome, eventually};

use super::MEMORY;

/// What a command may take that has nothing to wait for.
const QUICK: Duration = Duration::from_secs(5);

/// A registry that wants a password for `app:1`, or does not, and somebody with a config.json and helpers.
struct Desk {
    registry: Scripted,
    home: Home,
}

impl Desk {
    fn open() -> Self {
        let registry = Scripted::start();
        registry.seed("app", &Fixture::small(), "1");
        Self { registry, home: Home::fresh() }
    }

    fn guarded() -> Self {
        let desk = Self::open();
        desk.registry.demand(Demand::Password);
        desk
    }

    fn host(&self) -> String {
        self.registry.host()
    }

    /// What the registry would let in, as config.json has it.
    fn known(&self) -> Value {
        json!({"auth": STANDARD.encode(format!("{USER}:{PASSWORD}"))})
    }

    fn write(&self, config: impl AsRef<[u8]>) {
        fs::create_dir_all(self.home.docker_config().parent().unwrap()).unwrap();
        fs::write(self.home.docker_config(), config).unwrap();
        fs::set_permissions(self.home.docker_config(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn read(&self) -> Value {
        serde_json::from_slice(&fs::read(self.home.docker_config()).unwrap()).unwrap()
    }

    /// Puts a program into the folder of helpers, whatever its name.
    fn helper(&self, name: &str, script: &str) -> PathBuf {
        let program = self.home.path().join("helpers").join(format!("docker-credential-{name}"));
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    fn regcli(&self, arguments: &[&str]) -> crate::support::Regcli {
        let path = format!("{}:/usr/bin:/bin", self.home.path().join("helpers").display());
        self.home.regcli(arguments).env("PATH", path).stdin(PASSWORD)
    }

    #[track_caller]
    fn pull(&self) -> Outcome {
        self.regcli(&["pull", "-q", &self.registry.at("app:1")]).run()
    }

    #[track_caller]
    fn login(&self) -> Outcome {
        self.regcli(&["login", "-u", USER, "--password-stdin", &self.host()]).run()
    }
}

#[track_caller]
fn quick_and_small(run: impl FnOnce() -> Outcome) -> Outcome {
    let begun = Instant::now();
    let outcome = run();
    assert!(begun.elapsed() < QUICK, "{:?}\n{outcome}", begun.elapsed());
    assert!(outcome.peak > 0 && outcome.peak < MEMORY, "{} bytes\n{outcome}", outcome.peak);
    outcome
}

#[test]
fn c07_a_comment_is_refused_with_its_line_and_column() {
    let desk = Desk::open();
    let commented = "{\n  // mine\n  \"auths\": {}\n}";
    desk.write(commented);
    let place = "key must be a string at line 2 column 3\n";
    desk.pull().succeeds().complains(place);
    desk.registry.demand(Demand::Password);
    desk.login().ends_with(1).complains(place);
    assert_eq!(fs::read_to_string(desk.home.docker_config()).unwrap(), commented);
}

#[test]
fn c09_a_file_of_64_mib_is_refused_at_one() {
    let desk = Desk::open();
    let large = format!("{{\"auths\":{{\"{}\":{}}},\"x\":\"", desk.host(), desk.known());
    let large = [large.into_bytes(), vec![b'a'; 64 << 20], b"\"}".to_vec()].concat();
    desk.write(&large);
    let problem = "config.json is larger than 1048576 bytes\n";
    quick_and_small(|| desk.pull()).succeeds().complains(problem);
    desk.registry.demand(Demand::Password);
    quick_and_small(|| desk.login()).ends_with(1).complains(problem);
    quick_and_small(|| desk.regcli(&["logout", &desk.host()]).run()).ends_with(1).complains(problem);
    assert!(fs::read(desk.home.docker_config()).unwrap() == large, "it was left as it was");
}

#[test]
fn c10_the_name_of_a_helper_leads_to_no_other_program() {
    let desk = Desk::guarded();
    let ran = desk.home.path().join("ran");
    let program = desk.helper("x", &format!("touch {}", ran.display()));
    fs::create_dir_all(desk.home.path().join("helpers/docker-credential-..")).unwrap();
    fs::create_dir_all(desk.home.path().join("helpers/docker-credential-a")).unwrap();
    fs::copy(&program, desk.home.path().join("helpers/docker-credential-a/x")).unwrap();
    let absolute = program.display().to_string();
    for name in
        ["../docker-credential-x", "a/x", "..", ".x", "-x", "x y", "x\0", "x;touch ran", "", &absolute]
    {
        for config in [
            json!({"credHelpers": {desk.host(): name}}),
            json!({"credHelpers": {desk.host(): name}, "credsStore": "x"}),
        ] {
            desk.write(config.to_string());
            let outcome = desk.pull().ends_with(4);
            assert!(
                name.is_empty() || outcome.stderr.contains("has a name that is not allowed"),
                "{outcome}"
            );
            assert!(!ran.exists() || name.is_empty(), "{name:?}: {outcome}");
            if !name.is_empty() {
                desk.login().ends_with(1).complains("has a name that is not allowed");
                assert_eq!(desk.read(), config, "{name:?}");
                assert!(!ran.exists(), "{name:?}");
            }
            let _ = fs::remove_file(&ran);
        }
    }
    // The same helper by its name.
    desk.write(json!({"credHelpers": {desk.host(): "x"}}).to_string());
    desk.pull();
    assert!(ran.exists(), "it can be run");
}

#[test]
fn c11_only_a_helper_that_knows_nothing_leads_to_the_next_place() {
    let desk = Desk::guarded();
    let config = json!({"credHelpers": {desk.host(): "lab"}, "auths": {desk.host(): desk.known()}});
    desk.write(config.to_string());
    desk.pull().ends_with(4).complains("\"docker-credential-lab\": executable file not found in $PATH");
    for (script, problem) in [
        ("echo locked; exit 1", "exit status 1, out: `locked`"),
        ("exit 1", "exit status 1, out: ``"),
        ("kill -9 $$", "signal: 9 (SIGKILL)"),
        ("echo nonsense", "the response cannot be parsed at line 1 column"),
        ("echo '{\"Username\":7}'", "the response cannot be parsed at line 1 column"),
    ] {
        desk.helper("lab", script);
        desk.pull().ends_with(4).complains(problem);
        assert!(desk.registry.credentials().is_empty(), "{script}");
    }
    desk.helper("lab", "echo 'credentials not found in native keychain'; exit 1");
    assert_eq!(desk.pull().succeeds().stderr, "");
}

#[test]
fn c11_a_helper_that_never_stops_writing_takes_neither_time_nor_memory() {
    let desk = Desk::guarded();
    desk.write(json!({"credsStore": "lab"}).to_string());
    for script in ["exec head -c 1073741824 /dev/zero", "exec head -c 1073741824 /dev/zero >&2", "exec yes"] {
        desk.helper("lab", script);
        let problem = "more than 65536 bytes of output";
        quick_and_small(|| desk.pull()).ends_with(4).complains(problem);
        quick_and_small(|| desk.login()).ends_with(1).complains(problem);
    }
}

#[test]
fn c11_who_does_not_want_to_wait_for_a_helper_ends_it() {
    let desk = Desk::guarded();
    let pid = desk.home.path().join("pid");
    desk.helper("lab", &format!("echo $$ >{}; exec sleep 600", pid.display()));
    desk.write(json!({"credsStore": "lab"}).to_string());
    let pull = desk.regcli(&["pull", "-q", &desk.registry.at("app:1")]).start();
    let written = || fs::read_to_string(&pid).ok().filter(|text| text.ends_with('\n'));
    let process = eventually(QUICK, written).expect("the helper is asked");
    let begun = Instant::now();
    pull.signal(Signal::INT);
    pull.finish().ends_with(130);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let command = || fs::read(format!("/proc/{}/cmdline", process.trim())).unwrap_or_default();
    eventually(QUICK, || command().is_empty().then_some(())).expect("the helper is not left running");
}

#[test]
fn c11_what_a_helper_says_has_no_secret_in_it_and_moves_no_cursor() {
    let desk = Desk::guarded();
    desk.write(json!({"credsStore": "lab"}).to_string());
    let answer = format!("echo '{{\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'");
    let shown = |outcome: Outcome| {
        // That it holds no secret of the tests is looked at wherever regcli is run.
        assert!(!outcome.stderr.contains(|c: char| c.is_control() && c != '\n'), "{outcome}");
        outcome
    };
    for (script, part) in [
        ("set -x; asked=$(cat); echo \"$asked\" >&2; echo \"$asked\"; exit 1", "out: `[redacted]`"),
        (&format!("cat >&2; echo refused for {PASSWORD}; exit 1"), "out: `refused for [redacted]`"),
        ("printf 'x\\033[2Jy'; printf 'x\\033]0;t\\007y' >&2; exit 1", "out: `x\\u{1b}[2Jy`"),
    ] {
        desk.helper("lab", script);
        shown(desk.login().ends_with(1).complains(part));
    }
    for (script, code, part) in [
        (format!("set -x; {answer}"), 0, "docker-credential-lab: [redacted]"),
        (format!("set -x; {answer}; exit 1"), 4, "out: `[redacted]`"),
        (format!("{answer}; echo gave {PASSWORD} >&2"), 0, "docker-credential-lab: gave [redacted]"),
        (format!("set -x; echo {PASSWORD}"), 4, "docker-credential-lab: + echo [redacted]"),
    ] {
        desk.helper("lab", &script);
        shown(desk.pull().ends_with(code).complains(part));
    }
}

#[test]
fn c12_logins_and_logouts_at_once_lose_nothing() {
    let registries: Vec<Scripted> = (0..8).map(|_| Scripted::demanding(Demand::Password)).collect();
    let home = Home::fresh();
    let names = |name: &str| -> Vec<String> {
        registries.iter().map(|there| there.host().replace("127.0.0.1", name)).collect()
    };
    let login =
        |host: &String| home.regcli(["login", "-u", USER, "--password-stdin", host]).stdin(PASSWORD).start();
    let kept = || -> Vec<String> {
        let config: Value = serde_json::from_slice(&fs::read(home.docker_config()).unwrap()).unwrap();
        let mut kept: Vec<String> = config["auths"].as_object().unwrap().keys().cloned().collect();
        kept.sort();
        kept
    };
    let (mut first, mut second) = (names("127.0.0.1"), names("localhost"));
    let logins: Vec<_> = first.iter().map(login).collect();
    logins.into_iter().for_each(|login| drop(login.finish().succeeds()));
    first.sort();
    assert_eq!(kept(), first);

    let logouts: Vec<_> = first.iter().map(|host| home.regcli(["logout", host]).start()).collect();
    let logins: Vec<_> = second.iter().map(login).collect();
    logouts.into_iter().chain(logins).for_each(|started| drop(started.finish().succeeds()));
    second.sort();
    assert_eq!(kept(), second);
    let left = fs::read_dir(home.docker_config().parent().unwrap()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name == "config.json" || name == "config.json.lock"), "{left:?}");
}

#[test]
fn c13_user_and_password_part_at_the_first_colon_and_lose_their_zeros() {
    let registry = Kind::Embedded.with_password("user1", "pa:ss:wd");
    let home = Home::fresh();
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    for entry in ["user1:pa:ss:wd", "user1:pa:ss:wd\0\0\0", "\0user1:pa:ss:wd"] {
        let config = json!({"auths": {registry.host(): {"auth": STANDARD.encode(entry)}}});
        fs::write(home.docker_config(), config.to_string()).unwrap();
        let expected = if entry.starts_with('\0') { 4 } else { 0 };
        home.regcli(["login", registry.host()]).run().ends_with(expected);
    }
}

#[test]
fn c14_keys_are_read_in_every_form_and_kept_as_they_were_written() {
    let desk = Desk::guarded();
    let localhost = desk.host().replace("127.0.0.1", "localhost");
    let image = format!("{localhost}/app:1");
    for key in [
        localhost.to_uppercase(),
        format!("https://{localhost}/v1/"),
        format!("{localhost}/v2/"),
        format!("HTTP://{}/", localhost.to_uppercase()),
    ] {
        let config =
            json!({"auths": {&key: desk.known(), "https://Other.Example:443/v1/": {"auth": "dTpw"}}});
        desk.write(config.to_string());
        desk.home.run(["pull", "-q", &image]).succeeds();
        assert_eq!(desk.read(), config, "it is only read");
        desk.login().succeeds();
        let auths = desk.read()["auths"].clone();
        assert_eq!(auths["https://Other.Example:443/v1/"], json!({"auth": "dTpw"}), "{auths}");
        assert_eq!(auths[&key], desk.known(), "another registry's entry: {auths}");
        assert_eq!(auths[desk.host()], desk.known(), "{auths}");
    }
}
