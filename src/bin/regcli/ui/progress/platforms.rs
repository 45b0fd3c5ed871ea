//! The platform of each layer, where an image has several.

use std::collections::{BTreeSet, HashMap};

use regcli::digest::Digest;
use regcli::image::Platform;
use unicode_width::UnicodeWidthStr as _;

use crate::ui::format::safe;

/// The maximum length of a platform's name, in characters.
const NAME_MAX: usize = 16;

/// The names of platforms, shown beside their layers.
#[derive(Default)]
pub(super) struct Labels {
    labels: HashMap<Digest, String>,
    width: usize,
}

impl Labels {
    /// Creates the labels of these layers. There are none unless the image has several platforms.
    pub(super) fn new(layers: &[Digest], platforms: &HashMap<Digest, Vec<Platform>>) -> Self {
        let known: BTreeSet<_> = platforms.values().flatten().filter(|known| !known.is_unknown()).collect();
        if known.len() < 2 {
            return Self::default();
        }
        let label = |layer: &Digest| match platforms.get(layer).map(Vec::as_slice) {
            Some([platform]) if !platform.is_unknown() => name(platform),
            Some([_, _, ..]) => "shared".to_owned(),
            // For example, the layers of attestations.
            _ => "other".to_owned(),
        };
        let labels: HashMap<_, _> = layers.iter().map(|layer| (layer.clone(), label(layer))).collect();
        let width = labels.values().map(|label| label.width() + 2).max().unwrap_or_default();
        Self { labels, width }
    }

    /// Returns the width of labels, including the space after them.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns the label of a layer, padded to [`Self::width`].
    pub(super) fn of(&self, layer: &Digest) -> String {
        let label = self.labels.get(layer).map_or("", String::as_str);
        format!("{label}{}", " ".repeat(self.width.saturating_sub(label.width())))
    }
}

/// Returns the short name of a platform: `arm64`, `arm/v7`, `windows/amd64`. Linux is left out, because most
/// images are for it.
fn name(platform: &Platform) -> String {
    let name = platform.to_string();
    safe::safe_start(name.strip_prefix("linux/").unwrap_or(&name), NAME_MAX).into_owned()
}
