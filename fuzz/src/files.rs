//! Layers, their tables of contents, and lists that were kept.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;

use regcli::content::Memory;
use regcli::digest::Digest;
use regcli::filesystem::{
    Change, EntryPath, Error, Listing, ListingBuilder, Merge, Table, Visitor, read_layer,
    table_by_annotation, table_by_footer, table_offset,
};
use regcli::image::{Descriptor, MediaType};

/// The annotations that name a table.
const ESTARGZ: &str = "containerd.io/snapshot/stargz/toc.digest";
const CHUNKED: &str = "io.github.containers.zstd-chunked.manifest-checksum";
const POSITION: &str = "io.github.containers.zstd-chunked.manifest-position";

/// Whatever the bytes are, a list is in order, has only clean paths, and is read as it was written.
pub fn check(data: &[u8]) {
    footers(data);
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    kept(data);
    let mut collector = Collector(ListingBuilder::new(folder.path()));
    if read_layer(data, &mut collector).is_ok() {
        list(&collector.0.finish().expect("the folder can be written"));
    }
    table(data, folder.path());
}

fn footers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for range in [table_by_annotation(&text), table_by_footer(data)].into_iter().flatten() {
        assert!(range.start <= range.end);
    }
    let _ = table_offset(data);
}

/// A file in the cache may have any bytes.
fn kept(data: &[u8]) {
    let mut file = tempfile::tempfile().expect("the system has room");
    file.write_all(data).expect("the system has room");
    if let Ok(listing) = Listing::open(file) {
        for change in listing.changes() {
            if change.is_err() {
                break;
            }
        }
    }
}

/// A table whose digest is right may still say anything.
fn table(data: &[u8], folder: &std::path::Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread of its own");
    let source = Memory::default();
    let blob = source.insert(data.to_vec());
    let layer = |annotations: &[(&str, String)]| Descriptor {
        media_type: MediaType::OCI_LAYER_GZIP,
        annotations: annotations.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        ..blob.clone()
    };
    let digest = Digest::sha256(data).to_string();
    let layers = [
        layer(&[(ESTARGZ, digest.clone())]),
        layer(&[(CHUNKED, digest.clone())]),
        layer(&[(CHUNKED, digest), (POSITION, format!("0:{}:1:1", data.len()))]),
    ];
    for layer in layers {
        let table = Table::of(&layer).expect("the annotation names one");
        if let Ok(listing) = runtime.block_on(table.read(&source, &layer, folder)) {
            list(&listing);
        }
    }
}

/// Checks a list that was collected.
fn list(listing: &Listing) {
    let mut last: Option<EntryPath> = None;
    let mut changes = Vec::new();
    for change in listing.changes() {
        let change = change.expect("it was written just now");
        let path = change.path();
        assert_eq!(EntryPath::clean(path.as_bytes()).as_ref(), Some(path));
        assert!(last.as_ref().is_none_or(|last| last <= path), "{last:?} before {path:?}");
        last = Some(path.clone());
        changes.push(change);
    }
    let reread = Listing::open(copy(listing)).expect("it was written just now");
    assert!(reread.changes().map(|change| change.expect("it is intact")).eq(changes.iter().cloned()));
    assert_eq!(reread.hostile(), listing.hostile());
    let both = Merge::new(&[listing.clone(), reread]).expect("two layers are few");
    for node in both.map(|node| node.expect("both are intact")) {
        assert!(node.visible.is_some() || !node.hidden.is_empty());
    }
}

fn copy(listing: &Listing) -> File {
    let mut file = tempfile::tempfile().expect("the system has room");
    listing.copy_to(&mut file).expect("the system has room");
    file
}

struct Collector(ListingBuilder);

impl Visitor for Collector {
    fn change(&mut self, change: &Change) -> Result<ControlFlow<()>, Error> {
        self.0.add(change).map(ControlFlow::Continue)
    }

    fn hostile(&mut self) {
        self.0.leave_out();
    }
}
