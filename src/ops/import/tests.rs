use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::EntryType;
use tempfile::TempDir;

use super::*;
use crate::content::{Memory, Source};
use crate::diagnose::ErrorKind;
use crate::image::{ImageConfig, Manifest};

fn options() -> ImportOptions {
    ImportOptions {
        platform: Platform::new("linux", "amd64", None),
        created: "2026-11-21T20:39:02Z".to_owned(),
        message: "Imported from -".to_owned(),
        changes: vec!["CMD [\"/hello\"]".parse().unwrap()],
        scratch: None,
    }
}

async fn import_into(memory: &Memory, source: ImportSource) -> Result<Imported, Failure> {
    import(source, Some(&Tag::latest()), options(), memory).await
}

async fn import_path(path: impl AsRef<Path>) -> Result<(Memory, Imported), Failure> {
    let memory = Memory::default();
    let imported = import_into(&memory, ImportSource::Path(path.as_ref().to_owned())).await?;
    Ok((memory, imported))
}

async fn import_bytes(bytes: Vec<u8>) -> Result<(Memory, Imported), Failure> {
    let memory = Memory::default();
    let imported = import_into(&memory, ImportSource::Reader(Box::new(io::Cursor::new(bytes)))).await?;
    Ok((memory, imported))
}

/// The uncompressed layer.
fn layer(memory: &Memory, imported: &Imported) -> Vec<u8> {
    let stored = memory.blob(&imported.layer.digest).unwrap();
    let mut tar = Vec::new();
    GzDecoder::new(&stored[..]).read_to_end(&mut tar).unwrap();
    assert_eq!(Digest::sha256(&tar), imported.diff_id);
    tar
}

/// Returns name, type and content of each entry, in order.
fn entries(tar: &[u8]) -> Vec<(String, EntryType, String)> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        assert_eq!((entry.header().uid().unwrap(), entry.header().gid().unwrap()), (0, 0));
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        if let Some(link) = entry.link_name().unwrap() {
            content = format!("-> {}", link.display());
        }
        (entry.path().unwrap().display().to_string(), entry.header().entry_type(), content)
    });
    entries.collect()
}

fn small_tar() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    tar.append_data(&mut header, "hello", &b"world"[..]).unwrap();
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A directory with everything that a root file system contains and a test may create.
fn root_file_system() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("usr/bin")).unwrap();
    fs::write(path("usr/bin/tool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(path("usr/bin/tool"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::hard_link(path("usr/bin/tool"), path("usr/bin/zool")).unwrap();
    symlink("usr/bin", path("bin")).unwrap();
    symlink("/nowhere", path("broken")).unwrap();
    fs::write(path("a"), "").unwrap();
    fs::create_dir(path("empty")).unwrap();
    fs::write(path(&format!("{}-long", "n".repeat(180))), "long name").unwrap();
    drop(std::os::unix::net::UnixListener::bind(path("socket")).unwrap());
    folder
}

#[tokio::test]
async fn a_tar_becomes_the_layer_and_the_image_is_tagged() {
    let (memory, imported) = import_bytes(small_tar()).await.unwrap();
    assert_eq!(layer(&memory, &imported), small_tar());

    let latest = memory.resolve(&Tag::latest().into()).await.unwrap();
    assert_eq!(latest, imported.manifest);
    let Manifest::Image(manifest) = memory.manifest(&latest).await.unwrap().parse().unwrap() else {
        panic!("an image")
    };
    assert_eq!((manifest.config, manifest.layers), (imported.config.clone(), vec![imported.layer]));
    let config = ImageConfig::parse(&memory.blob(&imported.config.digest).unwrap()).unwrap();
    assert_eq!(config.rootfs.diff_ids, [imported.diff_id]);
    assert_eq!(config.config.cmd, ["/hello"]);
}

#[tokio::test]
async fn a_gzipped_tar_is_stored_as_it_came() {
    let compressed = gzip(&small_tar());
    let (memory, imported) = import_bytes(compressed.clone()).await.unwrap();
    assert_eq!(memory.blob(&imported.layer.digest).unwrap(), compressed);
    assert_eq!(imported.diff_id, Digest::sha256(&small_tar()));
    assert_eq!(imported.layer.size, compressed.len() as u64);
}

#[tokio::test]
async fn a_folder_is_packed_in_order_with_its_links_and_modes() {
    let folder = root_file_system();
    let (memory, imported) = import_path(folder.path()).await.unwrap();
    let tar = layer(&memory, &imported);
    let text = |name: &str, kind, content: &str| (name.to_owned(), kind, content.to_owned());
    assert_eq!(
        entries(&tar),
        [
            text("a", EntryType::Regular, ""),
            text("bin", EntryType::Symlink, "-> usr/bin"),
            text("broken", EntryType::Symlink, "-> /nowhere"),
            text("empty", EntryType::Directory, ""),
            text(&format!("{}-long", "n".repeat(180)), EntryType::Regular, "long name"),
            text("usr", EntryType::Directory, ""),
            text("usr/bin", EntryType::Directory, ""),
            text("usr/bin/tool", EntryType::Regular, "#!/bin/sh\n"),
            text("usr/bin/zool", EntryType::Link, "-> usr/bin/tool"),
        ]
    );
    let modes: BTreeMap<_, _> = tar::Archive::new(&tar[..])
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path().unwrap().into_owned(), entry.header().mode().unwrap()))
        .collect();
    assert_eq!(modes[Path::new("usr/bin/tool")], 0o4755);
}

#[tokio::test]
async fn the_same_folder_is_the_same_image() {
    let folder = root_file_system();
    let (_, first) = import_path(folder.path()).await.unwrap();
    let (_, second) = import_path(folder.path().join(".")).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn any_other_file_becomes_a_layer_that_holds_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("regcli");
    for content in ["\u{7f}ELF and so on", "", &"x".repeat(100_000)] {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let (memory, imported) = import_path(&path).await.unwrap();
        let tar = layer(&memory, &imported);
        assert_eq!(entries(&tar), [("regcli".to_owned(), EntryType::Regular, content.to_owned())]);
        assert_eq!(
            tar::Archive::new(&tar[..]).entries().unwrap().next().unwrap().unwrap().header().mode().unwrap(),
            0o755
        );
    }
}

#[tokio::test]
async fn the_content_decides_what_a_file_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("named.zip");
    for content in [small_tar(), gzip(&small_tar())] {
        fs::write(&path, content).unwrap();
        let (memory, imported) = import_path(&path).await.unwrap();
        assert_eq!(layer(&memory, &imported), small_tar());
    }
}

#[tokio::test]
async fn an_empty_tar_and_an_empty_folder_are_images() {
    let (_, empty) = import_bytes(vec![0; 1024]).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (_, packed) = import_path(folder.path()).await.unwrap();
    assert_eq!(empty, packed);
}

#[tokio::test]
async fn an_incomplete_tar_leaves_nothing_behind() {
    let tar = small_tar();
    let compressed = gzip(&tar);
    let mut flipped = compressed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let mut extended = compressed.clone();
    extended.extend(b"garbage");
    let memory = Memory::default();
    for (bytes, kind, message) in [
        (vec![], ErrorKind::Other, "stdin is empty"),
        (b"hello".to_vec(), ErrorKind::Other, "stdin is not a tar archive, neither plain nor gzipped"),
        (tar[..514].to_vec(), ErrorKind::Corrupt, "stdin is not a complete tar archive"),
        (
            compressed[..compressed.len() / 2].to_vec(),
            ErrorKind::Corrupt,
            "stdin is not a complete tar archive",
        ),
        (flipped, ErrorKind::Corrupt, "stdin is not a complete tar archive"),
        (extended, ErrorKind::Corrupt, "stdin is not a complete tar archive"),
        (gzip(b"no tar at all"), ErrorKind::Corrupt, "stdin is not a complete tar archive"),
        (
            b"\x28\xb5\x2f\xfd....".to_vec(),
            ErrorKind::Other,
            "stdin is compressed with zstd, which cannot be imported; decompress it, or use gzip",
        ),
    ] {
        let source = ImportSource::Reader(Box::new(io::Cursor::new(bytes)));
        let failure = import_into(&memory, source).await.expect_err(message);
        assert_eq!((failure.to_string().as_str(), failure.kind()), (message, kind));
    }
    assert!(memory.tags().is_empty());
}

#[tokio::test]
async fn places_that_cannot_be_used_are_named() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    let failure = import_path(&missing).await.err().unwrap();
    assert_eq!(failure.to_string(), format!("cannot read {}", missing.display()));
    assert_eq!(failure.kind(), ErrorKind::Other);

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let missing = file.join("missing");
    let options = ImportOptions { scratch: Some(missing.clone()), ..options() };
    let source = ImportSource::Reader(Box::new(io::Cursor::new(small_tar())));
    let failure = import(source, None, options, &Memory::default()).await.unwrap_err();
    assert_eq!(failure.to_string(), format!("cannot write a temporary file in {}", missing.display()));
}

#[tokio::test]
async fn a_failing_stream_is_told_from_a_broken_tar() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    for beginning in [small_tar()[..600].to_vec(), gzip(&small_tar())[..40].to_vec()] {
        let source = ImportSource::Reader(Box::new(Read::chain(io::Cursor::new(beginning), Failing)));
        let failure = import_into(&Memory::default(), source).await.unwrap_err();
        assert_eq!(failure.to_string(), "cannot read stdin");
    }
}

#[tokio::test]
async fn dropping_the_import_stops_the_packing() {
    /// An endless tar, which notices when reading stops.
    struct Endless(std::sync::mpsc::Sender<()>);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            std::thread::sleep(std::time::Duration::from_millis(1));
            Ok(buffer.len())
        }
    }
    let (sender, reads) = std::sync::mpsc::channel();
    let mut header = tar::Header::new_gnu();
    header.set_size(1 << 40);
    header.set_cksum();
    let source = Read::chain(io::Cursor::new(header.as_bytes().to_vec()), Endless(sender));
    let memory = Memory::default();
    let import = import_into(&memory, ImportSource::Reader(Box::new(source)));
    let outcome = tokio::time::timeout(std::time::Duration::from_millis(50), import).await;
    assert!(outcome.is_err(), "an endless tar cannot be imported");
    // The sender is dropped when the thread has ended.
    let ended = tokio::task::spawn_blocking(move || while reads.recv().is_ok() {});
    tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_partial_blob_of_an_earlier_import_is_resumed_or_restarted() {
    let (first, imported) = import_bytes(small_tar()).await.unwrap();
    let whole = first.blob(&imported.layer.digest).unwrap();
    for left in [whole.slice(..20), Bytes::from_static(b"something else")] {
        let memory = Memory::default();
        let mut writer = memory.create(&imported.layer).await.unwrap();
        writer.write(left).await.unwrap();
        drop(writer);
        let source = ImportSource::Reader(Box::new(io::Cursor::new(small_tar())));
        assert_eq!(import_into(&memory, source).await.unwrap(), imported);
        assert_eq!(memory.blob(&imported.layer.digest).unwrap(), whole);
    }
}
