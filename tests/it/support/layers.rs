//! Layers of every format, written byte by byte: plain, gzip, zstd, eStargz and zstd:chunked.
//!
//! The formats with a table of contents are written as their documents say:
//! <https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md> and
//! <https://github.com/containers/storage/blob/main/pkg/chunked/internal/compression.go>.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::{EntryType, Header};

use super::sha256;

/// The time of all entries, in seconds since 1970 and as in a table of contents.
const TIME: (u64, &str) = (1_700_000_000, "2023-11-14T22:13:20Z");

/// What a layer has at a path.
#[derive(Clone, Copy)]
pub(crate) enum Is<'a> {
    File(&'a [u8]),
    Folder,
    Symlink(&'a str),
    Hardlink(&'a str),
}

/// The entries of a layer.
pub(crate) type Entries<'a> = &'a [(&'a str, Is<'a>)];

/// A layer with its descriptor in manifests.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) descriptor: Value,
    /// How many bytes of it are its table of contents, and its footer.
    pub(crate) table: usize,
    pub(crate) footer: usize,
}

impl Layer {
    /// A layer without a table.
    pub(crate) fn new(kind: &str, bytes: Vec<u8>) -> Self {
        let media_type = format!("application/vnd.oci.image.layer.v1.tar{kind}");
        let descriptor = json!({"mediaType": media_type, "digest": sha256(&bytes), "size": bytes.len()});
        Self { bytes, descriptor, table: 0, footer: 0 }
    }

    pub(crate) fn plain(entries: Entries) -> Self {
        Self::new("", tar(entries))
    }

    pub(crate) fn gzip(entries: Entries) -> Self {
        Self::new("+gzip", gzip(&tar(entries)))
    }

    pub(crate) fn zstd(entries: Entries) -> Self {
        Self::new("+zstd", zstd(&tar(entries)))
    }

    /// Each file's content is a gzip member of its own, and so is the table.
    pub(crate) fn estargz(entries: Entries) -> Self {
        Self::estargz_hiding("", entries)
    }

    /// The same with a table that leaves out a path.
    pub(crate) fn estargz_hiding(hidden: &str, entries: Entries) -> Self {
        let (mut bytes, mut rows, mut pending) = (Vec::new(), Vec::new(), Vec::new());
        for (path, is) in entries {
            let mut row = row(path, *is);
            pending.extend(header(path, *is));
            if let Is::File(content) = is
                && !content.is_empty()
            {
                bytes.extend(gzip(&pending));
                row["offset"] = json!(bytes.len());
                pending = padded(content);
            }
            if *path != hidden {
                rows.push(row);
            }
        }
        bytes.extend(gzip(&pending));
        let offset = bytes.len();
        let table = json!({"version": 1, "entries": rows}).to_string();
        let digest = sha256(table.as_bytes());
        bytes.extend(gzip(
            &[header("stargz.index.json", Is::File(table.as_bytes())), padded(table.as_bytes())].concat(),
        ));
        let size = bytes.len() - offset;
        bytes.extend([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0]);
        bytes.extend(format!("SG\u{16}\0{offset:016x}STARGZ").bytes());
        bytes.extend([1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut layer = Self { table: size, footer: 51, ..Self::new("+gzip", bytes) };
        layer.descriptor["annotations"] = json!({"containerd.io/snapshot/stargz/toc.digest": digest});
        layer
    }

    /// Each file's content is a zstd frame of its own; the table is in a skippable frame.
    pub(crate) fn zstd_chunked(entries: Entries) -> Self {
        let (mut bytes, mut rows) = (Vec::new(), Vec::new());
        for (path, is) in entries {
            let mut row = row(path, *is);
            bytes.extend(zstd(&header(path, *is)));
            if let Is::File(content) = is
                && !content.is_empty()
            {
                row["offset"] = json!(bytes.len());
                bytes.extend(zstd(content));
                row["endOffset"] = json!(bytes.len());
                bytes.extend(zstd(&padded(content)[content.len()..]));
            }
            rows.push(row);
        }
        bytes.extend(zstd(&[0; 1024]));
        let json = json!({"version": 1, "entries": rows}).to_string();
        let table = zstd(json.as_bytes());
        let offset = bytes.len() + 8;
        bytes.extend(skippable(&table));
        let numbers =
            [offset, table.len(), json.len(), 1, 0, 0, 0].map(|number| (number as u64).to_le_bytes());
        bytes.extend(skippable(&[&numbers.concat()[..], b"GNUlInUx"].concat()));
        let mut layer = Self { table: table.len(), footer: 64, ..Self::new("+zstd", bytes) };
        layer.descriptor["annotations"] = json!({
            "io.github.containers.zstd-chunked.manifest-checksum": sha256(&table),
            "io.github.containers.zstd-chunked.manifest-position":
                format!("{offset}:{}:{}:1", table.len(), json.len()),
        });
        layer
    }
}

/// A tar as most builders write it.
pub(crate) fn tar(entries: Entries) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, is) in entries {
        bytes.extend(header(path, *is));
        if let Is::File(content) = is {
            bytes.extend(padded(content));
        }
    }
    bytes.extend([0; 1024]);
    bytes
}

fn header(path: &str, is: Is) -> Vec<u8> {
    let mut header = Header::new_ustar();
    // Unlike `set_path`, this takes hostile names.
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_mtime(TIME.0);
    header.set_uid(10);
    header.set_gid(20);
    header.set_mode(if matches!(is, Is::Folder) { 0o755 } else { 0o644 });
    header.set_size(0);
    match is {
        Is::File(content) => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(content.len() as u64);
        }
        Is::Folder => header.set_entry_type(EntryType::Directory),
        Is::Symlink(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_link_name_literal(target).unwrap();
        }
        Is::Hardlink(target) => {
            header.set_entry_type(EntryType::Link);
            header.set_link_name_literal(target).unwrap();
        }
    }
    header.set_cksum();
    header.as_bytes().to_vec()
}

fn row(path: &str, is: Is) -> Value {
    let mode = if matches!(is, Is::Folder) { 0o755 } else { 0o644 };
    let mut row = json!({"name": path, "mode": mode, "uid": 10, "gid": 20, "modtime": TIME.1});
    match is {
        Is::File(content) => {
            row["type"] = json!("reg");
            row["size"] = json!(content.len());
            row["digest"] = json!(sha256(content));
        }
        Is::Folder => row["type"] = json!("dir"),
        Is::Symlink(target) => (row["type"], row["linkName"]) = (json!("symlink"), json!(target)),
        Is::Hardlink(target) => (row["type"], row["linkName"]) = (json!("hardlink"), json!(target)),
    }
    row
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.resize(content.len().next_multiple_of(512), 0);
    padded
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(content, 1).unwrap()
}

fn skippable(content: &[u8]) -> Vec<u8> {
    [&[0x50, 0x2a, 0x4d, 0x18][..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content].concat()
}
