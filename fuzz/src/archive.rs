//! Foreign archives: `docker save`, OCI, plain and compressed.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use regcli::archive::{Archive, Input};
use regcli::content::Source;
use regcli::image::{Descriptor, Manifest};
use tokio::runtime::Runtime;

/// The block size of a tar.
const BLOCK: usize = 512;

/// The position of a header's checksum, and of the magic that marks a header.
const CHECKSUM: std::ops::Range<usize> = 148..156;
const MAGIC: std::ops::Range<usize> = 257..262;

/// Everything that an archive lists can be read, in its stated size, and nothing is left behind.
pub fn check(data: &[u8]) {
    open(data);
    let repaired = with_checksums(data);
    if repaired != data {
        open(&repaired);
    }
}

/// Returns the data with a correct checksum in every header, which random input does not hit.
fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut repaired = data.to_vec();
    for block in repaired.chunks_exact_mut(BLOCK).filter(|block| &block[MAGIC] == b"ustar") {
        block[CHECKSUM].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    repaired
}

fn open(data: &[u8]) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_current_thread().build().expect("a thread of its own"));
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let (path, scratch) = (folder.path().join("images.tar"), folder.path().join("scratch"));
    fs::write(&path, data).expect("the folder can be written");
    runtime.block_on(async {
        if let Ok(archive) = Archive::open(Input::Path(path), &scratch).await {
            images(&archive).await;
        }
    });
    assert!(is_empty(&scratch));
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

async fn images(archive: &Archive) {
    assert!(!archive.images().is_empty());
    for image in archive.images() {
        let name = image.reference.as_ref().map(ToString::to_string).or(image.label.clone());
        assert!(name.is_none_or(|name| archive.find(Some(&name)).is_ok()));
        assert!(!image.name().is_empty() || image.label.is_some());
        let Ok(manifest) = archive.manifest(&image.descriptor).await else { continue };
        assert_eq!(manifest.descriptor().digest, image.descriptor.digest);
        assert!(image.descriptor.digest.matches(manifest.bytes()));
        let Ok(Manifest::Image(image)) = manifest.parse() else { continue };
        for blob in image.blobs() {
            read(archive, blob).await;
        }
    }
}

/// Reads an existing blob to its end, as a whole and in part.
async fn read(archive: &Archive, blob: &Descriptor) {
    assert_eq!(archive.holds(blob), archive.check(blob).is_ok());
    if !archive.holds(blob) {
        assert!(Source::open(archive, blob, 0..blob.size).await.is_err());
        return;
    }
    for range in [0..blob.size, blob.size / 2..blob.size, blob.size..blob.size] {
        let wanted = range.end - range.start;
        let mut reader = Source::open(archive, blob, range).await.expect("it is there");
        let mut read = 0;
        while let Some(bytes) = reader.next().await.expect("the scan has seen it") {
            assert!(!bytes.is_empty());
            read += bytes.len() as u64;
        }
        assert_eq!(read, wanted);
    }
}
