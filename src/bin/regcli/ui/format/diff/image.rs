//! The documents of two images.

use std::fmt::Write as _;

use regcli::image::{Descriptor, History};
use regcli::ops::diff::{DiffLayer, ImageDiff, LayersDiff, Pair, Side, StepsDiff};
use serde_json::{Map, Value, json};

use super::sign::View;
use crate::ui::format::safe::safe;
use crate::ui::format::table::{columns, ellipsis};
use crate::ui::format::units;

/// The maximum width of the names of settings, beyond which values are not aligned.
const LABEL_MAX: usize = 28;

/// The minimum width of a command.
const COMMAND_MIN: usize = 20;

/// Returns sections for everything that differs, and what a pull moves.
pub(crate) fn text(pair: &Pair<'_>, diff: &ImageDiff, view: View) -> String {
    let mut text = String::new();
    section(&mut text, "Platforms", &platforms(diff, view));
    section(&mut text, "Config", &settings(diff, view));
    section(&mut text, "History", &steps(&diff.steps));
    section(&mut text, "Layers", &layers(&diff.layers, view));
    if text.is_empty() && !diff.is_same_manifest {
        let (old, new) = (pair.old.manifest.digest.to_string(), pair.new.manifest.digest.to_string());
        section(&mut text, "Manifest", &view.change("", Some(old), Some(new)));
    }
    let (old, new) = (units::precise_size(pair.old.size()), units::precise_size(pair.new.size()));
    let _ = writeln!(text, "Size: {old}{}{new}", view.arrow());
    let pull = diff.pull;
    let _ = writeln!(
        text,
        "A pull of the new image moves {} if the old one is there",
        units::part(pull.bytes, pull.total)
    );
    text
}

fn section(text: &mut String, title: &str, lines: &str) {
    if !lines.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{title}\n{lines}\n");
    }
}

fn platforms(diff: &ImageDiff, view: View) -> String {
    let width = diff.platforms.iter().map(|change| change.platform.len()).max().unwrap_or(0);
    let line = |change: &regcli::ops::diff::PlatformChange| {
        let label = format!("{:width$}  ", safe(&change.platform));
        let short =
            |digest: &Option<regcli::digest::Digest>| digest.as_ref().map(|digest| digest.short().to_owned());
        view.change(&label, short(&change.old), short(&change.new))
    };
    diff.platforms.iter().map(line).collect()
}

fn settings(diff: &ImageDiff, view: View) -> String {
    let labels: Vec<String> = diff
        .settings
        .iter()
        .map(|change| match &change.key {
            Some(key) => safe(&format!("{} {key}", change.field)).into_owned(),
            None => safe(&change.field).into_owned(),
        })
        .collect();
    let width = labels.iter().map(|label| columns(label)).max().unwrap_or(0).min(LABEL_MAX);
    let lines = diff.settings.iter().zip(labels).map(|(change, label)| {
        let gap = " ".repeat(width.saturating_sub(columns(&label)) + 2);
        view.change(&(label + &gap), change.old.as_ref().map(value), change.new.as_ref().map(value))
    });
    lines.collect()
}

/// Returns a value of a setting: texts as they are, lists of words as a shell would read them, and JSON.
fn value(value: &Value) -> String {
    let word = |text: &str| match text.is_empty() || text.contains(|c: char| " \t\n'\"\\$`".contains(c)) {
        true => format!("'{}'", text.replace('\'', r"'\''")),
        false => text.to_owned(),
    };
    let words = |list: &[Value]| list.iter().map(|item| item.as_str().map(word)).collect::<Option<Vec<_>>>();
    let text = match value {
        Value::String(text) if text.is_empty() => "''".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => words(list).map_or_else(|| value.to_string(), |words| words.join(" ")),
        // Ports and volumes are keys without a value.
        Value::Object(object) if object.is_empty() => String::new(),
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    safe(&text).into_owned()
}

fn steps(steps: &StepsDiff) -> String {
    let parts = [
        (steps.removed.len(), "removed"),
        (steps.added.len(), "added"),
        (steps.other_times, "of another time"),
    ];
    let told = parts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> =
        told.map(|(count, what)| format!("{} {what}", units::count(*count, "step"))).collect();
    if told.is_empty() { String::new() } else { format!("  {}\n", told.join(", ")) }
}

fn layers(layers: &LayersDiff, view: View) -> String {
    let mut text = String::new();
    let only =
        layers.removed.iter().map(|layer| ('-', layer)).chain(layers.added.iter().map(|layer| ('+', layer)));
    let only: Vec<_> = only.collect();
    if only.is_empty() && layers.is_same_list {
        return text;
    }
    let shared = layers.shared.iter().fold(0, |sum: u64, layer| sum.saturating_add(layer.size));
    let _ = writeln!(
        text,
        "  = {:<9} {}",
        units::size(shared),
        units::count(layers.shared.len(), "shared layer")
    );
    if only.is_empty() {
        text.push_str("  ~ the same layers in another order\n");
    }
    for (sign, DiffLayer { layer, command, is_repacked }) in only {
        let start = format!("  {sign} {:<9} {}  ", units::size(layer.size), layer.digest.short());
        let note = if *is_repacked { "(same content, packed differently) " } else { "" };
        let command = command.as_deref().unwrap_or_default();
        let rest = view.width.saturating_sub(columns(&start)).max(COMMAND_MIN);
        let told = ellipsis(&safe(&format!("{note}{command}")), rest);
        let _ = writeln!(text, "{}", format!("{start}{told}").trim_end());
    }
    text
}

/// Returns the two images.
pub(crate) fn json_sides(pair: &Pair<'_>) -> Map<String, Value> {
    let side = |side: &Side| {
        json!({
            "image": side.place.to_string(), "digest": side.root.digest, "manifest": side.manifest.digest,
            "platform": side.platform().map(|platform| platform.to_string()), "bytes": side.size(),
        })
    };
    Map::from_iter([("old".to_owned(), side(&pair.old)), ("new".to_owned(), side(&pair.new))])
}

/// Returns everything that differs between the documents.
pub(crate) fn json(diff: &ImageDiff) -> Map<String, Value> {
    let platforms = diff
        .platforms
        .iter()
        .map(|change| json!({"platform": change.platform, "old": change.old, "new": change.new}));
    let settings = diff.settings.iter().map(
        |change| json!({"field": change.field, "key": change.key, "old": change.old, "new": change.new}),
    );
    let step = |step: &History| {
        json!({
            "created": step.created, "createdBy": step.created_by, "comment": step.comment,
            "emptyLayer": step.empty_layer,
        })
    };
    let steps = |steps: &[History]| steps.iter().map(step).collect::<Vec<_>>();
    let layer = |layer: &Descriptor| json!({"digest": layer.digest, "bytes": layer.size});
    let only = |layers: &[DiffLayer]| {
        let layers = layers.iter().map(|found| {
            let mut object = layer(&found.layer);
            (object["createdBy"], object["isRepacked"]) = (json!(found.command), json!(found.is_repacked));
            object
        });
        layers.collect::<Vec<_>>()
    };
    let all = json!({
        "platforms": platforms.collect::<Vec<_>>(),
        "config": settings.collect::<Vec<_>>(),
        "history": {
            "removed": steps(&diff.steps.removed), "added": steps(&diff.steps.added),
            "otherTimes": diff.steps.other_times,
        },
        "layers": {
            "shared": diff.layers.shared.iter().map(layer).collect::<Vec<_>>(),
            "removed": only(&diff.layers.removed), "added": only(&diff.layers.added),
        },
        "pull": {"bytes": diff.pull.bytes, "totalBytes": diff.pull.total},
    });
    match all {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_a_shell_reads_them() {
        for (shown, expected) in [
            (json!("a b"), "a b"),
            (json!(""), "''"),
            (json!(["sh", "-c", "echo it's $X", ""]), r"sh -c 'echo it'\''s $X' ''"),
            (json!([1]), "[1]"),
            (json!({}), ""),
            (json!({"Test": ["CMD", "x"]}), r#"{"Test":["CMD","x"]}"#),
            (json!("\u{1b}[2J"), "\\u{1b}[2J"),
        ] {
            assert_eq!(value(&shown), expected);
        }
    }
}
