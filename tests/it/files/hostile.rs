//! Layers and arguments that are wrong.

use super::{BASE, Lab};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Is, Layer, gzip, tar};

#[test]
fn a_truncated_layer_fails_and_its_list_is_not_kept() {
    let whole = tar(BASE);
    for layer in [
        Layer::new("", whole[..whole.len() - 5000].to_vec()),
        Layer::new("+gzip", gzip(&whole)[..200].to_vec()),
    ] {
        let lab = Lab::of(std::slice::from_ref(&layer));
        for _ in 0..2 {
            lab.home
                .run(["files", &lab.image()])
                .ends_with(6)
                .complains("truncated")
                .complains("cannot read layer");
        }
    }
}

#[test]
fn a_layer_that_is_no_tar_or_not_itself_fails() {
    let lab = Lab::of(&[Layer::new("", vec![b'x'; 2000])]);
    lab.home.run(["files", &lab.image()]).ends_with(6).complains("the layer is not a tar");
    let bzip2 = [&b"BZh9"[..], &[7; 600]].concat();
    let lab = Lab::of(&[Layer::new("", bzip2)]);
    lab.home.run(["files", &lab.image()]).ends_with(1).complains("compressed with bzip2");

    let mut other = Layer::plain(BASE);
    let at = other.bytes.windows(8).position(|window| window == b"NAME=lab").unwrap();
    other.bytes[at] = b'X';
    let lab = Lab::of(&[other]);
    let image = lab.image();
    for arguments in [vec!["files", &image], vec!["cat", &image, "etc/os-release"]] {
        lab.home.run(arguments).ends_with(6).complains("does not match its digest").prints("");
    }
}

#[test]
fn paths_that_lead_out_of_the_image_are_left_out_and_counted() {
    let entries = [
        ("../../etc/evil", Is::File(b"x")),
        ("a/../../b", Is::File(b"x")),
        ("/abs//./c", Is::File(b"x")),
        ("link", Is::Hardlink("../../etc/shadow")),
        ("esc\u{1b}[2J", Is::File(b"x")),
    ];
    for layer in [Layer::gzip(&entries), Layer::estargz(&entries)] {
        let lab = Lab::of(std::slice::from_ref(&layer));
        let shown =
            lab.home.run(["files", "-q", &lab.image()]).succeeds().prints("/abs\n/abs/c\n/esc\\u{1b}[2J\n");
        assert_eq!(
            shown.stderr,
            "WARNING: left out 3 paths of layers leading out of the image or through a link\n"
        );
    }
}

#[test]
fn links_are_followed_within_the_image_and_not_for_ever() {
    let entries = [
        ("a", Is::Symlink("b")),
        ("b", Is::Symlink("/a")),
        ("up", Is::Symlink("../../../../x/f")),
        ("d", Is::Symlink("x")),
        ("x/", Is::Folder),
        ("x/f", Is::File(b"found\n")),
    ];
    let lab = Lab::of(&[Layer::zstd(&entries)]);
    let image = lab.image();
    lab.home.run(["cat", &image, "a"]).ends_with(1).complains("/a leads through more than 40 links");
    for path in ["up", "d/f", "/d/../d/f", "x/f"] {
        lab.home.run(["cat", &image, path]).succeeds().prints("found\n");
    }
    lab.home.run(["cat", &image, "d"]).ends_with(1).complains("/d is a directory");
    lab.home.run(["cat", &image, "x/f/g"]).ends_with(3).complains("has no /x/f/g");
    lab.home.run(["cat", &image, "../x"]).ends_with(1).complains("/x is a directory");
}

#[test]
fn links_in_a_path_are_followed_as_ls_does() {
    let links = [
        ("usr/bin/sh", Is::Symlink("dir")),
        ("a", Is::Symlink("b")),
        ("b", Is::Symlink("a")),
        ("gone", Is::Symlink("nowhere")),
        ("up", Is::Symlink("../../../usr")),
    ];
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::gzip(&links)]);
    assert_eq!(lab.files(&["-q", "/bin"]), "/bin\n");
    assert_eq!(lab.files(&["-q", "/bin/"]), "/usr/bin\n/usr/bin/dir\n/usr/bin/sh\n/usr/bin/vdir\n");
    assert_eq!(lab.files(&["-q", "/bin/sh"]), "/usr/bin/sh\n", "the last link is shown");
    assert_eq!(lab.files(&["-q", "/up/bin/d*"]), "/usr/bin/dir\n");
    assert_eq!(lab.files(&["-q", "/up/lib"]), "/usr/lib\n/usr/lib/empty\n/usr/lib/os-release\n");
    assert!(lab.files(&["--tree", "/bin/"]).starts_with("/usr/bin\n"));
    assert_eq!(lab.files(&["-q", "/etc/"]), "/etc\n/etc/os-release\n/etc/passwd\n");
    let image = lab.image();
    let fails = |path: &str, code: i32, message: &str| {
        lab.home.run(["files", &image, path]).ends_with(code).complains(message);
    };
    fails("/a/x", 1, "/a/x leads through more than 40 links");
    fails("/gone/", 3, "/gone links to /nowhere, which");
    fails("/bin/dri", 3, "/bin/dri links to /usr/bin/dri, which");
    fails("/bin/nosuch*", 3, "has no /bin/nosuch*");
    let dangling = lab.home.run(["cat", &image, "/gone"]).ends_with(3);
    dangling.complains(&format!("/gone links to /nowhere, which {image} does not have"));
    lab.home
        .run(["extract", &image, "/bin/nosuch"])
        .ends_with(3)
        .complains("links to /usr/bin/nosuch, which");
}

#[test]
fn what_is_above_a_link_is_above_its_target() {
    let links = [
        ("usr/zz", Is::File(b"in usr\n")),
        ("zz", Is::File(b"in root\n")),
        ("through", Is::Symlink("bin/../zz")),
        ("wrong", Is::Symlink("etc/passwd/../passwd")),
        ("slash", Is::Symlink("etc/passwd/")),
    ];
    let lab = Lab::of(&[Layer::gzip(BASE), Layer::gzip(&links)]);
    let image = lab.image();
    for path in ["/bin/../zz", "/../bin/../../usr/zz", "through", "/usr/lib/../zz", "/bin/.././zz"] {
        lab.home.run(["cat", &image, path]).succeeds().prints("in usr\n");
    }
    for path in ["/bin/../zz", "/bin/../z*", "/usr/lib/../z*", "/usr/lib/../../usr/zz"] {
        assert_eq!(lab.files(&["-q", path]), "/usr/zz\n", "{path}");
    }
    for path in ["/../zz", "/usr/../zz", "/usr/../z*", "/bin/../../../z*"] {
        assert_eq!(lab.files(&["-q", path]), "/zz\n", "{path}");
    }
    assert_eq!(lab.files(&["-q", "/bin/../bin"]), lab.files(&["-q", "/usr/bin"]));
    assert_eq!(lab.files(&["-q", "/bin/**"]), lab.files(&["-q", "/usr/bin/**"]));
    let fails = |path: &str, code: i32, message: &str| {
        for command in ["files", "cat"] {
            lab.home.run([command, &image, path]).ends_with(code).complains(message);
        }
    };
    fails("/etc/passwd/", 1, "/etc/passwd is not a directory");
    fails("/etc/passwd/.", 1, "/etc/passwd is not a directory");
    fails("/etc/passwd/../passwd", 1, "/etc/passwd is not a directory");
    fails("/nosuch/../etc/passwd", 3, "which");
    for path in ["wrong", "slash"] {
        lab.home.run(["cat", &image, path]).ends_with(1).complains("/etc/passwd is not a directory");
    }
    lab.home.run(["extract", &image, "/etc/passwd/"]).ends_with(1).complains("is not a directory");
}

#[test]
fn a_path_through_a_link_of_the_same_layer_is_left_out_and_counted() {
    let entries =
        [("bin", Is::Symlink("usr/bin")), ("bin/foo", Is::File(b"x")), ("usr/bin/sh", Is::File(b"y"))];
    for layer in [Layer::gzip(&entries), Layer::estargz(&entries)] {
        let lab = Lab::of(std::slice::from_ref(&layer));
        for _ in 0..2 {
            let shown = lab.home.run(["files", "-q", &lab.image()]).succeeds();
            assert_eq!(shown.stdout, "/bin\n/usr\n/usr/bin\n/usr/bin/sh\n");
            let warning = "WARNING: left out 1 path of layers leading out of the image or through a link\n";
            assert_eq!(shown.stderr, warning);
        }
    }
    // A directory of a higher layer replaces the link, as in Docker.
    let lab = Lab::of(&[Layer::gzip(&entries[..1]), Layer::gzip(&entries[1..])]);
    let shown = lab.home.run(["files", "-q", &lab.image(), "/bin"]).succeeds().prints("/bin\n/bin/foo\n");
    assert_eq!(shown.stderr, "");
}

#[test]
fn what_does_not_exist_is_not_found_and_similar_paths_are_named() {
    let lab = Lab::of(&[Layer::gzip(BASE)]);
    let image = lab.image();
    lab.home.run(["files", &image, "/ect"]).ends_with(3).complains("has no /ect").complains("/etc");
    lab.home.run(["files", &image, "*.nothing"]).ends_with(3).complains("has no *.nothing");
    lab.home.run(["cat", &image, "/os-release"]).ends_with(3).complains("/usr/lib/os-release");
    lab.home.run(["files", &lab.registry.at("app:2")]).ends_with(3);
    lab.home.run(["files", "--platform", "linux/arm64", &image]).ends_with(3).complains("linux/amd64");
    lab.home.run(["files", "--tree", &image, "*.so"]).ends_with(125).complains("--tree needs a directory");
    lab.home.run(["files", "--min-efficiency", "0.9", &image]).ends_with(125).complains("--waste");
}

#[test]
fn a_damaged_list_in_the_cache_is_read_again() {
    let lab = Lab::of(&[Layer::gzip(BASE)]);
    let first = lab.files(&[]);
    let folder = lab.home.path().join(".cache/regcli/files");
    let kept: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    let whole = std::fs::read(&kept[0]).unwrap();
    let mut flipped = whole.clone();
    flipped[20] ^= 1;
    for damaged in [&flipped[..], &whole[..whole.len() / 2], b"", &[0; 100]] {
        std::fs::write(&kept[0], damaged).unwrap();
        assert_eq!(lab.files(&[]), first);
        assert_eq!(std::fs::read(&kept[0]).unwrap(), whole);
    }
}

#[test]
fn a_layer_with_very_many_files_takes_bounded_memory() {
    // 10 million files take 45 MB: REGCLI_FILES=10000000, a quarter of an hour.
    let count: usize = std::env::var("REGCLI_FILES").map_or(300_000, |text| text.parse().unwrap());
    let mut writer = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_size(0);
    header.set_mode(0o644);
    for number in 0..count {
        // Not in the order of the list, so that they have to be sorted.
        let number = number.wrapping_mul(7919) % count;
        writer
            .append_data(&mut header, format!("usr/share/{}/file-{number:09}", number % 100), &[][..])
            .unwrap();
    }
    let lab = Lab::of(&[Layer::new("+gzip", writer.into_inner().unwrap().finish().unwrap())]);

    let listed = lab.home.run(["files", "-q", &lab.image()]).succeeds();

    let lines = listed.stdout.lines();
    assert!(lines.clone().is_sorted_by_key(|line| line.split('/').collect::<Vec<_>>()));
    assert_eq!(lines.filter(|line| line.contains("/file-")).count(), count);
    eprintln!("{} MB", listed.peak >> 20);
    assert!(listed.peak > 0 && listed.peak < 64 << 20, "{} MB", listed.peak >> 20);
}
