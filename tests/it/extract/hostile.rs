//! Layers that try to write somewhere else, too much, or nothing that can be written.

use std::fs;

use tar::EntryType;

use super::{Raw, Scene, layer};
use crate::support::{Is, Layer, gzip, tar};

#[test]
fn nothing_is_written_out_of_the_directory() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().to_str().unwrap();
    let up = format!("../../../../../../../..{target}");
    let layers = [
        // A link, and a file through it: in one layer, and in the next one.
        layer(&[Raw::link("a", EntryType::Symlink, target), Raw::file("a/evil", 0o644, b"x")]),
        layer(&[Raw::link("b", EntryType::Symlink, &up), Raw::other("c", EntryType::Directory)]),
        layer(&[Raw::file("b/evil", 0o644, b"x"), Raw::link("c", EntryType::Symlink, target)]),
        layer(&[
            Raw::file("../evil", 0o644, b"x"),
            Raw::file("c/../../evil", 0o644, b"x"),
            Raw::link("h", EntryType::Link, "../../../etc/passwd"),
            Raw::link("i", EntryType::Link, "c/evil"),
            Raw::link("j", EntryType::Link, target),
        ]),
    ];
    let scene = Scene::of(&layers);
    for flags in [&["/"][..], &["-f", "/"], &["-f", "c/evil", "/"]] {
        let said = scene.extract(flags);
        assert!(said.code == 0 || said.code == 3, "{said}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{said}");
        assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), 1, "{said}");
    }
    assert_eq!(scene.read("b/evil"), "x", "the upper layer has a directory in place of the link");
    assert_eq!(fs::read_link(scene.out().join("c")).unwrap().to_str(), Some(target));
    assert!(["h", "i", "j"].iter().all(|name| fs::symlink_metadata(scene.out().join(name)).is_err()));
}

#[test]
fn devices_and_pipes_are_left_out_and_counted() {
    let kinds = [EntryType::Char, EntryType::Block, EntryType::Fifo];
    let names = ["null", "disk", "pipe"];
    let mut entries: Vec<Raw> = names.iter().zip(kinds).map(|(name, kind)| Raw::other(name, kind)).collect();
    entries.push(Raw::link("again", EntryType::Link, "null"));
    let scene = Scene::of(&[layer(&entries)]);
    for flags in [&["/"][..], &["-p", "/"]] {
        if flags.len() > 1 && crate::support::missing("root") {
            continue;
        }
        let said = scene.extract(flags).succeeds();
        assert!(said.stderr.contains("left out 4 special files"), "{said}");
        assert!(scene.tree().is_empty());
    }
}

#[test]
fn links_that_nothing_can_write_are_left_out_and_counted() {
    let long = "x".repeat(4096);
    let scene = Scene::of(&[layer(&[
        Raw::file("a", 0o644, b"a"),
        Raw::link("empty", EntryType::Symlink, ""),
        Raw::link("long", EntryType::Symlink, &long),
        Raw::link("other", EntryType::Link, "empty"),
        Raw::link("z", EntryType::Symlink, "a"),
    ])]);
    let warning = "left out 3 symbolic links with an empty or invalid target";
    let listed = scene.extract(&["--dry-run", "/"]).succeeds().prints("/a\n/z\n");
    assert!(listed.stderr.contains(warning), "{listed}");
    let said = scene.extract(&["/"]).succeeds();
    assert!(said.stderr.contains(warning), "{said}");
    assert_eq!(scene.tree().into_keys().collect::<Vec<_>>(), ["a", "z"]);
    let (image, tar) = (scene.lab.image(), scene.folder.path().join("x.tar"));
    let said = scene.lab.home.run(["export", "-o", tar.to_str().unwrap(), &image]).succeeds();
    assert!(said.stderr.contains(warning), "{said}");
}

#[test]
fn a_directory_may_be_a_thousand_deep_and_a_name_255_long() {
    let deep = vec!["d"; 1000].join("/");
    let (file, long) = (format!("{deep}/f"), "n".repeat(255));
    let scene = Scene::of(&[layer(&[Raw::file(&file, 0o644, b"deep"), Raw::file(&long, 0o644, b"long")])]);
    scene.extract(&["/"]).succeeds();
    assert_eq!((scene.read(&file).as_str(), scene.read(&long).as_str()), ("deep", "long"));

    let long = "n".repeat(256);
    let scene = Scene::of(&[layer(&[Raw::file("a", 0o644, b"a"), Raw::file(&long, 0o644, b"long")])]);
    scene.extract(&["/"]).ends_with(1).complains("cannot write").complains("too long");
    assert!(!scene.out().exists(), "nothing is written");
}

#[test]
fn the_last_of_several_files_at_a_path_counts() {
    let (large, other) = (vec![1; 100_000], vec![2; 50_000]);
    let entries = [
        Raw::file("f", 0o600, &large),
        Raw::file("f", 0o640, &other),
        Raw::file("f", 0o644, b"last"),
        Raw::file("g", 0o644, b"same"),
        Raw::file("g", 0o600, b"same"),
    ];
    let scene = Scene::of(&[layer(&entries)]);
    for _ in 0..2 {
        scene.extract(&["-f", "/"]).succeeds();
        assert_eq!((scene.read("f").as_str(), scene.read("g").as_str()), ("last", "same"));
        assert_eq!(scene.tree().len(), 2);
    }
}

#[test]
fn a_bomb_is_refused_by_its_size_before_anything_is_written() {
    let zeros = vec![0; 200 << 20];
    let layer = Layer::gzip(&[("bomb", Is::File(&zeros)), ("small", Is::File(b"small"))]);
    assert!(layer.bytes.len() < 4 << 20);
    let scene = Scene::of(&[layer]);
    scene
        .extract(&["--max-size=100M", "/"])
        .ends_with(1)
        .complains("209715205 bytes, and 100000000 are allowed");
    assert!(!scene.out().exists());
    let said = scene.extract(&["--max-size=100M", "small"]).succeeds();
    assert!(said.peak < 100 << 20, "{said}");
    if let Some(disk) = crate::bad_input::Tmpfs::mount(1 << 20) {
        let (image, folder) = (scene.lab.image(), disk.path().to_str().unwrap());
        let full = scene.lab.home.run(["extract", "-C", folder, &image, "bomb"]);
        full.ends_with(1).complains("no space in").complains("more bytes are needed");
        assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_truncated_or_damaged_layer_leaves_no_file() {
    let whole = tar(&[("a", Is::File(&[7; 30_000])), ("b", Is::File(&[8; 30_000]))]);
    for bytes in [whole[..whole.len() - 9000].to_vec(), gzip(&whole)[..100].to_vec()] {
        let scene = Scene::of(&[Layer::new("", bytes)]);
        scene.extract(&["/"]).ends_with(6).complains("truncated");
        assert!(!scene.out().exists());
        let (image, tar) = (scene.lab.image(), scene.folder.path().join("x.tar"));
        scene.lab.home.run(["export", "-o", tar.to_str().unwrap(), &image]).ends_with(6);
        assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn content_that_is_not_that_of_the_table_is_not_written() {
    let content = super::noise(400_000);
    for make in [Layer::estargz, Layer::zstd_chunked] {
        let mut layer = make(&[("a", Is::File(b"small")), ("b", Is::File(&content))]);
        let at = layer.bytes.windows(5).position(|window| window == b"small");
        // Compressed content may not have its text: then a byte of the second file is changed.
        let at = at.unwrap_or(150_000);
        layer.bytes[at] ^= 1;
        let scene = Scene::of(&[layer]);
        let said = scene.extract(&["/"]);
        assert!(said.code == 6, "{said}");
        let left: Vec<String> = scene.tree().into_keys().filter(|name| name.starts_with('.')).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
