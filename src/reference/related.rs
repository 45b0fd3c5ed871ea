//! The tags that stand for content which belongs to an image, where a registry has no API for that.

use super::Tag;
use crate::digest::Digest;

/// The maximum length of the hash in such a tag. The OCI specification cuts longer ones, so that the tag is valid.
const HEX_MAX: usize = 64;

/// What cosign adds to the digest of an image for its signatures, its attestations and its SBOM.
const ATTACHED: [&str; 3] = [".sig", ".att", ".sbom"];

/// Returns the tag of the index that lists the referrers of `subject`: `sha256-<hex>`.
///
/// See the [referrers tag schema](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema).
pub fn referrers_tag(subject: &Digest) -> Tag {
    Tag(with_suffix(subject, "").into())
}

/// Returns the tags under which cosign before its version 3 stores the signatures, the attestations and the SBOM of
/// `subject`: `sha256-<hex>.sig`, `.att` and `.sbom`.
pub fn attached_tags(subject: &Digest) -> [Tag; 3] {
    ATTACHED.map(|suffix| Tag(with_suffix(subject, suffix).into()))
}

/// Returns the digest in the name of a tag that belongs to another image, as hex digits: of `sha256-<hex>` and of
/// `sha256-<hex>.sig` it is `<hex>`. `None` for all other tags.
pub fn subject_in(tag: &Tag) -> Option<&str> {
    let stem = tag.as_str().split('.').next()?;
    let (algorithm, hex) = stem.split_once('-')?;
    let is_hex = hex.len() == HEX_MAX && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && matches!(algorithm, "sha256" | "sha384" | "sha512")).then_some(hex)
}

fn with_suffix(subject: &Digest, suffix: &str) -> String {
    let hex = subject.hex();
    let kept = hex.get(..HEX_MAX).unwrap_or(hex);
    format!("{}-{kept}{suffix}", subject.algorithm())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_a_digest_are_valid_tags() {
        let hex = "ab".repeat(32);
        let subject: Digest = format!("sha256:{hex}").parse().unwrap();
        assert_eq!(referrers_tag(&subject).as_str(), format!("sha256-{hex}"));
        let [signatures, attestations, sbom] = attached_tags(&subject);
        assert_eq!(signatures.as_str(), format!("sha256-{hex}.sig"));
        assert_eq!(attestations.as_str(), format!("sha256-{hex}.att"));
        assert_eq!(sbom.as_str(), format!("sha256-{hex}.sbom"));

        for (tag, subject) in [
            (format!("sha256-{hex}"), Some(&*hex)),
            (format!("sha256-{hex}.sig"), Some(&*hex)),
            (format!("sha256-{hex}x"), None),
            ("sha256-abc.sig".to_owned(), None),
            (format!("md5-{hex}"), None),
            ("latest".to_owned(), None),
        ] {
            assert_eq!(subject_in(&tag.parse().unwrap()), subject, "{tag}");
        }

        let long: Digest = format!("sha512:{}", "cd".repeat(64)).parse().unwrap();
        assert_eq!(referrers_tag(&long).as_str(), format!("sha512-{}", "cd".repeat(32)));
        for tag in attached_tags(&long).iter().chain([&referrers_tag(&subject)]) {
            assert_eq!(tag.as_str().parse::<Tag>().as_ref(), Ok(tag));
        }
    }
}
