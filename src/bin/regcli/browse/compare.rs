//! The differences of two images, as their manifests and configs show them.

use std::collections::BTreeSet;

use regcli::ops::Inspection;

use super::entry::Entry;
use crate::ui::format::units;

/// The sign of what only the first image has, and of what only the second has.
const SIGNS: [char; 2] = ['-', '+'];

/// Returns the lines that describe the differences. Lines begin with `-` for the first image and with `+` for the
/// second.
pub(super) fn compare(first: &Inspection, second: &Inspection) -> Vec<Entry> {
    let both = [first, second];
    let mut lines = Vec::new();
    let mut part = |title: &str, values: [Vec<String>; 2]| {
        let found = differences(&values);
        if !found.is_empty() {
            lines.push(title.to_owned());
            lines.extend(found);
        }
    };
    part("digest", both.map(|image| vec![image.root.digest.to_string()]));
    part("platform", both.map(|image| image.config.platform().iter().map(ToString::to_string).collect()));
    part("created", both.map(|image| vec![image.config.created.clone()]));
    part("size", both.map(|image| vec![units::precise_size(image.size())]));
    part("entrypoint", both.map(|image| image.config.config.entrypoint.clone()));
    part("command", both.map(|image| image.config.config.cmd.clone()));
    part("environment", both.map(|image| image.config.config.env.clone()));
    part("labels", both.map(labels));
    part("layers", both.map(layers));
    if lines.is_empty() {
        lines.push("The images are the same.".to_owned());
    } else {
        lines.push(same_layers(first, second));
    }
    lines.iter().map(|line| Entry::named(line)).collect()
}

fn labels(image: &Inspection) -> Vec<String> {
    image.config.config.labels.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

fn layers(image: &Inspection) -> Vec<String> {
    let line = |layer: &regcli::image::Descriptor| {
        format!("{:>8}  {}", units::size(layer.size), layer.digest.short())
    };
    image.image.layers.iter().map(line).collect()
}

/// Describes how many layers both images have.
fn same_layers(first: &Inspection, second: &Inspection) -> String {
    let known: BTreeSet<_> = first.image.layers.iter().map(|layer| &layer.digest).collect();
    let shared = second.image.layers.iter().filter(|layer| known.contains(&layer.digest));
    let (count, size) =
        shared.fold((0, 0_u64), |(count, size), layer| (count + 1, size.saturating_add(layer.size)));
    format!("{} in both: {}", units::count(count, "layer"), units::size(size))
}

/// Returns the values that only one image has, each with its sign, in their order.
fn differences(values: &[Vec<String>; 2]) -> Vec<String> {
    let only = |here: usize| {
        let there: BTreeSet<_> = values[1 - here].iter().collect();
        let only = values[here].iter().filter(move |value| !there.contains(value));
        only.map(move |value| format!("  {} {value}", SIGNS[here])).collect::<Vec<_>>()
    };
    [only(0), only(1)].concat()
}
