use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tempfile::TempDir;

use crate::content::BlobWriter;
use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint, Recovery};
use crate::digest::Digest;
use crate::image::{Descriptor, MediaType};
use crate::store::lock::Lock;
use crate::store::{Blobs, Error, FileReader, Patience};

fn store() -> (TempDir, Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::new(folder.path().join("store"));
    (folder, blobs)
}

/// Returns bytes without short repetitions, and their descriptor.
fn content(length: usize) -> (Bytes, Descriptor) {
    let bytes: Bytes = (0..length).map(|n| (n * 31 + n / 251) as u8).collect();
    let descriptor = Descriptor::of(MediaType::OCTET_STREAM, &bytes);
    (bytes, descriptor)
}

async fn ingest(blobs: &Blobs, blob: &Descriptor, bytes: &Bytes) -> Result<(), Failure> {
    let mut ingest = blobs.create(blob).await?;
    ingest.write(bytes.clone()).await?;
    Ok(ingest.commit().await?)
}

async fn read_all(mut reader: FileReader) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(bytes) = reader.chunk().unwrap() {
        assert!(!bytes.is_empty());
        all.extend_from_slice(&bytes);
    }
    all
}

#[tokio::test]
async fn nothing_is_made_before_the_first_write() {
    let (_folder, blobs) = store();
    let (_, blob) = content(10);
    assert_eq!(blobs.size(&blob.digest).unwrap(), None);
    assert!(blobs.list().unwrap().is_empty());
    assert!(!blobs.remove(&blob.digest).unwrap());
    assert!(matches!(blobs.open(&blob, 0..10), Err(Error::Missing(_))));
    assert!(matches!(blobs.read(&blob.digest, 10), Err(Error::Missing(_))));
    blobs.sync_folders().await.unwrap();
    assert!(!blobs.root().exists());
    assert!(blobs.free_space().unwrap() > 0, "the nearest existing folder determines it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_comes_out_as_it_went_in() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1_500_000);
    let mut ingest = blobs.create(&blob).await.unwrap();
    for (from, to) in [(0, 10), (10, 300_000), (300_000, 300_000), (300_000, 301_000), (301_000, 1_500_000)] {
        ingest.write(bytes.slice(from..to)).await.unwrap();
        assert_eq!(ingest.offset(), to as u64);
        assert!(!blobs.contains(&blob).unwrap(), "it is not visible before it is complete");
    }
    ingest.commit().await.unwrap();

    assert!(blobs.contains(&blob).unwrap());
    assert_eq!(blobs.list().unwrap(), std::slice::from_ref(&blob.digest));
    assert_eq!(read_all(blobs.open(&blob, 0..blob.size).unwrap()).await, bytes);
    assert_eq!(read_all(blobs.open(&blob, 5..700_000).unwrap()).await, bytes[5..700_000]);
    assert_eq!(blobs.read(&blob.digest, blob.size).unwrap(), bytes);
    assert!(matches!(blobs.read(&blob.digest, blob.size - 1), Err(Error::TooLarge { .. })));
    let mode = fs::metadata(blobs.path(&blob.digest)).unwrap().permissions().mode();
    assert_eq!(mode & 0o222, 0, "it is not written to again");
    for folder in ["parts", "locks"] {
        assert_eq!(fs::read_dir(blobs.root().join(folder)).unwrap().count(), 0, "{folder} is left empty");
    }
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let (_folder, blobs) = store();
    let (_, blob) = content(0);
    blobs.create(&blob).await.unwrap().commit().await.unwrap();
    assert!(blobs.contains(&blob).unwrap());
    assert!(read_all(blobs.open(&blob, 0..0).unwrap()).await.is_empty());
}

#[tokio::test]
async fn a_dropped_ingest_resumes_at_the_byte_it_had_reached() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1_000_000);
    let mut first = blobs.create(&blob).await.unwrap();
    first.write(bytes.slice(..700_001)).await.unwrap();
    first.write(bytes.slice(700_001..700_005)).await.unwrap();
    drop(first);

    let mut second = blobs.create(&blob).await.unwrap();
    assert_eq!(second.offset(), 700_005);
    second.write(bytes.slice(700_005..)).await.unwrap();
    drop(second);

    let third = blobs.create(&blob).await.unwrap();
    assert_eq!(third.offset(), blob.size, "all bytes are there, only the name is missing");
    third.commit().await.unwrap();
    assert_eq!(blobs.read(&blob.digest, blob.size).unwrap(), bytes);
}

#[tokio::test]
async fn after_discarding_a_blob_begins_at_its_first_byte() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1000);
    let mut first = blobs.create(&blob).await.unwrap();
    first.write(bytes.slice(..10)).await.unwrap();
    first.discard().unwrap();
    assert_eq!(blobs.create(&blob).await.unwrap().offset(), 0);
}

#[tokio::test]
async fn wrong_content_is_not_kept() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1000);
    for (wrong, what) in [(Bytes::from(vec![0; 1000]), "other bytes"), (bytes.slice(..999), "one too few")] {
        let error = ingest(&blobs, &blob, &wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.recovery()), (ErrorKind::Corrupt, Recovery::Restart), "{what}");
        assert!(!blobs.contains(&blob).unwrap());
        assert_eq!(blobs.create(&blob).await.unwrap().offset(), 0, "{what}");
    }
}

#[tokio::test]
async fn one_byte_too_many_is_refused_and_the_rest_stays() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1000);
    let mut ingest = blobs.create(&blob).await.unwrap();
    ingest.write(bytes.slice(..600)).await.unwrap();
    let error = ingest.write(bytes.slice(..401)).await.unwrap_err();
    assert_eq!((error.kind(), error.recovery()), (ErrorKind::Corrupt, Recovery::Restart));
    assert_eq!(ingest.offset(), 600);
    ingest.write(bytes.slice(600..)).await.unwrap();
    ingest.commit().await.unwrap();
}

#[tokio::test]
async fn a_part_that_is_too_long_is_restarted() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1000);
    fs::create_dir_all(blobs.parts()).unwrap();
    fs::write(blobs.part_path(&blob.digest), vec![1; 1001]).unwrap();
    let mut ingest = blobs.create(&blob).await.unwrap();
    assert_eq!(ingest.offset(), 0);
    ingest.write(bytes).await.unwrap();
    ingest.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_writer_of_a_blob_waits_and_has_nothing_left_to_do() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(500_000);
    let mut first = blobs.create(&blob).await.unwrap();
    first.write(bytes.slice(..300_000)).await.unwrap();
    let waiting = tokio::spawn({
        let (blobs, blob) = (blobs.clone(), blob.clone());
        async move { blobs.create(&blob).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    first.write(bytes.slice(300_000..)).await.unwrap();
    first.commit().await.unwrap();

    let mut second = waiting.await.unwrap();
    assert_eq!(second.offset(), blob.size);
    second.write(Bytes::new()).await.unwrap();
    second.commit().await.unwrap();
    assert_eq!(blobs.read(&blob.digest, blob.size).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_writer_resumes_where_the_first_gave_up() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(500_000);
    let mut first = blobs.create(&blob).await.unwrap();
    first.write(bytes.slice(..300_000)).await.unwrap();
    let (other, same) = (blobs.clone(), blob.clone());
    let waiting = tokio::spawn(async move { other.create(&same).await.unwrap().offset() });
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(first);
    assert_eq!(waiting.await.unwrap(), 300_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_waiters_take_a_lock_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locks/one");
    let inside = folder.path().join("inside");
    let tasks = (0..16).map(|_| {
        let (path, inside) = (path.clone(), inside.clone());
        tokio::spawn(async move {
            let lock = Lock::exclusive(&path, &Patience::default()).await.unwrap().passing(&path);
            File::create_new(&inside).expect("no other task is inside");
            tokio::time::sleep(Duration::from_millis(1)).await;
            fs::remove_file(&inside).unwrap();
            drop(lock);
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert!(!path.exists(), "the last one out removes it");
}

#[tokio::test]
async fn a_cancelled_wait_leaves_no_lock_behind() {
    let (_folder, blobs) = store();
    let (_, blob) = content(10);
    let first = blobs.create(&blob).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(20), blobs.create(&blob));
    assert!(waiting.await.is_err());
    drop(first);
    let third = tokio::time::timeout(Duration::from_secs(5), blobs.create(&blob)).await;
    assert_eq!(third.expect("it is free").unwrap().offset(), 0);
}

#[tokio::test]
async fn a_blob_of_the_wrong_size_is_damaged_and_written_again() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1000);
    ingest(&blobs, &blob, &bytes).await.unwrap();
    fs::remove_file(blobs.path(&blob.digest)).unwrap();
    fs::write(blobs.path(&blob.digest), &bytes[..999]).unwrap();

    let error = blobs.open(&blob, 0..1000).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let path = blobs.path(&blob.digest);
    assert_eq!(error.to_string(), format!("the stored blob {} is damaged", path.display()));
    assert_eq!(blobs.read(&blob.digest, 1000).unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(!blobs.contains(&blob).unwrap());
    ingest(&blobs, &blob, &bytes).await.unwrap();
    assert_eq!(blobs.read(&blob.digest, 1000).unwrap(), bytes);
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_read_is_an_error_not_an_end() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(1000);
    ingest(&blobs, &blob, &bytes).await.unwrap();
    let mut reader = blobs.open(&blob, 0..1000).unwrap();
    let path = blobs.path(&blob.digest);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(400).unwrap();
    assert_eq!(reader.chunk().unwrap().unwrap().len(), 400);
    assert!(reader.chunk().unwrap_err().to_string().starts_with("cannot read "));
}

#[tokio::test]
async fn a_document_is_written_once_and_replaced_when_damaged() {
    let (_folder, blobs) = store();
    let put = || blobs.put(MediaType::OCI_MANIFEST, &b"{}"[..]);
    let descriptor = put().await.unwrap();
    assert_eq!(descriptor, Descriptor::of(MediaType::OCI_MANIFEST, b"{}"));
    let path = blobs.path(&descriptor.digest);
    let changed = |path| fs::metadata(path).unwrap().modified().unwrap();
    let before: SystemTime = changed(&path);
    put().await.unwrap();
    assert_eq!(changed(&path), before);

    fs::remove_file(&path).unwrap();
    fs::write(&path, "[]").unwrap();
    put().await.unwrap();
    assert_eq!(blobs.read(&descriptor.digest, 10).unwrap(), &b"{}"[..]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o222, 0);
    assert_eq!(fs::read_dir(blobs.parts()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_finished_file_is_adopted() {
    let (folder, blobs) = store();
    let (bytes, blob) = content(1000);
    for _ in 0..2 {
        let part = folder.path().join("upload");
        fs::write(&part, &bytes).unwrap();
        blobs.adopt(&part, &blob.digest).await.unwrap();
        assert!(!part.exists());
        assert_eq!(blobs.read(&blob.digest, 1000).unwrap(), bytes);
    }
}

#[tokio::test]
async fn names_other_than_digests_are_not_listed() {
    let (_folder, blobs) = store();
    let (bytes, blob) = content(10);
    ingest(&blobs, &blob, &bytes).await.unwrap();
    let folder = blobs.path(&blob.digest).parent().unwrap().to_owned();
    for name in ["readme", ".hidden", &blob.digest.hex()[1..], &blob.digest.hex().to_uppercase()] {
        fs::write(folder.join(name), "").unwrap();
    }
    assert_eq!(blobs.list().unwrap(), [blob.digest]);
}

#[tokio::test]
async fn a_link_in_the_place_of_a_blob_is_not_followed() {
    let (folder, blobs) = store();
    let (bytes, blob) = content(10);
    let secret = folder.path().join("secret");
    fs::write(&secret, &bytes).unwrap();
    let path = blobs.path(&blob.digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&secret, &path).unwrap();

    assert!(!blobs.contains(&blob).unwrap());
    assert!(matches!(blobs.open(&blob, 0..10), Err(Error::Io { .. })));
    assert!(matches!(blobs.read(&blob.digest, 10), Err(Error::Io { .. })));
    ingest(&blobs, &blob, &bytes).await.unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_file(), "a blob takes its place");
}

#[tokio::test]
async fn a_file_where_a_folder_should_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("file");
    fs::write(&root, "").unwrap();
    let blobs = Blobs::new(&root);
    let (bytes, blob) = content(10);
    let mut errors = vec![blobs.create(&blob).await.unwrap_err()];
    errors.push(blobs.put(MediaType::OCTET_STREAM, bytes).await.unwrap_err());
    errors.push(blobs.size(&blob.digest).unwrap_err());
    for error in errors {
        let Error::Io { path, .. } = &error else { panic!("{error:?}") };
        assert!(path.starts_with(&root), "{error}");
        assert!(matches!(error.hint(), Some(Hint::CheckPath { .. })), "{error:?}");
        assert_eq!((error.kind(), error.recovery()), (ErrorKind::Other, Recovery::Never));
    }
}

#[tokio::test]
async fn a_full_disk_says_where_and_keeps_what_fitted() {
    // No disk is available that can be filled, but its error is what counts.
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = Error::io("write", "/store/parts/x".as_ref())(full);
    assert_eq!(error.to_string(), "cannot write /store/parts/x");
    assert_eq!(error.hint(), Some(Hint::FreeSpace { path: "/store/parts".into() }));
    assert_eq!(error.recovery(), Recovery::Never);
}

#[test]
fn the_digest_decides_the_path() {
    let blobs = Blobs::new("/store");
    let digest = Digest::sha256(b"");
    assert_eq!(blobs.path(&digest), std::path::Path::new("/store/blobs/sha256").join(digest.hex()));
}

/// The variable that names the store. It is set only in the second process.
const CHILD: &str = "REGCLI_TEST_STORE";

#[tokio::test]
async fn another_process_resumes_after_a_kill() {
    const REACHED: usize = 600_000;
    let (bytes, blob) = content(1_000_000);
    if let Some(root) = std::env::var_os(CHILD) {
        let mut ingest = Blobs::new(root).create(&blob).await.unwrap();
        ingest.write(bytes.slice(..REACHED)).await.unwrap();
        std::future::pending::<()>().await;
    }
    let (_folder, blobs) = store();
    let name = "store::tests::blobs::another_process_resumes_after_a_kill";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, blobs.root())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let part = blobs.part_path(&blob.digest);
    let written = || fs::metadata(&part).map_or(0, |metadata| metadata.len());
    while written() < REACHED as u64 && child.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let waiting = tokio::time::timeout(Duration::from_millis(50), blobs.create(&blob)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(waiting.is_err(), "the other process holds the lock");

    let mut ingest = blobs.create(&blob).await.unwrap();
    assert_eq!(ingest.offset(), REACHED as u64);
    ingest.write(bytes.slice(REACHED..)).await.unwrap();
    ingest.commit().await.unwrap();
    assert!(blobs.contains(&blob).unwrap());
}

#[tokio::test]
async fn d11_a_partial_blob_is_discarded_without_being_read() {
    let (_folder, blobs) = store();
    // As large as a disk, so that reading it would take longer than any test.
    let size = 1 << 42;
    let blob = Descriptor::new(MediaType::OCTET_STREAM, Digest::sha256(b"large"), size);
    let part = blobs.part_path(&blob.digest);
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    File::create(&part).unwrap().set_len(size - 1).unwrap();
    let repository = crate::store::Store::open(blobs.root()).layout(None);
    crate::content::Partials::discard(&repository, &blob).await.unwrap();
    assert!(!part.exists());
    crate::content::Partials::discard(&repository, &blob).await.unwrap();
}
