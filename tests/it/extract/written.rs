//! What is in the directory afterwards.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use tar::EntryType;

use super::{Raw, Scene, layer, tree};
use crate::files::{BASE, TOP};
use crate::support::{Is, Layer, missing};

#[test]
fn files_of_every_format_get_their_whole_path_below_the_directory() {
    type Make = fn(crate::support::Entries) -> Layer;
    let formats: [Make; 5] = [Layer::plain, Layer::gzip, Layer::zstd, Layer::estargz, Layer::zstd_chunked];
    let mut all = Vec::new();
    for make in formats {
        let scene = Scene::of(&[make(BASE), make(TOP)]);
        let said = scene.extract(&["/etc", "*release"]).succeeds();
        assert!(said.stdout.starts_with("Extracted "), "{said}");
        assert_eq!(scene.read("etc/app.conf"), "port=80\n");
        assert!(!scene.out().join("etc/passwd").exists(), "the upper layer removes it");
        let time = fs::metadata(scene.out().join("etc/app.conf")).unwrap().mtime();
        assert_eq!(time, 1_700_000_000);
        all.push(scene.tree());
    }
    // Directories that are only needed have the time of now.
    all.iter_mut().for_each(|tree| drop(tree.remove("usr")));
    assert!(all.windows(2).all(|pair| pair[0].keys().eq(pair[1].keys())), "{all:#?}");
}

#[test]
fn a_file_that_exists_stops_everything_before_the_first_byte() {
    let scene = Scene::of(&[Layer::gzip(&[("a", Is::File(b"new")), ("b/c", Is::File(b"new"))])]);
    fs::create_dir_all(scene.out().join("b")).unwrap();
    fs::write(scene.out().join("b/c"), "old").unwrap();
    let refused = scene.extract(&["/"]).ends_with(1).complains("out/b/c exists").complains("--force");
    assert!(refused.stdout.is_empty() && !scene.out().join("a").exists(), "{refused}");

    scene.extract(&["--force", "/"]).succeeds();
    assert_eq!((scene.read("a").as_str(), scene.read("b/c").as_str()), ("new", "new"));
    scene.extract(&["-f", "/"]).succeeds();
    assert_eq!(scene.tree().len(), 3, "no temporary file is left: {:?}", scene.tree());
}

#[test]
fn a_link_that_exists_is_replaced_itself_and_never_followed() {
    let scene = Scene::of(&[Layer::gzip(&[("a", Is::File(b"new")), ("d/f", Is::File(b"new"))])]);
    fs::create_dir_all(scene.out()).unwrap();
    let outside = scene.folder.path().join("outside");
    fs::write(&outside, "old").unwrap();
    symlink(&outside, scene.out().join("a")).unwrap();
    scene.extract(&["a"]).ends_with(1).complains("out/a exists");
    scene.extract(&["-f", "a"]).succeeds();
    assert_eq!((scene.read("a"), fs::read_to_string(&outside).unwrap()), ("new".into(), "old".into()));

    symlink(scene.folder.path(), scene.out().join("d")).unwrap();
    for flags in [&["d/f"][..], &["-f", "d/f"]] {
        scene.extract(flags).ends_with(1).complains("out/d is in the way: it is not a directory");
    }
    assert!(!scene.folder.path().join("f").exists());
    fs::create_dir(scene.out().join("x")).unwrap();
    fs::remove_file(scene.out().join("a")).unwrap();
    fs::create_dir(scene.out().join("a")).unwrap();
    scene.extract(&["-f", "a"]).ends_with(1).complains("out/a is in the way: it is a directory");
}

#[test]
fn hard_links_stay_links_and_their_content_comes_with_them() {
    let scene = Scene::of(&[
        Layer::gzip(&[("low", Is::File(b"low")), ("gone", Is::File(b"gone"))]),
        Layer::gzip(&[
            ("one", Is::Hardlink("low")),
            ("two", Is::Hardlink("one")),
            ("kept", Is::Hardlink("gone")),
            ("bad", Is::Hardlink("nosuch")),
            ("self", Is::Hardlink("self")),
        ]),
        Layer::gzip(&[(".wh.gone", Is::File(b"")), ("low", Is::File(b"other"))]),
    ]);
    let said = scene.extract(&["one", "two", "kept", "bad", "self"]).succeeds();
    assert!(said.stderr.contains("left out 2 hard links"), "{said}");
    assert_eq!((scene.read("one").as_str(), scene.read("kept").as_str()), ("low", "gone"));
    let inode = |path: &str| fs::metadata(scene.out().join(path)).unwrap().ino();
    assert!(inode("one") == inode("two") && inode("one") != inode("kept"));
    scene.extract(&["--force", "/"]).succeeds();
    assert_eq!((scene.read("low").as_str(), scene.read("two").as_str()), ("other", "low"));
    assert_eq!(inode("one"), inode("two"));
    assert_eq!(scene.tree().len(), 4, "{:?}", scene.tree());
}

#[test]
fn files_belong_to_the_user_and_lose_setuid_unless_root_preserves_them() {
    let entries = [
        Raw::other("d", EntryType::Directory),
        Raw::file("d/su", 0o4755, b"x"),
        Raw::link("d/l", EntryType::Symlink, "/su"),
    ];
    let scene = Scene::of(&[layer(&entries)]);
    scene.extract(&["/"]).succeeds();
    let is = |path: &str| fs::symlink_metadata(scene.out().join(path)).unwrap();
    assert_eq!((is("d/su").mode() & 0o7777, is("d/su").uid()), (0o755, rustix::process::geteuid().as_raw()));
    if missing("root") {
        return;
    }
    fs::remove_dir_all(scene.out()).unwrap();
    scene.extract(&["-p", "/"]).succeeds();
    assert_eq!((is("d/su").mode() & 0o7777, is("d/su").uid(), is("d/su").gid()), (0o4755, 10, 20));
    assert_eq!((is("d").uid(), is("d/l").uid(), is("d/l").mtime()), (10, 10, 1_700_000_000));
}

#[test]
fn an_ordinary_user_fills_even_a_directory_that_nobody_may_write_to() {
    if missing("root") || missing("setpriv") {
        return;
    }
    let mut closed = Raw::other("closed", EntryType::Directory);
    closed.mode = 0o555;
    let mut secret = Raw::other("closed/secret", EntryType::Directory);
    secret.mode = 0;
    let entries =
        [closed, secret, Raw::file("closed/secret/f", 0o400, b"x"), Raw::file("closed/g", 0o644, b"y")];
    let scene = Scene::of(&[layer(&entries)]);
    let program = scene.folder.path().join("regcli");
    fs::copy(env!("CARGO_BIN_EXE_regcli"), &program).unwrap();
    for path in [scene.folder.path(), scene.lab.home.path()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        chown(path, Some(65_534), Some(65_534)).unwrap();
    }
    let (image, out) = (scene.lab.image(), scene.out());
    let options = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let run = |flags: &[&str]| {
        let line = [&["extract", "-C", out.to_str().unwrap(), &image, "/"], flags].concat();
        scene.lab.home.regcli(line).from(&program).under("setpriv", options).run()
    };
    run(&["--preserve"]).ends_with(125).complains("only root can preserve");
    assert!(!out.exists());
    run(&[]).succeeds();
    let is = tree(&out);
    assert!(is["closed"].starts_with("40555 65534:65534 1 1700000000"), "{is:#?}");
    assert!(is["closed/secret"].starts_with("40000 "), "{is:#?}");
    assert!(is["closed/secret/f"].starts_with("100400 65534:65534 1 1700000000"), "{is:#?}");
}

#[test]
fn a_path_through_a_link_brings_the_link_and_the_file() {
    let scene = Scene::of(&[Layer::gzip(&[
        ("bin", Is::Symlink("usr/bin")),
        ("usr/bin/ls", Is::File(b"ls")),
        ("round", Is::Symlink("round/x")),
    ])]);
    scene.extract(&["/bin/ls"]).succeeds();
    assert_eq!(scene.read("bin/ls"), "ls");
    scene.extract(&["round/y"]).ends_with(1).complains("leads through more than 40 links");
    scene.extract(&["bin/cp"]).ends_with(3).complains("/bin/cp links to /usr/bin/cp, which");
}

#[test]
fn a_dry_run_lists_the_paths_and_writes_nothing() {
    let scene = Scene::of(&[Layer::gzip(BASE), Layer::gzip(TOP)]);
    let listed = scene.extract(&["--dry-run", "/etc"]).succeeds();
    assert!(listed.stdout.contains("/etc/app.conf\n") && !listed.stdout.contains("Extracted"), "{listed}");
    assert!(!scene.out().exists());
}

#[test]
fn a_link_with_a_slash_stands_for_what_it_leads_to() {
    for path in ["/bin/", "/bin/**", "/bin/*", "/etc/../bin/"] {
        let scene = Scene::of(&[Layer::gzip(BASE)]);
        scene.extract(&[path]).succeeds();
        let written: Vec<String> = scene.tree().into_keys().collect();
        let written: Vec<&str> =
            written.iter().map(String::as_str).filter(|path| path.contains('n')).collect();
        assert_eq!(written, ["bin", "usr/bin", "usr/bin/dir", "usr/bin/vdir"], "{path}");
    }
    let scene = Scene::of(&[Layer::gzip(BASE)]);
    scene.extract(&["/bin"]).succeeds();
    assert_eq!(scene.tree().into_keys().collect::<Vec<_>>(), ["bin"]);
}

#[test]
fn what_is_not_there_is_said_before_anything_is_written() {
    let scene = Scene::of(&[Layer::gzip(BASE)]);
    scene.extract(&["etc", "etc/nosuch"]).ends_with(3).complains("has no /etc/nosuch");
    scene.extract(&["etc", "*.nosuch"]).ends_with(3).complains("has no *.nosuch");
    let long = "a/".repeat(2100);
    scene.extract(&[&long]).ends_with(125).complains("PATH is longer than 4096 bytes");
    scene.extract(&["--max-size=1", "etc"]).ends_with(1).complains("are allowed");
    fs::write(scene.out(), "a file").unwrap();
    scene.extract(&["etc"]).ends_with(1).complains("out is in the way: it is not a directory");
}

#[test]
fn a_platform_that_the_image_does_not_have_is_said_with_those_it_has() {
    let scene = Scene::of(&[Layer::gzip(BASE)]);
    scene.extract(&["--platform=linux/s390x", "etc"]).ends_with(3).complains("linux/amd64");
    assert!(!scene.out().exists());
    let image = scene.lab.image();
    let file = scene.folder.path().join("x.tar");
    let line = ["export", "--platform", "linux/s390x", "-o", file.to_str().unwrap(), &image];
    scene.lab.home.run(line).ends_with(3).complains("linux/amd64");
    assert!(!file.exists());
}
