//! The small things that are done often: `cargo bench --bench micro`.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::path::Path;

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use regcli::content::BlobWriter;
use regcli::digest::{Algorithm, Digest, Hasher};
use regcli::image::{Descriptor, Manifest, MediaType};
use regcli::reference::Reference;
use regcli::store::Blobs;
use serde_json::json;
use tempfile::TempDir;

/// A piece as a fast connection brings it, and as files are read.
const BLOCK: usize = 1024 * 1024;

fn main() {
    divan::main();
}

/// What people type, from the shortest to the longest.
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

#[divan::bench]
fn hash_one_block(bencher: Bencher<'_, '_>) {
    let block = random(BLOCK);
    bencher.counter(BytesCount::of_slice(&block)).bench(|| {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update(black_box(&block));
        hasher.finish()
    });
}

/// A blob of 64 MiB, hashed and written as it comes, and made visible; in memory where there is `/dev/shm`.
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
