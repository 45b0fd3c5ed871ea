//! The test images: layers of realistic size and content, created once and kept in a directory.
//!
//! Half of each layer consists of bytes that do not compress, half of files of this machine, compressed
//! by gzip. A registry and a link see nothing else, so two machines have different images of the same
//! sizes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;
use regcli::digest::{Algorithm, Digest, Hasher};
use regcli::image::Platform;
use serde_json::{Value, json};

use crate::say;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A part of the directories' names. Increase it when images are created differently.
const VERSION: u32 = 1;

/// The minimum size of a scaled layer, in bytes.
const LAYER_MIN: u64 = 64 * 1024;

/// The maximum size of a real file, in bytes.
const FILE_MAX: u64 = 8 * 1024 * 1024;

/// The directories of real files.
const REAL: [&str; 3] = ["/usr/bin", "/usr/lib", "/usr/share"];

/// The size of a file that does not compress, in bytes.
const RANDOM: u64 = 1024 * 1024;

/// The number and the sizes of an image's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// 2 layers, 93 MB.
    Small,
    /// 12 layers, 570 MB.
    Medium,
    /// 80 layers of 1.4 MB.
    Many,
    /// 4 layers, one of 1168 MB, 2289 MB in all.
    Large,
    /// 4 layers of 175 MB.
    Fat,
    /// 1 layer of 600 MB.
    One,
    /// 8 layers, the largest of 400 and 100 MB, 587 MB in all.
    Two,
}

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Many => "many",
            Self::Large => "large",
            Self::Fat => "fat",
            Self::One => "one",
            Self::Two => "two",
        }
    }

    /// The size in megabytes.
    fn layers(self) -> &'static [f64] {
        match self {
            Self::Small => &[63.0, 30.0],
            Self::Medium => &[150.0, 110.0, 80.0, 60.0, 50.0, 40.0, 30.0, 20.0, 15.0, 8.0, 5.0, 2.0],
            Self::Many => &[1.4; 80],
            Self::Large => &[1168.0, 700.0, 350.0, 71.0],
            Self::Fat => &[175.0; 4],
            Self::One => &[600.0],
            Self::Two => &[400.0, 100.0, 50.0, 20.0, 10.0, 5.0, 1.0, 1.0],
        }
    }
}

/// A blob of an image.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// An image in its own OCI layout, under the name `1`.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) shape: Shape,
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Blob,
    config: Blob,
    layers: Vec<Blob>,
}

impl Image {
    /// Opens an image in the directory `cache`, and creates it first if necessary.
    pub(crate) fn open(cache: &Path, shape: Shape, scale: f64) -> Result<Self> {
        let folder = cache.join(format!("{}-x{scale}-v{VERSION}", shape.name()));
        if !folder.join("index.json").is_file() {
            say(&format!("making the image {} in {}", shape.name(), folder.display()));
            let unfinished = folder.with_extension("unfinished");
            match fs::remove_dir_all(&unfinished) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => make(&unfinished, shape, scale)?,
            }
            fs::rename(&unfinished, &folder)?;
        }
        let index: Value = serde_json::from_slice(&fs::read(folder.join("index.json"))?)?;
        let manifest = blob(&index["manifests"][0])?;
        let content: Value = serde_json::from_slice(&fs::read(path_of(&folder, &manifest.digest))?)?;
        let layers = content["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let image = Self {
            shape,
            manifest,
            config: blob(&content["config"])?,
            layers: layers.iter().map(blob).collect::<Result<_>>()?,
            folder,
        };
        image.check_blobs(&image.folder)?;
        Ok(image)
    }

    pub(crate) fn layers(&self) -> &[Blob] {
        &self.layers
    }

    /// Returns config and layers.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        std::iter::once(&self.config).chain(&self.layers)
    }

    /// Returns the total size of all blobs, without the manifest.
    pub(crate) fn size(&self) -> u64 {
        self.blobs().map(|blob| blob.size).sum()
    }

    /// Returns the file of a blob.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        path_of(&self.folder, digest)
    }

    /// Fails unless the layout has the config and all layers, each with its size.
    pub(crate) fn check_blobs(&self, layout: &Path) -> Result<()> {
        self.blobs().try_for_each(|blob| check(layout, blob))
    }

    /// Fails unless the layout has the manifest.
    pub(crate) fn check_manifest(&self, layout: &Path) -> Result<()> {
        check(layout, &self.manifest)
    }

    /// Creates a layout at `folder` with this image under another name. The blobs stay where they are.
    pub(crate) fn lend(&self, folder: &Path, name: &str) -> Result<()> {
        fs::create_dir_all(folder)?;
        std::os::unix::fs::symlink(fs::canonicalize(self.folder.join("blobs"))?, folder.join("blobs"))?;
        write_index(folder, &self.manifest, name)
    }
}

fn path_of(layout: &Path, digest: &Digest) -> PathBuf {
    layout.join("blobs").join(digest.algorithm().name()).join(digest.hex())
}

fn check(layout: &Path, blob: &Blob) -> Result<()> {
    let path = path_of(layout, &blob.digest);
    let size = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
    if size == blob.size {
        return Ok(());
    }
    bail!("{} has {size} bytes, not {}", path.display(), blob.size)
}

fn blob(descriptor: &Value) -> Result<Blob> {
    let digest = descriptor["digest"].as_str().context("a descriptor without a digest")?.parse()?;
    let size = descriptor["size"].as_u64().context("a descriptor without a size")?;
    Ok(Blob { digest, size })
}

fn describe(media_type: &str, blob: &Blob) -> Value {
    json!({ "mediaType": media_type, "digest": blob.digest.to_string(), "size": blob.size })
}

fn make(folder: &Path, shape: Shape, scale: f64) -> Result<()> {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let mut random = fastrand::Rng::with_seed(u64::from(VERSION));
    let mut files = RealFiles::find(&mut random)?;
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    for megabytes in shape.layers() {
        let size = LAYER_MIN.max((megabytes * 1e6 * scale) as u64);
        let (layer, diff_id) = make_layer(&blobs, size, &mut files, &mut random)?;
        layers.push(describe(LAYER, &layer));
        diff_ids.push(diff_id.to_string());
    }
    let platform = Platform::host();
    let config = json!({
        "architecture": platform.architecture, "os": platform.os,
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = write_blob(&blobs, &serde_json::to_vec(&config)?)?;
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": describe(CONFIG, &config), "layers": layers,
    });
    let manifest = write_blob(&blobs, &serde_json::to_vec(&manifest)?)?;
    write_index(folder, &manifest, "1")
}

fn write_blob(blobs: &Path, content: &[u8]) -> Result<Blob> {
    let blob = Blob { digest: Digest::sha256(content), size: content.len() as u64 };
    fs::write(blobs.join(blob.digest.hex()), content)?;
    Ok(blob)
}

fn write_index(folder: &Path, manifest: &Blob, name: &str) -> Result<()> {
    let mut entry = describe(MANIFEST, manifest);
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    let index = json!({ "schemaVersion": 2, "manifests": [entry] });
    Ok(fs::write(folder.join("index.json"), serde_json::to_vec(&index)?)?)
}

/// Creates a compressed layer of about `size` bytes. Also returns the digest of the uncompressed bytes.
fn make_layer(
    blobs: &Path,
    size: u64,
    files: &mut RealFiles,
    random: &mut fastrand::Rng,
) -> Result<(Blob, Digest)> {
    let part = blobs.join("part");
    let file = Hashing::new(BufWriter::new(File::create(&part)?));
    let mut archive = tar::Builder::new(Hashing::new(GzEncoder::new(file, Compression::fast())));
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
    let tar = archive.into_inner()?;
    let diff_id = tar.hasher.finish();
    let mut gzip = tar.inner.finish()?;
    gzip.flush()?;
    let blob = Blob { digest: gzip.hasher.finish(), size: gzip.bytes };
    fs::rename(part, blobs.join(blob.digest.hex()))?;
    Ok((blob, diff_id))
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

/// Iterates over the files of this machine, endlessly.
struct RealFiles {
    files: Vec<(PathBuf, u64)>,
    next: usize,
}

impl RealFiles {
    fn find(random: &mut fastrand::Rng) -> Result<Self> {
        let mut files = Vec::new();
        for folder in REAL {
            collect(Path::new(folder), &mut files);
        }
        if files.is_empty() {
            bail!("there are no files in {}", REAL.join(", "));
        }
        files.sort();
        random.shuffle(&mut files);
        Ok(Self { files, next: 0 })
    }

    /// Returns the next file of at most `limit` bytes, if a few tries find one.
    fn next(&mut self, limit: u64) -> Option<Vec<u8>> {
        for _ in 0..32 {
            let (path, size) = &self.files[self.next];
            self.next = (self.next + 1) % self.files.len();
            if *size <= limit
                && let Ok(content) = fs::read(path)
                && content.len() as u64 <= limit
            {
                return Some(content);
            }
        }
        None
    }
}

/// Skips unreadable entries, because the list need not be complete.
fn collect(folder: &Path, files: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file()
            && let Ok(metadata) = entry.metadata()
            && (1024..=FILE_MAX).contains(&metadata.len())
        {
            files.push((entry.path(), metadata.len()));
        }
    }
}
