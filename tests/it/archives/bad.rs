//! Archives that are none, are damaged, or lie; and places where none can be written.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tar::EntryType;

use crate::bad_input::Tmpfs;
use crate::support::{Fixture, Home, Outcome, run, sha256};

use super::{Tarball, config, is_tidy, keep, layer, load, manifest, old_archive, save};

/// Asserts that an archive is refused both from a file and from a pipe, and that nothing of it stays.
#[track_caller]
fn refused(archive: &[u8], code: i32, problem: &str) {
    let home = Home::fresh();
    fs::write(home.path().join("x.tar"), archive).unwrap();
    for (outcome, origin) in [(home.run(["load", "-i", "x.tar"]), "x.tar"), (load(&home, archive), "stdin")] {
        let expected = format!("error: {}", problem.replace("ARCHIVE", origin));
        let outcome = outcome.ends_with(code).prints("");
        assert!(outcome.stderr.starts_with(&expected), "expected {expected}\n{outcome}");
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
        assert!(is_tidy(&home), "{problem}");
        home.run(["images", "-q"]).succeeds().prints("");
    }
}

/// An archive with a layer called `l.tar` and a config called `c.json`, and this manifest.json.
fn with_manifest(manifest: &str) -> Vec<u8> {
    let one = layer("one");
    let config = config(std::slice::from_ref(&one));
    Tarball::new().file("l.tar", &one).file("c.json", config).file("manifest.json", manifest).end()
}

#[test]
fn what_is_no_archive_is_told_apart() {
    refused(b"junk\n", 1, "ARCHIVE is not an image archive: it is not a tar, plain or compressed\n");
    refused(&[7; 5000], 1, "ARCHIVE is not an image archive: it is not a tar, ");
    refused(
        &[0; 10240],
        1,
        "ARCHIVE is not an image archive: it has neither an index.json nor a manifest.json\n",
    );
    let other = Tarball::new().file("etc/passwd", "root").end();
    refused(&other, 1, "ARCHIVE is not an image archive: it has neither an index.json nor a manifest.json\n");
    let ancient = Tarball::new().file("repositories", "{}").file("aa/layer.tar", "").end();
    refused(&ancient, 6, "ARCHIVE: it was saved by Docker before 1.10, whose archives are not supported\n");
    for (format, magic) in
        [("bzip2", &b"BZh91AY&SY"[..]), ("xz", b"\xfd7zXZ\0\0\x04"), ("lz4", b"\x04\x22\x4d\x18")]
    {
        let problem =
            format!("ARCHIVE is compressed with {format}, which is not supported; decompress it first\n");
        refused(magic, 1, &problem);
    }
}

#[test]
fn nothing_to_read_is_said_in_dockers_words() {
    let home = Home::fresh();
    let outcome = load(&home, b"").ends_with(1);
    assert_eq!(outcome.stderr, "error: requested load from stdin, but stdin is empty\n");
    let outcome = home.run(["load", "-i", "/nonexistent.tar"]).ends_with(1);
    assert_eq!(outcome.stderr, "error: open /nonexistent.tar: no such file or directory\n");
    fs::write(home.path().join("empty.tar"), "").unwrap();
    home.run(["load", "-i", "empty.tar"]).ends_with(1).complains("error: empty.tar is empty\n");
    home.run(["load", "-i", "."])
        .ends_with(1)
        .complains("error: cannot read .\n  caused by: is a directory\n");
    home.run(["load", "x.tar"]).ends_with(125).complains("error: 'regcli load' accepts no arguments\n");
    assert!(!home.store().exists());
}

#[test]
fn an_archive_that_ends_too_early_is_damaged_wherever_it_ends() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/x:1");
    let whole = fs::read(save(&home, "x.tar", &["lab/x:1"])).unwrap();
    for length in [513, 1025, 3000, whole.len() / 2, whole.len() - 3000] {
        refused(&whole[..length], 6, "ARCHIVE is damaged\n  caused by: ");
    }
    // Cut between two entries it is a tar, but not one of images: what lists them comes last.
    refused(&whole[..1024], 1, "ARCHIVE is not an image archive: it has neither an index.json nor");
    let packed = home.path().join("x.tar.gz");
    run("gzip", ["-k", home.path().join("x.tar").to_str().unwrap()]).succeeds();
    let packed = fs::read(packed).unwrap();
    for length in [packed.len() / 2, packed.len() - 1] {
        refused(&packed[..length], 6, "ARCHIVE is damaged\n  caused by: ");
    }
    let mut changed = packed.clone();
    changed[packed.len() - 6] ^= 1;
    refused(&changed, 6, "ARCHIVE is damaged\n  caused by: ");
}

#[test]
fn content_that_is_not_what_its_digest_says_is_refused() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    keep(&home, &fixture, "lab/x:1");
    let whole = fs::read(save(&home, "x.tar", &["lab/x:1"])).unwrap();
    for part in fixture.blobs.iter().chain([&fixture.root]) {
        let content = fixture.content(&part.digest);
        let at = whole.windows(content.len()).position(|window| window == content).unwrap();
        let mut changed = whole.clone();
        changed[at + content.len() / 2] ^= 1;
        let outcome = load(&Home::fresh(), &changed).ends_with(6);
        outcome.complains("content does not match its digest: expected sha256:").prints("");
    }
    // The same in an old archive, where the config has the digests of the layers.
    let mut old = old_archive();
    let at = old.windows(3).position(|window| window == b"two").unwrap();
    old[at] = b'T';
    load(&Home::fresh(), old)
        .ends_with(6)
        .complains("content does not match its digest: expected ")
        .prints("");
}

#[test]
fn documents_that_lie_or_are_none_are_refused() {
    refused(&with_manifest("[{"), 6, "cannot read manifest.json in ARCHIVE\n  caused by: EOF while parsing");
    refused(&with_manifest("null"), 6, "cannot read manifest.json in ARCHIVE\n");
    refused(&with_manifest("[]"), 6, "ARCHIVE: it lists no image\n");
    refused(&with_manifest(r#"[{"Layers":[]}]"#), 6, "cannot read manifest.json in ARCHIVE\n");
    refused(&with_manifest(&"[".repeat(100_000)), 6, "cannot read manifest.json in ARCHIVE\n");
    let not_there = "ARCHIVE: manifest.json names \"nosuch\", which is missing\n";
    refused(&with_manifest(&manifest("nosuch", &["x:1"], &["l.tar"])), 6, not_there);
    refused(&with_manifest(&manifest("c.json", &["x:1"], &["nosuch"])), 6, not_there);
    let length = "ARCHIVE: invalid manifest, layers length mismatch: expected 1, got ";
    refused(&with_manifest(&manifest("c.json", &["x:1"], &[])), 6, &format!("{length}0\n"));
    refused(&with_manifest(&manifest("c.json", &["x:1"], &["l.tar", "l.tar"])), 6, &format!("{length}2\n"));
    // A layer for a config, and the other way round.
    refused(&with_manifest(&manifest("l.tar", &["x:1"], &["l.tar"])), 6, "cannot read image config\n");
    let swapped =
        load(&Home::fresh(), with_manifest(&manifest("c.json", &["x:1"], &["c.json"]))).ends_with(6);
    swapped.complains("content does not match its digest");

    let layout = |index: &str| Tarball::new().file("oci-layout", "{}").file("index.json", index).end();
    refused(&layout("0"), 6, "cannot read index.json in ARCHIVE\n");
    refused(&layout(r#"{"manifests":null}"#), 6, "ARCHIVE: it lists no image\n");
    refused(
        &layout(r#"{"manifests":[{"mediaType":"x","digest":"sha256:short","size":1}]}"#),
        6,
        "cannot read ",
    );
    let digest = format!("sha256:{}", "a".repeat(64));
    let entry = |size: i64| {
        json!({"manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size}]})
            .to_string()
    };
    let missing = load(&Home::fresh(), layout(&entry(5))).ends_with(3);
    missing.complains(&format!("caused by: blob {digest} is not in stdin\n"));
    refused(&layout(&entry(-1)), 6, "cannot read index.json in ARCHIVE\n");
}

#[test]
fn sizes_in_manifests_that_are_not_those_of_the_files_are_refused() {
    let one = layer("one");
    let config = config(std::slice::from_ref(&one));
    let path = |content: &[u8]| sha256(content).replacen("sha256:", "blobs/sha256/", 1);
    let build = |config_size: usize, layer_size: usize, manifest_size: i64| {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(&config),
                "size": config_size,
            },
            "layers": [{
                "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(&one), "size": layer_size,
            }],
        })
        .to_string()
        .into_bytes();
        let index = json!({"manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": sha256(&manifest),
            "size": manifest.len() as i64 + manifest_size,
            "annotations": {"io.containerd.image.name": "docker.io/lab/x:1"},
        }]});
        let archive = Tarball::new().file(&path(&manifest), &manifest).file(&path(&config), &config);
        archive.file(&path(&one), &one).file("index.json", index.to_string()).end()
    };
    let (right, layer_size) = (config.len(), one.len());
    load(&Home::fresh(), build(right, layer_size, 0)).succeeds().prints("Loaded image: lab/x:1\n");
    for archive in [
        build(right, layer_size, 1),
        build(right, layer_size, -1),
        build(right + 1, layer_size, 0),
        build(right, layer_size - 1, 0),
        build(right, 1 << 50, 0),
        build(7 << 20, layer_size, 0),
    ] {
        let home = Home::fresh();
        let outcome = load(&home, archive).prints("");
        assert!([1, 6].contains(&outcome.code), "{outcome}");
        let told = ["has the wrong size: expected ", "error: no space in "];
        assert!(told.iter().any(|words| outcome.stderr.contains(words)), "{outcome}");
        assert!(is_tidy(&home));
    }
}

#[test]
fn names_that_are_no_references_are_refused_and_cannot_reach_the_terminal() {
    let named = |name: &str| with_manifest(&manifest("c.json", &[name], &["l.tar"]));
    for (name, shown) in [
        (
            "UPPER:1",
            r#""UPPER:1": invalid reference format: repository name (library/UPPER) must be lowercase"#,
        ),
        ("../../etc/passwd", r#""../../etc/passwd": invalid reference format"#),
        ("", r#""": invalid reference format"#),
        ("\u{1b}[2Jx:1", r#""\u{1b}[2Jx:1": invalid reference format"#),
        ("x:1\nLoaded image: y:2", r#""x:1\nLoaded image: y:2": invalid reference format"#),
    ] {
        refused(&named(name), 6, &format!("ARCHIVE has an image called {shown}"));
    }
    // The text of a bad entry's name, too.
    let archive = with_manifest(&manifest("\u{1b}]0;title\u{7}", &["x:1"], &["l.tar"]));
    refused(&archive, 6, r#"ARCHIVE: manifest.json names "\u{1b}]0;title\u{7}", which is missing"#);
}

#[test]
fn entries_that_lead_out_of_the_archive_are_nothing_anybody_can_mean() {
    let one = layer("one");
    let config = config(std::slice::from_ref(&one));
    let whole = |layers: &[&str]| {
        Tarball::new()
            .file("/etc/abs.tar", &one)
            .file("../up.tar", &one)
            .file("a/../../up2.tar", &one)
            .link("out.tar", "/etc/passwd")
            .link("out2.tar", "../../../etc/passwd")
            .link("loop.tar", "loop2.tar")
            .link("loop2.tar", "loop.tar")
            .entry(EntryType::Link, ("hard.tar", "/etc/passwd"), (0, b""))
            .entry(EntryType::Char, ("device.tar", ""), (0, b""))
            .entry(EntryType::Block, ("block.tar", ""), (0, b""))
            .entry(EntryType::Fifo, ("pipe.tar", ""), (0, b""))
            .entry(EntryType::Directory, ("folder.tar/", ""), (0, b""))
            .file("l.tar", &one)
            .file("c.json", &config)
            .file("manifest.json", manifest("c.json", &["x:1"], layers))
            .end()
    };
    for name in [
        "../up.tar",
        "a/../../up2.tar",
        "out2.tar",
        "device.tar",
        "block.tar",
        "pipe.tar",
        "folder.tar",
        "/etc/passwd",
        "../../../etc/passwd",
        "",
    ] {
        let problem = format!("ARCHIVE: manifest.json names {name:?}, which is missing\n");
        refused(&whole(&[name]), 6, &problem);
    }
    // Absolute names are names in the archive.
    for (name, target) in [("out.tar", "etc/passwd"), ("hard.tar", "etc/passwd")] {
        let link = format!(
            "ARCHIVE: manifest.json names {name:?}, which is a link to {target:?}, which is missing\n"
        );
        refused(&whole(&[name]), 6, &link);
    }
    let circle = "ARCHIVE: manifest.json names \"loop.tar\", which is a link that leads to no file\n";
    refused(&whole(&["loop.tar"]), 6, circle);
    // What nobody names does no harm.
    let home = Home::fresh();
    load(&home, whole(&["l.tar"])).succeeds().prints("Loaded image: x:1\n");
    load(&home, whole(&["/etc/abs.tar"])).succeeds().prints("Loaded image: x:1\n");
    let parent = home.path().parent().unwrap();
    assert!(!parent.join("up.tar").exists() && !parent.join("up2.tar").exists());
}

#[test]
fn of_two_files_with_one_name_the_last_counts_but_two_documents_are_refused() {
    let (one, two) = (layer("one"), layer("two"));
    let config = config(std::slice::from_ref(&two));
    let list = manifest("c.json", &["x:1"], &["l.tar"]);
    let archive = Tarball::new().file("l.tar", &one).file("l.tar", &two).file("c.json", &config);
    load(&Home::fresh(), archive.clone().file("manifest.json", &list).end()).succeeds();
    let twice = archive.clone().file("manifest.json", &list).file("./manifest.json", &list).end();
    refused(&twice, 6, "ARCHIVE: it has \"manifest.json\" twice\n");
}

#[test]
fn sizes_that_lie_cost_neither_memory_nor_disk() {
    for (kind, name) in [
        (EntryType::Regular, "manifest.json"),
        (EntryType::Regular, "x"),
        (EntryType::XHeader, "x"),
        (EntryType::GNULongName, "././@LongLink"),
        (EntryType::GNULongLink, "././@LongLink"),
        (EntryType::XGlobalHeader, "x"),
    ] {
        for size in [1 << 40, (1 << 62) + 1, u64::MAX] {
            let home = Home::fresh();
            let archive = Tarball::new().entry(kind, (name, ""), (size, b"x")).0;
            fs::write(home.path().join("x.tar"), &archive).unwrap();
            home.run(["load", "-i", "x.tar"]).ends_with(6).complains("error: x.tar is damaged\n");
            let piped = load(&home, &archive);
            // A pipe may have what it claims: only the disk tells that it cannot be kept.
            assert!([1, 6].contains(&piped.code), "{piped}");
            assert!(
                ["error: no space in ", "error: stdin is damaged"]
                    .iter()
                    .any(|e| piped.stderr.starts_with(e))
            );
            assert!(is_tidy(&home));
        }
    }
    let long = "x".repeat(9 << 20);
    refused(
        &Tarball::new().file("manifest.json", &long).end(),
        6,
        "ARCHIVE: manifest.json is larger than 8388608 bytes\n",
    );
    let big = with_manifest(&manifest("big.json", &["x:1"], &["l.tar"]));
    let big = [&Tarball::new().file("big.json", &long).0[..], &big].concat();
    refused(&big, 6, "ARCHIVE: the config \"big.json\" is larger than 8388608 bytes\n");
}

/// Runs `regcli` with little memory, and this from a shell on its standard input.
#[track_caller]
fn with_little_memory(home: &Home, line: &str) -> Outcome {
    let script = format!("cd $HOME && ulimit -v 1500000 && {line}");
    let variables = [
        ("HOME", home.path().to_owned()),
        ("REGCLI_STORE", home.store()),
        ("REGCLI", env!("CARGO_BIN_EXE_regcli").into()),
    ];
    let mut arguments: Vec<String> = variables.iter().map(|(k, v)| format!("{k}={}", v.display())).collect();
    arguments.extend(["sh", "-c", &script].map(str::to_owned));
    run("env", arguments)
}

#[test]
fn a_bomb_goes_off_on_nobody() {
    let home = Home::fresh();
    // A long name, a pax header, a file that nobody means: each of gigabytes that take a few kilobytes.
    let bomb = |kind: EntryType, name: &str, size: u64, file: &str| {
        let header = home.path().join("header");
        fs::write(&header, Tarball::new().entry(kind, (name, ""), (size, b"")).0).unwrap();
        let script = format!(
            "(cat {0}; head -c {size} /dev/zero; head -c 1024 /dev/zero) | gzip -1 > {1}",
            header.display(),
            home.path().join(file).display()
        );
        run("sh", ["-c", &script]).succeeds();
    };
    bomb(EntryType::GNULongName, "././@LongLink", 3 << 30, "name.gz");
    bomb(EntryType::XHeader, "x", 3 << 30, "pax.gz");
    for file in ["name.gz", "pax.gz"] {
        let outcome = with_little_memory(&home, &format!("$REGCLI load -i {file}")).ends_with(6);
        outcome.complains("is damaged\n  caused by: a name or a header is larger than 1 MiB\n");
    }
    // Zeros without an end after the end of a tar.
    let script = "$REGCLI load < /dev/zero";
    let began = Instant::now();
    with_little_memory(&home, script).ends_with(1).complains("error: stdin is not an image archive: ");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_disk_that_is_too_small_is_not_filled() {
    let home = Home::fresh();
    let size = 512_u64 << 30;
    let header = Tarball::new().entry(EntryType::Regular, ("x", ""), (size, b"")).0;
    fs::write(home.path().join("header"), header).unwrap();
    let line = "(cat header; yes | head -c 50000000) | gzip -1 | $REGCLI load";
    let outcome = with_little_memory(&home, line).ends_with(1);
    outcome
        .complains("error: no space in ")
        .complains("more bytes are needed")
        .complains("hint: free space on");
    assert!(is_tidy(&home));
}

#[test]
fn a_full_disk_is_told_and_left_as_it_was() {
    let Some(disk) = Tmpfs::mount(4 << 20) else { return };
    let home = Home::fresh();
    keep(&home, &Fixture::heavy(3 << 20), "x:1");
    let place = |name: &str| disk.path().join(name).display().to_string();
    let archive = save(&home, "x.tar", &["x:1"]);
    let count = || fs::read_dir(disk.path()).unwrap().count();
    // Room for the archive or for what is in it, but not for both.
    run("gzip", ["-1", "-k", archive.to_str().unwrap()]).succeeds();
    let packed = home.path().join("x.tar.gz");
    let store = place("store");
    let outcome = home.run(["--store", &store, "load", "-i", packed.to_str().unwrap()]).ends_with(1);
    outcome
        .complains(&format!("error: no space in {store}: "))
        .complains("hint: free space on the file system of");
    assert_eq!(fs::read_dir(disk.path().join("store/parts")).unwrap().count(), 0);
    home.run(["--store", &store, "load", "-i", archive.to_str().unwrap()]).succeeds();
    let outcome = home.run(["save", "-o", &place("y.tar"), "x:1"]).ends_with(1);
    outcome.complains("caused by: No space left on device (os error 28)\n").complains("hint: free space on");
    assert_eq!(count(), 1, "only the store is there");
}

#[test]
fn many_entries_are_refused_before_they_fill_the_memory() {
    let mut many = Vec::new();
    for number in 0..100_050 {
        many.extend(Tarball::new().file(&format!("{number:06}"), "").0);
    }
    let home = Home::fresh();
    fs::write(home.path().join("many.tar"), many).unwrap();
    let outcome = home.run(["load", "-i", "many.tar"]).ends_with(6);
    outcome.complains("caused by: it has more entries than an image can have\n");
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "x:1");
    keep(&home, &Fixture::heavy(1 << 20), "heavy:1");
    let outcome = home.run(["save", "-o", "no/such/x.tar", "x:1"]).ends_with(1);
    assert_eq!(outcome.stderr, "error: invalid output path: directory \"no/such\" does not exist\n");
    let outcome = home.run(["save", "-o", ".", "x:1"]).ends_with(1);
    outcome.complains("caused by: is a directory\n");
    let full = "cannot write to /dev/full\n  caused by: No space left on device (os error 28)\n";
    home.run(["save", "-o", "/dev/full", "x:1"]).ends_with(1).complains(full);
    home.run(["copy", "-q", "store:x:1", "docker-archive:/dev/full"]).ends_with(1).complains(full);
    assert!(fs::metadata("/dev/full").unwrap().len() == 0, "the device is still one");
    let outcome = with_little_memory(&home, "$REGCLI save x:1 > /dev/full").ends_with(1);
    let words =
        "error: cannot write to standard output\n  caused by: No space left on device (os error 28)\n";
    assert_eq!(outcome.stderr, words);
    let outcome =
        with_little_memory(&home, "{ $REGCLI save heavy:1; echo $? >&2; } | head -c 1 | wc -c").succeeds();
    assert_eq!((outcome.stdout.trim(), outcome.stderr.as_str()), ("1", "141\n"));
}

#[test]
fn save_of_what_is_not_there_says_so_and_writes_nothing() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "x:1");
    let outcome = home.run(["save", "-o", "s.tar", "x:1", "nosuch:1"]).ends_with(3);
    assert_eq!(
        outcome.stderr,
        "error: reference does not exist\n  caused by: No such image: nosuch:1\n\n\
         hint: list the images of the store: regcli images\n"
    );
    home.run(["save", "nosuch"]).ends_with(3).prints("");
    home.run(["save", "UPPER"]).ends_with(125).complains("must be lowercase");
    assert!(!home.path().join("s.tar").exists());
}

#[test]
fn an_image_that_is_not_whole_makes_no_archive() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    keep(&home, &fixture, "x:1");
    let largest = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let blob = crate::support::blob_path(&home.store(), &largest.digest);
    let content = fs::read(&blob).unwrap();
    fs::remove_file(&blob).unwrap();
    let missing = home.run(["save", "-o", "s.tar", "x:1"]).ends_with(6);
    missing.complains(&format!("blob {} is missing or incomplete in the store", largest.digest));
    let mut changed = content;
    changed[100] ^= 1;
    fs::write(&blob, changed).unwrap();
    for arguments in [&["save", "-o", "s.tar", "x:1"][..], &["save", "x:1"]] {
        home.run(arguments).ends_with(6).complains("content does not match its digest");
    }
    assert!(!home.path().join("s.tar").exists());
}

#[test]
fn an_interrupted_save_or_load_ends_at_once_and_leaves_nothing() {
    let home = Home::fresh();
    keep(&home, &Fixture::heavy(1 << 20), "x:1");
    keep(&home, &Fixture::many_layers(300), "y:1");
    // Nobody reads from the pipe, and nobody writes to it.
    let script = "mkfifo pipe; exec 3<>pipe; \
        for command in 'save x:1' 'save y:1' 'save -o pipe x:1'; do \
            $REGCLI $command >pipe & sleep 0.5; kill -INT $!; wait $!; echo $?; \
        done; \
        exec 3>&-; rm pipe; mkfifo pipe; exec 3<>pipe; \
        $REGCLI load <pipe & sleep 0.5; kill -TERM $!; wait $!; echo $?";
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(home.path())
        .env("REGCLI", env!("CARGO_BIN_EXE_regcli"))
        .env("REGCLI_STORE", home.store())
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "130\n130\n130\n143\n");
    assert!(is_tidy(&home));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "only the store and the pipe are there");
}

#[test]
fn a_save_that_is_interrupted_or_killed_leaves_the_file_that_was_there() {
    let home = Home::fresh();
    keep(&home, &Fixture::heavy(8 << 20), "x:1");
    fs::write(home.path().join("x.tar"), "old").unwrap();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::KILL, 137)] {
        let arguments = ["--limit-rate", "4M", "save", "-o", "x.tar", "x:1"];
        let running = home.regcli(arguments).start();
        std::thread::sleep(Duration::from_millis(700));
        running.signal(signal);
        running.finish().ends_with(code).prints("");
        assert_eq!(fs::read(home.path().join("x.tar")).unwrap(), b"old");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "only the store and the file are there");
    }
}
