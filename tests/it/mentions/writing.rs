//! `pin` changes the text of a file and nothing else of it, or not even the text.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::bad_input::Tmpfs;
use crate::support::scripted::Scripted;
use crate::support::{Fixture, Home, missing, run};

/// A registry with an image, and a text that names it.
struct Scene {
    _registry: Scripted,
    home: Home,
    image: String,
    pinned: String,
}

impl Scene {
    fn new() -> Self {
        let (registry, fixture) = (Scripted::start(), Fixture::small());
        registry.seed("app", &fixture, "1");
        let image = registry.at("app:1");
        let pinned = format!("{image}@{}", fixture.root.digest);
        Self { _registry: registry, home: Home::fresh(), image, pinned }
    }
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_full_disk_leaves_a_file_with_several_names_as_it_was() {
    let scene = Scene::new();
    let Some(disk) = Tmpfs::mount(12 << 10) else { return };
    let (file, other) = (disk.path().join("images.txt"), disk.path().join("other.txt"));
    fs::write(disk.path().join("filler"), vec![0; 4096]).unwrap();
    let text = format!("{:#<4086}\n", format!("{}\n", scene.image));
    fs::write(&file, &text).unwrap();
    fs::hard_link(&file, &other).unwrap();

    let failed = scene.home.run(["pin", file.to_str().unwrap()]).ends_with(1);

    failed.complains("images.txt: No space left on device");
    assert_eq!((fs::read_to_string(&other).unwrap(), names(disk.path())), (text.clone(), 3));
    disk.resize(64 << 10);
    scene.home.run(["pin", file.to_str().unwrap()]).succeeds();
    assert_eq!(fs::read_to_string(&other).unwrap(), text.replace(&scene.image, &scene.pinned));
    assert_eq!(names(disk.path()), 3);
}

#[test]
fn a_file_of_somebody_else_stays_theirs() {
    const NOBODY: &str = "65534";
    if missing("root") || missing("setpriv") {
        return;
    }
    let scene = Scene::new();
    let (folder, program) = (scene.home.path().join("open"), scene.home.path().join("regcli"));
    fs::create_dir(&folder).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_regcli"), &program).unwrap();
    for path in [scene.home.path(), &folder] {
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }
    let file = folder.join("images.txt");
    let pin = || {
        let options = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"];
        scene.home.regcli(["pin", file.to_str().unwrap()]).from(&program).under("setpriv", options).run()
    };
    for (mode, code, expected) in [(0o666, 0, &scene.pinned), (0o644, 1, &scene.image)] {
        fs::write(&file, &scene.image).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let before = fs::metadata(&file).unwrap();

        pin().ends_with(code);

        let after = fs::metadata(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), *expected);
        assert_eq!((after.uid(), after.ino(), after.mode()), (before.uid(), before.ino(), before.mode()));
        assert_eq!(names(&folder), 1, "no copy is left");
    }
}

#[test]
fn a_file_that_is_a_mount_point_is_written_in_place() {
    let scene = Scene::new();
    let folder = scene.home.path().join("container");
    fs::create_dir(&folder).unwrap();
    let (file, mounted) = (scene.home.path().join("host.txt"), folder.join("images.txt"));
    fs::write(&file, &scene.image).unwrap();
    fs::write(&mounted, "").unwrap();
    if run("mount", [Path::new("--bind"), &file, &mounted]).code != 0 {
        return crate::support::refused("mount --bind");
    }

    let pinned = scene.home.run(["pin", mounted.to_str().unwrap()]);

    run("umount", [&mounted]).succeeds();
    pinned.succeeds();
    assert_eq!(fs::read_to_string(&file).unwrap(), scene.pinned);
    assert_eq!(names(&folder), 1, "no copy is left");
}

#[test]
fn a_read_only_file_keeps_its_permissions_and_its_extended_attributes() {
    let scene = Scene::new();
    let file = scene.home.path().join("images.txt");
    fs::write(&file, &scene.image).unwrap();
    if setxattr(&file, "user.note", b"kept", XattrFlags::CREATE).is_err() {
        return crate::support::refused("extended attributes");
    }
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();

    scene.home.run(["pin", file.to_str().unwrap()]).succeeds();

    let mut value = [0; 16];
    let length = getxattr(&file, "user.note", &mut value[..]).unwrap();
    assert_eq!(&value[..length], b"kept");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o444);
    assert_eq!(fs::read_to_string(&file).unwrap(), scene.pinned);
}
