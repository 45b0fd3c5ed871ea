//! The list `images` of a kustomization: which tag and digest replace those in the resources.
//!
//! With both `newTag` and `digest`, Kustomize writes `NAME:TAG@DIGEST`, and older versions `NAME@DIGEST`
//! (`api/filters/imagetag/updater.go`). A `tagSuffix` removes the digest there.

use super::mention::{Form, Mention, Skipped, Spot, Unusable};
use super::node::{Alias, Anchored, Node, Text};

/// The key of YAML 1.1 that puts the entries of another map into this one.
const MERGE: &str = "<<";

/// Reads an item of a list under `key` in the file `text`. Returns `None` if it replaces no image.
pub(super) fn read(text: &str, key: &str, map: &Node) -> Option<Result<Mention, Skipped>> {
    let (name, new_name, tag) = (map.filled("name")?, map.filled("newName"), map.filled("newTag"));
    if key != "images" || (new_name.is_none() && tag.is_none()) || map.get(MERGE).is_some() {
        return None;
    }
    let name = new_name.unwrap_or(name);
    let found = mention(text, map, name, tag);
    Some(found.map_err(|why| Skipped { line: name.line, text: name.value.clone(), why }))
}

/// Returns the images of a kustomization that have an alias or a merge key: what they are stands elsewhere.
pub(super) fn hidden(document: &Node) -> Vec<Skipped> {
    let skipped = |line: usize, text: &str| Skipped { line, text: text.to_owned(), why: Unusable::Alias };
    let of_item = |item: &Node| match item {
        Node::Alias(Alias { name, line, value: Anchored::Other }) => Some(skipped(*line, name)),
        Node::Map(_) => {
            let line = item.get(MERGE)?.line().or_else(|| item.line())?;
            Some(skipped(line, item.text("name").map_or(MERGE, |name| &name.value)))
        }
        Node::Alias(_) | Node::Text(_) | Node::List(_) => None,
    };
    match document.get("images") {
        // Another alias may be a map, as in the values of a chart, where its images are read.
        Some(Node::Alias(Alias { name, line, value: Anchored::List })) => vec![skipped(*line, name)],
        Some(Node::List(items)) => items.iter().filter_map(of_item).collect(),
        Some(Node::Alias(_) | Node::Text(_) | Node::Map(_)) | None => Vec::new(),
    }
}

fn mention(text: &str, map: &Node, name: &Text, tag: Option<&Text>) -> Result<Mention, Unusable> {
    let value = |key: &str| map.filled(key).map(|text| text.value.as_str());
    let suffix = value("tagSuffix");
    let digest = value("digest").filter(|_| suffix.is_none());
    let mut image = name.value.clone();
    match (tag, digest) {
        (Some(tag), _) => image.push_str(&format!(":{}{}", tag.value, suffix.unwrap_or_default())),
        (None, Some(_)) => {}
        (None, None) => return Err(Unusable::OtherFile),
    }
    if let Some(digest) = digest {
        image.push_str(&format!("@{digest}"));
    }
    let mention = Mention::named(tag.unwrap_or(name).line, &image, None)?;
    let spot = match map.get("digest") {
        _ if suffix.is_some() => None,
        Some(Node::Text(digest)) => Spot::of_digest(digest),
        Some(Node::List(_) | Node::Map(_) | Node::Alias(_)) => None,
        None => match map.get("newTag") {
            Some(Node::Text(tag)) => field_before(text, tag),
            _ => None,
        },
    };
    Ok(Mention { spot, is_block: tag.is_some_and(|tag| tag.is_block), ..mention })
}

/// Returns the place of a key `digest` before the key `newTag` of this value, in the style of the file. The line of
/// `newTag` stays as it is, with its comment.
fn field_before(text: &str, tag: &Text) -> Option<Spot> {
    let before = text.get(..tag.span.as_ref()?.start)?;
    let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let before = before.trim_end_matches(' ').strip_suffix(':')?.trim_end_matches(' ');
    let unquoted = before.strip_suffix(['"', '\'']);
    let quote = unquoted.map_or("", |bare| &before[bare.len()..]);
    let start = unquoted.unwrap_or(before).strip_suffix("newTag")?.strip_suffix(quote)?.len();
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..start];
    let (key, end) = match tag.is_flow {
        true => (format!("{quote}digest{quote}: {quote}"), format!("{quote}, ")),
        false if indent.chars().all(|c| matches!(c, ' ' | '-')) => {
            let line_end = if text[..line].ends_with("\r\n") { "\r\n" } else { "\n" };
            ("digest: ".to_owned(), format!("{line_end}{}", " ".repeat(indent.len())))
        }
        false => return None,
    };
    Some(Spot { span: start..start, form: Form::Field { key, end } })
}
