//! Which platform each layer is for, where an image has several.

use std::collections::{BTreeSet, HashMap};

use regcli::digest::Digest;
use regcli::image::Platform;
use unicode_width::UnicodeWidthStr as _;

use crate::ui::format::safe;

/// How much of a platform's name is shown, in characters.
const NAME_MAX: usize = 16;

/// The names of platforms, beside the layers that are for them.
#[derive(Default)]
pub(super) struct Labels {
    labels: HashMap<Digest, String>,
    width: usize,
}

impl Labels {
    /// Labels for these layers; none unless there are several platforms.
    pub(super) fn new(layers: &[Digest], platforms: &HashMap<Digest, Vec<Platform>>) -> Self {
        let known: BTreeSet<_> = platforms.values().flatten().filter(|known| !known.is_unknown()).collect();
        if known.len() < 2 {
            return Self::default();
        }
        let label = |layer: &Digest| match platforms.get(layer).map(Vec::as_slice) {
            Some([platform]) if !platform.is_unknown() => name(platform),
            Some([_, _, ..]) => "shared".to_owned(),
            // Attestations, for example.
            _ => "other".to_owned(),
        };
        let labels: HashMap<_, _> = layers.iter().map(|layer| (layer.clone(), label(layer))).collect();
        let width = labels.values().map(|label| label.width() + 2).max().unwrap_or_default();
        Self { labels, width }
    }

    /// How many columns labels take, the space after them included.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The label of a layer, filled up to [`Self::width`].
    pub(super) fn of(&self, layer: &Digest) -> String {
        let label = self.labels.get(layer).map_or("", String::as_str);
        format!("{label}{}", " ".repeat(self.width.saturating_sub(label.width())))
    }
}

/// `arm64`, `arm/v7`, `windows/amd64`: most images are for Linux.
fn name(platform: &Platform) -> String {
    let name = platform.to_string();
    safe::safe_start(name.strip_prefix("linux/").unwrap_or(&name), NAME_MAX).into_owned()
}
