//! Transcript 05: pushes to Docker Hub.

use crate::support::{Fixture, Home, Hub, Kind, Outcome, Registry};
use crate::words::{Recording, keep};

/// Docker Hub, and `demo` who is logged in there and has an image.
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
        let lab = Self { _registry: registry, hub, home: Home::fresh(), fixture: Fixture::small() };
        lab.hub.keep_namespaces_apart();
        let login = ["login", "-u", "demo", "--password-stdin"];
        lab.home.regcli(login).envs(lab.hub.env()).stdin("hunter2").run().succeeds();
        lab
    }

    fn push(&self, image: &str) -> Outcome {
        keep(&self.home, &self.fixture, image);
        self.home.regcli(["--jobs", "1", "push", image]).envs(self.hub.env()).run()
    }

    #[track_caller]
    fn check(&self, outcome: &Outcome, expected: &str) {
        Recording::at(&self.home)
            .with_image(&self.fixture)
            .with(format!("size: {}", self.fixture.root.size), "size: SIZE")
            .check(outcome, expected);
    }
}

#[test]
fn transcript_05_ones_own_namespace() {
    let lab = Lab::new();
    lab.check(
        &lab.push("demo/base:1"),
        "out| The push refers to repository [docker.io/demo/base]
         out| 1: digest: DIGEST size: SIZE
         err| LAYER1: Preparing
         err| LAYER0: Preparing
         err| LAYER0: Pushed
         err| LAYER1: Pushed
         exit 0",
    );
    // The same layers in another repository are mounted, not sent again.
    lab.check(
        &lab.push("demo/mine:1"),
        "out| The push refers to repository [docker.io/demo/mine]
         out| 1: digest: DIGEST size: SIZE
         err| LAYER1: Preparing
         err| LAYER0: Preparing
         err| LAYER0: Mounted from demo/base
         err| LAYER1: Mounted from demo/base
         exit 0",
    );
}

#[test]
fn transcript_05_somebody_elses_namespace_and_the_official_one() {
    let lab = Lab::new();
    let denied = |repository: &str, request: &str, name: &str| {
        format!(
            "err| error: denied: requested access to the resource is denied
             err|   caused by: {request} \"https://registry-1.docker.io/v2/{repository}\" answered 401 Unauthorized
             err|
             err| hint: docker.io does not let this account use {name}: use another repository, or log \
             in with another account: regcli login
             exit 4"
        )
    };
    lab.check(
        &lab.push("lab/base:1"),
        &format!(
            "out| The push refers to repository [docker.io/lab/base]
             err| LAYER1: Preparing
             err| LAYER0: Preparing\n{}",
            denied("lab/base/blobs/uploads/", "Post", "lab/base")
        ),
    );
    // This one may be read, so that the first layer finds out. Docker shows two errors for it, and no hint.
    lab.check(
        &lab.push("ubuntu:latest"),
        &format!(
            "out| The push refers to repository [docker.io/library/ubuntu]
             err| LAYER1: Preparing
             err| LAYER0: Preparing\n{}",
            denied("library/ubuntu/blobs/uploads/", "Post", "ubuntu")
        ),
    );
}
