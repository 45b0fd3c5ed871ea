//! The layers of two images.

use std::collections::HashSet;

use crate::digest::Digest;
use crate::image::{Descriptor, ImageConfig};

use super::side::Side;

/// The layers of two images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayersDiff {
    /// The layers that both have, in the order of the new image.
    pub shared: Vec<Descriptor>,
    /// The layers that only the old image has, the lowest first.
    pub removed: Vec<DiffLayer>,
    /// The layers that only the new image has, the lowest first.
    pub added: Vec<DiffLayer>,
    /// How many layers both images begin with.
    pub common: usize,
    /// Whether both images have the same layers in the same order.
    pub is_same_list: bool,
}

/// A layer that only one of the images has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLayer {
    /// The layer.
    pub layer: Descriptor,
    /// The command that made it, if the history has it.
    pub command: Option<String>,
    /// Whether the other image has the same layer, compressed in another way. The configs claim that, and nothing has
    /// verified it.
    pub is_repacked: bool,
}

/// Compares the layers.
pub(super) fn compare(old: &Side, new: &Side) -> LayersDiff {
    let digests = |side: &Side| side.image.layers.iter().map(|layer| layer.digest.clone()).collect();
    let (of_old, of_new): (HashSet<Digest>, HashSet<Digest>) = (digests(old), digests(new));
    let both = old.image.layers.iter().zip(&new.image.layers);
    LayersDiff {
        shared: new.image.layers.iter().filter(|layer| of_old.contains(&layer.digest)).cloned().collect(),
        removed: only(old, &of_new, &new.config),
        added: only(new, &of_old, &old.config),
        common: both.take_while(|(old, new)| old.digest == new.digest).count(),
        is_same_list: digests_of(old).eq(digests_of(new)),
    }
}

fn digests_of(side: &Side) -> impl Iterator<Item = &Digest> {
    side.image.layers.iter().map(|layer| &layer.digest)
}

/// Returns the layers of `side` that the other image, which has `theirs`, does not have.
fn only(side: &Side, theirs: &HashSet<Digest>, other: &ImageConfig) -> Vec<DiffLayer> {
    let mut steps = side.config.history.iter().filter(|step| !step.empty_layer);
    let ids = &side.config.rootfs.diff_ids;
    let layers = side.image.layers.iter().enumerate().map(|(number, layer)| DiffLayer {
        layer: layer.clone(),
        command: steps.next().map(|step| step.created_by.clone()).filter(|command| !command.is_empty()),
        is_repacked: ids.get(number).is_some_and(|id| other.rootfs.diff_ids.contains(id)),
    });
    layers.filter(|found| !theirs.contains(&found.layer.digest)).collect()
}
