//! Another program reads the store, and writes into it.

use std::path::Path;

use super::tools::{command, missing};
use super::{Sample, parse};
use crate::content::{Locations as _, Source};
use crate::image::CONTAINERD_NAME;
use crate::reference::Tag;
use crate::store::Store;

fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let output = command("skopeo").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn place(folder: &Path, name: &str) -> String {
    format!("oci:{}:{name}", folder.display())
}

#[tokio::test]
async fn skopeo_reads_the_store() {
    if missing("skopeo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (store, copy) = (Store::open(folder.path().join("store")), folder.path().join("copy"));
    let samples = ["a", "b"].map(|text| Sample::index(text, &["linux/amd64", "linux/arm64"]));
    samples[0].pull_as(&store, "ubuntu").await;
    samples[1].pull_as(&store, "127.0.0.1:5000/app:1").await;

    let ubuntu = place(store.root(), "docker.io/library/ubuntu:latest");
    assert_eq!(samples[0].root.bytes(), &skopeo(&["inspect", "--raw", &ubuntu])[..]);
    let app = place(store.root(), "127.0.0.1:5000/app:1");
    skopeo(&["copy", "--all", "--preserve-digests", &app, &place(&copy, "1.0")]);
    let copied = Store::open(&copy).layout(Some("1.0"));
    let root = copied.resolve(&Tag::latest().into()).await.unwrap();
    assert_eq!(root.digest, samples[1].descriptor().digest);
    assert!(copied.is_complete(&root).unwrap());
}

#[tokio::test]
async fn skopeo_writes_into_the_store() {
    if missing("skopeo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (store, plain) = (Store::open(folder.path().join("store")), Store::open(folder.path().join("plain")));
    let samples = ["a", "b"].map(|text| Sample::image(text, "linux/amd64"));
    samples[0].pull_as(&store, "app").await;
    samples[0].pull_as(&store, "kept").await;
    samples[1].pull_to(&plain.layout(Some("1.0")), &Tag::latest().into()).await;

    let app = "docker.io/library/app:latest";
    skopeo(&["copy", "--preserve-digests", &place(plain.root(), "1.0"), &place(store.root(), app)]);
    assert_eq!(store.find("app").unwrap().descriptor.digest, samples[1].descriptor().digest);
    assert_eq!(store.find("kept").unwrap().descriptor.digest, samples[0].descriptor().digest);
    let repository = store.repository(&parse("app").name);
    assert!(repository.is_complete(samples[1].descriptor()).unwrap());
    let near = parse("other").name;
    assert_eq!(repository.of(&samples[1].blobs[2].0, &near).await, [parse("app").name]);

    samples[0].pull_as(&store, "app").await;
    let images = store.images().unwrap();
    let named = images.iter().filter(|image| image.reference == Some(parse("app"))).collect::<Vec<_>>();
    assert_eq!(named.len(), 1, "{images:?}");
    assert_eq!(named[0].descriptor.digest, samples[0].descriptor().digest);
    assert_eq!(named[0].descriptor.annotations[CONTAINERD_NAME], app);
}
