//! Paths that are similar to one that does not exist.

use std::io;

use crate::filesystem::{EntryPath, Node};
use crate::ops::nearest::distance;

/// How many paths are suggested.
const NEAREST_MAX: usize = 3;

/// How many paths are compared.
const COMPARED_MAX: usize = 200_000;

/// Returns the most similar paths: others in the same directory with a similar name, and the same name elsewhere.
pub(super) fn nearest(wanted: &EntryPath, nodes: impl Iterator<Item = io::Result<Node>>) -> Vec<String> {
    let (name, folder) = (wanted.name(), wanted.parent());
    let mut rated: Vec<(usize, String)> = Vec::new();
    for node in nodes.take(COMPARED_MAX).map_while(Result::ok).filter(|node| node.visible.is_some()) {
        let other = node.path.name();
        let is_same = other == name && *name != *b"";
        if !is_same && node.path.parent() != folder {
            continue;
        }
        let (Ok(text), Ok(wanted)) = (str::from_utf8(other), str::from_utf8(name)) else { continue };
        let distance = distance(wanted, text);
        if distance * 2 <= name.len().max(other.len()) + 1 {
            rated.push((distance, node.path.to_string()));
            rated.sort();
            rated.truncate(NEAREST_MAX);
        }
    }
    rated.into_iter().map(|(_, path)| path).collect()
}
