//! The disk usage of a store, by purpose.

use std::collections::HashMap;
use std::fs;

use super::needs::{Need, Needs};
use super::{Error, Image, Store, disk};
use crate::digest::Digest;

/// A number of files, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// The number of files.
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

/// The disk usage of a store, by purpose.
#[derive(Debug, Default)]
pub struct Usage {
    /// Blobs that images need.
    pub kept: Sum,
    /// The part of them that more than one image needs.
    pub shared: Sum,
    /// Blobs that no image needs: [`Store::sweep`] removes them.
    pub reclaimable: Sum,
    /// Blobs that images may need, if the needs of an image are not known. Nothing is reclaimable then.
    pub unknown: Sum,
    /// The image whose needs are not known, and why.
    pub problem: Option<Error>,
    /// Partial blobs, which the next pull resumes.
    pub partial: Sum,
    /// The images, each once whatever its names, in the order of index.json.
    pub images: Vec<ImageUsage>,
}

/// The disk usage of one image.
#[derive(Clone, Debug)]
pub struct ImageUsage {
    /// The image under each of its names.
    pub images: Vec<Image>,
    /// The bytes of its blobs that are in the store.
    pub bytes: u64,
    /// The bytes of those that another image needs as well.
    pub shared: u64,
}

impl Store {
    /// Returns the disk usage of the store. It is a snapshot: other processes may change the store meanwhile.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Document`] if index.json cannot be read.
    pub fn usage(&self) -> Result<Usage, Error> {
        let mut sizes = HashMap::new();
        for digest in self.blobs().list()? {
            // Files removed meanwhile are not counted.
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
                sum.add(disk::taken(&metadata));
            }
        }
        Ok(sum)
    }
}
