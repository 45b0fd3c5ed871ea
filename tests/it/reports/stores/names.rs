//! Names that say something false.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{blobs, put, write_index, write_store};
use crate::support::{Fixture, Home, sha256};

/// A digest of nothing that is here.
fn other() -> String {
    sha256(b"another image")
}

/// A layout with one image that is called `name`.
fn layout(folder: &Path, annotations: &Value) {
    write_store(folder, 1, |_| "app:1".to_owned());
    let index: Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let mut entry = index["manifests"][0].clone();
    entry["annotations"] = annotations.clone();
    write_index(folder, &json!([entry]));
}

/// Packs a folder as an archive.
fn pack(folder: &Path, file: &Path) {
    let mut archive = tar::Builder::new(fs::File::create(file).unwrap());
    archive.append_dir_all(".", folder).unwrap();
    archive.finish().unwrap();
}

#[test]
fn s3_an_archive_cannot_call_an_image_by_another_digest() {
    let digest = other();
    let name = format!("docker.io/library/app@{digest}");
    for annotations in [
        json!({"io.containerd.image.name": name, "org.opencontainers.image.ref.name": "1"}),
        json!({"io.containerd.image.name": format!("docker.io/library/app:1@{digest}")}),
        json!({"org.opencontainers.image.ref.name": name}),
    ] {
        let (home, source) = (Home::fresh(), Home::fresh());
        layout(&source.store(), &annotations);
        let file = home.path().join("oci.tar");
        pack(&source.store(), &file);
        refused(&home, &file, "oci-archive", &digest);
    }

    // As docker save writes it.
    let (home, source) = (Home::fresh(), Home::fresh());
    source.run(["copy", "-q", &Fixture::small().place(), "store:app:1"]).succeeds();
    let saved = source.path().join("saved.tar");
    source
        .run(["copy", "-q", "store:app:1", &format!("docker-archive:{}:app:1", saved.display())])
        .succeeds();
    let folder = source.path().join("docker");
    tar::Archive::new(fs::File::open(&saved).unwrap()).unpack(&folder).unwrap();
    for document in ["index.json", "oci-layout"] {
        let _ = fs::remove_file(folder.join(document));
    }
    let path = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest[0]["RepoTags"] = json!([format!("app@{digest}")]);
    fs::remove_file(&path).unwrap();
    fs::write(&path, manifest.to_string()).unwrap();
    let file = home.path().join("docker.tar");
    pack(&folder, &file);
    refused(&home, &file, "docker-archive", &digest);
}

/// Neither loaded nor copied, and nothing is kept of it.
#[track_caller]
fn refused(home: &Home, file: &Path, kind: &str, digest: &str) {
    let load = home.run(["load", "-i", file.to_str().unwrap()]);
    assert!(load.code == 6, "{load}");
    load.complains(digest);
    let copy = home.run(["copy", &format!("{kind}:{}", file.display()), "store:copied:1"]);
    assert!(copy.code == 6, "{copy}");
    copy.complains(digest);
    home.run(["images", "-q"]).succeeds().prints("");
    assert!(!home.store().join("blobs").exists());
}

#[test]
fn s3_a_stranger_s_layout_cannot_call_an_image_by_another_digest() {
    let digest = other();
    let name = format!("docker.io/library/app@{digest}");
    let home = Home::fresh();
    let store = home.store();
    layout(&store, &json!({"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}));
    let actual = format!("sha256:{}", {
        let index: Value = serde_json::from_slice(&fs::read(store.join("index.json")).unwrap()).unwrap();
        index["manifests"][0]["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned()
    });
    let false_name = format!("app@{digest}");
    home.run(["tag", &false_name, "prod:1"]).ends_with(3).complains("No such image");
    home.run(["digest", &format!("store:{false_name}")]).ends_with(3);
    home.run(["copy", &format!("store:{false_name}"), "store:prod:1"]).ends_with(3);
    let layout = format!("oci:{}", store.display());
    for place in [layout.clone(), format!("{layout}:{name}")] {
        home.run(["copy", &place, "store:prod:1"]).ends_with(6).complains(&digest);
    }
    home.run(["images", "--format", "{{.Repository}}"]).succeeds().complains(&false_name).prints("<none>\n");
    // Under its own digest it is whatever it is, and may get a name.
    home.run(["tag", &actual, "prod:1"]).succeeds();
    home.run(["digest", "store:prod:1"]).succeeds().prints(&format!("{actual}\n"));
    // The lie can be taken away, and is not repeated by regcli.
    let copied = home.run(["copy", "store:prod:1", &format!("store:copied@{digest}")]);
    assert_eq!(copied.code, 125, "{copied}");
    let before = blobs(&home);
    home.run(["gc"]).succeeds();
    assert_eq!(blobs(&home), before);
    put(&store, "text/plain", b"x");
    home.run(["gc"]).succeeds();
    assert_eq!(blobs(&home), before);
}
