//! M: layers that want to write elsewhere or fill something, and descriptors that lie.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::EntryType;

use crate::archives::Tarball;
use crate::support::scripted::Route;

use super::MEMORY;
use super::foreign::{CONFIG, Foreign, INDEX, LAYER, MANIFEST, for_this_machine, image};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Asserts that no file below a folder has a name with `evil` in it.
#[track_caller]
fn no_evil(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(!name.contains("evil"), "{}", entry.path().display());
        if entry.file_type().unwrap().is_dir() {
            no_evil(&entry.path());
        }
    }
}

/// Takes the image out of the store in all forms that there are.
#[track_caller]
fn leaves_only_files_of_its_own(there: &Foreign) {
    for command in [
        &["save", "-o", "saved.tar", &there.image()][..],
        &["copy", "-q", &there.image(), "oci-archive:copy.tar:1"],
        &["copy", "-q", &there.image(), "docker-archive:docker.tar"],
        &["inspect", &there.image()],
        &["history", &there.image()],
    ] {
        let outcome = there.home.run(command);
        assert!(matches!(outcome.code, 0 | 1 | 6) && !outcome.stderr.contains("panicked"), "{outcome}");
        assert!(outcome.peak <= MEMORY, "{outcome}");
    }
    no_evil(there.home.path());
    assert!(!there.home.path().parent().unwrap().join("evil").exists());
}

#[test]
fn m01_m02_m03_m04_entries_that_lead_elsewhere_stay_in_their_layer() {
    let outside = tempfile::tempdir().unwrap();
    let absolute = outside.path().join("evil").display().to_string();
    let folder = outside.path().display().to_string();
    let layer = Tarball::new()
        .file("../evil", "x")
        .file("../../../../../../evil", "x")
        .file(&absolute, "x")
        .link("evil-link", &folder)
        .file("evil-link/evil", "x")
        .entry(EntryType::Link, ("evil-hard", "/etc/passwd"), (0, b""))
        .entry(EntryType::Char, ("evil-char", ""), (0, b""))
        .entry(EntryType::Block, ("evil-block", ""), (0, b""))
        .entry(EntryType::Fifo, ("evil-pipe", ""), (0, b""))
        .file(".wh.../evil", "")
        .end();
    let there = Foreign::new();
    let layers = [there.blob(LAYER, &gzip(&layer)), there.blob(LAYER, &layer)];
    there.serves(MANIFEST, there.manifest(&layers).to_string());
    there.is_copied();
    leaves_only_files_of_its_own(&there);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn m05_m06_m07_what_a_layer_is_packed_in_does_not_matter_to_who_copies_it() {
    // 1 GiB in a megabyte, as members of 16 MiB.
    let bomb = gzip(&vec![0; 16 << 20]).repeat(64);
    let whole = gzip(&vec![7; 10_000]);
    for layer in [bomb, b"this is no gzip".to_vec(), whole[..whole.len() / 2].to_vec()] {
        let there = Foreign::new();
        let layers = [there.blob(LAYER, &layer)];
        there.serves(MANIFEST, there.manifest(&layers).to_string());
        there.is_copied();
        there.home.run(["inspect", &there.image()]).succeeds();
        there.home.run(["copy", "-q", &there.image(), "oci-archive:copy.tar:1"]).succeeds();
    }
}

/// An image with something changed in the descriptor of a layer, of the config, and of a manifest in an index.
fn with_descriptors(field: &str, value: impl Fn(&Value) -> Value) -> Vec<Foreign> {
    let change = |mut descriptor: Value| {
        let changed = value(&descriptor);
        descriptor[field] = changed;
        descriptor
    };
    let of_layer = Foreign::new();
    let layer = change(of_layer.blob(LAYER, &gzip(b"layer of some length")));
    of_layer.serves(MANIFEST, of_layer.manifest(&[layer]).to_string());
    let of_config = Foreign::new();
    let mut manifest = of_config.manifest(&[]);
    manifest["config"] = change(manifest["config"].take());
    of_config.serves(MANIFEST, manifest.to_string());
    let of_child = Foreign::new();
    let child = for_this_machine(change(of_child.child(MANIFEST, of_child.manifest(&[]).to_string())));
    of_child.serves(INDEX, json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}).to_string());
    vec![of_layer, of_config, of_child]
}

#[test]
fn m08_m09_a_size_that_is_not_the_real_one_is_refused() {
    for wrong in [-10, 10] {
        for there in with_descriptors("size", |real| json!(real["size"].as_i64().unwrap() + wrong)) {
            there.is_refused(6);
        }
    }
}

#[test]
fn m10_m12_what_is_no_size_is_refused_before_anything_is_asked_for() {
    let sizes = ["-1", "1.5", "1e3", "\"10\"", "null", "9223372036854775808", "1e400", "[10]"];
    for size in sizes {
        // No number of serde_json's is as odd as these, so it is put in as text.
        for there in with_descriptors("size", |_| json!("SIZE")) {
            let there = rewritten(&there, "\"SIZE\"", size);
            there.is_refused(6);
            let asked = there.registry.heard();
            assert!(asked.iter().all(|heard| heard.head.path.ends_with("/manifests/1")), "{asked:#?}");
        }
    }
}

/// The same image with a word of its root replaced.
fn rewritten(there: &Foreign, from: &str, to: &str) -> Foreign {
    let root = there.home.run(["manifest", &there.image()]);
    let document = String::from_utf8(root.raw).unwrap().replace(from, to);
    assert!(document.contains(to));
    let media_type = if document.contains("\"manifests\"") { INDEX } else { MANIFEST };
    let new = Foreign::new();
    new.serves(media_type, document);
    new
}

#[test]
fn m11_nothing_is_allocated_or_waited_for_by_a_size_that_nobody_has() {
    for size in [1_i64 << 40, 1 << 62, i64::MAX] {
        for there in with_descriptors("size", |_| json!(size)) {
            let outcomes = there.is_refused_with(&[1, 6]);
            assert!(outcomes.iter().all(|outcome| outcome.peak <= MEMORY));
        }
    }
}

#[test]
fn m13_m14_m15_m16_m17_what_is_no_digest_is_refused_and_never_becomes_a_path() {
    let hex = "a".repeat(64);
    let digests = [
        "sha256:../../../../evil".to_owned(),
        format!("sha256:{}", "../".repeat(21) + "a"),
        format!("sha256:{}/../../evil", &hex[..40]),
        format!("../{hex}"),
        format!("sha256:{}", &hex[..63]),
        format!("sha256:{hex}a"),
        format!("sha256:{}", hex.to_uppercase()),
        format!("sha256:{}", "g".repeat(64)),
        format!("sha256:{}\u{0}", &hex[..63]),
        format!("sha256:{}", "１".repeat(64)),
        format!("md5:{}", &hex[..32]),
        "sha256:".to_owned(),
        ":".to_owned(),
        hex.clone(),
        String::new(),
    ];
    for digest in digests {
        for there in with_descriptors("digest", |_| json!(digest)) {
            for outcome in there.is_refused(6) {
                assert!(!outcome.stderr.contains('\0'), "{outcome}");
            }
            let asked = there.registry.heard();
            assert!(asked.iter().all(|heard| heard.head.path.ends_with("/manifests/1")), "{asked:#?}");
            no_evil(there.home.path());
        }
    }
}

#[test]
fn m19_a_layer_that_stands_there_thrice_comes_once() {
    let there = Foreign::new();
    let layer = there.blob(LAYER, &gzip(b"the same"));
    there.serves(MANIFEST, there.manifest(&[layer.clone(), layer.clone(), layer.clone()]).to_string());
    there.home.run(["pull", &there.image()]).succeeds();
    let digest = layer["digest"].as_str().unwrap();
    let asked = there.registry.requests(Route::Blob);
    assert_eq!(asked.iter().filter(|heard| heard.head.path.contains(digest)).count(), 1);
    there.is_copied();
}

#[test]
fn m20_m21_m22_no_layers_many_and_an_empty_one_are_images_too() {
    for count in [0, 300] {
        let there = Foreign::new();
        let layers: Vec<_> =
            (0..count).map(|n| there.blob(LAYER, &gzip(format!("{n}").as_bytes()))).collect();
        there.serves(MANIFEST, there.manifest(&layers).to_string());
        there.is_copied();
    }
    let there = Foreign::new();
    let layers = [there.blob(LAYER, b""), there.blob(LAYER, &gzip(b"x"))];
    there.serves(MANIFEST, there.manifest(&layers).to_string());
    there.is_copied();
    // An artifact without anything in it, as oras makes it.
    let there = Foreign::new();
    let mut manifest = image(&there.blob(CONFIG, b"{}"), &[]);
    manifest.as_object_mut().unwrap().remove("layers");
    there.serves(MANIFEST, manifest.to_string());
    there.is_copied();
}

#[test]
fn m43_a_title_is_never_a_path() {
    let there = Foreign::new();
    let titled = |title: &str| {
        let mut layer = there.blob(LAYER, &gzip(title.as_bytes()));
        layer["annotations"] = json!({"org.opencontainers.image.title": title});
        layer
    };
    let layers = ["../../evil", "/tmp/evil", "evil", "..", "\u{1b}[2Jevil"].map(titled);
    let mut manifest = there.manifest(&layers);
    manifest["annotations"] = json!({
        "org.opencontainers.image.title": "../evil", "org.opencontainers.image.ref.name": "../evil",
        "io.containerd.image.name": "../evil",
    });
    there.serves(MANIFEST, manifest.to_string());
    there.is_copied();
    leaves_only_files_of_its_own(&there);
}
