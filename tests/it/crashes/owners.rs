//! Folders that belong to somebody else, and files that nobody may write to. Tests that run as root become
//! somebody else for it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{images, is_valid, names_in};
use crate::files::{BASE, Lab, SEEN, TOP};
use crate::support::{Api, Fixture, Home, Kind, Layer, Outcome, Proxy, Regcli, Registry};

/// Debian's `nobody`.
const NOBODY: u32 = 65_534;

/// Somebody who is not root, whoever runs the tests.
struct Somebody {
    home: Home,
    /// Where the program lies that everybody can run: the project may lie in a folder of root.
    program: TempDir,
}

impl Somebody {
    fn new() -> Self {
        let home = Home::fresh();
        let program = tempfile::Builder::new().prefix("regcli-program-").tempdir().unwrap();
        fs::copy(env!("CARGO_BIN_EXE_regcli"), program.path().join("regcli")).unwrap();
        fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { home, program }
    }

    fn regcli(&self, arguments: &[&str]) -> Regcli {
        let program = self.program.path().join("regcli");
        if !rustix::process::geteuid().is_root() {
            return self.home.regcli(arguments);
        }
        let id = NOBODY.to_string();
        self.home
            .regcli(arguments)
            .from(&program)
            .under("setpriv", ["--reuid", &id, "--regid", &id, "--clear-groups"])
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Outcome {
        self.regcli(arguments).run()
    }
}

/// A registry with an image, behind a proxy that counts.
fn registry(fixture: &Fixture) -> (Registry, Proxy, String) {
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(fixture, "1");
    let proxy = Proxy::before(registry.host());
    let image = format!("{}/team/app:1", proxy.host());
    (registry, proxy, image)
}

/// A folder that is root's, or at least may not be written to.
fn foreign() -> (TempDir, PathBuf) {
    let folder = tempfile::Builder::new().prefix("regcli-foreign-").tempdir().unwrap();
    let inner = folder.path().join("store");
    fs::create_dir(&inner).unwrap();
    for path in [folder.path(), &inner] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
    }
    (folder, inner)
}

#[test]
fn f04_a_target_of_somebody_else_is_found_out_before_the_first_byte() {
    let somebody = Somebody::new();
    let (_registry, proxy, image) = registry(&Fixture::small());
    let (_folder, store) = foreign();
    let store = store.to_str().unwrap();
    let (layout, archive) = (format!("oci:{store}/new"), format!("oci-archive:{store}/new.tar"));
    for command in [
        &["--store", store, "pull", &image][..],
        &["copy", "-q", &image, &layout],
        &["copy", "-q", &image, &archive],
    ] {
        let outcome = somebody.run(command).ends_with(1).complains("Permission denied (os error 13)");
        let advice = ["\n\nhint: check ", "\n\nhint: nothing can be created in "];
        assert!(advice.iter().any(|advice| outcome.stderr.contains(advice)), "{outcome}");
        assert_eq!(names_in(Path::new(store)), [""; 0]);
    }
    assert_eq!(proxy.blob_bytes_taken(), 0, "{:#?}", proxy.exchanges());
    somebody.run(&["--store", store, "images", "-q"]).succeeds().prints("");
}

#[test]
fn f05_a_blob_that_was_made_read_only_before_a_kill_is_gone_on_with() {
    let somebody = Somebody::new();
    let fixture = Fixture::small();
    let (_registry, proxy, image) = registry(&fixture);
    somebody.run(&["copy", "-q", &image, "store:other:1"]).succeeds();
    // As a kill just before the rename leaves it.
    for blob in &fixture.blobs {
        let name = blob.digest.replace(':', "-");
        let path = crate::support::blob_path(&somebody.home.store(), &blob.digest);
        fs::rename(path, somebody.home.store().join("parts").join(name)).unwrap();
    }
    proxy.forget();

    somebody.run(&["pull", "-q", &image]).succeeds();

    assert_eq!(proxy.blob_bytes_taken(), 0, "all of it was there");
    is_valid(&somebody.home.store());
    for blob in &fixture.blobs {
        let path = crate::support::blob_path(&somebody.home.store(), &blob.digest);
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o444);
    }
}

#[test]
fn f05_kills_hold_up_nobody_who_is_not_root() {
    let somebody = Somebody::new();
    let fixture = Fixture::heavy(64 << 10);
    let place = tempfile::Builder::new().prefix("regcli-layout-").tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let archive = place.path().join("archive.tar");
    somebody
        .home
        .run(["copy", "-q", &fixture.place(), &format!("oci-archive:{}:x:1", archive.display())])
        .succeeds();
    fs::set_permissions(&archive, fs::Permissions::from_mode(0o644)).unwrap();
    let mut random = fastrand::Rng::with_seed(crate::support::SEED);
    for _ in 0..15 {
        let load = somebody.regcli(&["load", "-q", "-i", archive.to_str().unwrap()]).start();
        std::thread::sleep(std::time::Duration::from_millis(random.u64(5..60)));
        load.signal(Signal::KILL);
        load.finish();
        is_valid(&somebody.home.store());
        somebody.run(&["load", "-q", "-i", archive.to_str().unwrap()]).succeeds();
        somebody.run(&["rmi", "x:1"]).succeeds();
    }
    assert_eq!(images(&somebody.home), [""; 0]);
}

#[test]
fn f04_files_are_read_without_a_cache_where_nothing_can_be_written() {
    let there = Somebody::new();
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::gzip(TOP)]);
    lab.push("2", &[Layer::gzip(BASE)]);
    let (one, other) = (lab.image(), lab.registry.at("app:2"));
    fs::set_permissions(there.home.path(), fs::Permissions::from_mode(0o555)).unwrap();

    let listed = there.run(&["files", "-q", &one]).succeeds().prints(SEEN);
    let shown = there.run(&["cat", &one, "/etc/app.conf"]).succeeds().prints("port=80\n");
    let compared = there.run(&["diff", &one, &other]).ends_with(10);
    assert_eq!([listed.stderr, shown.stderr, compared.stderr], ["", "", ""]);
    let debug = there.run(&["--debug", "files", &one]).succeeds();
    debug.complains("the store cannot be written").complains("is not kept");
    assert_eq!(fs::read_dir(there.home.path()).unwrap().count(), 0);
}
