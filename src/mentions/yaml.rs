//! Compose files, Kubernetes manifests, Helm values, and all other YAML that names images under `image`.

use super::mention::{Mention, Skipped, Unusable};
use super::node::{self, Node, Text};
use super::{Error, helm, variables};

/// Reads the images of a file, in its order.
///
/// # Errors
/// [`Error::Syntax`].
pub(super) fn read(text: &str) -> Result<(Vec<Mention>, Vec<Skipped>), Error> {
    let mut reader = Reader::default();
    for document in node::read(text)? {
        reader.node(&document);
    }
    Ok((reader.mentions, reader.skipped))
}

#[derive(Default)]
struct Reader {
    mentions: Vec<Mention>,
    skipped: Vec<Skipped>,
}

impl Reader {
    /// Reads a value. The parser limits how deep values are nested.
    fn node(&mut self, node: &Node) {
        match node {
            Node::Text(_) | Node::Alias => {}
            Node::List(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Node::Map(entries) => {
                if let Some(found) = helm::read(node) {
                    self.take(found);
                }
                for (key, value) in entries {
                    match value {
                        Node::Text(image) if key == "image" => self.image(node, image),
                        // An image as a volume of Kubernetes.
                        Node::Map(_) if key == "image" && value.get("reference").is_some() => {
                            value.text("reference").into_iter().for_each(|image| self.image(value, image));
                        }
                        value => self.node(value),
                    }
                }
            }
        }
    }

    /// Reads the name of an image in `map`.
    fn image(&mut self, map: &Node, image: &Text) {
        if !image.value.is_empty() {
            self.take(mention(map, image).map_err(|why| Skipped {
                line: image.line,
                text: image.value.clone(),
                why,
            }));
        }
    }

    fn take(&mut self, found: Result<Mention, Skipped>) {
        match found {
            Ok(mention) => self.mentions.push(mention),
            Err(skipped) => self.skipped.push(skipped),
        }
    }
}

fn mention(map: &Node, image: &Text) -> Result<Mention, Unusable> {
    if map.get("build").is_some() {
        return Err(Unusable::Built);
    }
    if image.value.contains("{{") {
        return Err(Unusable::Template);
    }
    if image.value.contains('$') {
        return Mention::named(image.line, &variables::resolve(&image.value, |_| None)?, None);
    }
    Mention::named(image.line, &image.value, image.span.clone())
}
