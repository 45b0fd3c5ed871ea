//! Small and frequent operations: `cargo bench --bench micro`.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use futures_util::stream;
use regcli::content::{BlobReader, BlobWriter, Chunk, Existence, Memory, Source, Target};
use regcli::diagnose::Failure;
use regcli::digest::{Algorithm, Digest, Hasher};
use regcli::image::{Descriptor, Manifest, MediaType, RawManifest};
use regcli::reference::{Reference, Selector, Tag};
use regcli::store::Blobs;
use regcli::transfer::{self, Ends, Jobs, Options, Plan, Platforms, Silent, Splitting};
use serde_json::json;
use sha2::Digest as _;
use tempfile::TempDir;

/// The size of a piece from a fast connection, and of a read from a file.
const BLOCK: usize = 1024 * 1024;

fn main() {
    divan::main();
}

/// Typed references, from the shortest to the longest.
#[divan::bench(args = [
    "ubuntu",
    "ubuntu:22.04",
    "registry.example.com:5000/team/app:1.0",
    "127.0.0.1:5000/a/b/c@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
])]
fn parse_reference(bencher: Bencher<'_, '_>, text: &str) {
    bencher.counter(ItemsCount::new(1u32)).bench(|| black_box(text).parse::<Reference>().unwrap());
}

#[divan::bench(args = [3, 80, 1000])]
fn parse_manifest(bencher: Bencher<'_, '_>, layers: u32) {
    let layer = |number: u32| {
        json!({
            "mediaType": MediaType::OCI_LAYER_GZIP.as_str(),
            "digest": Digest::sha256(&number.to_le_bytes()).as_str(),
            "size": number,
        })
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST.as_str(),
        "config": {
            "mediaType": MediaType::OCI_CONFIG.as_str(),
            "digest": Digest::sha256(b"config").as_str(),
            "size": 6,
        },
        "layers": (0..layers).map(layer).collect::<Vec<_>>(),
    });
    let bytes = serde_json::to_vec(&manifest).unwrap();
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| Manifest::parse(&MediaType::OCI_MANIFEST, black_box(&bytes)).unwrap());
}

/// Hashes one block as the library does, and by `sha2`. `OPENSSL_ia32cap=:~0x20000000` hides the SHA
/// instructions from the library, and `RUSTFLAGS='--cfg sha2_256_backend="soft"'` from `sha2`.
#[divan::bench(args = [Hash::Own, Hash::Sha2])]
fn hash_one_block_by(bencher: Bencher<'_, '_>, hash: Hash) {
    let block = random(BLOCK);
    bencher.counter(BytesCount::of_slice(&block)).bench(|| match hash {
        Hash::Own => {
            let mut hasher = Hasher::new(Algorithm::Sha256);
            hasher.update(black_box(&block));
            let _ = black_box(hasher.finish());
        }
        Hash::Sha2 => {
            let _ = black_box(sha2::Sha256::digest(black_box(&block)));
        }
    });
}

#[derive(Clone, Copy, Debug)]
enum Hash {
    Own,
    Sha2,
}

/// Moves a blob of 64 MiB from memory that is immediately available to a target that discards it: by one
/// stream, and by pieces through the window. The difference is the cost of the window.
#[divan::bench(args = [Way::OneStream, Way::Pieces], sample_count = 20, sample_size = 1)]
fn copy_64_mib_by(bencher: Bencher<'_, '_>, way: Way) {
    let swift = Swift::holding(random(64 * BLOCK));
    let splitting = match way {
        Way::OneStream => Splitting { from: u64::MAX, ..Splitting::default() },
        Way::Pieces => Splitting { below: None, after: Duration::ZERO, ..Splitting::default() },
    };
    let options =
        Options { splitting, jobs: Jobs::Fixed(NonZeroUsize::new(8).unwrap()), ..Options::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    bencher.counter(BytesCount::of_slice(&swift.content)).bench(|| {
        runtime.block_on(async {
            let selector: Selector = Tag::latest().into();
            let root = swift.resolve(&selector).await.unwrap();
            let plan = Plan::make(&swift, &root, &Platforms::All).await.unwrap();
            let ends = Ends {
                source: Arc::new(swift.clone()),
                target: Arc::new(Nowhere),
                observer: Arc::new(Silent),
            };
            transfer::copy(ends, plan, &selector, &options).await.unwrap()
        })
    });
}

#[derive(Clone, Copy, Debug)]
enum Way {
    OneStream,
    Pieces,
}

/// An image with one layer, whose bytes are available immediately, in pieces as from a connection.
#[derive(Clone)]
struct Swift {
    documents: Memory,
    content: Bytes,
}

impl Swift {
    fn holding(content: Vec<u8>) -> Self {
        let documents = Memory::default();
        let content = Bytes::from(content);
        let config = documents.insert_as(MediaType::OCI_CONFIG, "{}");
        let layer = Descriptor::of(MediaType::OCI_LAYER_GZIP, &content);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST.as_str(), "config": config, "layers": [layer],
        });
        let manifest = RawManifest::new(MediaType::OCI_MANIFEST, manifest.to_string().into());
        documents.insert_manifest(manifest, Some(Tag::latest().into()));
        Self { documents, content }
    }
}

#[async_trait]
impl Source for Swift {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        self.documents.resolve(selector).await
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        self.documents.manifest(descriptor).await
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        const PIECE: usize = 128 * 1024;
        let is_layer = blob.size == self.content.len() as u64;
        let content = if is_layer { self.content.clone() } else { Bytes::from_static(b"{}") };
        let content = content.slice(range.start as usize..range.end as usize);
        let chunks = stream::unfold(content, async |mut content: Bytes| {
            // Like a connection with more data than its reader accepts.
            tokio::task::consume_budget().await;
            let piece = content.split_to(PIECE.min(content.len()));
            (!piece.is_empty()).then_some((Ok(Chunk::Bytes(piece)), content))
        });
        Ok(BlobReader::new(chunks).with_ranges())
    }
}

/// Accepts everything, and keeps nothing.
struct Nowhere;

struct Taken(u64);

#[async_trait]
impl Target for Nowhere {
    async fn existence(&self, _: &Descriptor) -> Result<Existence, Failure> {
        Ok(Existence::Absent)
    }

    async fn create(&self, _: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        Ok(Box::new(Taken(0)))
    }

    async fn put_manifest(&self, _: &RawManifest) -> Result<(), Failure> {
        Ok(())
    }

    async fn tag(&self, _: &RawManifest, _: &Selector) -> Result<(), Failure> {
        Ok(())
    }
}

#[async_trait]
impl BlobWriter for Taken {
    fn offset(&self) -> u64 {
        self.0
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        self.0 += black_box(&bytes).len() as u64;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }

    async fn discard(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Hashes and writes a blob of 64 MiB as it arrives, and makes it visible; in memory where `/dev/shm`
/// exists.
#[divan::bench(args = [16 * 1024, 256 * 1024, BLOCK], sample_count = 10, sample_size = 1)]
fn ingest_64_mib_in_pieces_of(bencher: Bencher<'_, '_>, piece: usize) {
    let content = Bytes::from(random(64 * BLOCK));
    let blob = Descriptor::of(MediaType::OCI_LAYER_GZIP, &content);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    bencher.counter(BytesCount::of_slice(&content)).with_inputs(folder).bench_values(|folder| {
        runtime.block_on(write(Blobs::new(folder.path()), &blob, &content, piece));
        // Removed after the clock has stopped.
        folder
    });
}

async fn write(blobs: Blobs, blob: &Descriptor, content: &Bytes, piece: usize) {
    let mut writer = blobs.create(blob).await.unwrap();
    for start in (0..content.len()).step_by(piece) {
        writer.write(content.slice(start..content.len().min(start + piece))).await.unwrap();
    }
    writer.commit().await.unwrap();
}

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("regcli-micro-");
    if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() }.unwrap()
}

fn random(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
}
