//! Transcript 21: the requests of pushes and pulls at a registry with tokens. Docker sends all of these and more:
//! a ping for each command, a token for each mount, a look after each mount and each upload.

use crate::support::{Fixture, Home, Hub, Kind, Registry};
use crate::words::keep;

/// Docker Hub, and `demo` who is logged in there.
struct Lab {
    _registry: Registry,
    hub: Hub,
    home: Home,
    fixture: Fixture,
}

impl Lab {
    fn new() -> Self {
        let registry = Kind::Embedded.open();
        let hub = Hub::before(registry.host());
        let lab = Self { _registry: registry, hub, home: Home::fresh(), fixture: Fixture::many_layers(1) };
        let login = ["login", "-u", "demo", "--password-stdin"];
        lab.home.regcli(login).envs(lab.hub.env()).stdin("hunter2").run().succeeds();
        lab
    }

    /// Runs a command; its requests to registry-1.docker.io and their answers, digests and uploads named. What is
    /// asked of one blob need not wait for the other, so that they are sorted.
    fn asks(&self, arguments: &[&str]) -> Vec<String> {
        let before = self.hub.exchanges().len();
        self.home.regcli(["--jobs", "1"].iter().chain(arguments)).envs(self.hub.env()).run().succeeds();
        let root: serde_json::Value =
            serde_json::from_slice(&self.fixture.content(&self.fixture.root.digest)).unwrap();
        let named = |path: &str| {
            let path = path.replace(&self.fixture.root.digest, "MANIFEST");
            let path = path.replace(root["config"]["digest"].as_str().unwrap(), "CONFIG");
            let path = path.replace(root["layers"][0]["digest"].as_str().unwrap(), "LAYER");
            let path = path.replace("%3A", ":").replace("%2F", "/");
            match path.split_once("/uploads/") {
                Some((before, after)) if !after.is_empty() && !after.starts_with('?') => {
                    format!("{before}/uploads/ID")
                }
                _ => path,
            }
        };
        let line = |seen: &crate::support::Exchange| {
            format!("{} {} {}", seen.method, named(&seen.path), seen.status)
        };
        let mut lines: Vec<_> = self.hub.exchanges()[before..].iter().map(line).collect();
        lines.sort();
        lines
    }
}

#[test]
fn transcript_21_a_push_then_the_same_again_then_a_mount_then_a_pull() {
    let lab = Lab::new();
    keep(&lab.home, &lab.fixture, "demo/wire:1");
    assert_eq!(
        lab.asks(&["push", "demo/wire:1"]),
        [
            "HEAD /v2/demo/wire/blobs/CONFIG 404",
            "HEAD /v2/demo/wire/blobs/LAYER 404",
            "HEAD /v2/demo/wire/manifests/1 404",
            "POST /v2/demo/wire/blobs/uploads/ 202",
            "POST /v2/demo/wire/blobs/uploads/ 202",
            "PUT /v2/demo/wire/blobs/uploads/ID 201",
            "PUT /v2/demo/wire/blobs/uploads/ID 201",
            "PUT /v2/demo/wire/manifests/1 201",
        ]
    );
    assert_eq!(lab.asks(&["push", "demo/wire:1"]), ["HEAD /v2/demo/wire/manifests/1 200"]);
    lab.home.run(["tag", "demo/wire:1", "demo/wire2:1"]).succeeds();
    assert_eq!(
        lab.asks(&["push", "demo/wire2:1"]),
        [
            "HEAD /v2/demo/wire2/blobs/CONFIG 404",
            "HEAD /v2/demo/wire2/blobs/LAYER 404",
            "HEAD /v2/demo/wire2/manifests/1 404",
            "POST /v2/demo/wire2/blobs/uploads/?mount=CONFIG&from=demo/wire 201",
            "POST /v2/demo/wire2/blobs/uploads/?mount=LAYER&from=demo/wire 201",
            "PUT /v2/demo/wire2/manifests/1 201",
        ]
    );
    lab.home.run(["rmi", "-f", "demo/wire:1", "demo/wire2:1"]).succeeds();
    assert_eq!(
        lab.asks(&["pull", "demo/wire:1"]),
        [
            "GET /v2/demo/wire/blobs/CONFIG 200",
            "GET /v2/demo/wire/blobs/LAYER 200",
            "GET /v2/demo/wire/manifests/1 200",
        ]
    );
    assert_eq!(lab.asks(&["pull", "demo/wire:1"]), ["HEAD /v2/demo/wire/manifests/1 200"]);
}
