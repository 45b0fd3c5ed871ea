//! Docker Hub under its own names: pulls, logins, searches, and the mirrors before it.

mod pulls;

use std::fs;

use crate::support::{Api, Fixture, Gate, Home, Hub, Kind, Outcome, Proxy, Regcli, Registry};

/// Docker Hub as a home sees it, with the images of a registry.
struct Scene {
    registry: Registry,
    hub: Hub,
    home: Home,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let registry = kind.open();
        let hub = Hub::before(registry.host());
        Self { registry, hub, home: Home::fresh() }
    }

    /// Puts an image there.
    fn push(&self, fixture: &Fixture, path: &str) {
        let (repository, tag) = path.split_once(':').unwrap();
        Api::of(self.registry.host(), repository).seed(fixture, tag);
    }

    /// Makes these the mirrors in daemon.json, in this order.
    fn mirror(&self, mirrors: &[&str]) {
        let docker = self.home.path().join("etc/docker");
        fs::create_dir_all(&docker).unwrap();
        let urls: Vec<String> = mirrors.iter().map(|host| format!("http://{host}")).collect();
        let document = serde_json::json!({"registry-mirrors": urls});
        fs::write(docker.join("daemon.json"), document.to_string()).unwrap();
    }

    /// Stores credentials under these keys of config.json.
    fn know(&self, credentials: &[(&str, &str)]) {
        let auths: serde_json::Map<_, _> = credentials
            .iter()
            .map(|(key, auth)| ((*key).to_owned(), serde_json::json!({"auth": auth})))
            .collect();
        fs::create_dir_all(self.home.docker_config().parent().unwrap()).unwrap();
        fs::write(self.home.docker_config(), serde_json::json!({"auths": auths}).to_string()).unwrap();
    }

    fn regcli(&self, arguments: &[&str]) -> Regcli {
        self.home.regcli(arguments).envs(self.hub.env()).env("REGCLI_ETC", self.home.path().join("etc"))
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Outcome {
        self.regcli(arguments).run()
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.docker_config()).unwrap()
    }

    /// Who asked for tokens: `user: scopes`.
    fn asked(&self) -> Vec<String> {
        let requests = self.hub.token_requests();
        requests.iter().map(|asked| format!("{}: {}", asked.user, asked.scopes.join(" "))).collect()
    }
}

/// `demo:hunter2`, whom the Hub knows.
const DEMO: &str = "ZGVtbzpodW50ZXIy";

/// `user1:s3cret`, whom the mirror knows.
const USER1: &str = "dXNlcjE6czNjcmV0";

#[test]
fn an_official_image_is_pulled_by_its_bare_name_and_by_every_other() {
    for kind in Kind::present() {
        let scene = Scene::new(kind);
        let fixture = Fixture::multi_platform();
        scene.push(&fixture, "library/ubuntu:latest");
        let digest = &fixture.root.digest;

        scene.run(&["pull", "ubuntu"]).succeeds().prints(&format!(
            "Using default tag: latest\nlatest: Pulling from library/ubuntu\nDigest: {digest}\n\
             Status: Downloaded newer image for ubuntu:latest\ndocker.io/library/ubuntu:latest\n"
        ));
        assert_eq!(scene.asked(), [": repository:library/ubuntu:pull"], "{kind:?}");

        for name in
            ["library/ubuntu:latest", "docker.io/ubuntu:latest", "index.docker.io/library/ubuntu:latest"]
        {
            scene.run(&["pull", name]).succeeds().prints(&format!(
                "latest: Pulling from library/ubuntu\nDigest: {digest}\n\
                 Status: Image is up to date for ubuntu:latest\ndocker.io/library/ubuntu:latest\n"
            ));
        }
        let rows = scene.run(&["images", "--format", "{{.Repository}}:{{.Tag}}"]);
        rows.succeeds().prints("ubuntu:latest\n");
    }
}

#[test]
fn an_image_that_the_hub_does_not_have_is_not_found_in_dockers_words() {
    let scene = Scene::new(Kind::Embedded);

    let pull = scene.run(&["pull", "-q", "ubuntu:nosuch"]).ends_with(3).prints("");

    pull.complains("error: manifest for ubuntu:nosuch not found: manifest unknown: manifest unknown\n");
}

#[test]
fn somebody_elses_private_image_is_denied_in_dockers_words() {
    let scene = Scene::new(Kind::Embedded);
    scene.push(&Fixture::small(), "demo/private:1");

    let pull = scene.run(&["pull", "-q", "demo/private:1"]).ends_with(4).prints("");

    pull.complains(
        "error: pull access denied for demo/private, repository does not exist or may require 'docker login': ",
    )
    .complains("denied: requested access to the resource is denied\n")
    .complains("\nhint: log in: regcli login\n");
}

/// What people type for Docker Hub.
const NAMES: [&[&str]; 5] =
    [&[], &["docker.io"], &["index.docker.io"], &["registry-1.docker.io"], &["https://index.docker.io/v1/"]];

#[test]
fn a_login_at_the_hub_is_one_login_whatever_the_hub_is_called() {
    let scene = Scene::new(Kind::Embedded);
    let stored = format!(
        "{{\n\t\"auths\": {{\n\t\t\"https://index.docker.io/v1/\": {{\n\t\t\t\"auth\": \"{DEMO}\"\n\t\t}}\n\t}}\n}}"
    );
    for name in NAMES {
        let login =
            ["login", "-u", "demo", "--password-stdin"].iter().chain(name).copied().collect::<Vec<_>>();
        let wrong = scene.regcli(&login).stdin("wrong").run().ends_with(4).prints("");
        wrong.complains(
            "error: Docker Hub refused user demo: wrong name or password\n  caused by: Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password\n",
        );
        scene.regcli(&login).stdin("hunter2").run().succeeds().prints("Login Succeeded\n");
        assert_eq!(scene.config(), stored, "{name:?}");

        let logout = ["logout"].iter().chain(name).copied().collect::<Vec<_>>();
        let logout = scene.run(&logout).succeeds();
        logout.prints("Removing login credentials for https://index.docker.io/v1/\n");
        assert_eq!(scene.config(), "{\n\t\"auths\": {}\n}", "{name:?}");
    }
}

#[test]
fn a_password_that_others_stored_under_any_name_of_the_hub_is_used() {
    let scene = Scene::new(Kind::Embedded);
    scene.push(&Fixture::small(), "demo/private:1");
    for key in ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"] {
        scene.know(&[(key, DEMO)]);
        let before = scene.config();

        scene.run(&["pull", "-q", "demo/private:1"]).succeeds().prints("docker.io/demo/private:1\n");

        assert_eq!(scene.asked().pop().as_deref(), Some("demo: repository:demo/private:pull"), "{key}");
        assert_eq!(scene.config(), before);
        scene.run(&["rmi", "demo/private:1"]).succeeds();
    }
}

#[test]
fn a_push_goes_to_the_hub_whatever_its_mirrors_have() {
    let scene = Scene::new(Kind::Embedded);
    let upstream = Kind::Embedded.open();
    let fixture = Fixture::small();
    Api::of(upstream.host(), "demo/app").seed(&fixture, "1");
    let mirror = Proxy::before(upstream.host());
    scene.mirror(&[&mirror.host()]);
    scene.know(&[("https://index.docker.io/v1/", DEMO)]);
    scene.run(&["copy", &fixture.place(), "store:demo/app:1"]).succeeds();

    scene.run(&["push", "demo/app:1"]).succeeds().prints(&format!(
        "The push refers to repository [docker.io/demo/app]\n1: digest: {} size: {}\n",
        fixture.root.digest, fixture.root.size
    ));
    scene.run(&["copy", &fixture.place(), "demo/copy:1"]).succeeds();
    scene.run(&["tag", "--remote", "demo/app:1", "demo/app:2"]).succeeds();

    let put = scene.hub.exchanges().into_iter().filter(|seen| seen.method == "PUT" && seen.status == 201);
    let tags = put.filter(|seen| seen.path.contains("/manifests/")).map(|seen| seen.path);
    let expected = ["/v2/demo/app/manifests/1", "/v2/demo/copy/manifests/1", "/v2/demo/app/manifests/2"];
    assert_eq!(tags.collect::<Vec<_>>(), expected);
    assert!(mirror.exchanges().is_empty(), "{:#?}", mirror.exchanges());
}

#[test]
fn a_mirror_that_is_dead_or_has_not_the_image_is_passed_over() {
    let scene = Scene::new(Kind::Embedded);
    let fixture = Fixture::small();
    scene.push(&fixture, "library/ubuntu:latest");
    let empty = Kind::Embedded.open();
    let empty = Proxy::before(empty.host());
    let upstream = Kind::Embedded.open();
    Api::of(upstream.host(), "library/mirrored").seed(&fixture, "latest");
    let full = Proxy::before(upstream.host());
    scene.mirror(&["127.0.0.1:1", &empty.host(), &full.host()]);

    let pull = scene.run(&["pull", "-q", "mirrored"]).succeeds();
    pull.prints("docker.io/library/mirrored:latest\n");
    assert_eq!(full.blob_bytes_taken(), fixture.blob_bytes());
    assert!(!empty.exchanges().is_empty(), "the mirrors are asked in their order");
    assert!(scene.hub.exchanges().is_empty(), "{:#?}", scene.hub.exchanges());

    scene.run(&["rmi", "mirrored"]).succeeds();
    full.forget();
    scene.run(&["pull", "-q", "ubuntu"]).succeeds().prints("docker.io/library/ubuntu:latest\n");
    assert!(!full.exchanges().is_empty() && full.blob_bytes_taken() == 0, "{:#?}", full.exchanges());
    let blobs = |path: &str| path.contains("/blobs/");
    assert!(scene.hub.exchanges().iter().any(|exchange| blobs(&exchange.path) && exchange.status == 200));
}

#[test]
fn images_of_other_registries_never_come_from_a_mirror() {
    let scene = Scene::new(Kind::Embedded);
    scene.push(&Fixture::small(), "library/ubuntu:latest");
    let mirror = Proxy::before(scene.registry.host());
    scene.mirror(&[&mirror.host()]);

    scene.run(&["pull", "-q", &format!("{}/library/ubuntu", scene.registry.host())]).succeeds();

    assert!(mirror.exchanges().is_empty(), "{:#?}", mirror.exchanges());
}

#[test]
fn a_mirror_gets_its_own_password_and_never_the_hubs() {
    let scene = Scene::new(Kind::Embedded);
    scene.push(&Fixture::small(), "library/ubuntu:latest");
    let mirror = Proxy::guarding(scene.registry.host(), Gate::password("user1", "s3cret"));
    scene.mirror(&[&mirror.host()]);

    scene.know(&[("https://index.docker.io/v1/", DEMO)]);
    scene.run(&["pull", "-q", "ubuntu"]).succeeds();
    let seen = mirror.exchanges();
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.authorization.is_none()), "{seen:#?}");
    assert_eq!(scene.asked(), ["demo: repository:library/ubuntu:pull"]);

    scene.run(&["rmi", "ubuntu"]).succeeds();
    let requests = scene.hub.exchanges().len();
    scene.know(&[("https://index.docker.io/v1/", DEMO), (&mirror.host(), USER1)]);
    scene.run(&["pull", "-q", "ubuntu"]).succeeds();
    assert!(mirror.requests("GET", "/blobs/").iter().all(|seen| seen.status == 200));
    assert!(mirror.blob_bytes_taken() > 0);
    assert_eq!(scene.hub.exchanges().len(), requests, "the Hub is not asked");
}

/// Commands that docker was given, each with both of its streams.
const RECORDED: &str = include_str!("data/08-search.txt");

#[test]
fn every_recorded_search_prints_what_docker_printed() {
    let hub = Hub::without_images();
    let home = Home::fresh();
    let cases: Vec<&str> = RECORDED.split("\n$ docker ").skip(1).collect();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let (command, rest) = case.split_once("\n--- stdout\n").unwrap();
        let (stdout, rest) = rest.split_once("--- stderr\n").unwrap();
        let (stderr, _) = rest.split_once("--- exit 0").unwrap();

        let search = home.regcli(words(command)).envs(hub.env()).run().succeeds().prints(stdout);

        assert_eq!(search.stderr, stderr, "{command}");
    }
}

/// Splits a command as a shell does that knows nothing but single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in command.split('\'').enumerate() {
        match number % 2 {
            1 => words.push(part.to_owned()),
            _ => words.extend(part.split_whitespace().map(ToOwned::to_owned)),
        }
    }
    words
}

#[test]
fn a_search_asks_the_hub_once_and_who_is_logged_in_asks_with_the_password() {
    let scene = Scene::new(Kind::Embedded);

    scene.run(&["search", "--limit", "3", "centos"]).succeeds();
    scene.know(&[("https://index.docker.io/v1/", DEMO)]);
    scene.run(&["search", "centos"]).succeeds();

    let searches = scene.hub.searches();
    let made: Vec<_> =
        searches.iter().map(|search| (search.path.as_str(), search.credentials.as_deref())).collect();
    let expected = [("/v1/search?q=centos&n=3", None), ("/v1/search?q=centos&n=25", Some("demo:hunter2"))];
    assert_eq!(made, expected);
}

#[test]
fn a_search_that_cannot_be_meant_is_refused_in_dockers_words_and_asks_nobody() {
    let hub = Hub::without_images();
    for (arguments, words) in [
        (["--limit", "101"], "limit 101 is outside the range of [1, 100]"),
        (["--filter", "nonsense=1"], "invalid filter 'nonsense'"),
        (["--filter", "stars=x"], "invalid filter 'stars=x'"),
        (["--filter", "is-official=maybe"], "invalid filter 'is-official=[maybe]'"),
        (["--filter", "stars"], "bad format of filter (expected name=value)"),
    ] {
        let arguments = ["search"].into_iter().chain(arguments).chain(["centos"]);
        let search = Home::fresh().regcli(arguments).envs(hub.env()).run();
        search.ends_with(125).prints("").complains(words);
    }
    assert_eq!(hub.searches(), []);
}
