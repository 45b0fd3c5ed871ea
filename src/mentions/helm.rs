//! Images whose parts stand under keys of their own, as in the values of Helm's charts.

use super::mention::{Form, Mention, Skipped, Spot, Unusable};
use super::node::{Node, Text};

/// Reads the image of a map with the keys `registry`, `repository`, `tag` and `digest`, which stands under `key`.
/// Returns `None` if it is not an image: it needs a repository, at least one of the other keys, and a sign that it is
/// about an image, because sources of other kinds have repositories and tags, too.
pub(super) fn read(key: &str, map: &Node) -> Option<Result<Mention, Skipped>> {
    let repository = map.text("repository").filter(|text| !text.value.is_empty())?;
    ["registry", "tag", "digest"].iter().find_map(|key| map.get(key))?;
    let is_image = key.to_ascii_lowercase().ends_with("image");
    let has_sign =
        ["registry", "digest", "pullPolicy", "pullSecrets"].iter().any(|key| map.get(key).is_some());
    (is_image || has_sign).then_some(())?;
    Some(mention(map, repository).map_err(|why| Skipped {
        line: repository.line,
        text: repository.value.clone(),
        why,
    }))
}

fn mention(map: &Node, repository: &Text) -> Result<Mention, Unusable> {
    let (registry, tag, digest) = (map.filled("registry"), map.filled("tag"), map.filled("digest"));
    let mut name = registry.map(|text| format!("{}/", text.value)).unwrap_or_default();
    name.push_str(&repository.value);
    let tag = tag.ok_or(Unusable::NoTag)?;
    name = format!("{name}:{}", tag.value);
    if let Some(digest) = digest {
        name = format!("{}@{}", name.split('@').next().unwrap_or(&name), digest.value);
    }
    if name.contains("{{") {
        return Err(Unusable::Template);
    }
    let mention = Mention::named(tag.line, &name, None)?;
    // A chart with a key for digests prefers it to the tag. Without the key, the digest follows the tag.
    let spot = match map.text("digest") {
        Some(digest) => Spot::of_digest(digest),
        None => tag.span.clone().map(|span| Spot { span, form: Form::Tag(tag_of(&tag.value)) }),
    };
    Ok(Mention { spot, is_block: tag.is_block, ..mention })
}

fn tag_of(text: &str) -> String {
    text.split('@').next().unwrap_or(text).to_owned()
}
