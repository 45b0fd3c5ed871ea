//! A sweep removes unneeded content and spares content that is being written.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{Sample, familiar, parse, store};
use crate::content::Target;
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType};
use crate::reference::Tag;
use crate::store::{Error, Store, Swept};

#[tokio::test]
async fn a_sweep_removes_what_no_image_needs_and_nothing_else() {
    let (_folder, store) = store();
    let samples = ["a", "b"].map(|text| Sample::image(text, "linux/amd64"));
    samples[0].pull_as(&store, "a").await;
    samples[1].pull_as(&store, "b").await;
    store.tag(samples[1].descriptor(), &parse("b:2")).await.unwrap();
    assert!(store.untag(&parse("b")).await.unwrap());
    assert_eq!(store.sweep().await.unwrap(), Some(Swept::default()), "it has another name");

    let removed = store.remove(&samples[1].descriptor().digest).await.unwrap();
    assert_eq!(familiar(&removed), ["b:2"]);
    let swept = store.sweep().await.unwrap().unwrap();
    let own = [samples[1].descriptor(), &samples[1].blobs[0].0, &samples[1].blobs[2].0];
    let mut deleted = own.map(|blob| blob.digest.clone());
    deleted.sort();
    assert_eq!(swept.deleted, deleted);
    assert_eq!(swept.bytes, own.iter().map(|blob| blob.size).sum::<u64>());
    let repository = store.repository(&parse("a").name);
    assert!(repository.is_complete(samples[0].descriptor()).unwrap(), "the shared layer is still needed");
}

#[tokio::test]
async fn a_sweep_spares_what_is_being_written() {
    let (_folder, store) = store();
    let sample = Sample::image("x", "linux/amd64");
    Sample::image("y", "linux/amd64").pull_as(&store, "other").await;
    {
        let repository = store.repository(&parse("app").name);
        assert!(repository.holds_blob(&sample.blobs[1].0).await.unwrap(), "the shared layer");
        store.untag(&parse("other")).await.unwrap();
        assert_eq!(store.sweep().await.unwrap(), None, "it was reported as present");
        sample.write_to(&repository).await;
        assert_eq!(store.sweep().await.unwrap(), None);
        repository.tag(&sample.root, &Tag::latest().into()).await.unwrap();
    }
    let swept = store.sweep().await.unwrap().unwrap();
    assert_eq!(swept.deleted.len(), 3);
    assert!(store.repository(&parse("app").name).is_complete(sample.descriptor()).unwrap());
}

/// Leaves a partial blob that was last written to `days` days ago.
fn leave_partial(store: &Store, days: u8) -> PathBuf {
    let path = store.blobs().part_path(&Digest::sha256(&[days]));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "part").unwrap();
    let changed = SystemTime::now() - Duration::from_secs(24 * 60 * 60) * u32::from(days);
    File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
    path
}

#[tokio::test]
async fn partial_blobs_are_kept_for_seven_days() {
    let (_folder, store) = store();
    let [young, old] = [6, 8].map(|days| leave_partial(&store, days));
    let left = store.blobs().lock_path(&Digest::sha256(b"killed"));
    fs::create_dir_all(left.parent().unwrap()).unwrap();
    fs::write(&left, "").unwrap();
    let swept = store.sweep().await.unwrap().unwrap();
    assert_eq!(swept.bytes, 4);
    assert!(young.exists());
    assert!(!old.exists());
    assert!(!left.exists());
}

#[tokio::test]
async fn a_writer_removes_old_partial_blobs_unless_another_process_writes() {
    let (_folder, store) = store();
    let begin = || async {
        let target = store.repository(&parse("app").name);
        let blob = Descriptor::of(MediaType::OCI_LAYER_GZIP, b"blob");
        let writer = target.create(&blob).await.unwrap();
        (target, writer)
    };
    store.share().await.unwrap();
    let writer = store.repository(&parse("other").name);
    writer.holds_blob(&Descriptor::of(MediaType::OCI_LAYER_GZIP, b"theirs")).await.unwrap();
    let [young, old] = [6, 8].map(|days| leave_partial(&store, days));
    drop(begin().await);
    assert!(old.exists(), "another process may be about to resume it");
    drop(writer);
    drop(begin().await);
    assert!(!old.exists());
    assert!(young.exists());
}

#[tokio::test]
async fn d1_a_sweep_removes_nothing_while_it_is_not_known_what_an_image_needs() {
    for damage in ["flipped", "missing", "a folder"] {
        let (_folder, store) = store();
        let samples = ["a", "b"].map(|text| Sample::image(text, "linux/amd64"));
        samples[0].pull_as(&store, "a").await;
        samples[1].pull_as(&store, "b").await;
        store.untag(&parse("b")).await.unwrap();
        let manifest = store.blobs().path(&samples[0].descriptor().digest);
        fs::remove_file(&manifest).unwrap();
        match damage {
            "flipped" => fs::write(&manifest, "{}").unwrap(),
            "a folder" => fs::create_dir(&manifest).unwrap(),
            _ => {}
        }
        let before = store.blobs().list().unwrap().len();

        let error = store.sweep().await.unwrap_err();

        assert!(matches!(&error, Error::Unknown { image, .. } if image == "a:latest"), "{error:?}");
        assert!(store.preview_sweep(crate::store::Partials::All).is_err());
        assert_eq!(store.blobs().list().unwrap().len(), before, "{damage}");
        let usage = store.usage().unwrap();
        assert_eq!(usage.reclaimable.files, 0);
        assert!(usage.unknown.files > 0 && usage.problem.is_some());
    }
}
