//! Transcripts 11 and 20: whatever is wrong with a mirror, the image comes from Docker Hub, and nothing is said about
//! it, unless the mirror sends wrong content.

use std::fs;

use crate::support::{
    Authority, Fault, Fixture, Gate, Home, Hub, Kind, OddAnswer, OddServer, Outcome, Proxy,
};
use crate::words::{Recording, publish};

/// Docker Hub with `ubuntu`, and a home that names one mirror.
struct Lab {
    registry: crate::support::Registry,
    hub: Hub,
    home: Home,
    fixture: Fixture,
}

impl Lab {
    fn new() -> Self {
        let registry = Kind::Embedded.open();
        let fixture = Fixture::small();
        publish(&Home::fresh(), &fixture, &format!("{}/library/ubuntu:latest", registry.host()));
        let hub = Hub::before(registry.host());
        Self { registry, hub, home: Home::fresh(), fixture }
    }

    /// Asserts that a pull prints what it would without this mirror.
    #[track_caller]
    fn passes_over(&self, mirror: &str) {
        let pull = self.pull_with(mirror);
        Recording::at(&self.home).with_image(&self.fixture).check(
            &pull,
            "out| Using default tag: latest
             out| latest: Pulling from library/ubuntu
             out| Digest: DIGEST
             out| Status: Downloaded newer image for ubuntu:latest
             out| docker.io/library/ubuntu:latest
             exit 0",
        );
    }

    /// Pulls with this mirror.
    fn pull_with(&self, mirror: &str) -> Outcome {
        let folder = self.home.path().join(".config/docker");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("daemon.json"), serde_json::json!({"registry-mirrors": [mirror]}).to_string())
            .unwrap();
        self.home.regcli(["--progress", "none", "pull", "ubuntu"]).envs(self.hub.env()).run()
    }
}

#[test]
fn transcript_20_mirrors_that_answer_something_else() {
    for answer in [
        OddAnswer { status: 404, headers: &[("Content-Type", "text/plain")], body: "404 page not found\n" },
        OddAnswer { status: 200, headers: &[("Content-Type", "text/html")], body: "<html>It works!</html>" },
        OddAnswer {
            status: 401,
            headers: &[("Content-Type", "application/json")],
            body: r#"{"errors":[{"code":"UNAUTHORIZED","message":"nope"}]}"#,
        },
        OddAnswer { status: 403, headers: &[("Content-Type", "text/html")], body: "<html>Forbidden</html>" },
        OddAnswer { status: 503, headers: &[], body: "" },
    ] {
        let mirror = OddServer::start(answer);
        Lab::new().passes_over(&format!("http://{}", mirror.host()));
        assert!(mirror.asked() > 0, "the mirror is asked first");
    }
}

#[test]
fn transcript_20_mirrors_that_cannot_be_reached() {
    for mirror in ["http://127.0.0.1:1", "http://nosuch.invalid", "https://nosuch.invalid/path"] {
        Lab::new().passes_over(mirror);
    }
}

#[test]
fn transcript_20_a_mirror_with_a_certificate_of_nobodys() {
    let lab = Lab::new();
    let empty = Kind::Embedded.open();
    let proxy = Proxy::tls(empty.host(), Gate::Open, &Authority::new().issue(&["127.0.0.1"]));
    lab.passes_over(&format!("https://{}", proxy.host()));
}

#[test]
fn transcript_20_a_mirror_whose_layer_is_not_what_its_digest_says() {
    let lab = Lab::new();
    let mirror = Proxy::before(lab.registry.host());
    let layer = lab.fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    mirror.fault("GET", &layer.digest, Fault::GarbleAnswer);
    let pull = lab.pull_with(&format!("http://{}", mirror.host())).succeeds();
    let what = format!("its content of {} does not match this digest", layer.digest);
    assert_eq!(pull.stderr, format!("WARNING: mirror {} is left out: {what}\n", mirror.host()));
    assert!(
        pull.stdout.ends_with("Downloaded newer image for ubuntu:latest\ndocker.io/library/ubuntu:latest\n"),
        "{pull}"
    );
}

#[test]
fn transcript_20_what_neither_has_is_told_in_the_hubs_words() {
    let lab = Lab::new();
    let mirror = OddServer::start(OddAnswer { status: 503, headers: &[], body: "" });
    lab.passes_over(&format!("http://{}", mirror.host()));
    let pull = lab.home.regcli(["pull", "ubuntu:nosuch"]).envs(lab.hub.env()).run();
    Recording::at(&lab.home).check(
        &pull,
        "err| error: manifest for ubuntu:nosuch not found: manifest unknown: manifest unknown
         err|   caused by: Get \"https://registry-1.docker.io/v2/library/ubuntu/manifests/nosuch\" answered 404 Not Found
         err|
         err| hint: list the tags of ubuntu: regcli tags ubuntu
         exit 3",
    );
}
