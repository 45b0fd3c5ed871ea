//! What `export` writes, and what tar makes of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tar::EntryType;

use super::{Raw, Scene, layer, tree};
use crate::files::{BASE, TOP};
use crate::support::{Is, Layer, missing, run};

/// Exports the image into a file, and returns its bytes.
fn exported(scene: &Scene) -> Vec<u8> {
    scene.lab.home.run(["export", &scene.lab.image()]).succeeds().raw
}

/// What tar lists.
fn listed(bytes: &[u8], folder: &Path) -> String {
    let file = folder.join("listed.tar");
    fs::write(&file, bytes).unwrap();
    let options = ["--utc", "--numeric-owner", "--quoting-style=literal", "-tvf", file.to_str().unwrap()];
    run("tar", options).succeeds().stdout
}

#[test]
fn tar_makes_of_an_export_what_an_extraction_makes() {
    if missing("root") {
        return;
    }
    for make in [Layer::gzip as fn(crate::support::Entries) -> Layer, Layer::estargz] {
        let scene = Scene::of(&[make(BASE), make(TOP)]);
        scene.extract(&["--preserve", "/"]).succeeds();
        let (file, unpacked) = (scene.folder.path().join("x.tar"), scene.folder.path().join("unpacked"));
        fs::create_dir(&unpacked).unwrap();
        fs::write(&file, exported(&scene)).unwrap();
        let folder = unpacked.to_str().unwrap();
        run("tar", ["--numeric-owner", "-xpf", file.to_str().unwrap(), "-C", folder]).succeeds();
        assert_eq!(tree(&unpacked), scene.tree());
    }
}

#[test]
fn an_ordinary_user_unpacks_directories_that_nobody_may_write_to() {
    if missing("root") || missing("setpriv") {
        return;
    }
    let mut closed = Raw::other("closed", EntryType::Directory);
    closed.mode = 0o555;
    let scene = Scene::of(&[layer(&[closed]), layer(&[Raw::file("closed/f", 0o644, b"x")])]);
    let folder = scene.folder.path();
    let (file, out) = (folder.join("x.tar"), folder.join("unpacked"));
    fs::write(&file, exported(&scene)).unwrap();
    fs::create_dir(&out).unwrap();
    std::os::unix::fs::chown(&out, Some(65_534), Some(65_534)).unwrap();
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(folder, mode).unwrap();
    let words = ["--reuid", "65534", "--clear-groups", "tar", "-xf", file.to_str().unwrap(), "-C"];
    run("setpriv", words.iter().chain([&out.to_str().unwrap()])).succeeds();
    let is = tree(&out);
    assert!(is["closed"].starts_with("40555 ") && is["closed"].contains(" 1700000000 "), "{is:#?}");
}

#[test]
fn parents_and_targets_precede_what_needs_them_and_devices_are_in_the_tar() {
    let long = format!("long/{}/{}", "x".repeat(120), "y".repeat(90));
    let entries = [
        Raw::file(&long, 0o644, b"long"),
        Raw::link("a", EntryType::Link, &long),
        Raw::other("dev/null", EntryType::Char),
        Raw::other("dev/pipe", EntryType::Fifo),
        Raw::link("s", EntryType::Symlink, "nowhere"),
    ];
    let scene = Scene::of(&[layer(&entries)]);
    let listed = listed(&exported(&scene), scene.folder.path());
    let at = |part: &str| listed.find(part).unwrap_or_else(|| panic!("no {part} in\n{listed}"));
    assert!(at(" long/\n") < at("x/\n") && at("x/\n") < at(" a\n"), "{listed}");
    assert!(
        listed.contains(&format!("{long} link to a\n")) && listed.contains(" s -> nowhere\n"),
        "{listed}"
    );
    assert!(listed.contains("crwxr-xr-x 10/20") && listed.contains("1,3 ") && listed.contains("prwxr-xr-x"));
}

#[test]
fn the_same_image_gives_the_same_tar_and_a_file_appears_when_it_is_complete() {
    let scene = Scene::of(&[Layer::gzip(BASE), Layer::estargz(TOP)]);
    let (first, file) = (exported(&scene), scene.folder.path().join("x.tar"));
    fs::write(&file, "old").unwrap();
    scene.lab.home.run(["export", "-o", file.to_str().unwrap(), &scene.lab.image()]).succeeds();
    assert!(first == fs::read(&file).unwrap() && first.len() % 512 == 0);

    scene.lab.push("2", &[Layer::new("", vec![b'x'; 2000])]);
    let other = scene.lab.registry.at("app:2");
    scene.lab.home.run(["export", "-o", file.to_str().unwrap(), &other]).ends_with(6);
    assert_eq!(fs::read(&file).unwrap(), first);
    let nowhere = scene.folder.path().join("no/x.tar");
    scene
        .lab
        .home
        .run(["export", "-o", nowhere.to_str().unwrap(), &other])
        .ends_with(1)
        .complains("does not exist");
}

#[test]
fn an_export_can_be_imported_again_and_shows_the_same_files() {
    let scene = Scene::of(&[Layer::gzip(BASE), Layer::gzip(TOP)]);
    let tar = exported(&scene);
    let files = scene.lab.files(&["-q"]);
    scene.lab.home.regcli(["import", "-", "flat:1"]).stdin(tar).run().succeeds();
    scene.lab.home.run(["files", "-q", "store:flat:1"]).succeeds().prints(&files);
}

#[test]
fn a_reader_that_stops_gets_no_error_and_the_program_ends() {
    let scene = Scene::of(&[Layer::gzip(&[("big", Is::File(&super::noise(4_000_000)))])]);
    let file = scene.folder.path().join("image");
    fs::write(&file, exported(&scene)).unwrap();
    let mut export = Command::new(env!("CARGO_BIN_EXE_regcli"))
        .args(["--plain-http", "export", &scene.lab.image()])
        .env_clear()
        .env("HOME", scene.lab.home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(export.stdout.take());
    let ended = export.wait_with_output().unwrap();
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn an_image_without_files_gives_an_empty_tar_and_an_empty_directory() {
    for layers in [vec![], vec![layer(&[Raw::other("./", EntryType::Directory)])]] {
        let scene = Scene::of(&layers);
        assert_eq!(exported(&scene), [0; 1024]);
        let said = scene.extract(&["/"]).succeeds();
        assert!(said.stdout.starts_with("Extracted 0 files, 0 directories, 0 symbolic links (0B)"), "{said}");
        assert!(scene.tree().is_empty());
    }
}
