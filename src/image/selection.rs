//! Selects one of an index's images by its platform.

use super::{Descriptor, Platform};

impl Platform {
    /// Returns the entry of `manifests` that fits best. Among equals, it is the first.
    ///
    /// An entry without a platform fits every platform, but ranks last. An artifact fits none.
    pub fn select<'a>(&self, manifests: &'a [Descriptor]) -> Option<&'a Descriptor> {
        self.choose(manifests.iter().filter(|m| !m.is_artifact()), |m| m.platform.as_ref())
    }

    /// Returns the item that fits best. Among equals, it is the first.
    ///
    /// An item without a platform fits every platform, but ranks last.
    pub fn choose<'a, T>(
        &self,
        items: impl IntoIterator<Item = &'a T>,
        platform: impl Fn(&T) -> Option<&Self>,
    ) -> Option<&'a T> {
        let ranks = self.fitting();
        let rank = |item: &T| match platform(item) {
            None => Some(ranks.len()),
            Some(platform) => ranks.iter().position(|fit| fit.same_machine(platform)),
        };
        let ranked = items.into_iter().filter_map(|item| Some((rank(item)?, item)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, item)| item)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::platform::tests::platforms;
    use super::*;
    use crate::digest::Digest;
    use crate::image::MediaType;

    fn index(platforms: &[&str]) -> Vec<Descriptor> {
        let entry = |platform: &&str| Descriptor {
            platform: (!platform.is_empty()).then(|| platform.parse().unwrap()),
            ..Descriptor::new(MediaType::OCI_MANIFEST, Digest::sha256(platform.as_bytes()), 1)
        };
        platforms.iter().map(entry).collect()
    }

    fn selected<'a>(wanted: &str, platforms: &[&'a str]) -> Option<&'a str> {
        let manifests = index(platforms);
        let found = wanted.parse::<Platform>().unwrap().select(&manifests)?;
        platforms.iter().copied().find(|p| Digest::sha256(p.as_bytes()) == found.digest)
    }

    #[test]
    fn the_best_fit_is_taken_whatever_the_order() {
        let arms = ["linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64"];
        assert_eq!(selected("linux/arm64", &arms), Some("linux/arm64"));
        assert_eq!(selected("linux/arm64", &arms[..2]), Some("linux/arm/v6"));
        assert_eq!(selected("linux/arm/v7", &arms), Some("linux/arm/v7"));
        assert_eq!(selected("linux/arm/v6", &arms), Some("linux/arm/v6"));
        assert_eq!(selected("linux/amd64", &arms), None);
        assert_eq!(
            selected("linux/amd64/v3", &["linux/386", "linux/amd64", "linux/amd64/v2"]),
            Some("linux/amd64/v2")
        );
        assert_eq!(selected("linux/amd64", &["linux/amd64/v2", "linux/386"]), Some("linux/386"));
        assert_eq!(selected("linux/riscv64", &["", "linux/riscv64"]), Some("linux/riscv64"));
        assert_eq!(selected("linux/riscv64", &["", "linux/amd64"]), Some(""));
    }

    #[test]
    fn a_platform_with_an_unknown_variant_runs_itself_first() {
        for odd in ["linux/amd64/v0", "linux/amd64/x", "linux/arm/x", "linux/arm64/8.2"] {
            assert_eq!(selected(odd, &["linux/amd64", "linux/arm/v7", "linux/arm64", odd]), Some(odd));
        }
        assert_eq!(selected("linux/amd64/x", &["linux/386", "linux/amd64"]), Some("linux/amd64"));
    }

    proptest! {
        #[test]
        fn a_platform_runs_itself_and_prefers_itself(wanted in platforms(), others in prop::collection::vec(platforms(), 0..4)) {
            let wanted: Platform = wanted.parse().unwrap();
            prop_assert!(wanted.runs(&wanted));
            let itself = wanted.to_string();
            let all: Vec<&str> = others.iter().map(String::as_str).chain([&*itself]).collect();
            let manifests = index(&all);
            let found = wanted.select(&manifests).unwrap();
            prop_assert_eq!(found.platform.as_ref(), Some(&wanted));
        }
    }
}
