//! Bearer tokens: what regcli asks a token service for, and what it does once a token counts no more.

mod debug;
mod known_challenges;
mod origins;
mod reach;
mod services;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::{Api, Fault, Fixture, Home, Kind, Proxy, Registry, TokenRequest, TokenService, missing};

/// A token service, a registry that wants its tokens, and a home that is logged in there.
struct Scene {
    service: TokenService,
    registry: Registry,
    home: Home,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let service = TokenService::start();
        let registry = kind.with_tokens(&service);
        let scene = Self { service, registry, home: Home::fresh() };
        log_in(&scene.home, scene.registry.host());
        scene.service.forget();
        scene
    }

    /// A name at the registry.
    fn image(&self, path: &str) -> String {
        format!("{}/{path}", self.registry.host())
    }

    /// Puts an image there and forgets what that took.
    fn push(&self, fixture: &Fixture, path: &str) -> String {
        let image = self.image(path);
        fixture.push_with_skopeo(&image, &["--dest-creds", "demo:hunter2"]);
        self.service.forget();
        image
    }

    /// The scopes of each request for a token until now.
    fn scopes(&self) -> Vec<Vec<String>> {
        scopes(&self.service.requests())
    }
}

fn scopes(requests: &[TokenRequest]) -> Vec<Vec<String>> {
    requests.iter().map(|request| request.scopes.clone()).collect()
}

fn log_in(home: &Home, host: &str) {
    home.regcli(["login", "-u", "demo", "--password-stdin", host])
        .stdin("hunter2\n")
        .run()
        .succeeds()
        .prints("Login Succeeded\n");
}

/// Brings a fixture into a home's store under a name.
fn keep(home: &Home, fixture: &Fixture, name: &str) {
    home.run(["copy", &fixture.place(), &format!("store:{name}")]).succeeds();
}

#[test]
fn a_pull_asks_once_for_the_right_to_pull_however_many_layers_there_are() {
    if missing("skopeo") {
        return;
    }
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let fixture = Fixture::many_layers(20);
        let image = scene.push(&fixture, "team/app:1");

        let digest = format!("Digest: {}", fixture.root.digest);
        scene.home.run(["pull", &image]).succeeds().prints_line(&digest);

        let requests = scene.service.requests();
        assert_eq!(scopes(&requests), [["repository:team/app:pull"]], "{kind:?}");
        let asked = &requests[0];
        assert_eq!((asked.method.as_str(), asked.user.as_str()), ("GET", "demo"));
        assert_eq!((asked.service.as_str(), asked.offline), (scene.service.service(), false));
    }
}

#[test]
fn a_push_asks_for_the_right_to_pull_and_push() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.image("team/app:1");
        let fixture = Fixture::many_layers(12);
        keep(&scene.home, &fixture, &image);

        scene.home.run(["push", &image]).succeeds();

        let asked = scene.scopes();
        let pushing = ["repository:team/app:pull,push"];
        assert_eq!(asked.iter().filter(|scopes| **scopes == pushing).count(), 1, "{kind:?}: {asked:?}");
        let more_than_that = |scope: &String| !scope.starts_with("repository:team/app:pull");
        assert!(!asked.iter().flatten().any(more_than_that), "{kind:?}: {asked:?}");
        let digest = scene.home.run(["digest", &image]).succeeds();
        assert_eq!(digest.last_line(), fixture.root.digest);
    }
}

#[test]
fn a_mount_asks_for_both_repositories_in_one_request() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let (base, other) = (scene.image("team/base:1"), scene.image("team/other:1"));
        keep(&scene.home, &Fixture::many_layers(5), &base);
        scene.home.run(["push", &base]).succeeds();
        scene.home.run(["tag", &base, &other]).succeeds();
        scene.service.forget();

        scene.home.run(["push", &other]).succeeds().complains("Mounted from team/base");

        let both = ["repository:team/base:pull", "repository:team/other:pull,push"];
        let asked = scene.scopes();
        assert_eq!(asked.iter().filter(|scopes| **scopes == both).count(), 1, "{kind:?}: {asked:?}");
    }
}

#[test]
fn a_catalog_asks_for_the_right_to_list() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.image("team/app:1");
        keep(&scene.home, &Fixture::small(), &image);
        scene.home.run(["push", "-q", &image]).succeeds();
        scene.service.forget();

        scene.home.run(["catalog", scene.registry.host()]).succeeds().prints_line("team/app");

        assert_eq!(scene.scopes(), [["registry:catalog:*"]], "{kind:?}");
    }
}

/// A registry of some kind behind a gate whose tokens can be revoked.
fn guarded(kind: Kind) -> (TokenService, Registry, Proxy) {
    let service = TokenService::start();
    let registry = kind.open();
    let proxy = Proxy::guarding(registry.host(), service.gate());
    (service, registry, proxy)
}

#[test]
fn tokens_that_are_revoked_anywhere_in_a_pull_are_renewed_once() {
    for kind in Kind::present() {
        let (service, registry, proxy) = guarded(kind);
        let fixture = Fixture::many_layers(8);
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        let image = format!("{}/team/app:1", proxy.host());
        for passed in 1..10 {
            let home = Home::fresh();
            log_in(&home, &proxy.host());
            service.forget();
            proxy.forget();
            service.revoke_after(passed);

            home.run(["pull", "-q", &image]).succeeds();

            assert_eq!(service.requests().len(), 2, "{kind:?}, {passed}: {:#?}", proxy.exchanges());
            assert_eq!(proxy.blob_bytes_taken(), fixture.blob_bytes(), "{kind:?}, {passed}: nothing twice");
        }
    }
}

#[test]
fn tokens_that_are_revoked_anywhere_in_a_push_are_renewed() {
    for kind in Kind::present() {
        let (service, registry, proxy) = guarded(kind);
        let fixture = Fixture::many_layers(4);
        // For the tag 1, for each of the five blobs 3, for the manifest 1.
        for passed in 1..17 {
            let image = format!("{}/team/app{passed}:1", proxy.host());
            let home = Home::fresh();
            log_in(&home, &proxy.host());
            keep(&home, &fixture, &image);
            proxy.forget();
            service.revoke_after(passed);

            home.run(["push", "-q", &image]).succeeds();

            let refused = proxy.exchanges().iter().filter(|exchange| exchange.status == 401).count();
            assert!(refused > 0, "{kind:?}, {passed}: nothing was revoked: {:#?}", proxy.exchanges());
            Api::of(registry.host(), &format!("team/app{passed}")).holds(&fixture, "1");
        }
    }
}

#[test]
fn a_token_that_has_run_out_is_renewed_before_it_is_refused() {
    for kind in Kind::present() {
        let (service, registry, proxy) = guarded(kind);
        service.set_lifetime(Duration::from_secs(1));
        Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
        let home = Home::fresh();
        log_in(&home, &proxy.host());
        service.forget();
        proxy.forget();
        proxy.fault("GET", "/manifests/1", Fault::Delay(Duration::from_millis(1500)));

        home.run(["pull", "-q", &format!("{}/team/app:1", proxy.host())]).succeeds();

        let refused: Vec<_> =
            proxy.exchanges().into_iter().filter(|exchange| exchange.status == 401).collect();
        assert_eq!(refused.len(), 0, "{kind:?}: since the login it is known what to send: {refused:#?}");
        assert!(service.requests().len() > 1, "{kind:?}: {:#?}", service.requests());
    }
}

/// The config.json of a login that gave an identity token, as in transcript 16.
fn with_identity_token(host: &str) -> String {
    format!(
        "{{\n\t\"auths\": {{\n\t\t\"{host}\": {{\n\t\t\t\"auth\": \"ZGVtbzo=\",\n\t\t\t\"identitytoken\": \
         \"refresh-demo-0\"\n\t\t}}\n\t}}\n}}"
    )
}

#[test]
fn a_login_keeps_the_identity_token_and_later_commands_use_it() {
    if missing("skopeo") {
        return;
    }
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.push(&Fixture::small(), "team/app:1");
        scene.service.give_identity_tokens();

        let host = scene.registry.host();
        let login = scene.home.regcli(["login", "-u", "demo", "--password-stdin", host]).stdin("hunter2");
        let login = login.run().succeeds().prints("Login Succeeded\n");
        assert_eq!(login.stderr, "", "{kind:?}: no password is stored, so none is warned of");

        assert_eq!(fs::read_to_string(scene.home.docker_config()).unwrap(), with_identity_token(host));
        let asked = scene.service.requests().pop().unwrap();
        assert_eq!((asked.method.as_str(), asked.user.as_str(), asked.offline), ("GET", "demo", true));
        assert_eq!(asked.scopes, [""; 0], "{kind:?}");

        scene.service.forget();
        scene.home.run(["pull", "-q", &image]).succeeds();
        let requests = scene.service.requests();
        assert_eq!(scopes(&requests), [["repository:team/app:pull"]], "{kind:?}");
        assert_eq!((requests[0].method.as_str(), requests[0].user.as_str()), ("POST", "demo"));
        assert_eq!(requests[0].grant.as_deref(), Some("refresh_token"));
        assert_eq!(fs::read_to_string(scene.home.docker_config()).unwrap(), with_identity_token(host));
    }
}

#[test]
fn a_helper_keeps_an_identity_token_under_the_name_that_docker_gives_it() {
    let scene = Scene::new(Kind::Embedded);
    scene.service.give_identity_tokens();
    let (host, programs) = (scene.registry.host(), scene.home.path().join("bin"));
    fs::create_dir(&programs).unwrap();
    let helper = programs.join("docker-credential-lab");
    fs::write(&helper, "#!/bin/sh\n[ $1 = store ] && cat >\"$HOME/stored\"\n").unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(scene.home.docker_config(), "{\"credsStore\":\"lab\"}").unwrap();

    let login = scene.home.regcli(["login", "-u", "demo", "--password-stdin", host]).stdin("hunter2");
    let path = format!("{}:/usr/bin:/bin", programs.display());
    login.env("PATH", path).run().succeeds().prints("Login Succeeded\n");

    let stored = fs::read_to_string(scene.home.path().join("stored")).unwrap();
    let secret = r#""Username":"\u003ctoken\u003e","Secret":"refresh-demo-0"}"#;
    assert_eq!(stored.trim_end(), format!(r#"{{"ServerURL":"{host}",{secret}"#));
    let config: serde_json::Value =
        serde_json::from_slice(&fs::read(scene.home.docker_config()).unwrap()).unwrap();
    assert_eq!(config, serde_json::json!({"auths": {host: {}}, "credsStore": "lab"}));
}

#[test]
fn a_token_service_that_knows_no_post_is_asked_by_get() {
    if missing("skopeo") {
        return;
    }
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.push(&Fixture::small(), "library/app:1");
        fs::write(scene.home.docker_config(), with_identity_token(scene.registry.host())).unwrap();
        scene.service.refuse_post();

        scene.home.run(["pull", "-q", &image]).succeeds();

        let requests = scene.service.requests();
        let asked: Vec<_> = requests
            .iter()
            .map(|asked| (asked.method.as_str(), asked.status, asked.scopes.join(" ")))
            .collect();
        let scope = || "repository:library/app:pull".to_owned();
        assert_eq!(asked, [("POST", 404, scope()), ("GET", 200, scope())], "{kind:?}");
    }
}

#[test]
fn a_wrong_password_is_refused_in_dockers_words_and_config_json_stays() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let (host, file) = (scene.registry.host(), scene.home.docker_config());
        let before = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());

        let login =
            scene.home.regcli(["login", "-u", "demo", "--password-stdin", host]).stdin("mistyped").run();

        let words = format!(
            "error: {host} refused user demo: wrong name or password\n  caused by: Get \"http://{host}/v2/\": \
             unauthorized: incorrect username or password\n"
        );
        let login = login.ends_with(4).prints("").complains(&words);
        let hint = "hint: check the name and the password; with two-factor login or single sign-on, use an access \
                    token as the password\n";
        assert!(!login.stderr.contains("mistyped"), "{login}");
        login.complains(hint);
        let after = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
        assert_eq!(before, after, "{kind:?}");
    }
}

#[test]
fn who_may_not_pull_is_told_in_dockers_words_what_to_do() {
    if missing("skopeo") {
        return;
    }
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let image = scene.push(&Fixture::small(), "team/app:1");
        let (host, name) = (scene.registry.host(), scene.image("team/app"));
        let denied = format!(
            "error: pull access denied for {name}, repository does not exist or may require 'docker login': "
        );

        let nobody = Home::fresh().run(["pull", &image]).ends_with(4).complains(&denied);
        nobody.complains(&format!("\nhint: log in: regcli login {host}\n"));

        scene.service.grant_nothing_private();
        let somebody = scene.home.run(["pull", &image]).ends_with(4).complains(&denied);
        somebody.complains(&format!("\nhint: {host} does not let this account use {name}: "));
    }
}

#[test]
fn who_may_not_push_is_told_what_to_do_and_nothing_is_tagged() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        scene.service.grant_nothing_private();
        let (host, image) = (scene.registry.host(), scene.image("library/app:1"));
        keep(&scene.home, &Fixture::small(), &image);

        let push = scene.home.run(["push", &image]).ends_with(4);

        push.complains(&format!(
            "\nhint: {host} does not let this account use {}: ",
            scene.image("library/app")
        ));
        scene.home.run(["digest", &image]).ends_with(3);
    }
}
