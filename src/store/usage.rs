//! What a store's files are there for, and how large they are.

use std::collections::HashMap;
use std::fs;

use super::needs::{Need, Needs};
use super::{Error, Image, Store, disk};
use crate::digest::Digest;

/// Files, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub files: usize,
    /// The sum of their sizes.
    pub bytes: u64,
}

impl Sum {
    pub(super) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// What a store's files are there for.
#[derive(Debug, Default)]
pub struct Usage {
    /// Blobs that images need.
    pub kept: Sum,
    /// Those of them that more than one image needs.
    pub shared: Sum,
    /// Blobs that no image needs: [`Store::sweep`] removes them.
    pub reclaimable: Sum,
    /// Blobs that images may need: what one of them needs is not known. Nothing is reclaimable then.
    pub unknown: Sum,
    /// Which image that is, and why.
    pub problem: Option<Error>,
    /// Partial blobs, with which the next pull goes on.
    pub partial: Sum,
    /// The images, each once whatever its names, in the order in which they came.
    pub images: Vec<ImageUsage>,
}

/// What one image needs.
#[derive(Clone, Debug)]
pub struct ImageUsage {
    /// The image under each of its names.
    pub images: Vec<Image>,
    /// The bytes of its blobs that are here.
    pub bytes: u64,
    /// Those of blobs that another image needs as well.
    pub shared: u64,
}

impl Store {
    /// Tells what the store's files are there for. It is a picture of a moment: others may go on working.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Document`] if index.json cannot be read.
    pub fn usage(&self) -> Result<Usage, Error> {
        let mut sizes = HashMap::new();
        for digest in self.blobs().list()? {
            // What is removed meanwhile is not counted.
            if let Some(size) = self.blobs().size(&digest)? {
                sizes.insert(digest, size);
            }
        }
        let Needs { images, strays, gap } = self.needs()?;
        let mut usage = Usage { partial: self.partial_sum()?, problem: gap, ..Usage::default() };
        let mut needed: HashMap<&Digest, usize> = HashMap::new();
        for digest in images.iter().flat_map(|image| &image.reached) {
            *needed.entry(digest).or_default() += 1;
        }
        for (digest, size) in &sizes {
            match needed.get(digest) {
                None if usage.problem.is_some() => usage.unknown.add(*size),
                None if strays.contains(digest) => usage.kept.add(*size),
                None => usage.reclaimable.add(*size),
                Some(images) => {
                    usage.kept.add(*size);
                    if *images > 1 {
                        usage.shared.add(*size);
                    }
                }
            }
        }
        usage.images = images
            .iter()
            .map(|Need { images, reached }| {
                let size = |digest: &Digest| sizes.get(digest).copied().unwrap_or_default();
                let shared = reached.iter().filter(|digest| needed[digest] > 1);
                ImageUsage {
                    images: images.clone(),
                    bytes: reached.iter().map(size).sum(),
                    shared: shared.map(size).sum(),
                }
            })
            .collect();
        Ok(usage)
    }

    fn partial_sum(&self) -> Result<Sum, Error> {
        let folder = self.blobs().parts();
        let mut sum = Sum::default();
        for name in disk::names_in(&folder)? {
            if let Ok(metadata) = fs::symlink_metadata(folder.join(name))
                && metadata.is_file()
            {
                sum.add(metadata.len());
            }
        }
        Ok(sum)
    }
}
