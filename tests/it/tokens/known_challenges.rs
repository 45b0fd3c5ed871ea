//! A registry that was asked before is not asked again what it wants; and a memory that is wrong does no harm.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{keep, log_in};
use crate::support::{
    Api, Authority, Fault, Fixture, Gate, Home, Kind, Outcome, Proxy, Registry, TokenService, eventually,
};

/// A registry behind a gate, an image there, and a home that was used with it before.
struct Scene {
    service: TokenService,
    _registry: Registry,
    proxy: Proxy,
    fixture: Fixture,
    home: Home,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        Self::behind(kind, TokenService::gate)
    }

    fn behind(kind: Kind, gate: impl Fn(&TokenService) -> Gate) -> Self {
        let service = TokenService::start();
        let registry = kind.open();
        let proxy = Proxy::guarding(registry.host(), gate(&service));
        let fixture = Fixture::small();
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        let scene = Self { service, _registry: registry, proxy, fixture, home: Home::fresh() };
        log_in(&scene.home, &scene.proxy.host());
        scene.forget();
        scene
    }

    fn image(&self) -> String {
        format!("{}/team/app:1", self.proxy.host())
    }

    /// Forgets what was asked for until now.
    fn forget(&self) {
        self.service.forget();
        self.proxy.forget();
    }

    /// Asks for the digest, which has to be right.
    #[track_caller]
    fn digest(&self) -> Outcome {
        let outcome = self.home.run(["digest", &self.image()]).succeeds();
        assert_eq!(outcome.last_line(), self.fixture.root.digest);
        outcome
    }

    /// How many requests came to the registry until now, how many of them without `Authorization`, and how many
    /// to the token service.
    fn count(&self) -> (usize, usize, usize) {
        let exchanges = self.proxy.exchanges();
        let anonymous = exchanges.iter().filter(|seen| seen.authorization.is_none()).count();
        (exchanges.len(), anonymous, self.service.requests().len())
    }

    /// What is remembered of the registry.
    fn known(&self) -> Option<Value> {
        known(&self.home, &self.proxy.host())
    }

    /// Remembers this of the registry, learned so many seconds ago.
    fn remember(&self, asks: &Value, age: i64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let server = json!({"url": format!("http://{}/", self.proxy.host())});
        let learned = i64::try_from(now).unwrap() - age;
        let entry = json!({"server": server, "asks": asks, "had_credentials": true, "learned": learned});
        write(&self.home, &json!({"version": 1, "entries": [entry]}).to_string());
    }

    /// Makes it a login of another program, which has not looked who checked the password.
    fn unpin(&self) {
        fs::remove_file(self.home.path().join(".local/share/regcli/token-services.json")).unwrap();
    }

    fn remember_realm(&self, realm: &str) {
        self.remember(&bearer(realm), 60);
    }

    /// That one command went well, and that the next one knows better again.
    #[track_caller]
    fn heals(&self) {
        self.digest();
        assert_eq!(self.known().unwrap()["bearer"]["realm"], json!(self.service.realm()));
        self.forget();
        self.digest();
        assert_eq!(self.count(), (1, 0, 1));
    }
}

fn file(home: &Home) -> PathBuf {
    home.path().join(".cache/regcli/challenges.json")
}

fn write(home: &Home, content: &str) {
    fs::create_dir_all(file(home).parent().unwrap()).unwrap();
    fs::write(file(home), content).unwrap();
    fs::set_permissions(file(home), fs::Permissions::from_mode(0o600)).unwrap();
}

fn known(home: &Home, host: &str) -> Option<Value> {
    let document: Value = serde_json::from_slice(&fs::read(file(home)).ok()?).unwrap();
    let challenges = document["entries"].as_array().unwrap().clone();
    let url = json!(format!("http://{host}/"));
    Some(challenges.into_iter().find(|known| known["server"]["url"] == url)?["asks"].clone())
}

fn bearer(realm: &str) -> Value {
    json!({"bearer": {"realm": realm, "service": "regcli.test"}})
}

#[test]
fn the_second_command_comes_with_a_token_and_saves_a_request() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.image();
        keep(&scene.home, &scene.fixture, &image);
        let run = |command: &[&str]| {
            scene.forget();
            scene.home.run(command).succeeds();
            scene.count()
        };
        let host = scene.proxy.host();
        for (command, requests) in [
            (&["digest", &image][..], 1),
            (&["pull", "-q", &image], 1),
            (&["push", &image], 1),
            (&["tags", image.trim_end_matches(":1")], 1),
            (&["catalog", &host], 1),
        ] {
            fs::remove_file(file(&scene.home)).unwrap();
            assert_eq!(run(command), (requests + 1, 1, 1), "{kind:?} {command:?}");
            assert_eq!(
                run(command),
                (requests, 0, 1),
                "{kind:?} {command:?}: {:#?}",
                scene.proxy.exchanges()
            );
        }
        let whole = scene.fixture.blobs.len() + 1;
        for (store, expected) in [("first", (whole + 1, 1, 1)), ("second", (whole, 0, 1))] {
            if store == "first" {
                fs::remove_file(file(&scene.home)).unwrap();
            }
            assert_eq!(run(&["pull", "--store", store, &image]), expected, "{kind:?} {store}");
        }
    }
}

#[test]
fn a_password_that_is_wanted_is_sent_at_once() {
    for kind in Kind::present() {
        let scene = Scene::behind(kind, |_| Gate::password("demo", "hunter2"));

        scene.digest();

        assert_eq!(scene.count(), (1, 0, 0), "{kind:?}: {:#?}", scene.proxy.exchanges());
        assert_eq!(scene.known(), Some(json!("basic")));
    }
}

#[test]
fn the_file_holds_no_secret_and_is_for_nobody_else() {
    for gate in [TokenService::gate, |_: &TokenService| Gate::password("demo", "hunter2")] {
        let scene = Scene::behind(Kind::Embedded, gate);
        scene.service.give_identity_tokens();
        log_in(&scene.home, &scene.proxy.host());
        scene.home.run(["pull", "-q", &scene.image()]).succeeds();

        let folder = file(&scene.home).parent().unwrap().to_owned();
        let mut sizes = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let text = fs::read_to_string(&path).unwrap();
            for secret in ["hunter2", "demo", "ZGVtbzpodW50ZXIy", "eyJ", "refresh", "team", "repository:"] {
                assert!(!text.contains(secret), "{secret} in {path:?}: {text}");
            }
            sizes.push(text.len());
        }
        sizes.sort_unstable();
        assert!(sizes.len() == 2 && sizes[0] == 0 && sizes[1] > 50, "one file and its lock: {sizes:?}");
    }
}

#[test]
fn a_token_service_that_is_gone_or_broken_is_forgotten() {
    let scene = Scene::new(Kind::Embedded);
    scene.unpin();
    let broken = Proxy::before("127.0.0.1:1");
    let realm = format!("http://{}/token", broken.host());
    scene.remember_realm("http://127.0.0.1:1/token");
    scene.heals();
    let answer = |status, body| Fault::Answer { status, headers: Vec::new(), body };
    for fault in [
        answer(404, ""),
        answer(500, ""),
        answer(403, "{}"),
        answer(401, "{}"),
        answer(429, ""),
        answer(200, "<html>"),
        answer(200, "{}"),
        Fault::LoseAnswer,
        Fault::Delay(Duration::from_secs(20)),
    ] {
        broken.fault("GET", "/token", fault);
        scene.remember_realm(&realm);
        broken.forget();
        scene.heals();
        assert_eq!(broken.exchanges().len(), 1, "it is asked once");
    }
    let image = format!("{}/team/other:1", scene.proxy.host());
    keep(&scene.home, &Fixture::many_layers(12), &image);
    broken.fault("GET", "/token", answer(404, ""));
    scene.remember_realm(&realm);
    broken.forget();
    scene.home.run(["push", "-q", &image]).succeeds();
    assert_eq!(broken.exchanges().len(), 1, "by all requests together");
}

#[test]
fn a_service_that_never_was_one_gets_nothing() {
    let scene = Scene::new(Kind::Embedded);
    for realm in ["", "/token", "ftp://127.0.0.1/token", "http://me:pw@127.0.0.1/token", "no\u{0}url"] {
        scene.remember_realm(realm);
        scene.heals();
    }
}

#[test]
fn a_registry_that_wants_something_else_now_gets_it() {
    let scene = Scene::new(Kind::Embedded);
    let other = TokenService::start();
    scene.remember_realm(&other.realm());
    scene.heals();
    scene.remember(&json!("basic"), 60);
    scene.heals();

    let scene = Scene::behind(Kind::Embedded, |_| Gate::password("demo", "hunter2"));
    scene.remember_realm(&other.realm());
    scene.digest();
    assert_eq!(scene.known(), Some(json!("basic")));
    scene.forget();
    scene.digest();
    assert_eq!(scene.count(), (1, 0, 0));
}

#[test]
fn a_registry_that_wants_nothing_any_more_goes_on_working() {
    let scene = Scene::behind(Kind::Embedded, |_| Gate::Open);
    for asks in [bearer(&scene.service.realm()), json!("basic")] {
        scene.remember(&asks, 60);
        scene.digest();
    }
    scene.remember_realm("http://127.0.0.1:1/token");
    scene.digest();
    assert_eq!(scene.known(), None, "it is not tried again");

    for (status, asks) in [(400, bearer(&scene.service.realm())), (403, json!("basic"))] {
        scene.remember(&asks, 60);
        let refusal = Fault::Answer { status, headers: Vec::new(), body: "" };
        scene.proxy.fault("HEAD", "/manifests/", refusal);
        scene.digest();
        assert_eq!(scene.known(), None, "credentials do harm here");
    }
    scene.remember(&json!("basic"), 60);
    let headers = vec![("WWW-Authenticate", "Basic realm=x".to_owned())];
    scene.proxy.fault("HEAD", "/manifests/", Fault::Answer { status: 401, headers, body: "" });
    scene.digest();
}

#[test]
fn a_login_to_an_open_registry_forgets_what_it_wanted() {
    let scene = Scene::behind(Kind::Embedded, |_| Gate::Open);
    scene.remember(&json!("basic"), 60);

    log_in(&scene.home, &scene.proxy.host());

    assert_eq!(scene.known(), None);
}

#[test]
fn what_is_a_day_old_or_from_the_future_is_asked_again() {
    let scene = Scene::new(Kind::Embedded);
    let day = 24 * 60 * 60;
    for age in [day, day * 1000, -100, i64::MIN / 2] {
        scene.remember(&bearer("http://127.0.0.1:1/token"), age);
        scene.forget();
        scene.digest();
        assert_eq!(scene.count(), (2, 1, 1), "{age}");
        scene.heals();
    }
    scene.remember(&bearer(&scene.service.realm()), day - 100);
    scene.forget();
    scene.digest();
    assert_eq!(scene.count(), (1, 0, 1));
}

#[test]
fn a_file_that_is_no_good_is_as_good_as_none() {
    let scene = Scene::new(Kind::Embedded);
    let good = fs::read_to_string(file(&scene.home)).unwrap();
    let large = format!("{good}{}", " ".repeat(256 << 10));
    for content in ["", "{", "[1]", "null", &good[..good.len() - 3], &large] {
        write(&scene.home, content);
        scene.forget();
        let digest = scene.digest();
        assert_eq!(digest.stderr, "", "nobody is told");
        assert_eq!(scene.count(), (2, 1, 1));
        scene.heals();
    }
    fs::set_permissions(file(&scene.home), fs::Permissions::from_mode(0o666)).unwrap();
    scene.forget();
    scene.digest();
    assert_eq!(scene.count(), (2, 1, 1), "anybody may have written it");
    scene.heals();
}

#[test]
fn a_home_that_cannot_be_written_holds_nobody_up() {
    let scene = Scene::new(Kind::Embedded);
    let config = scene.home.docker_config();
    let read_only = scene.home.path().join("read-only");
    fs::create_dir(&read_only).unwrap();
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o500)).unwrap();
    // Not even root can make a folder in /proc.
    for (variable, folder) in [
        ("HOME", read_only.as_path()),
        ("HOME", Path::new("/proc")),
        ("HOME", Path::new("")),
        ("XDG_CACHE_HOME", &read_only),
        ("XDG_CACHE_HOME", Path::new("/dev/null")),
        ("XDG_CACHE_HOME", &config),
    ] {
        let digest = scene.home.regcli(["digest", &scene.image()]).env(variable, folder);
        let digest = digest.env("DOCKER_CONFIG", config.parent().unwrap()).run().succeeds();
        let said = (digest.last_line(), digest.stderr.as_str());
        assert_eq!(said, (scene.fixture.root.digest.as_str(), ""), "{variable}={folder:?}");
    }
}

/// What a command says of wrong credentials.
fn complaint(scene: &Scene) -> String {
    scene.home.run(["digest", &scene.image()]).ends_with(4).stderr
}

#[test]
fn a_wrong_password_is_refused_in_the_same_words_and_tried_as_often() {
    let gates = [TokenService::gate, |_: &TokenService| Gate::password("demo", "hunter2")];
    for gate in gates {
        let scene = Scene::behind(Kind::Embedded, gate);
        // demo:wrong
        let auths = json!({"auths": {scene.proxy.host(): {"auth": "ZGVtbzp3cm9uZw=="}}});
        fs::write(scene.home.docker_config(), auths.to_string()).unwrap();
        let right = fs::read_to_string(file(&scene.home)).unwrap();
        fs::remove_file(file(&scene.home)).unwrap();
        let words = complaint(&scene);
        let tries = (scene.count().0 - scene.count().1, scene.count().2);

        write(&scene.home, &right);
        scene.forget();
        assert_eq!(complaint(&scene), words);
        assert_eq!((scene.count().0 - scene.count().1, scene.count().2), tries, "some lock the account");
    }
}

#[test]
fn whoever_may_not_is_told_so_in_the_same_words() {
    let scene = Scene::new(Kind::Embedded);
    scene.service.grant_nothing_private();
    let known = fs::read_to_string(file(&scene.home)).unwrap();
    for command in ["digest", "pull", "tags"] {
        let image = scene.image();
        let name = if command == "tags" { image.trim_end_matches(":1") } else { &image };
        let run = || scene.home.run([command, name]).ends_with(4).stderr;
        fs::remove_file(file(&scene.home)).unwrap();
        let words = run();
        write(&scene.home, &known);
        assert_eq!(run(), words);
    }
}

#[test]
fn a_login_asks_the_registry_itself_and_refreshes_what_is_known() {
    let scene = Scene::new(Kind::Embedded);
    scene.remember_realm("http://127.0.0.1:1/token");

    log_in(&scene.home, &scene.proxy.host());

    assert_eq!(scene.count(), (2, 1, 1));
    assert_eq!(scene.known().unwrap()["bearer"]["realm"], json!(scene.service.realm()));
}

#[test]
fn a_logout_forgets_this_host_only() {
    let scene = Scene::new(Kind::Embedded);
    let other = Scene::new(Kind::Embedded);
    log_in(&scene.home, &other.proxy.host());

    scene.home.run(["logout", &scene.proxy.host()]).succeeds();

    assert_eq!(scene.known(), None);
    assert!(known(&scene.home, &other.proxy.host()).is_some());
    scene.forget();
    scene.home.run(["digest", &scene.image()]).ends_with(4);
    assert_eq!(scene.proxy.exchanges()[0].authorization, None);
}

#[test]
fn two_commands_at_once_keep_what_both_have_learned() {
    let scenes = [Scene::new(Kind::Embedded), Scene::new(Kind::Embedded)];
    let home = Home::fresh();
    for round in 0..5 {
        let _ = fs::remove_file(file(&home));
        // Nobody is logged in here: it is the registries that count.
        let started = scenes.each_ref().map(|scene| home.regcli(["digest", &scene.image()]).start());
        for command in started {
            command.finish().ends_with(4);
        }
        for scene in &scenes {
            assert!(known(&home, &scene.proxy.host()).is_some(), "round {round}");
        }
    }
}

#[test]
fn an_interrupted_command_keeps_what_it_has_learned() {
    let scene = Scene::new(Kind::Embedded);
    fs::remove_file(file(&scene.home)).unwrap();
    scene.proxy.slow_down(1000);
    let pull = scene.home.regcli(["pull", &scene.image()]).start();
    let blobs = || (!scene.proxy.requests("GET", "/blobs/").is_empty()).then_some(());
    eventually(Duration::from_secs(20), blobs).expect("the pull begins");

    pull.signal(Signal::INT);

    pull.finish().ends_with(130);
    assert_eq!(scene.known().unwrap()["bearer"]["realm"], json!(scene.service.realm()));
}

#[test]
fn a_mirror_is_known_by_its_own_name() {
    let scene = Scene::new(Kind::Embedded);
    let origin = Proxy::before("127.0.0.1:1");
    let folder = scene.home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let (host, mirror) = (origin.host(), scene.proxy.host());
    let config = format!("[registry.\"{host}\"]\nmirrors = [\"http://{mirror}\"]\n");
    fs::write(folder.join("config.toml"), config).unwrap();

    scene.home.run(["digest", &format!("{host}/team/app:1")]).succeeds();

    assert_eq!(scene.count(), (1, 0, 1));
    assert_eq!(origin.exchanges().len(), 0);
}

#[test]
fn a_service_without_tls_is_not_believed_of_a_registry_with_tls() {
    let (service, authority) = (TokenService::start(), Authority::new());
    let registry = Kind::Embedded.open();
    let gate = Gate::password("demo", "hunter2");
    let proxy = Proxy::tls(registry.host(), gate, &authority.issue(&["127.0.0.1"]));
    let fixture = Fixture::small();
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let (home, host) = (Home::fresh(), proxy.host());
    let trusted = authority.certificate();
    let trusted = trusted.to_str().unwrap();
    let login = home.regcli(["login", "--ca-file", trusted, "-u", "demo", "--password-stdin", &host]);
    login.stdin("hunter2").run().succeeds();
    let digest = || {
        proxy.forget();
        home.run(["digest", "--ca-file", trusted, &format!("{host}/team/app:1")]).succeeds();
        proxy.exchanges().iter().map(|seen| seen.authorization.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(digest(), [true]);

    let mut document: Value = serde_json::from_slice(&fs::read(file(&home)).unwrap()).unwrap();
    let entry = &mut document["entries"][0];
    assert_eq!(entry["server"]["url"], json!(format!("https://{host}/")));
    entry["asks"] = bearer(&service.realm());
    write(&home, &document.to_string());
    assert_eq!(digest(), [false, true]);
    assert_eq!(service.requests(), []);

    // The same over HTTP, or checked in another way, is not the same server.
    assert_eq!(digest(), [true]);
    proxy.forget();
    home.run(["digest", "--insecure", &format!("{host}/team/app:1")]).succeeds();
    assert_eq!(proxy.exchanges()[0].authorization, None);
}

#[test]
fn a_dry_run_uses_what_is_known_and_keeps_nothing() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.image();
        for command in [&["pull", "--dry-run", &image][..], &["image", "pull", "-q", "--dry-run", &image]] {
            scene.digest();
            let known = fs::read(file(&scene.home)).unwrap();
            scene.forget();
            scene.home.run(command).succeeds();
            assert_eq!(scene.count(), (1, 0, 1), "{kind:?} {command:?}");
            assert_eq!(fs::read(file(&scene.home)).unwrap(), known, "{kind:?} {command:?}");

            fs::remove_dir_all(file(&scene.home).parent().unwrap()).unwrap();
            scene.home.run(command).succeeds();
            assert!(!file(&scene.home).parent().unwrap().exists(), "{kind:?} {command:?}");
        }
    }
}
