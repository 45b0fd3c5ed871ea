//! OCI layouts on disk: their descriptors, and how the bench creates them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use regcli::digest::{Algorithm, Digest, Hasher};
use regcli::image::Platform;
use serde_json::{Value, json};

use crate::real_files::{FILE_MAX, RealFiles};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The name of an unfinished layer.
const PART: &str = "part";

/// The size of a file that does not compress, in bytes.
const RANDOM: u64 = 1024 * 1024;

/// A blob of an image.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// A layer, with the digest of its uncompressed bytes.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    blob: Blob,
    diff_id: Digest,
}

/// Creates a layout.
pub(crate) struct Builder {
    folder: PathBuf,
    blobs: PathBuf,
}

impl Builder {
    /// Creates an empty layout at `folder`, and removes what is there.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs)?;
        Ok(Self { folder: folder.to_owned(), blobs })
    }

    /// Creates a layer with one file of `size` bytes, which do not compress.
    pub(crate) fn random_layer(&self, size: usize, random: &mut fastrand::Rng) -> Result<Layer> {
        let mut archive = begin_layer(&self.blobs)?;
        let mut content = vec![0; size];
        random.fill(&mut content);
        append(&mut archive, "files/0", &content)?;
        end_layer(archive, &self.blobs)
    }

    /// Creates a compressed layer of about `size` bytes.
    pub(crate) fn layer(
        &self,
        size: u64,
        files: &mut RealFiles,
        random: &mut fastrand::Rng,
    ) -> Result<Layer> {
        let mut archive = begin_layer(&self.blobs)?;
        let (mut incompressible, mut number) = (0, 0);
        loop {
            let compressed = archive.get_ref().inner.get_ref().bytes;
            let rest = size.saturating_sub(compressed);
            if rest < 1024 {
                break;
            }
            let behind = incompressible <= compressed / 2;
            let real = if behind { None } else { files.next(rest.min(FILE_MAX).min(size / 4)) };
            let content = real.unwrap_or_else(|| {
                let length = rest.min(RANDOM).min(size / 4);
                incompressible += length;
                let mut content = vec![0; length as usize];
                random.fill(&mut content);
                content
            });
            append(&mut archive, &format!("files/{number}"), &content)?;
            // Bytes that gzip still buffers would not be counted.
            archive.get_mut().flush()?;
            number += 1;
        }
        end_layer(archive, &self.blobs)
    }

    /// Creates the config and the manifest of an image with these layers. Returns its entry in the index.
    pub(crate) fn manifest(&self, layers: &[Layer], name: &str) -> Result<Value> {
        let platform = Platform::host();
        let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
        let config = json!({
            "architecture": platform.architecture, "os": platform.os,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = write_blob(&self.blobs, &serde_json::to_vec(&config)?)?;
        let layers: Vec<Value> = layers.iter().map(|layer| describe(LAYER, &layer.blob)).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": describe(CONFIG, &config), "layers": layers,
        });
        let manifest = write_blob(&self.blobs, &serde_json::to_vec(&manifest)?)?;
        Ok(entry(&manifest, name))
    }

    /// Writes the index.
    pub(crate) fn finish(self, entries: Vec<Value>) -> Result<()> {
        write_index(&self.folder, entries)
    }
}

pub(crate) fn path_of(layout: &Path, digest: &Digest) -> PathBuf {
    layout.join("blobs").join(digest.algorithm().name()).join(digest.hex())
}

/// Reads a descriptor.
pub(crate) fn blob(descriptor: &Value) -> Result<Blob> {
    let digest = descriptor["digest"].as_str().context("a descriptor without a digest")?.parse()?;
    let size = descriptor["size"].as_u64().context("a descriptor without a size")?;
    Ok(Blob { digest, size })
}

fn describe(media_type: &str, blob: &Blob) -> Value {
    json!({ "mediaType": media_type, "digest": blob.digest.to_string(), "size": blob.size })
}

fn write_blob(blobs: &Path, content: &[u8]) -> Result<Blob> {
    let blob = Blob { digest: Digest::sha256(content), size: content.len() as u64 };
    fs::write(blobs.join(blob.digest.hex()), content)?;
    Ok(blob)
}

/// Returns the index's entry for a manifest.
pub(crate) fn entry(manifest: &Blob, name: &str) -> Value {
    let mut entry = describe(MANIFEST, manifest);
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    entry
}

pub(crate) fn write_index(folder: &Path, entries: impl IntoIterator<Item = Value>) -> Result<()> {
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    let index = json!({ "schemaVersion": 2, "manifests": entries.into_iter().collect::<Vec<_>>() });
    Ok(fs::write(folder.join("index.json"), serde_json::to_vec(&index)?)?)
}

/// A layer's tar archive, hashed before and after its compression.
type Archive = tar::Builder<Hashing<GzEncoder<Hashing<BufWriter<File>>>>>;

fn begin_layer(blobs: &Path) -> Result<Archive> {
    let file = Hashing::new(BufWriter::new(File::create(blobs.join(PART))?));
    Ok(tar::Builder::new(Hashing::new(GzEncoder::new(file, Compression::fast()))))
}

fn end_layer(archive: Archive, blobs: &Path) -> Result<Layer> {
    let tar = archive.into_inner()?;
    let diff_id = tar.hasher.finish();
    let mut gzip = tar.inner.finish()?;
    gzip.flush()?;
    let blob = Blob { digest: gzip.hasher.finish(), size: gzip.bytes };
    fs::rename(blobs.join(PART), blobs.join(blob.digest.hex()))?;
    Ok(Layer { blob, diff_id })
}

fn append(archive: &mut tar::Builder<impl Write>, path: &str, content: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    Ok(archive.append_data(&mut header, path, content)?)
}

/// Counts and hashes the bytes that pass.
struct Hashing<W> {
    inner: W,
    hasher: Hasher,
    bytes: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: Hasher::new(Algorithm::Sha256), bytes: 0 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
