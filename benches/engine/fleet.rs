//! Many small images that share layers, created once and kept in a directory.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::images::{Image, Subject};
use crate::layout::Builder;
use crate::say;

/// A part of the directories' names. Increase it when images are created differently.
const VERSION: u32 = 1;

/// The number and the layers of the images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fleet {
    images: usize,
    /// The number of layers that all images have in common.
    shared: usize,
    /// The number of layers that only one image has.
    own: usize,
    /// The size of a layer, in bytes.
    layer: usize,
}

impl Fleet {
    /// Returns 64 images that share two of their four layers, of 256 KiB each.
    pub(crate) fn many(scale: f64) -> Self {
        Self { images: 64, shared: 2, own: 2, layer: ((256 * 1024) as f64 * scale).max(1024.0) as usize }
    }

    /// Returns images of one shared and one own layer, both small.
    pub(crate) fn tiny(images: usize) -> Self {
        Self { images, shared: 1, own: 1, layer: 2048 }
    }

    /// Opens the images in the directory `cache`, and creates them first if necessary.
    pub(crate) fn open(self, cache: &Path) -> Result<Subject> {
        let Self { images, shared, own, layer } = self;
        let folder = cache.join(format!("fleet-{images}x{shared}+{own}x{layer}-v{VERSION}"));
        let images = open_layout(&folder, |unfinished| self.make(unfinished))?;
        Ok(Subject { name: format!("{} images", images.len()), images })
    }

    fn make(self, folder: &Path) -> Result<()> {
        let builder = Builder::new(folder)?;
        let mut random = fastrand::Rng::with_seed(u64::from(VERSION));
        let mut layers = |count| {
            let layers = (0..count).map(|_| builder.random_layer(self.layer, &mut random));
            layers.collect::<Result<Vec<_>>>()
        };
        let shared = layers(self.shared)?;
        let mut manifests = Vec::with_capacity(self.images);
        for number in 0..self.images {
            let all = [shared.clone(), layers(self.own)?].concat();
            manifests.push(builder.manifest(&all, &format!("image-{number:05}"))?);
        }
        builder.finish(manifests)
    }
}

/// Opens the images of the layout `folder`. `make` creates the layout first if it does not exist.
pub(crate) fn open_layout(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<Vec<Image>> {
    if !folder.join("index.json").is_file() {
        say(&format!("making images in {}", folder.display()));
        let mut unfinished = folder.as_os_str().to_owned();
        unfinished.push(".unfinished");
        make(unfinished.as_ref())?;
        fs::rename(unfinished, folder)?;
    }
    let index: Value = serde_json::from_slice(&fs::read(folder.join("index.json"))?)?;
    let entries = index["manifests"].as_array().context("an index without manifests")?;
    entries.iter().map(|entry| Image::load(folder, name_of(entry)?, entry)).collect()
}

fn name_of(entry: &Value) -> Result<&str> {
    entry["annotations"]["org.opencontainers.image.ref.name"].as_str().context("an image without a name")
}
