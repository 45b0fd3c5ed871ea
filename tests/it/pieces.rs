//! Blobs that come to a disk in pieces, by the library: whole wherever connections are cut, and wherever a copy is
//! ended.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use regcli::content::{Memory, Source as _};
use regcli::image::{MediaType, RawManifest};
use regcli::reference::{Reference, Selector, Tag};
use regcli::store::Store;
use regcli::transfer::{Ends, Jobs, Options, Plan, Platforms, Silent, Splitting, copy};
use serde_json::json;

const CONFIG: &str = r#"{"os":"linux"}"#;

/// The size of a chunk that a memory source returns.
const CHUNK: u64 = 64;

fn layer(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

/// Splits every blob, into pieces of at least so many bytes.
fn in_pieces(piece: u64, jobs: usize) -> Options {
    let splitting = Splitting { from: 0, below: None, after: Duration::ZERO, piece, ..Splitting::default() };
    let jobs = Jobs::Fixed(NonZeroUsize::new(jobs).unwrap());
    Options { splitting, jobs, ..Options::default() }
}

/// Creates an image with layers of these sizes.
fn image(lengths: &[usize], cuts: &[u64]) -> Memory {
    let source = cuts.iter().fold(Memory::default(), |memory, cut| memory.cutting_at(*cut));
    let config = source.insert_as(MediaType::OCI_CONFIG, CONFIG);
    let layers: Vec<_> = lengths.iter().map(|length| source.insert(layer(*length))).collect();
    let document = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": config, "layers": layers,
    });
    let manifest = RawManifest::new(MediaType::OCI_MANIFEST, document.to_string().into());
    source.insert_manifest(manifest, Some(Tag::latest().into()));
    source
}

/// Copies an image into a new store. Each copy before the last is ended after some of the bytes.
async fn pulled(lengths: &[usize], ended: &[u64], cuts: &[u64], options: &Options) -> Memory {
    let folder = tempfile::tempdir().unwrap();
    let (source, store) = (image(lengths, cuts), Store::open(folder.path()));
    let tag: Selector = Tag::latest().into();
    let root = source.resolve(&tag).await.unwrap();
    let name = "app".parse::<Reference>().unwrap().name;
    let begin = async || {
        let plan = Plan::make(&source, &root, &Platforms::All).await.unwrap();
        let (from, to) = (Arc::new(source.clone()), Arc::new(store.repository(&name)));
        copy(Ends { source: from, target: to, observer: Arc::new(Silent) }, plan, &tag, options)
            .await
            .unwrap();
    };
    for bytes in ended {
        let enough = source.sent() + bytes;
        tokio::select! {
            () = begin() => {}
            () = async { while source.sent() < enough { tokio::task::yield_now().await } } => {}
        }
    }
    begin().await;
    for content in lengths.iter().map(|length| layer(*length)) {
        let digest = regcli::digest::Digest::sha256(&content);
        assert!(fs::read(store.blobs().path(&digest)).unwrap() == content);
    }
    source
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap().block_on(work)
}

#[test]
fn pieces_are_few_and_nearly_no_byte_comes_twice() {
    let source = run(pulled(&[100_000], &[], &[], &in_pieces(1000, 4)));
    let surplus = source.sent() - 100_000 - CONFIG.len() as u64;
    assert!((10..60).contains(&source.opened()), "{} requests", source.opened());
    assert!(surplus <= CHUNK * source.opened(), "{surplus} bytes came twice");
}

/// Pieces end and begin at the same time as their bytes are taken.
#[test]
fn pieces_of_several_threads_are_one_blob() {
    const SIZE: usize = 6 << 20;
    for jobs in [2, 4, 8] {
        for _ in 0..5 {
            let source = run(pulled(&[SIZE], &[], &[], &in_pieces(300_000, jobs)));
            assert!(source.sent() < SIZE as u64 * 3 / 2, "wrong bytes had to come again: {}", source.sent());
        }
    }
}

proptest! {
    // Each cut costs a wait, as it does in the field.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn whatever_their_pieces_are_blobs_on_disk_are_whole(
        lengths in prop::collection::vec(1..20_000_usize, 1..4),
        piece in 1..700_u64,
        jobs in 1..9_usize,
        ended in prop::collection::vec(0..20_000_u64, 0..3),
        cuts in prop::collection::vec(20..20_000_u64, 0..3),
    ) {
        let sent = run(pulled(&lengths, &ended, &cuts, &in_pieces(piece, jobs))).sent();
        // What each connection had on its way, when the copy was ended or its piece became shorter.
        let on_the_way = CHUNK * 9 * (ended.len() as u64 + 2) * 8 * lengths.len() as u64;
        let length: usize = lengths.iter().sum();
        prop_assert!(sent <= (length + 3 * CONFIG.len()) as u64 + on_the_way, "{sent} of {length}");
    }
}
