//! Tags that the registry itself resolves, the names of repositories at mirrors, and headers for mirrors.

use std::fs;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Api, Fault, Fixture, Home, Hub, Kind, Outcome, Proxy, Registry};

/// A registry and a mirror of it, each behind a proxy that counts.
struct Pair {
    origin: Proxy,
    mirror: Proxy,
    home: Home,
    _registries: [Registry; 2],
}

impl Pair {
    /// The registry has `new` as `team/app:1`. The mirror has it as well, but under that tag it has `old`.
    fn stale(kind: Kind, old: &Fixture, new: &Fixture) -> Self {
        let registries = [kind.open(), kind.open()];
        Api::of(registries[0].host(), "team/app").seed(new, "1");
        Api::of(registries[1].host(), "team/app").seed(new, "fresh");
        Api::of(registries[1].host(), "team/app").seed(old, "1");
        Self::of(registries)
    }

    fn of(registries: [Registry; 2]) -> Self {
        let [origin, mirror] = [0, 1].map(|index| Proxy::before(registries[index].host()));
        Self { origin, mirror, home: Home::fresh(), _registries: registries }
    }

    fn resolve(&self, how: &str) {
        let mirror = format!("{{ url = \"http://{}\", resolve = \"{how}\" }}", self.mirror.host());
        configure(&self.home, &format!("[registry.\"{}\"]\nmirrors = [{mirror}]\n", self.origin.host()));
    }

    fn pull(&self) -> Outcome {
        self.home.run(["pull", &format!("{}/team/app:1", self.origin.host())])
    }

    fn has_pulled(&self, fixture: &Fixture) {
        let name = format!("{}/team/app:1", self.origin.host());
        let shown = self.home.run(["images", "--digests", "--format", "{{.Digest}}"]).succeeds();
        assert_eq!(shown.stdout.trim(), fixture.root.digest, "{name}");
    }
}

fn configure(home: &Home, content: &str) {
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), content).unwrap();
}

/// The methods and paths of what a proxy has heard.
fn calls(proxy: &Proxy) -> Vec<String> {
    proxy.exchanges().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect()
}

#[test]
fn a_tag_is_resolved_by_one_head_at_the_registry_and_its_content_comes_from_the_mirror() {
    for kind in Kind::present() {
        let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(3));
        let pair = Pair::stale(kind, &old, &new);
        pair.resolve("upstream");

        pair.pull().succeeds();

        pair.has_pulled(&new);
        assert_eq!(calls(&pair.origin), ["HEAD /v2/team/app/manifests/1"], "{kind:?}");
        let of_tag = pair.mirror.requests("", "/manifests/1");
        assert_eq!(of_tag.len(), 0, "the mirror is asked for digests only: {:#?}", calls(&pair.mirror));
        assert_eq!(pair.origin.blob_bytes_sent(), 0);
    }
}

#[test]
fn by_default_the_mirror_resolves_the_tag() {
    let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(3));
    let pair = Pair::stale(Kind::Embedded, &old, &new);
    pair.resolve("mirror");

    pair.pull().succeeds();

    pair.has_pulled(&old);
    assert_eq!(calls(&pair.origin), [] as [&str; 0]);
}

#[test]
fn a_mirror_without_the_newest_image_is_no_obstacle_and_not_dead() {
    let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(3));
    let registries = [Kind::Embedded.open(), Kind::Embedded.open()];
    Api::of(registries[0].host(), "team/app").seed(&new, "1");
    Api::of(registries[1].host(), "team/app").seed(&old, "1");
    let pair = Pair::of(registries);
    pair.resolve("upstream");

    pair.pull().succeeds();

    pair.has_pulled(&new);
    assert!(!pair.home.path().join(".cache/regcli/mirrors.json").exists());
}

#[test]
fn a_registry_that_cannot_be_asked_leaves_the_tag_to_the_mirror_which_is_said() {
    let too_many = || Fault::Answer { status: 429, headers: Vec::new(), body: "" };
    let trouble = || Fault::Answer { status: 503, headers: Vec::new(), body: "" };
    for fault in [too_many(), trouble()] {
        let (old, new) = (Fixture::many_layers(2), Fixture::many_layers(3));
        let pair = Pair::stale(Kind::Embedded, &old, &new);
        pair.resolve("upstream");
        pair.origin.fault("HEAD", "/manifests/1", fault);

        let pulled = pair.pull().succeeds();

        pair.has_pulled(&old);
        let words = format!(
            "/team/app:1 was resolved by the mirror {}, which may be behind, because",
            pair.mirror.host()
        );
        assert_eq!(pulled.stderr.matches(&words).count(), 1, "{}", pulled.stderr);
    }
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    let mirror = format!("{{ url = \"http://{}\", resolve = \"upstream\" }}", registry.host());
    configure(&home, &format!("[registry.\"127.0.0.1:1\"]\nmirrors = [{mirror}]\n"));

    home.run(["pull", "127.0.0.1:1/team/app:1"]).succeeds().complains("connection refused");
}

#[test]
fn a_tag_that_the_registry_does_not_have_is_not_taken_from_a_mirror() {
    let pair = Pair::stale(Kind::Embedded, &Fixture::small(), &Fixture::many_layers(2));
    Api::of(&pair.mirror.host(), "team/app").seed(&Fixture::small(), "gone");
    pair.resolve("upstream");

    pair.home.run(["pull", &format!("{}/team/app:gone", pair.origin.host())]).ends_with(3);
}

#[test]
fn one_line_makes_a_mirror_serve_every_public_registry() {
    for kind in Kind::present() {
        let registry = kind.open();
        let fixture = Fixture::multi_platform();
        for repository in ["docker.io/library/ubuntu", "ghcr.example/team/app"] {
            Api::of(registry.host(), repository).seed(&fixture, "1");
        }
        let mirror = Proxy::before(registry.host());
        let home = Home::fresh();
        let url = format!("http://{}", mirror.host());
        configure(&home, &format!("mirrors = [{{ url = {url:?}, prefix = \"{{host}}\" }}]\n"));

        home.run(["pull", "-q", "ubuntu:1"]).succeeds().prints("docker.io/library/ubuntu:1\n");
        home.run(["pull", "-q", "ghcr.example/team/app:1"]).succeeds();

        assert!(mirror.exchanges().iter().all(|seen| seen.status < 300), "{:#?}", calls(&mirror));
        mirror.forget();
        home.run(["manifest", "127.0.0.1:1/team/app:1"]).ends_with(5);
        home.run(["manifest", "localhost:1/team/app:1"]).ends_with(5);
        assert_eq!(calls(&mirror), [] as [&str; 0], "names of private repositories go nowhere");
    }
}

#[test]
fn a_table_without_mirrors_keeps_its_registry_from_a_mirror_of_all() {
    let registry = Kind::Embedded.open();
    let mirror = Proxy::before(registry.host());
    let hub = Hub::before(registry.host());
    Api::of(registry.host(), "library/ubuntu").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    let url = format!("http://{}", mirror.host());
    let own = format!(
        "mirrors = [{{ url = {url:?}, prefix = \"{{host}}\" }}]\n[registry.\"docker.io\"]\nmirrors = []\n"
    );
    configure(&home, &own);

    home.regcli(["manifest", "ubuntu:1"]).envs(hub.env()).run().succeeds();

    assert_eq!(calls(&mirror), [] as [&str; 0]);
}

#[test]
fn a_pasted_address_with_the_name_of_the_registry_works() {
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "docker.io/library/ubuntu").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    for path in ["docker.io", "docker.io/", "v2/docker.io"] {
        let url = format!("http://{}/{path}", registry.host());
        configure(&home, &format!("[registry.\"docker.io\"]\nmirrors = [{url:?}]\n"));

        home.run(["manifest", "ubuntu:1"]).succeeds();
    }
}

#[test]
fn the_headers_of_a_mirror_go_to_it_and_to_no_other_server() {
    let (origin, mirror) = (Scripted::start(), Scripted::start());
    let fixture = Fixture::many_layers(2);
    origin.seed("team/app", &fixture, "1");
    mirror.seed("team/app", &fixture, "old");
    let storage = mirror.beside();
    let layer = &fixture.blobs.last().unwrap().digest;
    let location = format!("{}/v2/team/app/blobs/{layer}", storage.origin());
    mirror.on(Route::Blob).of(layer).redirect(307, location).forever();
    let home = Home::fresh();
    let headers = "headers = { X-Dragonfly-Tag = \"hunter2\", Authorization = \"Basic aHVudGVyMjo=\" }";
    let table = format!("{{ url = {:?}, resolve = \"upstream\", {headers} }}", mirror.origin());
    configure(&home, &format!("[registry.\"{}\"]\nmirrors = [{table}]\n", origin.host()));

    let pulled = home.run(["--debug", "pull", &origin.at("team/app:1")]).succeeds();

    let tags = |server: &Scripted| -> Vec<bool> {
        let both = ["x-dragonfly-tag", "authorization"];
        server.heard().iter().map(|heard| both.iter().any(|name| heard.head.header(name).is_some())).collect()
    };
    assert!(tags(&mirror).len() >= 3 && tags(&mirror).iter().all(|has| *has), "{:?}", tags(&mirror));
    assert!(!tags(&origin).is_empty() && !tags(&origin).contains(&true));
    assert!(!tags(&storage).is_empty() && !tags(&storage).contains(&true), "{:?}", storage.heard());
    assert!(
        !pulled.stderr.contains("hunter2") && !pulled.stderr.contains("aHVudGVyMjo"),
        "{}",
        pulled.stderr
    );
}

#[test]
fn a_mirror_that_cannot_be_meant_is_refused_with_its_place() {
    let home = Home::fresh();
    for (own, words) in [
        (
            "mirrors = [\"https://m.example\"]",
            "a mirror of every registry needs prefix = \"{host}\" or namespace = true",
        ),
        (
            "[registry.\"r.example\"]\nmirrors = [{ url = \"https://m.example\", prefix = \"A b\" }]",
            "prefix \"A b\" is not a path of lower-case names, such as \"docker.io\"",
        ),
        (
            "[registry.\"r.example\"]\nmirrors = [{ url = \"https://m.example\", headers = { Host = \"x\" } }]",
            "the header \"Host\" cannot be set",
        ),
        (
            "[registry.\"r.example\"]\nresolve = \"origin\"",
            "resolve must be \"upstream\" or \"mirror\"; found a string",
        ),
        (
            "mirrors-from = \"podman\"",
            "mirrors-from must be a list of \"docker\", \"containerd\" and \"podman\"; found a string",
        ),
    ] {
        configure(&home, own);
        home.run(["mirror", "list"]).ends_with(1).complains(words);
    }
}
