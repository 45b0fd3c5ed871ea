//! What is known about a tag.

use jiff::Timestamp;

use crate::digest::Digest;
use crate::image::Platform;
use crate::reference::Tag;

/// A kind of fact about a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// The digest that the tag points to.
    Digest,
    /// The size of the image as it is pulled.
    Size,
    /// The platforms, or what an artifact is.
    Platforms,
    /// When the image was built, by its own claim.
    Created,
    /// When the tag was pushed.
    Pushed,
    /// When it was last pulled.
    Pulled,
}

/// A tag with what is known about it. Unknown facts are `None` or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagDetail {
    /// The tag.
    pub tag: Tag,
    /// The digest that it points to.
    pub digest: Option<Digest>,
    /// The size of a single image or artifact in bytes: config and layers, compressed.
    pub size: Option<u64>,
    /// The images with their platforms, in the registry's order. A single image has one.
    pub images: Vec<TagImage>,
    /// What it is, if it is not an image: an artifact type or a media type.
    pub artifact_type: Option<String>,
    /// When the image was built, by its own claim. Reproducible builds say 1970.
    pub created: Option<Timestamp>,
    /// When the tag was pushed.
    pub pushed: Option<Timestamp>,
    /// When it was last pulled.
    pub pulled: Option<Timestamp>,
}

/// An image of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagImage {
    /// The platform.
    pub platform: Platform,
    /// The size in bytes: config and layers, compressed.
    pub size: Option<u64>,
}

/// An earlier date is not meant: reproducible builds have 1970 or 1980.
const FIRST_DATE: Timestamp = Timestamp::constant(347_155_200, 0);

impl TagDetail {
    /// Creates a tag about which nothing is known.
    pub fn named(tag: Tag) -> Self {
        Self {
            tag,
            digest: None,
            size: None,
            images: Vec::new(),
            artifact_type: None,
            created: None,
            pushed: None,
            pulled: None,
        }
    }

    /// Returns the size of the image for `platform`, or of the first one if none runs there.
    pub fn size_for(&self, platform: &Platform) -> Option<u64> {
        let chosen = || platform.choose(&self.images, |image| Some(&image.platform));
        self.size.or_else(|| chosen().or_else(|| self.images.first())?.size)
    }

    /// Returns when the image was built, unless that is the date of a reproducible build.
    pub fn built(&self) -> Option<Timestamp> {
        self.created.filter(|created| *created >= FIRST_DATE)
    }

    /// Returns the date by which tags are sorted: that of the push, or else that of the build.
    pub fn date(&self) -> Option<Timestamp> {
        self.pushed.or_else(|| self.built())
    }

    /// Reports whether a fact is known.
    pub fn knows(&self, fact: Fact) -> bool {
        match fact {
            Fact::Digest => self.digest.is_some(),
            Fact::Size => self.size.is_some() || self.images.iter().any(|image| image.size.is_some()),
            Fact::Platforms => !self.images.is_empty() || self.artifact_type.is_some(),
            Fact::Created => self.created.is_some(),
            Fact::Pushed => self.pushed.is_some(),
            Fact::Pulled => self.pulled.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail() -> TagDetail {
        TagDetail::named("1".parse().unwrap())
    }

    #[test]
    fn the_size_is_that_of_the_image_for_the_platform_or_of_the_first() {
        let image = |platform: &str, size| TagImage { platform: platform.parse().unwrap(), size: Some(size) };
        let images = vec![image("linux/arm64", 5), image("linux/amd64", 7)];
        let tag = TagDetail { images, ..detail() };
        let size = |platform: &str| tag.size_for(&platform.parse().unwrap());
        assert_eq!(size("linux/amd64/v3"), Some(7));
        assert_eq!(size("linux/s390x"), Some(5));
        assert_eq!(detail().size_for(&Platform::host()), None);
    }

    #[test]
    fn the_date_of_a_reproducible_build_is_not_the_date_of_a_tag() {
        for (created, is_meant) in
            [("1970-01-01T00:00:00Z", false), ("1980-01-01T00:00:01Z", false), ("2026-11-30T04:00:00Z", true)]
        {
            let tag = TagDetail { created: created.parse().ok(), ..detail() };
            assert_eq!(tag.date().is_some(), is_meant, "{created}");
            assert!(tag.knows(Fact::Created));
            let pushed = Some(Timestamp::constant(1_790_000_000, 0));
            assert_eq!(TagDetail { pushed, ..tag }.date(), pushed);
        }
    }
}
