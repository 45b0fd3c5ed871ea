use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use tempfile::TempDir;

use crate::content::BlobWriter;
use crate::image::{Descriptor, MediaType};
use crate::store::Blobs;
use crate::store::ingest::Ingest;

const SIZE: usize = 1_000_003;

/// A blob and a place for it.
struct Place {
    _folder: TempDir,
    blobs: Blobs,
    content: Bytes,
    blob: Descriptor,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let content: Bytes = (0..SIZE).map(|n| (n * 31 + n / 251) as u8).collect();
        let blob = Descriptor::of(MediaType::OCTET_STREAM, &content);
        Self { blobs: Blobs::new(folder.path()), _folder: folder, content, blob }
    }

    async fn create(&self) -> Ingest {
        self.blobs.create(&self.blob).await.unwrap()
    }

    fn slice(&self, range: Range<usize>) -> Bytes {
        self.content.slice(range)
    }

    fn file(&self) -> PathBuf {
        self.blobs.part_path(&self.blob.digest)
    }

    /// Writes the first bytes in order, and two parts; the second has a gap before it and one behind it.
    async fn begin(&self) {
        let mut ingest = self.create().await;
        ingest.write(self.slice(0..1000)).await.unwrap();
        for range in [1000..200_000, 500_000..700_000] {
            self.part(&mut ingest, range);
        }
    }

    /// Writes a part, as a connection brings it.
    fn part(&self, ingest: &mut Ingest, range: Range<usize>) {
        let mut part = ingest.parts().unwrap().begin(range.start as u64..range.end as u64).unwrap().unwrap();
        for chunk in self.slice(range).chunks(7000) {
            part.write(chunk).unwrap();
        }
    }

    async fn finish(&self, mut ingest: Ingest) {
        self.part(&mut ingest, 200_000..500_000);
        self.part(&mut ingest, 700_000..SIZE);
        ingest.parts().unwrap().catch_up(SIZE as u64).await.unwrap();
        ingest.commit().await.unwrap();
        assert_eq!(fs::read(self.blobs.path(&self.blob.digest)).unwrap(), self.content);
    }
}

#[tokio::test]
async fn parts_in_any_order_are_one_blob() {
    let place = Place::new();
    let mut ingest = place.create().await;
    ingest.write(place.slice(0..10)).await.unwrap();
    place.part(&mut ingest, 600_000..SIZE);
    ingest.write(place.slice(10..300_000)).await.unwrap();
    place.part(&mut ingest, 300_000..600_000);
    assert!(fs::metadata(place.file()).unwrap().len() > SIZE as u64, "the record follows the blob");
    ingest.parts().unwrap().catch_up(SIZE as u64).await.unwrap();
    assert_eq!(ingest.offset(), SIZE as u64);
    ingest.commit().await.unwrap();
    assert_eq!(fs::read(place.blobs.path(&place.blob.digest)).unwrap(), place.content);
    assert!(!place.file().exists());
}

#[tokio::test]
async fn the_next_writer_finds_all_parts() {
    let place = Place::new();
    place.begin().await;
    assert_eq!(place.blobs.partial(&place.blob).unwrap(), 400_000);
    for _ in 0..3 {
        let mut ingest = place.create().await;
        assert_eq!(ingest.offset(), 200_000, "what is without a gap is hashed");
        let parts = ingest.parts().unwrap();
        assert_eq!(parts.present().first(), Some(&(500_000..700_000)));
        assert_eq!(parts.present().len(), 1);
        // It resumes, and brings nothing.
        drop(parts.begin(200_000..500_000).unwrap().unwrap());
    }
    place.finish(place.create().await).await;
}

#[tokio::test]
async fn what_comes_in_order_after_a_resume_is_found_by_the_next_writer() {
    let place = Place::new();
    place.begin().await;
    for end in [250_000, 300_000, 450_000] {
        let mut ingest = place.create().await;
        let offset = usize::try_from(ingest.offset()).unwrap();
        ingest.write(place.slice(offset..end)).await.unwrap();
        drop(ingest);
        assert_eq!(place.create().await.offset(), end as u64);
    }
    assert_eq!(place.blobs.partial(&place.blob).unwrap(), 650_000);
    // Also if there is no gap any more.
    let mut ingest = place.create().await;
    ingest.write(place.slice(450_000..500_000)).await.unwrap();
    ingest.parts().unwrap().catch_up(700_000).await.unwrap();
    ingest.write(place.slice(700_000..800_000)).await.unwrap();
    drop(ingest);
    assert_eq!(place.create().await.offset(), 800_000);
}

#[tokio::test]
async fn a_record_of_before_the_last_start_counts_as_far_as_it_was_synced() {
    let place = Place::new();
    place.begin().await;
    let mut content = fs::read(place.file()).unwrap();
    let record = SIZE.next_multiple_of(4096);
    content[record + 16] ^= 1;
    fs::write(place.file(), &content).unwrap();
    assert_eq!(place.blobs.partial(&place.blob).unwrap(), 0, "nothing was synced");

    // The safe end of the second part is half of it.
    let safe = record + 64 + 2 * 32 + 16;
    content[safe..safe + 8].copy_from_slice(&600_000_u64.to_le_bytes());
    fs::write(place.file(), &content).unwrap();
    let mut ingest = place.create().await;
    assert_eq!(ingest.offset(), 0);
    assert_eq!(ingest.parts().unwrap().present().first(), Some(&(500_000..600_000)));
    place.part(&mut ingest, 0..200_000);
    place.part(&mut ingest, 600_000..700_000);
    place.finish(ingest).await;
}

#[tokio::test]
async fn a_record_that_is_none_means_that_nothing_is_there() {
    let place = Place::new();
    let record = SIZE.next_multiple_of(4096);
    for damage in [record, record + 5] {
        place.begin().await;
        let mut content = fs::read(place.file()).unwrap();
        content[damage] ^= 1;
        fs::write(place.file(), &content).unwrap();
        assert_eq!(place.create().await.offset(), 0);
    }
    // Cut, and longer than any record.
    for length in [SIZE + 1, record + 64, record + 64 + 10, record + (1 << 20)] {
        place.begin().await;
        fs::File::options().write(true).open(place.file()).unwrap().set_len(length as u64).unwrap();
        let mut ingest = place.create().await;
        assert!(ingest.offset() <= 200_000);
        place.part(&mut ingest, 0..200_000);
        place.part(&mut ingest, 500_000..700_000);
        place.finish(ingest).await;
        place.blobs.remove(&place.blob.digest).unwrap();
    }
}

#[tokio::test]
async fn entries_that_claim_too_much_cost_a_download_and_no_more() {
    let place = Place::new();
    place.begin().await;
    let mut content = fs::read(place.file()).unwrap();
    let entry = SIZE.next_multiple_of(4096) + 64 + 32;
    for (start, end) in [(u64::MAX - 1, u64::MAX), (7, 3), (0, SIZE as u64 + 1)] {
        content[entry..entry + 8].copy_from_slice(&start.to_le_bytes());
        content[entry + 8..entry + 16].copy_from_slice(&end.to_le_bytes());
        fs::write(place.file(), &content).unwrap();
        assert_eq!(place.blobs.partial(&place.blob).unwrap(), 201_000, "{start} to {end}");
    }
    content[entry..entry + 8].copy_from_slice(&0_u64.to_le_bytes());
    content[entry + 8..entry + 16].copy_from_slice(&(SIZE as u64).to_le_bytes());
    fs::write(place.file(), &content).unwrap();
    let ingest = place.create().await;
    assert_eq!(ingest.offset(), SIZE as u64);
    assert!(ingest.commit().await.is_err(), "the digest is what counts");
    assert_eq!(place.blobs.partial(&place.blob).unwrap(), 0);
}
