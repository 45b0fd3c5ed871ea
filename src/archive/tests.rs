//! Writes and reads archives in one process, with ends that fail on purpose.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::content::{Memory, Source, Target as _};
use crate::diagnose::{Diagnose, ErrorKind, Recovery};
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType, RawManifest};
use crate::reference::{Reference, Tag};

/// A stream that keeps the bytes written to it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns more bytes than are gathered in memory.
fn large(seed: u8) -> Bytes {
    (0..3_000_000_u32).map(|n| (n % 251) as u8 ^ seed).collect::<Vec<u8>>().into()
}

/// Creates an image of these layers.
fn image(layers: &[Descriptor]) -> (Bytes, RawManifest) {
    let config = Bytes::from_static(br#"{"os":"linux","architecture":"amd64"}"#);
    let config_blob = Descriptor::of(MediaType::OCI_CONFIG, &config);
    (config, crate::image::image_manifest(&config_blob, layers))
}

fn layer(content: &[u8]) -> Descriptor {
    Descriptor::of(MediaType::OCI_LAYER, content)
}

async fn put(target: &Target, blob: &Descriptor, content: &Bytes) {
    let mut writer = target.create(blob).await.unwrap();
    writer.write(content.clone()).await.unwrap();
    writer.commit().await.unwrap();
}

async fn open(bytes: &[u8]) -> Result<Archive, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    std::fs::write(&path, bytes).unwrap();
    Archive::open(Input::Path(path), folder.path()).await
}

async fn read(archive: &Archive, blob: &Descriptor, range: std::ops::Range<u64>) -> Vec<u8> {
    let mut reader = archive.open(blob, range).await.unwrap();
    let mut content = Vec::new();
    while let Some(bytes) = reader.next().await.unwrap() {
        content.extend_from_slice(&bytes);
    }
    content
}

fn label(name: &str) -> Label {
    Label::Reference(name.parse::<Reference>().unwrap().or_latest())
}

#[tokio::test]
async fn what_is_written_is_read_again() {
    let (kept, content) = (Kept::default(), large(0));
    let blob = layer(&content);
    let (config, manifest) = image(std::slice::from_ref(&blob));
    let writer = Writer::new(Output::stdout(kept.clone()));
    let target = writer.image(label("lab/a"));
    assert!(!target.holds_blob(&blob).await.unwrap());
    put(&target, &blob, &content).await;
    assert!(target.holds_blob(&blob).await.unwrap());
    put(&target, &layer(&config), &config).await;
    target.tag(&manifest, &Tag::latest().into()).await.unwrap();
    writer.finish().await.unwrap();

    let bytes = kept.0.lock().unwrap().clone();
    let archive = open(&bytes).await.unwrap();
    let [found] = archive.images() else { panic!("one image") };
    assert_eq!(found.reference, Some("lab/a:latest".parse().unwrap()));
    assert_eq!(found.descriptor.digest, manifest.descriptor().digest);
    assert_eq!(archive.manifest(&found.descriptor).await.unwrap().bytes(), manifest.bytes());
    assert!(read(&archive, &blob, 0..blob.size).await == content);
    assert!(read(&archive, &blob, 1_000_001..1_000_003).await == content[1_000_001..1_000_003]);
    assert!(read(&archive, &blob, blob.size..blob.size).await.is_empty());
    assert_eq!(archive.resolve(&Tag::latest().into()).await.unwrap(), found.descriptor);
}

/// Writes the first part of a blob, and loses the connection.
async fn begin(target: &Target, blob: &Descriptor, content: &Bytes) {
    let mut writer = target.create(blob).await.unwrap();
    writer.write(content.slice(..1_000_000)).await.unwrap();
    drop(writer);
}

/// Resumes the blob.
async fn resume(target: &Target, blob: &Descriptor, content: &Bytes) {
    let mut writer = target.create(blob).await.unwrap();
    assert_eq!(writer.offset(), 1_000_000);
    writer.write(content.slice(1_000_000..1_000_007)).await.unwrap();
    writer.write(content.slice(1_000_007..)).await.unwrap();
    writer.commit().await.unwrap();
}

#[tokio::test]
async fn in_a_file_each_blob_resumes_at_its_own_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    let target = Writer::only_image(Output::file(&path).unwrap(), Label::Unnamed);
    let contents = [large(0), large(1), Bytes::from_static(b"small"), Bytes::new()];
    let blobs = contents.each_ref().map(|content| layer(content));
    begin(&target, &blobs[0], &contents[0]).await;
    begin(&target, &blobs[1], &contents[1]).await;
    put(&target, &blobs[2], &contents[2]).await;
    resume(&target, &blobs[1], &contents[1]).await;
    put(&target, &blobs[3], &contents[3]).await;

    let (config, manifest) = image(&blobs);
    put(&target, &layer(&config), &config).await;
    let too_early = target.tag(&manifest, &Tag::latest().into()).await;
    assert!(too_early.is_err() && !path.exists(), "one of them is incomplete");
    resume(&target, &blobs[0], &contents[0]).await;
    target.tag(&manifest, &Tag::latest().into()).await.unwrap();
    assert!(target.create(&layer(b"more")).await.is_err(), "what has ended has ended");

    let archive = Archive::open(Input::Path(path), folder.path()).await.unwrap();
    assert_eq!(archive.images().len(), 1);
    for (blob, content) in blobs.iter().zip(contents) {
        assert!(archive.holds(blob));
        assert!(read(&archive, blob, 0..blob.size).await == content);
    }
}

#[tokio::test]
async fn in_a_stream_one_blob_waits_for_the_other() {
    let kept = Kept::default();
    let writer = Writer::new(Output::stdout(kept.clone()));
    let target = writer.image(Label::Unnamed);
    let (content, other) = (large(0), large(1));
    let (blob, second) = (layer(&content), layer(&other));
    begin(&target, &blob, &content).await;
    let (waiting, also) = (target.clone(), (second.clone(), other.clone()));
    let waiting = tokio::spawn(async move { put(&waiting, &also.0, &also.1).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    resume(&target, &blob, &content).await;
    waiting.await.unwrap();
    let (config, manifest) = image(&[blob.clone(), second.clone()]);
    put(&target, &layer(&config), &config).await;
    target.tag(&manifest, &Tag::latest().into()).await.unwrap();
    writer.finish().await.unwrap();
    let bytes = kept.0.lock().unwrap().clone();
    let archive = open(&bytes).await.unwrap();
    for (blob, content) in [(blob, content), (second, other)] {
        assert!(read(&archive, &blob, 0..blob.size).await == content);
    }
}

#[tokio::test]
async fn wrong_content_is_written_over_in_a_file_and_spoils_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (large(0), large(1));
    let blob = layer(&good);

    let path = folder.path().join("x.tar");
    let target = Writer::only_image(Output::file(&path).unwrap(), Label::Unnamed);
    let mut writer = target.create(&blob).await.unwrap();
    writer.write(bad.clone()).await.unwrap();
    assert_eq!(writer.commit().await.unwrap_err().recovery(), Recovery::Restart);
    let mut writer = target.create(&blob).await.unwrap();
    writer.write(good.slice(..5)).await.unwrap();
    let error = writer.write(good.clone()).await.unwrap_err();
    assert_eq!(error.recovery(), Recovery::Restart, "too much is wrong, too");
    drop(writer);
    target.create(&blob).await.unwrap().discard().await.unwrap();
    put(&target, &blob, &good).await;
    let (config, manifest) = image(std::slice::from_ref(&blob));
    put(&target, &layer(&config), &config).await;
    target.tag(&manifest, &Tag::latest().into()).await.unwrap();
    let archive = Archive::open(Input::Path(path), folder.path()).await.unwrap();
    assert!(read(&archive, &blob, 0..blob.size).await == good);

    let target = Writer::only_image(Output::stdout(Kept::default()), Label::Unnamed);
    let mut writer = target.create(&blob).await.unwrap();
    writer.write(bad).await.unwrap();
    let error = writer.commit().await.unwrap_err();
    assert_eq!((error.recovery(), error.kind()), (Recovery::Never, ErrorKind::Corrupt));
}

#[tokio::test]
async fn nothing_is_made_before_the_first_byte_and_nothing_stays_without_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let target = Writer::only_image(Output::file(&path).unwrap(), Label::Unnamed);
    assert!(!target.holds_blob(&layer(b"x")).await.unwrap());
    assert_eq!(files(), 0);
    let content = large(0);
    put(&target, &layer(&content), &content).await;
    assert!(!path.exists());
    drop(target);
    assert_eq!(files(), 0);

    let writer = Writer::new(Output::file(&path).unwrap());
    writer.image(Label::Unnamed).tag(&image(&[]).1, &Tag::latest().into()).await.unwrap();
    writer.finish().await.unwrap();
    assert!(writer.finish().await.is_err(), "what has ended has ended");
}

#[tokio::test]
async fn docker_gets_the_image_for_this_machine_and_no_incomplete_one() {
    let memory = Memory::default();
    let machine = crate::image::Platform::host();
    let mut entries = Vec::new();
    let kept = Kept::default();
    let writer = Writer::new(Output::stdout(kept.clone()));
    let target = writer.image(label("lab/all:1"));
    for (platform, is_whole) in
        [("windows/amd64", false), ("linux/s390x", true), (&*machine.to_string(), true)]
    {
        let content = Bytes::from(format!("layer for {platform}"));
        let blob = memory.insert_as(MediaType::OCI_LAYER, content.clone());
        let config = Bytes::from(json!({"os": platform}).to_string());
        let config_blob = Descriptor::of(MediaType::OCI_CONFIG, &config);
        let manifest = crate::image::image_manifest(&config_blob, std::slice::from_ref(&blob));
        put(&target, &config_blob, &config).await;
        if is_whole {
            put(&target, &blob, &content).await;
        }
        target.put_manifest(&manifest).await.unwrap();
        let mut entry = manifest.descriptor().clone();
        entry.platform = Some(platform.parse().unwrap());
        entries.push((entry, config_blob.digest));
    }
    let manifests: Vec<_> = entries.iter().map(|(entry, _)| entry).collect();
    let index = json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": manifests});
    let index = RawManifest::new(MediaType::OCI_INDEX, index.to_string().into());
    target.tag(&index, &Tag::latest().into()).await.unwrap();
    writer.finish().await.unwrap();

    let bytes = kept.0.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&bytes);
    let listed = text.split("[{\"Config\":\"").nth(1).unwrap();
    let config: &Digest = &entries[2].1;
    assert!(listed.starts_with(&documents::blob_path(config)), "{listed:.200}");
    assert!(listed.contains(r#""RepoTags":["lab/all:1"]"#), "{listed:.400}");
}

#[tokio::test]
async fn errors_say_of_what_kind_they_are() {
    assert_eq!(open(b"").await.unwrap_err().kind(), ErrorKind::Other);
    assert_eq!(open(&[0; 1024]).await.unwrap_err().kind(), ErrorKind::Other);
    let gone = Archive::open(Input::Path("/nonexistent".into()), "/").await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Other);
    // A truncated gzip member in a file is detected before anything is searched in it.
    let error = open(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}
