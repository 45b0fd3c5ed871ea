//! The images of two indexes.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::image::Index;

/// A platform whose image differs between two indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformChange {
    /// The platform.
    pub platform: String,
    /// The image in the old index.
    pub old: Option<Digest>,
    /// The image in the new index.
    pub new: Option<Digest>,
}

/// Compares the images of two indexes by their platforms. Attestations and other artifacts do not count.
pub(super) fn compare(old: &Index, new: &Index) -> Vec<PlatformChange> {
    let (old, mut new) = (images(old), images(new));
    let mut changes: Vec<PlatformChange> = old
        .into_iter()
        .map(|(platform, old)| PlatformChange { new: new.remove(&platform), old: Some(old), platform })
        .filter(|change| change.old != change.new)
        .collect();
    changes.extend(new.into_iter().map(|(platform, new)| PlatformChange {
        platform,
        old: None,
        new: Some(new),
    }));
    changes
}

fn images(index: &Index) -> BTreeMap<String, Digest> {
    let images = index.manifests.iter().filter(|image| !image.is_artifact());
    let named = images.filter_map(|image| Some((image.platform.as_ref()?, &image.digest)));
    let known = named.filter(|(platform, _)| !platform.is_unknown());
    known.map(|(platform, digest)| (platform.to_string(), digest.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Descriptor, MediaType, Platform};

    fn index(images: &[(&str, &str)]) -> Index {
        let manifests = images.iter().map(|(platform, content)| {
            let platform: Platform = platform.parse().unwrap();
            let image = Descriptor::of(MediaType::OCI_MANIFEST, content.as_bytes());
            Descriptor { platform: Some(platform), ..image }
        });
        Index { manifests: manifests.collect(), subject: None }
    }

    #[test]
    fn platforms_are_added_removed_and_changed() {
        let old = index(&[("linux/amd64", "a"), ("linux/arm64", "b"), ("linux/386", "c")]);
        let new = index(&[("linux/riscv64", "d"), ("linux/arm64", "B"), ("linux/386", "c")]);
        let changes: Vec<_> = compare(&old, &new)
            .into_iter()
            .map(|change| (change.platform, change.old.is_some(), change.new.is_some()))
            .collect();
        let expected =
            [("linux/amd64", true, false), ("linux/arm64", true, true), ("linux/riscv64", false, true)];
        assert_eq!(changes, expected.map(|(platform, old, new)| (platform.to_owned(), old, new)));
    }
}
