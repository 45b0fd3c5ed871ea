//! `load`: every kind of archive, however it comes.

use std::fs;
use std::io::Write as _;

use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Fixture, Home, sha256};

use super::{Tarball, config, config_name, id, is_tidy, keep, layer, load, manifest, old_archive, save};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

#[test]
fn what_regcli_saves_regcli_loads_byte_for_byte() {
    for fixture in [
        Fixture::small(),
        Fixture::docker(),
        Fixture::sha512(),
        Fixture::multi_platform(),
        Fixture::docker_list(),
        Fixture::many_layers(30),
        Fixture::heavy(5 << 20),
    ] {
        let (home, fresh) = (Home::fresh(), Home::fresh());
        keep(&home, &fixture, "127.0.0.1:5000/lab/x:1");
        let archive = save(&home, "s.tar", &["127.0.0.1:5000/lab/x:1"]);
        let loaded = fresh.run(["load", "-i", archive.to_str().unwrap()]).succeeds();
        loaded.prints("Loaded image: 127.0.0.1:5000/lab/x:1\n");
        let digest = fresh.run(["digest", "store:127.0.0.1:5000/lab/x:1"]).succeeds();
        assert_eq!(digest.stdout.trim(), fixture.root.digest);
        for part in &fixture.blobs {
            let stored = crate::support::blob_path(&fresh.store(), &part.digest);
            assert!(fs::read(stored).unwrap() == fixture.content(&part.digest));
        }
        assert!(is_tidy(&fresh));
    }
}

#[test]
fn plain_gzip_and_zstd_from_a_file_and_from_a_pipe() {
    let home = Home::fresh();
    keep(&home, &Fixture::heavy(3 << 20), "lab/x:1");
    let plain = fs::read(save(&home, "s.tar", &["lab/x:1"])).unwrap();
    // As `cat a.gz b.gz` and parallel packers write it: one stream of several members.
    let (front, back) = plain.split_at(1_000_000);
    let members = [gzip(front), gzip(back)].concat();
    let frames = [zstd(front), zstd(back)].concat();
    let padded = [&plain[..], &[0; 20_000]].concat();
    for archive in [plain.clone(), gzip(&plain), zstd(&plain), members, frames, padded] {
        let (piped, filed) = (Home::fresh(), Home::fresh());
        load(&piped, &archive).succeeds().prints("Loaded image: lab/x:1\n");
        let file = filed.path().join("any.name");
        fs::write(&file, &archive).unwrap();
        filed.run(["load", "-q", "-i", file.to_str().unwrap()]).succeeds().prints("Loaded image: lab/x:1\n");
        for loaded in [piped, filed] {
            assert_eq!(id(&loaded, "lab/x:1"), id(&home, "lab/x:1"));
            assert!(is_tidy(&loaded), "nothing that was unpacked is left");
        }
    }
}

#[test]
fn an_archive_of_old_docker_keeps_its_config_and_its_layers_as_they_are() {
    let home = Home::fresh();
    load(&home, old_archive()).succeeds().prints("Loaded image: lab/old:1\n");
    let layers = [layer("one"), layer("two")];
    assert_eq!(id(&home, "lab/old:1"), sha256(&config(&layers)));
    let made: Value =
        serde_json::from_slice(&home.run(["manifest", "store:lab/old:1"]).succeeds().raw).unwrap();
    let expected = |layer: &Vec<u8>| {
        json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": sha256(layer),
            "size": layer.len(),
        })
    };
    assert_eq!(made["layers"], json!([expected(&layers[0]), expected(&layers[1])]));
    assert_eq!(made["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");
    // Twice the same: the manifest is made the same way each time.
    let again = Home::fresh();
    load(&again, gzip(&old_archive())).succeeds();
    let digest = |home: &Home| home.run(["digest", "store:lab/old:1"]).succeeds().stdout;
    assert_eq!(digest(&again), digest(&home));
}

#[test]
fn layers_may_be_links_to_those_of_others_in_any_order() {
    let (one, home) = (layer("one"), Home::fresh());
    let layers = [one.clone(), one.clone(), one.clone(), one.clone()];
    let config = config(&layers);
    let names = ["aa/layer.tar", "bb/layer.tar", "cc/layer.tar", "./dd//layer.tar"];
    let archive = Tarball::new()
        .file("./manifest.json", manifest("c.json", &["x:1", "y"], &names))
        .link("aa/layer.tar", "../bb/layer.tar")
        .file("c.json", &config)
        .entry(tar::EntryType::Link, ("cc/layer.tar", "aa/layer.tar"), (0, b""))
        .file("bb/layer.tar", &one)
        .link("dd/layer.tar", "./../dd/../bb/./layer.tar")
        .end();
    load(&home, archive).succeeds().prints("Loaded image: x:1\nLoaded image: y:latest\n");
    assert_eq!(id(&home, "y"), sha256(&config));
}

#[test]
fn compressed_layers_stay_compressed_and_are_checked_against_the_config() {
    let layers = [layer("one"), layer("two")];
    let config = config(&layers);
    let (first, second) = (gzip(&layers[0]), zstd(&layers[1]));
    let build = |second: &[u8]| {
        Tarball::new()
            .file("sha256:abc.tar.gz", &first)
            .file("def.tar.zst", second)
            .file("config", &config)
            .file("manifest.json", manifest("config", &["x:1"], &["sha256:abc.tar.gz", "def.tar.zst"]))
            .end()
    };
    let home = Home::fresh();
    load(&home, build(&second)).succeeds().prints("Loaded image: x:1\n");
    let made: Value = serde_json::from_slice(&home.run(["manifest", "store:x:1"]).succeeds().raw).unwrap();
    let kind =
        |n: usize| made["layers"][n]["mediaType"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
    assert_eq!((kind(0), kind(1)), ("tar+gzip".to_owned(), "tar+zstd".to_owned()));
    assert_eq!(made["layers"][0]["digest"], json!(sha256(&first)));
    assert_eq!(made["layers"][1]["digest"], json!(sha256(&second)));

    let outcome = load(&Home::fresh(), build(&zstd(&layer("three")))).ends_with(6);
    outcome.complains(
        "error: stdin: layer \"def.tar.zst\" is damaged\n  caused by: content does not match its digest",
    );
}

#[test]
fn several_images_of_one_archive_are_told_in_its_order() {
    let (a, b) = (layer("a"), layer("b"));
    let configs = [config(std::slice::from_ref(&a)), config(&[a.clone(), b.clone()])];
    let list = json!([
        {"Config": "b.json", "RepoTags": ["lab/app:1", "lab/app:2"], "Layers": ["a.tar", "b.tar"]},
        {"Config": "a.json", "RepoTags": null, "Layers": ["a.tar"]},
    ]);
    let archive = Tarball::new()
        .file("a.tar", &a)
        .file("b.tar", &b)
        .file("a.json", &configs[0])
        .file("b.json", &configs[1])
        .file("manifest.json", list.to_string())
        .end();
    let home = Home::fresh();
    let expected = format!(
        "Loaded image: lab/app:1\nLoaded image: lab/app:2\nLoaded image ID: {}\n",
        sha256(&configs[0])
    );
    load(&home, &archive).succeeds().prints(&expected);
    load(&home, &archive).succeeds().prints(&expected);
    let images = home.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds();
    images.prints("<none>:<none>\nlab/app:1\nlab/app:2\n");
}

#[test]
fn an_image_that_has_a_name_keeps_it_when_it_is_loaded_without_one() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/x:1");
    let image = id(&home, "lab/x:1");
    let archive = fs::read(save(&home, "x.tar", &[&image])).unwrap();
    load(&home, &archive).succeeds().prints(&format!("Loaded image ID: {image}\n"));
    home.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds().prints("lab/x:1\n");
}

#[test]
fn a_name_that_another_image_had_moves_and_that_is_said() {
    let home = Home::fresh();
    keep(&home, &Fixture::small(), "lab/old:1");
    let before = id(&home, "lab/old:1");
    let outcome = load(&home, old_archive()).succeeds().prints("Loaded image: lab/old:1\n");
    let words = format!(
        "The image lab/old:1 already exists, renaming the old one with ID {before} to empty string\n"
    );
    assert_eq!(outcome.stderr, words);
    assert_ne!(id(&home, "lab/old:1"), before);
    let images = home.run(["images", "--format", "{{.Repository}}:{{.Tag}}"]).succeeds();
    assert_eq!(images.stdout.lines().count(), 2, "{images}");
}

#[test]
fn names_of_an_oci_archive_are_dockers_or_whole_references() {
    let home = Home::fresh();
    let fixture = Fixture::small();
    keep(&home, &fixture, "x:1");
    let whole = fs::read(save(&home, "x.tar", &["x:1"])).unwrap();
    let root = json!({"mediaType": fixture.root.media_type, "digest": fixture.root.digest, "size": fixture.root.size});
    let index = |annotations: Value| {
        let mut entry = root.clone();
        entry["annotations"] = annotations;
        json!({"schemaVersion": 2, "manifests": [entry]}).to_string()
    };
    let unnamed = format!("Loaded image ID: {}", id(&home, "x:1"));
    let (short, long) = ("org.opencontainers.image.ref.name", "io.containerd.image.name");
    for (annotations, line) in [
        (json!({short: "1"}), unnamed.as_str()),
        (json!({short: "latest"}), &unnamed),
        (json!({short: "Not/A:Name"}), &unnamed),
        (json!({}), &unnamed),
        (json!({short: "docker.io/lab/y:2"}), "Loaded image: lab/y:2"),
        (json!({short: "lab/y"}), "Loaded image: lab/y:latest"),
        (json!({short: "2", long: "docker.io/library/y:2"}), "Loaded image: y:2"),
    ] {
        // Of two files with one name the second counts, but not of documents: the archive is put together anew.
        let mut archive = Tarball::new();
        let mut old = tar::Archive::new(&whole[..]);
        for entry in old.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            match path.as_str() {
                "index.json" => archive = archive.file("index.json", index(annotations.clone())),
                "manifest.json" | "repositories" | "blobs/" | "blobs/sha256/" => {}
                _ => archive = archive.file(&path, content),
            }
        }
        load(&Home::fresh(), archive.end()).succeeds().prints(&format!("{line}\n"));
    }
}

#[test]
fn config_names_with_a_digest_are_held_to_it() {
    let layers = [layer("one")];
    let config = config(&layers);
    let hex = &sha256(&config)["sha256:".len()..];
    let build = |name: &str, content: &[u8]| {
        let archive = Tarball::new().file(name, content).file("l.tar", &layers[0]);
        archive.file("manifest.json", manifest(name, &["x:1"], &["l.tar"])).end()
    };
    let changed = [&config[..], b" "].concat();
    for name in [config_name(&config), format!("sha256:{hex}"), format!("blobs/sha256/{hex}"), hex.to_owned()]
    {
        load(&Home::fresh(), build(&name, &config)).succeeds();
        let outcome = load(&Home::fresh(), build(&name, &changed)).ends_with(6);
        outcome.complains(&format!("error: stdin: config {name:?} is damaged\n"));
    }
    load(&Home::fresh(), build("config.json", &changed)).succeeds();
}
