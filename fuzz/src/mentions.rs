//! Files that name images: compose files, manifests, charts, Dockerfiles, lists.

use std::path::Path;

use regcli::digest::Digest;
use regcli::mentions::{Document, Step, newest};

/// A name for each format, and one that leaves it to the content.
const NAMES: [&str; 4] = ["Dockerfile", "compose.yaml", "images.txt", "file"];

/// A digest changes only the mentions, and is found again where it was written.
pub fn check(data: &[u8]) {
    let digest = Digest::sha256(b"new");
    for name in NAMES {
        let path = Path::new(name);
        let Ok(document) = Document::parse(path, data.to_vec()) else { continue };
        assert_eq!(document.pinned(|_| None), document.text());
        let pinned = document.pinned(|_| Some(&digest));
        let again = Document::parse(path, pinned.clone().into_bytes()).expect("a digest breaks no syntax");
        let replaceable = document.mentions.iter().filter(|mention| mention.is_replaceable());
        for mention in replaceable {
            let expected = |other: &regcli::mentions::Mention| {
                other.tagged() == mention.tagged() && other.image.digest.as_ref() == Some(&digest)
            };
            assert!(
                again.mentions.iter().any(expected),
                "{name}: {} is not pinned in {pinned}",
                mention.image.familiar()
            );
        }
        assert_eq!(again.pinned(|_| Some(&digest)), pinned, "{name}");
        let tags = document.mentions.iter().filter_map(|mention| mention.image.tag.as_ref());
        for tag in tags.take(10) {
            let newer = newest(tag, document.text().split_whitespace(), Step::Major);
            assert_ne!(newer.as_ref(), Some(tag));
        }
    }
}
