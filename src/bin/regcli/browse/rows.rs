//! Rows from what registries and images say.

use std::sync::Arc;

use jiff::Timestamp;
use regcli::image::Platform;
use regcli::ops::{Inspection, Layer, ListedImage, Place, history};
use regcli::protocol::listing::TagDetail;
use regcli::reference::{Name, Reference, Registry};

use super::entry::Entry;
use super::file_tree::{FileKind, FileTree};
use super::kind::{Kind, Subject};
use crate::ui::format::safe::safe;
use crate::ui::format::units;

/// Returns the row of a repository, as the registry names it.
pub(super) fn repository(registry: &Registry, name: &str) -> Entry {
    let entry = Entry::named(name);
    match format!("{registry}/{name}").parse::<Reference>() {
        Ok(reference) if reference.is_name_only() => entry.opening(Kind::Tags(reference.name)),
        // A name that no request can contain.
        Ok(_) | Err(_) => entry,
    }
}

/// Returns the row of a tag.
pub(super) fn tag(name: &Name, detail: &TagDetail, platform: &Platform) -> Entry {
    let place = Place::Registry(Reference::tagged(name.clone(), detail.tag.clone()));
    let text = match (&detail.artifact_type, detail.images.is_empty()) {
        (Some(artifact), true) => artifact.clone(),
        (Some(_) | None, _) => platforms(detail),
    };
    let is_bare = detail.size_for(platform).is_none();
    Entry {
        date: detail.date(),
        bare_tag: is_bare.then(|| Box::new(detail.clone())),
        ..Entry::named(detail.tag.as_str())
            .saying(&text)
            .sized(detail.size_for(platform))
            .opening(Kind::Image(Subject { place, platform: None }))
    }
}

/// Returns the platforms of a tag in few columns: `linux/amd64`, or `linux: amd64 arm64`.
fn platforms(detail: &TagDetail) -> String {
    let names: Vec<_> = detail.images.iter().map(|image| image.platform.to_string()).collect();
    let first = detail.images.first().map_or("", |image| image.platform.os.as_str());
    let short: Option<Vec<_>> =
        names.iter().map(|name| name.strip_prefix(first)?.strip_prefix('/')).collect();
    match short {
        Some(short) if short.len() > 1 => format!("{first}: {}", short.join(" ")),
        Some(_) | None => names.join(" "),
    }
}

/// Returns the row of an image in the store.
pub(super) fn stored(listed: &ListedImage) -> Entry {
    let Some(reference) = &listed.image.reference else {
        return Entry::named(listed.id.short()).sized(Some(listed.size));
    };
    let subject = Subject { place: Place::Store(reference.clone()), platform: None };
    Entry { date: date(&listed.created), ..Entry::named(&reference.familiar()) }
        .sized(Some(listed.size))
        .opening(Kind::Image(subject))
}

/// Returns a date, unless it is that of a reproducible build.
fn date(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|date: &Timestamp| date.as_second() > 0)
}

/// Returns the rows of an image: all of its files, then its layers, the lowest first.
pub(super) fn layers(subject: &Subject, inspection: &Inspection) -> Vec<Entry> {
    let all = Entry::named("all files").sized(Some(inspection.size()));
    let all = all.saying("the merged layers").opening(Kind::Files(subject.clone(), None));
    let mut number = 0;
    let steps = history(inspection).into_iter().rev().map(|step| {
        let date = date(&step.created);
        let entry = match &step.layer {
            Layer::Empty => Entry::named("-"),
            Layer::Missing => Entry::named("missing"),
            Layer::Made(layer) => {
                number += 1;
                let opens = Kind::Files(subject.clone(), Some(number - 1));
                Entry::named(&number.to_string()).sized(Some(layer.size)).opening(opens)
            }
        };
        let command = step.created_by.split_whitespace().collect::<Vec<_>>().join(" ");
        Entry { date, ..entry.saying(&command) }
    });
    std::iter::once(all).chain(steps).collect()
}

/// Returns what an image's config says, in a few lines.
pub(super) fn summary(inspection: &Inspection) -> Vec<String> {
    let config = &inspection.config;
    let platform = config.platform().map_or_else(|| "unknown platform".to_owned(), |it| it.to_string());
    let command = [&config.config.entrypoint[..], &config.config.cmd[..]].concat().join(" ");
    let mut lines = vec![
        format!("digest  {}", inspection.root.digest),
        format!(
            "image   {platform}, {} in {}",
            units::size(inspection.size()),
            units::count(inspection.image.layers.len(), "layer")
        ),
    ];
    if let Some(created) = date(&config.created) {
        lines.push(format!("created {}", units::to_the_second(&created.to_string())));
    }
    if !command.is_empty() {
        lines.push(format!("command {command}"));
    }
    let counts = [(config.config.env.len(), "variable"), (config.config.labels.len(), "label")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, thing)| units::count(count, thing)).collect();
    if !counts.is_empty() {
        lines.push(format!("config  {}", counts.join(", ")));
    }
    lines.iter().map(|line| safe(line).into_owned()).collect()
}

/// Returns the rows of a directory, the largest first.
pub(super) fn folder(tree: &Arc<FileTree>, number: usize) -> Vec<Entry> {
    let row = |child: &usize| {
        let node = tree.node(*child);
        let name = tree.name(*child);
        let (name, opens) = match &node.kind {
            FileKind::Directory => (format!("{name}/"), Some(Kind::Folder(Arc::clone(tree), *child))),
            FileKind::File => (name, Some(Kind::Text(Arc::clone(tree), *child))),
            FileKind::Link(target) => (format!("{name} -> {target}"), None),
            FileKind::Special => (format!("{name} (special)"), None),
            FileKind::Removed => (format!("{name} (removed)"), None),
        };
        let layer = (node.layer + 1).to_string();
        Entry { opens: opens.map(Box::new), ..Entry::named(&name).saying(&layer).sized(Some(node.size)) }
    };
    let mut rows: Vec<_> = tree.node(number).children.iter().map(row).collect();
    rows.sort_by_key(|entry| std::cmp::Reverse(entry.size));
    rows
}
