//! The content of a bundle, read by regcli and by skopeo.

use std::fs;

use serde_json::{Value, json};

use super::{Scene, blobs_in, bundle, document, path, unpacked};
use crate::bad_input::Tmpfs;
use crate::referrers::{New, Writer};
use crate::registry::Counted;
use crate::support::{Fixture, Home, Kind, missing, run, sha256};

at_every_registry! {
    each_blob_is_in_it_once_and_skopeo_reads_every_image,
    what_an_older_bundle_has_is_left_out,
    names_come_from_a_file_and_platforms_are_chosen,
}

fn each_blob_is_in_it_once_and_skopeo_reads_every_image(kind: Kind) {
    let scene = Scene::open(kind);
    let (there, home) = (&scene.there, Home::fresh());
    let multi = Fixture::multi_platform();
    let api = there.api("team/multi");
    api.seed(&multi, "1");
    let sbom = Writer { api: &api, kind }.refer(&New::of(&multi.root, "application/spdx+json"));
    let images = [there.at("team/a:1"), there.at("team/b:2"), there.at("team/multi:1")];
    let tar = path(&home, "all.tar");
    let made = bundle(
        &home,
        &[&["create", "--referrers", &tar], &images.each_ref().map(String::as_str)[..]].concat(),
    );
    let roots = [&scene.few.root, &scene.many.root, &multi.root];
    let lines: String =
        images.iter().zip(roots).map(|(name, root)| format!("{name}@{}\n", root.digest)).collect();
    made.succeeds().prints(&lines);

    let folder = unpacked(&home, &tar);
    let mut wanted: Vec<String> = [&scene.few, &scene.many, &multi]
        .iter()
        .flat_map(|fixture| fixture.blobs.iter().chain(fixture.manifests.values()).chain([&fixture.root]))
        .map(|part| part.digest.clone())
        .collect();
    let manifest: Value = serde_json::from_slice(&api.manifest(&sbom.digest).unwrap()).unwrap();
    wanted.push(sbom.digest.clone());
    wanted.push(manifest["config"]["digest"].as_str().unwrap().to_owned());
    wanted.push(manifest["layers"][0]["digest"].as_str().unwrap().to_owned());
    wanted.sort();
    wanted.dedup();
    assert_eq!(blobs_in(&folder), wanted);
    for digest in &wanted {
        let content = fs::read(folder.join("blobs/sha256").join(&digest["sha256:".len()..])).unwrap();
        assert_eq!(sha256(&content), *digest);
    }
    let index = document(&folder, "index.json");
    for (entry, name) in index["manifests"].as_array().unwrap().iter().zip(&images) {
        assert_eq!(entry["annotations"]["io.containerd.image.name"], json!(name));
        assert_eq!(entry["annotations"]["org.opencontainers.image.ref.name"], json!(name));
    }
    assert_eq!(document(&folder, "regcli-bundle.json"), json!({"version": 1, "needs": []}));
    if missing("skopeo") {
        return;
    }
    for (number, (name, root)) in images.iter().zip(roots).enumerate() {
        let copy = home.path().join(format!("dir{number}"));
        let (from, to) = (format!("oci-archive:{tar}:{name}"), format!("dir:{}", copy.display()));
        run("skopeo", ["copy", "-q", "--all", "--preserve-digests", &from, &to]).succeeds();
        assert_eq!(sha256(&fs::read(copy.join("manifest.json")).unwrap()), root.digest);
    }
}

fn what_an_older_bundle_has_is_left_out(kind: Kind) {
    let scene = Scene::open(kind);
    let (there, home) = (&scene.there, Home::fresh());
    let (old, new) = (path(&home, "old.tar"), path(&home, "new.tar"));
    bundle(&home, &["create", &old, &there.at("team/a:1")]).succeeds();
    there.proxy.forget();
    let made =
        bundle(&home, &["create", "--since", &old, &new, &there.at("team/b:2"), &there.at("team/a:1")]);
    let shared: Vec<_> = scene.few.blobs.iter().collect();
    let only_new: Vec<_> = scene.many.blobs.iter().filter(|blob| !scene.few.blobs.contains(blob)).collect();
    assert!(made.succeeds().stderr.contains(&format!("Left out: {} blobs", shared.len())));
    assert!(only_new.len() < scene.many.blobs.len(), "the images share layers");
    assert!(there.proxy.blob_bytes_taken() >= only_new.iter().map(|blob| blob.size).sum::<u64>());

    let folder = unpacked(&home, &new);
    let mut wanted: Vec<String> = only_new.iter().map(|blob| blob.digest.clone()).collect();
    // Manifests are always in it.
    wanted.extend([scene.few.root.digest.clone(), scene.many.root.digest.clone()]);
    wanted.sort();
    assert_eq!(blobs_in(&folder), wanted);
    let needs = document(&folder, "regcli-bundle.json");
    let needs = needs["needs"].as_array().unwrap();
    assert_eq!(needs.len(), shared.len());
    assert!(needs.iter().all(|need| need["repositories"] == json!([there.at("team/a")])), "{needs:?}");

    // A third one counts on both.
    let third = path(&home, "third.tar");
    bundle(&home, &["create", "--since", &new, &third, &there.at("team/b:2"), &there.at("team/a:1")])
        .succeeds();
    let mut manifests = vec![scene.few.root.digest.clone(), scene.many.root.digest.clone()];
    manifests.sort();
    assert_eq!(blobs_in(&unpacked(&home, &third)), manifests);
}

fn names_come_from_a_file_and_platforms_are_chosen(kind: Kind) {
    let there = Counted::open(kind);
    let (multi, small) = (Fixture::multi_platform(), Fixture::docker());
    there.api("team/multi").seed(&multi, "1");
    there.api("team/small").seed(&small, "latest");
    let home = Home::fresh();
    let (tar, list) = (path(&home, "b.tar"), path(&home, "images.txt"));
    let text = format!("# images\n{}   # one\n\n  {}\n", there.at("team/multi:1"), there.at("team/small"));
    fs::write(&list, text).unwrap();
    let made = bundle(&home, &["create", "--platform", "linux/amd64", &tar, "-f", &list]).succeeds();
    let amd = &multi.manifests["linux/amd64"].digest;
    made.prints(&format!(
        "{}@{amd}\n{}@{}\n",
        there.at("team/multi:1"),
        there.at("team/small:latest"),
        small.root.digest
    ));
    fs::write(&list, "127.0.0.1:1/Upper\n").unwrap();
    bundle(&home, &["create", &tar, "-f", &list]).ends_with(125).complains("Upper");
    fs::write(&list, "# nothing\n").unwrap();
    bundle(&home, &["create", &tar, "-f", &list]).ends_with(125).complains("no image");
    bundle(&home, &["create", &tar, "-f", &path(&home, "never.txt")]).ends_with(1).complains("never.txt");
    let index = document(&unpacked(&home, &tar), "index.json");
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2, "the first bundle is still there");
}

#[test]
fn nothing_half_done_is_called_done() {
    let registry = Kind::Embedded.open();
    let fixture = Fixture::heavy(3 << 20);
    crate::support::Api::of(registry.host(), "team/app").seed(&fixture, "1");
    let image = format!("{}/team/app:1", registry.host());
    let home = Home::fresh();
    let Some(disk) = Tmpfs::mount(2 << 20) else { return };
    let tar = disk.path().join("b.tar").display().to_string();
    for old in [None, Some("an older file")] {
        old.into_iter().for_each(|old| fs::write(&tar, old).unwrap());
        let failed = bundle(&home, &["create", &tar, &image]).ends_with(1).prints("");
        let says = failed.stderr.contains("No space left on device") || failed.stderr.contains("no space in");
        assert!(says && failed.stderr.contains("hint: free space"), "{failed}");
        assert_eq!(fs::read_to_string(&tar).ok().as_deref(), old, "the old file or none");
        let names: Vec<_> =
            fs::read_dir(disk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), old.iter().count(), "{names:?}");
    }
    disk.resize(16 << 20);
    bundle(&home, &["create", &tar, &image]).succeeds();
    // One of several images does not exist.
    let missing = format!("{}/team/never:1", registry.host());
    bundle(&home, &["create", &disk.path().join("c.tar").display().to_string(), &image, &missing])
        .ends_with(3)
        .prints("");
    assert!(!disk.path().join("c.tar").exists());
}
