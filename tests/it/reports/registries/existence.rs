//! R3: a registry that does not say what it has may give and take it all the same.

use serde_json::Value;

use crate::support::scripted::{Demand, PASSWORD, Route, Scripted, USER};
use crate::support::{DockerRegistry, Fixture, Home, Nginx, Outcome, missing};

/// How a question may be refused.
const REFUSALS: [u16; 8] = [400, 401, 403, 405, 406, 500, 501, 502];

/// A registry that refuses `HEAD` requests of one kind with this status; with 302 a storage does, to which it leads.
struct Refusing {
    registry: Scripted,
    /// Dropped after the registry.
    storage: Scripted,
}

impl Refusing {
    fn start(route: Route, status: u16) -> Self {
        let registry = Scripted::start();
        let storage = registry.beside();
        if status == 302 {
            registry.on(route).redirect(302, format!("{}/v2/x/blobs/y", storage.origin())).forever();
            storage.on(Route::Any).status(403).forever();
        } else {
            registry.on(route).status(status).forever();
        }
        Self { registry, storage }
    }

    fn all(route: Route) -> impl Iterator<Item = Self> {
        REFUSALS.into_iter().chain([302]).map(move |status| Self::start(route, status))
    }
}

/// Somebody whose store has this image under this name.
fn owner(fixture: &Fixture, image: &str) -> Home {
    let home = Home::fresh();
    home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
    home
}

fn log_in(home: &Home, host: &str) -> Outcome {
    home.regcli(["login", "-u", USER, "--password-stdin", host]).stdin(PASSWORD).run().succeeds()
}

#[test]
fn r3_a_refused_head_of_a_manifest_leads_to_get() {
    for Refusing { registry, storage } in Refusing::all(Route::ManifestHead) {
        let fixture = Fixture::small();
        registry.seed("app", &fixture, "1");
        let (home, image) = (Home::fresh(), registry.at("app:1"));

        home.run(["digest", &image]).succeeds().prints(&format!("{}\n", fixture.root.digest));
        home.run(["pull", "-q", &image]).succeeds();
        // Only the second pull asks by HEAD.
        home.run(["pull", &image])
            .succeeds()
            .prints_line(&format!("Status: Image is up to date for {image}"));
        home.run(["pull", "--dry-run", &image]).succeeds();
        home.run(["push", &image]).succeeds();
        home.run(["copy", &image, &registry.at("other:1")]).succeeds();
        registry.holds("other", &fixture, "1");
        home.run(["digest", &registry.at("app:nosuch")]).ends_with(3).complains("manifest unknown");
        drop((registry, storage));
    }
}

#[test]
fn r3_a_refused_head_of_a_blob_leaves_it_to_the_upload() {
    for Refusing { registry, storage } in Refusing::all(Route::BlobHead) {
        let fixture = Fixture::many_layers(3);
        let image = registry.at("app:1");
        let home = owner(&fixture, &image);
        home.run(["push", &image]).succeeds();
        registry.holds("app", &fixture, "1");
        home.run(["copy", &fixture.place(), &registry.at("copied:1")]).succeeds();
        registry.holds("copied", &fixture, "1");
        drop((registry, storage));
    }
}

#[test]
fn r3_a_target_that_tells_nothing_is_pushed_to() {
    for status in [401, 403] {
        let registry = Scripted::start();
        let fixture = Fixture::small();
        for route in [Route::ManifestHead, Route::Manifest, Route::BlobHead] {
            registry.on(route).error(status, "DENIED").forever();
        }
        let image = registry.at("new:1");
        let home = owner(&fixture, &image);
        home.run(["push", &image]).succeeds();
        registry.holds("new", &fixture, "1");
        home.run(["copy", &fixture.place(), &registry.at("copied:1")]).succeeds();
        registry.holds("copied", &fixture, "1");
    }
}

#[test]
fn r3_the_refusal_of_get_or_post_ends_a_command_in_its_words() {
    let registry = Scripted::start();
    let fixture = Fixture::small();
    registry.seed("app", &fixture, "1");
    let (home, image) = (Home::fresh(), registry.at("app:1"));
    let words = |text: &str| format!(r#"{{"errors":[{{"code":"DENIED","message":"{text}"}}]}}"#);
    registry.on(Route::ManifestHead).status(403).forever();
    registry.on(Route::Manifest).status(403).body("application/json", words("no pulls on Sundays")).once();
    home.run(["digest", &image]).ends_with(4).complains("denied: no pulls on Sundays");
    registry.on(Route::BlobHead).status(403).forever();
    registry.on(Route::UploadBegin).status(403).body("application/json", words("no pushes either")).forever();
    let home = owner(&Fixture::many_layers(2), &registry.at("new:1"));
    home.run(["push", &registry.at("new:1")]).ends_with(4).complains("denied: no pushes either");
    home.run(["copy", &fixture.place(), &registry.at("new:1")]).ends_with(4).complains("no pushes either");
}

#[test]
fn r3_a_registry_that_wants_to_be_left_alone_is() {
    let registry = Scripted::start();
    let fixture = Fixture::small();
    registry.seed("app", &fixture, "1");
    let (home, image) = (Home::fresh(), registry.at("app:1"));
    registry.on(Route::ManifestHead).error(429, "TOOMANYREQUESTS").header("Retry-After", "1").once();
    home.run(["digest", &image]).succeeds();
    assert_eq!(registry.requests(Route::ManifestHead).len(), 1);
    assert_eq!(registry.requests(Route::Manifest).len(), 1, "asked by GET, after the wait");
    registry.on(Route::ManifestHead).error(429, "TOOMANYREQUESTS").header("Retry-After", "3600").once();
    registry.forget();
    home.run(["digest", &image]).ends_with(7).complains("toomanyrequests");
    assert_eq!(registry.heard().len(), 1, "an hour is too long, and it is not asked in another way");
    registry.done();

    // A blob is asked for again, and not sent where it is.
    let home = owner(&fixture, &registry.at("app:2"));
    registry.on(Route::BlobHead).error(429, "TOOMANYREQUESTS").header("Retry-After", "1").once();
    registry.on(Route::ManifestHead).status(404).forever();
    home.run(["push", &registry.at("app:2")]).succeeds();
    assert_eq!(registry.requests(Route::UploadBegin).len(), 0);
}

#[test]
fn r3_a_registry_is_not_asked_in_vain_for_each_blob() {
    for status in [403, 503] {
        let registry = Scripted::start();
        registry.on(Route::BlobHead).status(status).forever();
        let fixture = Fixture::many_layers(100);
        let image = registry.at("app:1");
        let home = owner(&fixture, &image);
        home.run(["push", "-q", &image]).succeeds();
        registry.holds("app", &fixture, "1");
        let asked = registry.requests(Route::BlobHead).len();
        assert!(asked <= 70, "asked {asked} times about {} blobs", fixture.blobs.len());
    }
}

#[test]
fn r3_a_dry_run_says_what_it_cannot_tell() {
    let registry = Scripted::start();
    let fixture = Fixture::many_layers(2);
    for route in [Route::ManifestHead, Route::Manifest, Route::BlobHead] {
        registry.on(route).error(403, "DENIED").forever();
    }
    let image = registry.at("app:1");
    let home = owner(&fixture, &image);
    let table = home.run(["push", "--dry-run", &image]).succeeds();
    assert_eq!(table.stdout.matches(" cannot tell\n").count(), fixture.blobs.len(), "{table}");
    assert!(table.last_line().ends_with(" cannot tell)"), "{table}");
    let json = home.run(["push", "--dry-run", "--format", "json", &image]).succeeds();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["bytes"]["unknown"], fixture.blob_bytes());
    assert_eq!(json["bytes"]["toMove"], 0);
    assert_eq!(json["blobs"][0]["fate"], "unknown");
    let to = registry.at("copied:1");
    home.run(["copy", "--dry-run", &fixture.place(), &to]).succeeds();
    let changes =
        |heard: &crate::support::scripted::Heard| !matches!(heard.head.method.as_str(), "GET" | "HEAD");
    assert!(!registry.heard().iter().any(changes));
}

#[test]
fn r3_a_mirror_is_tested_by_get_where_head_is_refused() {
    let registry = Scripted::start();
    registry.seed("app", &Fixture::small(), "1");
    let mirror = registry.beside();
    mirror.on(Route::ManifestHead).status(403).forever();
    let home = Home::fresh();
    let folder = home.path().join(".config/regcli");
    std::fs::create_dir_all(&folder).unwrap();
    let config = format!("[registry.\"{}\"]\nmirrors = [{:?}]\n", registry.host(), mirror.origin());
    std::fs::write(folder.join("config.toml"), config).unwrap();
    home.run(["mirror", "test", "--image", &registry.at("app:1")]).succeeds();
    // Then the manifest is read by its digest, to measure the largest layer.
    let by_tag =
        mirror.requests(Route::Manifest).into_iter().filter(|read| read.head.path.ends_with("/manifests/1"));
    assert_eq!(by_tag.count(), 1);
}

#[test]
fn r3_authentication_is_tried_before_a_head_counts_as_refused() {
    for demand in [Demand::Password, Demand::Token(String::new())] {
        let registry = Scripted::demanding(demand.clone());
        let fixture = Fixture::small();
        let image = registry.at("app:1");
        let home = owner(&fixture, &image);
        log_in(&home, &registry.host());
        home.run(["push", &image]).succeeds();
        home.run(["digest", &image]).succeeds();
        assert_eq!(registry.requests(Route::Manifest).len(), 0, "HEAD was answered");
        if demand == Demand::Password {
            Home::fresh().run(["digest", &image]).ends_with(4).complains("no basic auth credentials");
        }
    }
}

#[test]
fn r3_a_proxy_that_refuses_head_is_no_obstacle() {
    if missing("docker-registry") || missing("nginx") {
        return;
    }
    let registry = DockerRegistry::open();
    let proxy = Nginx::before(
        registry.host(),
        "if ($request_method = HEAD) { return 403; }\nproxy_set_header Host $http_host;",
    );
    let fixture = Fixture::small();
    let image = proxy.at("app:1");
    let home = owner(&fixture, &image);
    home.run(["push", &image]).succeeds();
    home.run(["push", &image]).succeeds();
    home.run(["digest", &image]).succeeds().prints(&format!("{}\n", fixture.root.digest));
    home.run(["pull", &image]).succeeds();
    home.run(["copy", &image, &proxy.at("copied:1")]).succeeds();
    home.run(["digest", &proxy.at("copied:1")]).succeeds().prints(&format!("{}\n", fixture.root.digest));
}
