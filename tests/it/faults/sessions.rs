//! Sessions of uploads: none is forgotten, and one that is of no use any more is no reason to give up.

use crate::support::scripted::Route;

use super::{Pushing, little_twice};

impl Pushing {
    /// Somebody for whom the image has names in other repositories as well, which the registry has never seen.
    fn under_other_names(self) -> Self {
        for other in ["nosuch1:1", "nosuch2:1"] {
            self.home.run(["tag", &self.image(), &self.registry.at(other)]).succeeds();
        }
        self
    }
}

#[test]
fn h34_a_mount_that_begins_an_upload_is_the_last_one_that_is_asked_for() {
    let there = Pushing::small().under_other_names();
    there.succeeds();
    assert_eq!(there.registry.open_uploads(), 0);
    assert_eq!(there.registry.requests(Route::Mount).len(), there.fixture.blobs.len());
    assert_eq!(there.registry.requests(Route::UploadBegin).len(), 0, "the mounts have begun them");
}

#[test]
fn h34_a_repository_that_had_nothing_to_mount_is_asked_after_those_that_have() {
    let there = Pushing::small();
    there.registry.seed("zebra", &there.fixture, "1");
    for other in ["nosuch:1", "zebra:1"] {
        there.home.run(["tag", &there.image(), &there.registry.at(other)]).succeeds();
    }
    there.home.run(["--jobs", "1", "push", &there.image()]).succeeds();
    there.registry.holds("app", &there.fixture, "1");
    let mounts = there.registry.requests(Route::Mount);
    let asked = |name: &str| mounts.iter().filter(|heard| heard.head.path.contains(name)).count();
    assert_eq!(
        (asked("from=nosuch"), asked("from=zebra")),
        (1, there.fixture.blobs.len() - 1),
        "{mounts:#?}"
    );
    assert_eq!(there.registry.open_uploads(), 0);
}

#[test]
fn n11_an_upload_that_a_mount_began_goes_on_where_it_was() {
    let there = Pushing::heavy().under_other_names();
    let half = there.layer().size / 2;
    there.registry.on(Route::UploadPut).above(half).cut_request_after(half).once();
    there.succeeds();
    little_twice(there.sent(), there.layer().size);
    assert_eq!(there.registry.requests(Route::UploadStatus).len(), 1);
    assert_eq!(there.registry.open_uploads(), 0);
}
