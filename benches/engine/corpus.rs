//! Repositories with several tags that share layers, created once and kept in a directory.

use std::path::Path;

use anyhow::Result;

use crate::fleet::open_layout;
use crate::images::Subject;
use crate::layout::Builder;
use crate::real_files::RealFiles;

/// A part of the directories' names. Increase it when images are created differently.
const VERSION: u32 = 1;

/// The size of the layer that all images have in common, in bytes.
const BASE: f64 = 4e6;

/// The size of the layer that all images of a repository have in common, in bytes.
const REPOSITORY: f64 = 2e6;

/// The size of the layer that only one image has, in bytes.
const OWN: f64 = 3e5;

/// The minimum size of a scaled layer, in bytes.
const LAYER_MIN: u64 = 16 * 1024;

/// The number of repositories.
const REPOSITORIES: f64 = 30.0;

/// The number of tags in each repository.
const TAGS: usize = 10;

/// The sizes and the number of the images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Corpus {
    repositories: usize,
    scale: f64,
}

impl Corpus {
    /// Returns 30 repositories of 10 tags. Smaller scales have fewer repositories and smaller layers.
    pub(crate) fn of(scale: f64) -> Self {
        Self { repositories: (REPOSITORIES * scale.min(1.0)).max(2.0) as usize, scale }
    }

    /// Opens the images in the directory `cache`, and creates them first if necessary.
    pub(crate) fn open(self, cache: &Path) -> Result<Subject> {
        let Self { repositories, scale } = self;
        let folder = cache.join(format!("corpus-{repositories}x{TAGS}-x{scale}-v{VERSION}"));
        let images = open_layout(&folder, |unfinished| self.make(unfinished))?;
        Ok(Subject { name: format!("{repositories} × {TAGS} tags"), images })
    }

    fn make(self, folder: &Path) -> Result<()> {
        let builder = Builder::new(folder)?;
        let mut random = fastrand::Rng::with_seed(u64::from(VERSION));
        let mut files = RealFiles::find(&mut random)?;
        let mut layer =
            |size: f64| builder.layer(LAYER_MIN.max((size * self.scale) as u64), &mut files, &mut random);
        let base = layer(BASE)?;
        let mut manifests = Vec::with_capacity(self.repositories * TAGS);
        for repository in 0..self.repositories {
            let common = layer(REPOSITORY)?;
            for tag in 0..TAGS {
                let layers = [base.clone(), common.clone(), layer(OWN)?];
                manifests.push(builder.manifest(&layers, &format!("app-{repository:02}:v{tag}"))?);
            }
        }
        builder.finish(manifests)
    }
}
