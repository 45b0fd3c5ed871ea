//! Symbolic links where files should be: whoever put them there has nothing written through them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use super::{is_valid, names_in};
use crate::support::{Fixture, Home, blob_path, missing};

/// Somebody's file that a link leads to.
struct Victim(tempfile::TempDir);

impl Victim {
    fn new() -> Self {
        let victim = Self(tempfile::Builder::new().prefix("regcli-victim-").tempdir().unwrap());
        fs::write(victim.0.path().join("file"), "keep me").unwrap();
        victim
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("file")
    }

    /// Puts a link to it in the place of `path`.
    fn lures(&self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if path.symlink_metadata().is_ok() {
            fs::remove_file(path).unwrap();
        }
        symlink(self.path(), path).unwrap();
    }

    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(fs::read_to_string(self.path()).unwrap(), "keep me");
        assert_eq!(names_in(self.0.path()), ["file"]);
        assert_eq!(fs::metadata(self.path()).unwrap().permissions().mode() & 0o777, 0o644);
    }
}

#[test]
fn f09_a_link_in_the_place_of_a_partial_blob_or_a_lock_is_not_written_through() {
    let fixture = Fixture::small();
    let layer = fixture.blobs[0].digest.replace(':', "-");
    for place in
        [format!("parts/{layer}"), format!("locks/{layer}"), "locks/store".into(), "locks/index".into()]
    {
        let (home, victim) = (Home::fresh(), Victim::new());
        victim.lures(&home.store().join(&place));
        let outcome = home.run(["--progress", "none", "copy", &fixture.place(), "store:x:1"]).ends_with(1);
        let link = home.store().join(&place);
        let outcome = outcome.complains("Too many levels of symbolic links (os error 40)\n");
        assert!(
            outcome.stderr.contains(&format!("\n\nhint: check {} and its permissions", link.display())),
            "{outcome}"
        );
        victim.is_untouched();
        fs::remove_file(link).unwrap();
        home.run(["copy", "-q", &fixture.place(), "store:x:1"]).succeeds();
        is_valid(&home.store());
        victim.is_untouched();
    }
}

#[test]
fn f09_a_link_in_the_place_of_a_blob_is_replaced_and_never_read() {
    let fixture = Fixture::small();
    for part in fixture.blobs.iter().chain([&fixture.root]) {
        let (home, victim) = (Home::fresh(), Victim::new());
        fs::write(victim.path(), fixture.content(&part.digest)).unwrap();
        let place = blob_path(&home.store(), &part.digest);
        victim.lures(&place);
        home.run(["copy", "-q", &fixture.place(), "store:x:1"]).succeeds();
        assert!(fs::symlink_metadata(&place).unwrap().is_file(), "{}", part.media_type);
        is_valid(&home.store());
    }
}

#[test]
fn f09_a_link_in_the_place_of_the_index_is_neither_read_nor_replaced() {
    for name in ["index.json", "oci-layout"] {
        let (home, victim) = (Home::fresh(), Victim::new());
        home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
        victim.lures(&home.store().join(name));
        for command in [&["tag", "x:1", "y:1"][..], &["rmi", "x:1"], &["images"]] {
            let outcome = home.run(command).ends_with(1);
            outcome.complains("Too many levels of symbolic links (os error 40)\n");
            victim.is_untouched();
        }
    }
}

#[test]
fn f09_an_archive_goes_where_the_own_link_leads_and_not_where_a_planted_one_does() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    let shared = tempfile::Builder::new().prefix("regcli-shared-").tempdir().unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let link = shared.path().join("out.tar");
    let save = ["save", "-o", link.to_str().unwrap(), "x:1"];
    let copy = format!("oci-archive:{}", link.display());
    // Only root can create a link that belongs to another user. The rest of the test needs no root.
    if !missing("root") {
        let victim = Victim::new();
        victim.lures(&link);
        lchown(&link, Some(65_534), None).unwrap();
        for command in [&save[..], &["copy", "-q", "store:x:1", &copy]] {
            let outcome = home.run(command).ends_with(1);
            outcome.complains("it is another user's link in a folder that all users may write to\n");
            victim.is_untouched();
        }
    }
    let own = Victim::new();
    own.lures(&link);
    home.run(save).succeeds();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(fs::read(own.path()).unwrap(), b"keep me");
}
