//! The test images: layers of realistic size and content, created once and kept in a directory.
//!
//! Half of each layer consists of bytes that do not compress, half of files of this machine, compressed
//! by gzip. A registry and a link see nothing else, so two machines have different images of the same
//! sizes.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use regcli::digest::Digest;
use serde_json::Value;

use crate::layout::{Blob, Builder, blob, entry, path_of, write_index};
use crate::real_files::RealFiles;
use crate::say;

/// A part of the directories' names. Increase it when images are created differently.
const VERSION: u32 = 1;

/// The minimum size of a scaled layer, in bytes.
const LAYER_MIN: u64 = 64 * 1024;

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

/// An image in an OCI layout.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// The last part of its repository's name.
    pub(crate) name: String,
    pub(crate) tag: String,
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
            make(&unfinished, shape, scale)?;
            fs::rename(&unfinished, &folder)?;
        }
        let index: Value = serde_json::from_slice(&fs::read(folder.join("index.json"))?)?;
        let image = Self::load(&folder, shape.name(), &index["manifests"][0])?;
        image.check_blobs(&image.folder)?;
        Ok(image)
    }

    /// Reads an image of the layout `folder`, from its descriptor in the index. `name` may end in a colon
    /// and a tag, which is `1` by default.
    pub(crate) fn load(folder: &Path, name: &str, descriptor: &Value) -> Result<Self> {
        let manifest = blob(descriptor)?;
        let content: Value = serde_json::from_slice(&fs::read(path_of(folder, &manifest.digest))?)?;
        let layers = content["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (name, tag) = name.split_once(':').unwrap_or((name, "1"));
        Ok(Self {
            name: name.to_owned(),
            tag: tag.to_owned(),
            manifest,
            config: blob(&content["config"])?,
            layers: layers.iter().map(blob).collect::<Result<_>>()?,
            folder: folder.to_owned(),
        })
    }

    pub(crate) fn layers(&self) -> &[Blob] {
        &self.layers
    }

    /// Returns config and layers.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        std::iter::once(&self.config).chain(&self.layers)
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
}

/// What a case moves: one image, or several that share layers.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    /// At least one. All are in the same layout.
    pub(crate) images: Vec<Image>,
}

impl Subject {
    /// Returns each blob once, with the first image that has it.
    pub(crate) fn distinct_blobs(&self) -> impl Iterator<Item = (&Image, &Blob)> {
        let mut seen = HashSet::new();
        let all = self.images.iter().flat_map(|image| image.blobs().map(move |blob| (image, blob)));
        all.filter(move |(_, blob)| seen.insert(&blob.digest))
    }

    /// Returns the total size of the distinct blobs, without the manifests.
    pub(crate) fn size(&self) -> u64 {
        self.distinct_blobs().map(|(_, blob)| blob.size).sum()
    }
}

impl From<Image> for Subject {
    fn from(image: Image) -> Self {
        Self { name: image.name.clone(), images: vec![image] }
    }
}

/// Creates a layout at `folder` with these images of one layout under other names. The blobs stay where
/// they are.
pub(crate) fn lend(images: &[Image], folder: &Path, name: impl Fn(&Image) -> String) -> Result<()> {
    let first = images.first().context("there is nothing to lend")?;
    fs::create_dir_all(folder)?;
    std::os::unix::fs::symlink(fs::canonicalize(first.folder.join("blobs"))?, folder.join("blobs"))?;
    write_index(folder, images.iter().map(|image| entry(&image.manifest, &name(image))))
}

fn check(layout: &Path, blob: &Blob) -> Result<()> {
    let path = path_of(layout, &blob.digest);
    let size = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
    if size == blob.size {
        return Ok(());
    }
    bail!("{} has {size} bytes, not {}", path.display(), blob.size)
}

fn make(folder: &Path, shape: Shape, scale: f64) -> Result<()> {
    let builder = Builder::new(folder)?;
    let mut random = fastrand::Rng::with_seed(u64::from(VERSION));
    let mut files = RealFiles::find(&mut random)?;
    let mut layers = Vec::new();
    for megabytes in shape.layers() {
        let size = LAYER_MIN.max((megabytes * 1e6 * scale) as u64);
        layers.push(builder.layer(size, &mut files, &mut random)?);
    }
    let image = builder.manifest(&layers, "1")?;
    builder.finish(vec![image])
}
