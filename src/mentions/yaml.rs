//! Compose files, Kubernetes manifests, Helm values, kustomizations, and all other YAML that names images under `image`.

use super::mention::{Mention, Skipped, Unusable};
use super::node::{self, Node, Text};
use super::{Error, helm, kustomize, variables};

/// Reads the images of a file, in its order.
///
/// # Errors
/// [`Error::Syntax`].
pub(super) fn read(text: &str) -> Result<(Vec<Mention>, Vec<Skipped>), Error> {
    let mut reader = Reader { text, mentions: Vec::new(), skipped: Vec::new() };
    for document in node::read(text)? {
        reader.node("", &document);
        reader.skipped.extend(kustomize::hidden(&document));
    }
    Ok((reader.mentions, reader.skipped))
}

/// Reports whether a text is a map or a list of YAML.
pub(super) fn is_likely(text: &str) -> bool {
    let is_structured = |node: &Node| matches!(node, Node::Map(_) | Node::List(_));
    node::read(text).is_ok_and(|documents| documents.iter().any(is_structured))
}

struct Reader<'a> {
    text: &'a str,
    mentions: Vec<Mention>,
    skipped: Vec<Skipped>,
}

impl Reader<'_> {
    /// Reads the value of `key`. The parser limits how deep values are nested.
    fn node(&mut self, key: &str, node: &Node) {
        match node {
            Node::Text(_) | Node::Alias(_) => {}
            Node::List(nodes) if key == "services" => nodes.iter().for_each(|node| self.service(node)),
            Node::List(nodes) => nodes.iter().for_each(|node| self.node(key, node)),
            Node::Map(entries) => {
                let found = helm::read(key, node).or_else(|| kustomize::read(self.text, key, node));
                if let Some(found) = found {
                    self.take(found);
                }
                entries.iter().for_each(|(key, value)| self.entry(node, key, value));
            }
        }
    }

    fn entry(&mut self, map: &Node, key: &str, value: &Node) {
        // Of GitHub's workflows.
        let is_image = key == "image" || (key == "container" && map.get("runs-on").is_some());
        // An image as a volume of Kubernetes, and one of GitLab's pipelines.
        let inner = ["reference", "name"].iter().find_map(|inner| value.text(inner));
        match (value.as_text(), inner) {
            (Some(image), _) if is_image => self.image(map, image),
            (None, Some(image)) if key == "image" && value.get("repository").is_none() => {
                self.image(value, image);
            }
            _ => self.node(key, value),
        }
    }

    /// Reads a service of GitLab's pipelines. A bare word may be a service of Travis, which is not an image.
    fn service(&mut self, node: &Node) {
        match node {
            Node::Map(_) => node.text("name").into_iter().for_each(|image| self.image(node, image)),
            node => {
                let named = node.as_text().filter(|text| text.value.contains([':', '/']));
                named.into_iter().for_each(|image| self.image(node, image));
            }
        }
    }

    /// Reads the name of an image in `map`.
    fn image(&mut self, map: &Node, image: &Text) {
        if image.is_string() && !image.value.is_empty() {
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
        let named = Mention::named(image.line, &variables::resolve(&image.value, |_| None)?, None)?;
        let defaults = variables::names(&image.value).map(ToOwned::to_owned).collect();
        return Ok(Mention { defaults, ..named });
    }
    let named = Mention::named(image.line, &image.value, image.span.clone())?;
    Ok(Mention { is_block: image.is_block, ..named })
}
