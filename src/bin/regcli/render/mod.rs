//! Turns results into what people and scripts read: Docker's words, units, tables and templates.

pub(crate) mod bars;
pub(crate) mod charset;
pub(crate) mod docker_words;
pub(crate) mod gauge;
pub(crate) mod inspect;
pub(crate) mod json;
pub(crate) mod json_lines;
pub(crate) mod lines;
pub(crate) mod log;
pub(crate) mod safe;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod tree;
pub(crate) mod units;

use regcli::digest::Digest;
use regcli::image::Descriptor;

/// Which way layers move, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To here.
    Pull,
    /// From here.
    Push,
}

/// The layers among an image's blobs, each once, the lowest first. Docker does not show configs.
fn layers(blobs: &[Descriptor]) -> Vec<Digest> {
    let mut seen = std::collections::HashSet::new();
    let layers = blobs.iter().filter(|blob| !blob.media_type.is_image_config());
    layers.map(|blob| blob.digest.clone()).filter(|digest| seen.insert(digest.clone())).collect()
}
