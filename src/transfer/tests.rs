//! The engine between two targets in memory.

mod order;
mod properties;
mod several;

use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::content::{Memory, Source};
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType, RawManifest};
use crate::reference::{Name, Reference, Selector, Tag};
use crate::retry::Policy;

fn latest() -> Selector {
    Tag::latest().into()
}

fn json(descriptor: &Descriptor) -> serde_json::Value {
    serde_json::to_value(descriptor).unwrap()
}

/// Adds an image with these layers, tagged `latest` if `platform` is empty, and returns its descriptor.
fn insert_image(memory: &Memory, layers: &[Descriptor], platform: Option<&str>) -> Descriptor {
    let config = memory.insert_as(MediaType::OCI_CONFIG, format!(r#"{{"os":"{platform:?}"}}"#));
    let document = serde_json::json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": json(&config),
        "layers": layers.iter().map(json).collect::<Vec<_>>(),
    });
    let raw = RawManifest::new(MediaType::OCI_MANIFEST, Bytes::from(document.to_string()));
    let mut descriptor = memory.insert_manifest(raw, platform.is_none().then(latest));
    descriptor.platform = platform.map(|platform| platform.parse().unwrap());
    descriptor
}

fn insert_index(memory: &Memory, manifests: &[Descriptor]) -> Descriptor {
    let document = serde_json::json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX,
        "manifests": manifests.iter().map(json).collect::<Vec<_>>(),
    });
    let raw = RawManifest::new(MediaType::OCI_INDEX, Bytes::from(document.to_string()));
    memory.insert_manifest(raw, Some(latest()))
}

struct Copied {
    outcome: Result<Outcome, Error>,
    recorder: Arc<Recorder>,
}

async fn copy_all(source: &Memory, target: &Memory, options: Options) -> Copied {
    let recorder = Arc::new(Recorder::default());
    let ends = Ends {
        source: Arc::new(source.clone()),
        target: Arc::new(target.clone()),
        observer: Arc::<Recorder>::clone(&recorder),
    };
    let root = source.resolve(&latest()).await.unwrap();
    let outcome = match Plan::make(source, &root, &options.platforms).await {
        Ok(plan) => copy(ends, plan, &latest(), &options).await,
        Err(error) => Err(error),
    };
    Copied { outcome, recorder }
}

fn fitting(platforms: &[&str]) -> Options {
    let platforms = platforms.iter().map(|platform| platform.parse().unwrap()).collect();
    Options { platforms: Platforms::Fitting(platforms), ..Options::default() }
}

#[tokio::test]
async fn a_cut_connection_resumes_at_the_byte_it_had_reached() {
    let source = Memory::default().cutting_at(300);
    let layer = source.insert(vec![7; 1000]);
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();

    let copied = copy_all(&source, &target, Options::default()).await;

    copied.outcome.unwrap();
    assert_eq!(target.blob(&layer.digest).unwrap(), vec![7; 1000]);
    let events = copied.recorder.events();
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Interrupted { .. })).count(), 1);
    let mut offsets = copied.recorder.offsets();
    offsets.sort_unstable();
    assert_eq!(offsets, [0, 0, 300]);
    assert_eq!(source.sent(), layer.size + r#"{"os":"None"}"#.len() as u64, "no byte is sent twice");
}

#[tokio::test]
async fn a_source_that_always_fails_is_given_up_and_leaves_no_tag() {
    let source = (0..20).fold(Memory::default(), |memory, _| memory.cutting_at(500));
    let layer = source.insert(vec![7; 1000]);
    insert_image(&source, &[layer], None);
    let target = Memory::default();

    let retry = Policy { attempts: Some(3), ..Policy::default() };
    let copied = copy_all(&source, &target, Options { retry, ..Options::default() }).await;

    let error = copied.outcome.unwrap_err();
    assert_eq!(error.end(), Some(End::Source));
    assert!(error.to_string().starts_with("cannot read blob "), "{error}");
    assert!(target.tags().is_empty());
}

#[tokio::test]
async fn wrong_bytes_are_asked_for_once_more_and_never_accepted() {
    let source = Memory::default();
    let mut layer = source.insert(vec![7; 1000]);
    layer.digest = Digest::sha256(b"something else");
    source.insert_under(&layer.digest, vec![7; 1000]);
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();

    let copied = copy_all(&source, &target, Options::default()).await;

    assert!(copied.outcome.is_err());
    assert_eq!(
        copied.recorder.offsets().iter().filter(|offset| **offset == 0).count(),
        3,
        "config, blob, blob"
    );
    assert_eq!(target.blob(&layer.digest), None);
}

#[tokio::test]
async fn what_the_target_has_is_not_sent_and_what_it_can_mount_is_mounted() {
    let from: Name = "registry.example/base".parse::<Reference>().unwrap().name;
    let source = Memory::default().named(from.clone());
    let (present, mountable) = (source.insert("present"), source.insert("mountable"));
    insert_image(&source, &[present.clone(), mountable.clone()], None);
    let target = Memory::default().named("registry.example/app".parse::<Reference>().unwrap().name);
    target.insert("present");
    target.allow_mount(&mountable, "mountable", from.clone());

    let copied = copy_all(&source, &target, Options::default()).await;

    assert_eq!(copied.outcome.unwrap().moved, r#"{"os":"None"}"#.len() as u64);
    let events = copied.recorder.events();
    assert!(events.contains(&Event::Skipped { digest: present.digest, reason: Skip::Present }));
    assert!(events.contains(&Event::Skipped { digest: mountable.digest, reason: Skip::Mounted(from) }));
}

#[tokio::test]
async fn one_platform_of_an_index_is_copied_with_the_index_as_it_is() {
    let source = Memory::default();
    let (small, large) = (source.insert("amd64"), source.insert("arm64"));
    let amd64 = insert_image(&source, std::slice::from_ref(&small), Some("linux/amd64"));
    let arm64 = insert_image(&source, std::slice::from_ref(&large), Some("linux/arm64"));
    let index = insert_index(&source, &[amd64, arm64.clone()]);
    let target = Memory::default();

    let outcome = copy_all(&source, &target, fitting(&["linux/arm64"])).await.outcome.unwrap();

    assert_eq!(outcome.root.digest, index.digest);
    assert_eq!(outcome.images.len(), 1);
    assert_eq!(outcome.images[0].digest, arm64.digest);
    assert_eq!(target.blob(&small.digest), None);
    assert!(target.blob(&large.digest).is_some());
}

#[tokio::test]
async fn u10_a_plan_says_which_platforms_a_blob_is_for() {
    let source = Memory::default();
    let (shared, small, alone) = (source.insert("shared"), source.insert("amd64"), source.insert("alone"));
    let amd64 = insert_image(&source, &[shared.clone(), small.clone()], Some("linux/amd64"));
    let arm64 = insert_image(&source, std::slice::from_ref(&shared), Some("linux/arm64"));
    insert_index(&source, &[amd64, arm64]);
    let recorder = copy_all(&source, &Memory::default(), Options::default()).await.recorder;
    let Event::Planned { platforms, .. } = &recorder.events()[0] else {
        panic!("the plan is the first event")
    };
    let named = |blob: &Descriptor| {
        platforms.get(&blob.digest).map(|them| them.iter().map(ToString::to_string).collect())
    };
    assert_eq!(named(&small), Some(vec!["linux/amd64".to_owned()]));
    assert_eq!(named(&shared), Some(vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()]));

    insert_image(&source, std::slice::from_ref(&alone), None);
    let recorder = copy_all(&source, &Memory::default(), Options::default()).await.recorder;
    let Event::Planned { platforms, .. } = &recorder.events()[0] else {
        panic!("the plan is the first event")
    };
    assert!(platforms.is_empty(), "a single image has no platforms: {platforms:?}");
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_an_error_before_any_byte_moves() {
    let source = Memory::default();
    let layer = source.insert("amd64");
    let amd64 = insert_image(&source, &[layer], Some("linux/amd64"));
    insert_index(&source, &[amd64]);

    let outcome = copy_all(&source, &Memory::default(), fitting(&["linux/riscv64"])).await.outcome;

    let message = outcome.unwrap_err().to_string();
    assert_eq!(message, "no matching manifest for linux/riscv64 in the manifest list entries");
    assert_eq!(source.sent(), 0);
}

#[tokio::test]
async fn a_layer_that_stands_in_the_image_three_times_is_sent_once() {
    let source = Memory::default();
    let layer = source.insert(vec![1; 500]);
    insert_image(&source, &[layer.clone(), layer.clone(), layer.clone()], None);

    copy_all(&source, &Memory::default(), Options::default()).await.outcome.unwrap();

    assert_eq!(source.sent(), layer.size + r#"{"os":"None"}"#.len() as u64);
}

#[tokio::test]
async fn an_index_that_holds_itself_deeply_comes_to_an_end() {
    let source = Memory::default();
    let layer = source.insert("x");
    let mut inner = insert_image(&source, &[layer], Some("linux/amd64"));
    for _ in 0..9 {
        inner = insert_index(&source, &[inner]);
    }
    let outcome = copy_all(&source, &Memory::default(), Options::default()).await.outcome;
    assert!(matches!(outcome, Err(Error::Image(crate::image::Error::Limit(_)))));
}

/// Splits every blob, into pieces of 100 bytes.
fn splitting() -> Options {
    let splitting = Splitting {
        from: 0,
        below: None,
        after: std::time::Duration::ZERO,
        piece_in_order: 100,
        window: 400,
        ..Splitting::default()
    };
    Options { splitting, ..Options::default() }
}

fn numbered(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

#[tokio::test]
async fn pieces_of_several_connections_arrive_in_order_and_no_byte_twice() {
    let source = Memory::default();
    let layer = source.insert(numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();

    copy_all(&source, &target, splitting()).await.outcome.unwrap();

    assert_eq!(target.blob(&layer.digest).unwrap(), numbered(2345));
    let surplus = source.sent() - layer.size - r#"{"os":"None"}"#.len() as u64;
    assert!(surplus <= 64, "at most one chunk is cut off where the stream is split: {surplus}");
    assert!(source.opened() > 20, "one connection for each piece: {}", source.opened());
}

#[tokio::test]
async fn a_piece_that_is_cut_resumes_by_itself() {
    let source = Memory::default().cutting_at(1050).cutting_at(1999);
    let layer = source.insert(numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();

    let copied = copy_all(&source, &target, splitting()).await;

    copied.outcome.unwrap();
    assert_eq!(target.blob(&layer.digest).unwrap(), numbered(2345));
    let mut offsets = copied.recorder.offsets();
    offsets.sort_unstable();
    assert_eq!(offsets, [0, 0], "the blob as a whole never restarted");
}

#[tokio::test]
async fn a_window_without_room_leaves_one_stream() {
    let source = Memory::default();
    let layer = source.insert(numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();
    let mut options = splitting();
    options.splitting.window = 0;

    copy_all(&source, &target, options).await.outcome.unwrap();

    assert_eq!(target.blob(&layer.digest).unwrap(), numbered(2345));
    assert_eq!(source.opened(), 2, "the config and the layer");
}

#[tokio::test]
async fn a_stream_that_hangs_is_taken_over_by_others() {
    let source = Memory::default().hanging_at(1000);
    let layer = source.insert(numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();
    let mut options = splitting();
    // Only a stream that hangs is slow.
    options.splitting.below = Some(0);

    let copied = copy_all(&source, &target, options).await;

    copied.outcome.unwrap();
    assert_eq!(target.blob(&layer.digest).unwrap(), numbered(2345));
    assert!(source.opened() > 10, "the rest came in pieces: {}", source.opened());
    assert_eq!(copied.recorder.offsets(), [0, 0], "and the blob did not restart");
}

#[tokio::test]
async fn a_piece_that_hangs_is_asked_for_again_and_no_other_one() {
    let source = Memory::default().hanging_at(1250);
    let layer = source.insert(numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();

    let copied = copy_all(&source, &target, splitting()).await;

    copied.outcome.unwrap();
    assert_eq!(target.blob(&layer.digest).unwrap(), numbered(2345));
    let surplus = source.sent() - layer.size - r#"{"os":"None"}"#.len() as u64;
    assert!(surplus <= 64 + 100, "at most that piece came twice: {surplus}");
    assert!(!copied.recorder.events().iter().any(|event| matches!(event, Event::Interrupted { .. })));
}

#[tokio::test]
async fn one_job_has_one_connection() {
    let source = Memory::default();
    let layer = source.insert(numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);
    let target = Memory::default();
    let options = Options { jobs: Jobs::Fixed(NonZeroUsize::MIN), ..splitting() };

    copy_all(&source, &target, options).await.outcome.unwrap();

    assert_eq!(target.blob(&layer.digest).unwrap(), numbered(2345));
    assert_eq!(source.opened(), 2, "the config and the layer");
}

#[tokio::test]
async fn parts_that_make_no_whole_are_asked_for_once_more_in_one_stream() {
    let source = Memory::default();
    let mut layer = source.insert(numbered(2345));
    layer.digest = Digest::sha256(b"something else");
    source.insert_under(&layer.digest, numbered(2345));
    insert_image(&source, std::slice::from_ref(&layer), None);

    let copied = copy_all(&source, &Memory::default(), splitting()).await;

    assert!(copied.outcome.is_err());
    let whole_and_parts = source.opened();
    assert!((20..30).contains(&whole_and_parts), "parts, then one stream: {whole_and_parts}");
    assert!(source.sent() <= 2 * layer.size + 100, "and not a third time: {}", source.sent());
}
