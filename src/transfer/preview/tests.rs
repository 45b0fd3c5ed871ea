//! Previews of copies to a target that must not be changed.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::*;
use async_trait::async_trait;

use crate::content::{BlobWriter, Memory, MemoryError, Mounts, Partials};
use crate::image::{MediaType, RawManifest};
use crate::reference::{Name, Reference, Selector, Tag};
use crate::transfer::{End, Platforms};

/// Answers questions, and panics on any change.
#[derive(Default)]
struct Watched {
    memory: Memory,
    /// How many questions are being answered: now, and at most.
    asked: AtomicUsize,
    most: AtomicUsize,
    /// How many questions fail before one is answered.
    failures: AtomicU32,
}

#[async_trait]
impl Target for Watched {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(asked, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.asked.fetch_sub(1, Ordering::Relaxed);
        let fails = |left: u32| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fails).is_ok() {
            return Err(MemoryError::Cut(0).into());
        }
        self.memory.existence(blob).await
    }

    fn mounts(&self) -> Option<&dyn Mounts> {
        self.memory.mounts().map(|_| self as _)
    }

    fn partials(&self) -> Option<&dyn Partials> {
        Some(self)
    }

    async fn create(&self, _: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        panic!("the target was written to")
    }

    async fn put_manifest(&self, _: &RawManifest) -> Result<(), Failure> {
        panic!("a manifest was put")
    }

    async fn tag(&self, _: &RawManifest, _: &Selector) -> Result<(), Failure> {
        panic!("the target was tagged")
    }
}

#[async_trait]
impl Mounts for Watched {
    fn repository(&self) -> &Name {
        self.memory.repository()
    }

    async fn mount(&self, _: &Descriptor, _: &[Name]) -> Result<Option<Name>, Failure> {
        panic!("a blob was mounted")
    }

    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name> {
        self.memory.mountable(blob, locations)
    }
}

#[async_trait]
impl Partials for Watched {
    async fn partial(&self, blob: &Descriptor) -> Result<u64, Failure> {
        self.memory.partial(blob).await
    }

    async fn discard(&self, _: &Descriptor) -> Result<(), Failure> {
        panic!("a partial blob was removed")
    }
}

/// The plan of an image with these layers.
async fn plan(source: &Memory, layers: &[Descriptor]) -> Plan {
    let config = source.insert_as(MediaType::OCI_CONFIG, "{}");
    let document = serde_json::json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": config, "layers": layers,
    });
    let raw = RawManifest::new(MediaType::OCI_MANIFEST, document.to_string().into());
    let root = source.insert_manifest(raw, Some(Tag::latest().into()));
    Plan::make(source, &root, &Platforms::All).await.unwrap()
}

async fn preview(source: &Memory, target: &Watched, plan: &Plan) -> Result<Preview, Error> {
    let preview = Preview::of(source, target, plan, Policy { attempts: Some(2), ..Policy::default() }).await;
    assert_eq!(source.sent(), 0, "blobs are not read");
    preview
}

#[tokio::test]
async fn every_blob_has_its_fate_and_the_sums_add_up() {
    let name: Name = "registry.example/base".parse::<Reference>().unwrap().name;
    let source = Memory::default().named(name.clone());
    let memory = Memory::default().named("registry.example/app".parse::<Reference>().unwrap().name);
    let target = Watched { memory, ..Watched::default() };
    let present = source.insert("present");
    target.memory.insert("present");
    let mountable = source.insert("mountable!");
    target.memory.allow_mount(&mountable, "mountable!", name.clone());
    let begun = source.insert("begun and not ended");
    target.memory.create(&begun).await.unwrap().write("begun".into()).await.unwrap();
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar".to_owned();
    let foreign = source.insert_as(foreign.into(), "foreign");
    let missing = source.insert("missing");
    let layers = [present, mountable, begun, foreign, missing.clone(), missing];
    let plan = plan(&source, &layers).await;

    let preview = preview(&source, &target, &plan).await.unwrap();

    let fates: Vec<_> = preview.blobs.iter().map(|blob| (blob.kind, blob.fate.clone())).collect();
    let expected = [
        (BlobKind::Config, Fate::Moved),
        (BlobKind::Layer, Fate::Present),
        (BlobKind::Layer, Fate::Mountable(name)),
        (BlobKind::Layer, Fate::Resumed(5)),
        (BlobKind::Layer, Fate::Foreign),
        (BlobKind::Layer, Fate::Moved),
    ];
    assert_eq!(fates, expected, "in the order of the image, each blob once");
    let sums =
        Sums { total: 52, moved: 2 + 14 + 7, present: 7, partial: 5, mountable: 10, foreign: 7, unknown: 0 };
    assert_eq!(preview.sums(), sums);
    assert_eq!(sums.total, plan.bytes());
    assert!(!preview.up_to_date);
}

#[tokio::test]
async fn many_questions_are_concurrent_but_not_all() {
    let (source, target) = (Memory::default(), Watched::default());
    let layers: Vec<_> = (0..50).map(|number| source.insert(format!("layer {number}"))).collect();
    let plan = plan(&source, &layers).await;

    let preview = preview(&source, &target, &plan).await.unwrap();

    assert_eq!(preview.blobs.len(), 51);
    assert_eq!(target.most.load(Ordering::Relaxed), QUESTIONS_MAX);
}

#[tokio::test]
async fn a_question_that_fails_is_asked_again_as_often_as_a_copy_would() {
    let (source, target) = (Memory::default(), Watched::default());
    let plan = plan(&source, &[]).await;
    target.failures.store(1, Ordering::Relaxed);
    preview(&source, &target, &plan).await.unwrap();

    target.failures.store(2, Ordering::Relaxed);
    let error = preview(&source, &target, &plan).await.unwrap_err();
    assert_eq!(error.end(), Some(End::Target));
    assert!(error.to_string().starts_with("cannot write blob "), "{error}");
}

#[tokio::test]
async fn impossible_sizes_add_up_to_the_largest_number() {
    let (source, target) = (Memory::default(), Watched::default());
    let huge = |digest: Digest| Descriptor::new(MediaType::OCI_LAYER_GZIP, digest, i64::MAX as u64);
    let layers = [b"a", b"b", b"c"].map(|content| huge(Digest::sha256(content)));
    let plan = plan(&source, &layers).await;

    let sums = preview(&source, &target, &plan).await.unwrap().sums();

    assert_eq!((sums.moved, sums.total), (u64::MAX, u64::MAX));
}

#[tokio::test]
async fn what_is_up_to_date_needs_no_question() {
    let source = Memory::default();
    let layer = source.insert("layer");
    let preview = Preview::up_to_date(&plan(&source, &[layer]).await);

    assert!(preview.up_to_date);
    assert_eq!(preview.sums(), Sums { total: 7, present: 7, ..Sums::default() });
}
