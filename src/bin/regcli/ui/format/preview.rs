//! The result of `--dry-run`: a table of blobs with totals, JSON, or a template.

use std::collections::HashMap;

use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::ops::{Place, Route};
use regcli::protocol::PullLimit;
use regcli::reference::{Reference, Registry};
use regcli::transfer::{BlobKind, BlobPreview, Fate, Preview};
use serde_json::{Value, json};

use super::safe::safe;
use super::template::{Cell, Format, Printer, Row};
use super::{json, units};
use crate::ui::Ui;

/// What a command does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Download,
    Upload,
    Copy,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Copy => "copy",
        }
    }

    /// Describes a blob that is already at the destination.
    fn already(self) -> &'static str {
        match self {
            Self::Download => "already here",
            Self::Upload | Self::Copy => "already there",
        }
    }
}

/// What would be moved on a route.
pub(crate) struct Planned {
    pub(crate) route: Route,
    pub(crate) preview: Preview,
}

/// Shows previews, one after the other.
pub(crate) struct Previews {
    verb: Verb,
    shape: Shape,
    /// How many previews were shown.
    shown: usize,
    /// The blobs of all of them, with the bytes to move: each once, as in one command for all images.
    blobs: HashMap<Digest, (u64, u64)>,
}

/// The form of previews.
enum Shape {
    /// Only the reference, with its digest.
    Pinned,
    /// One object per image.
    Json,
    /// One row per blob.
    Rows(Box<Printer<BlobRow>>),
}

impl Previews {
    /// Shows only the reference with its digest.
    pub(crate) fn pinned(verb: Verb) -> Self {
        Self::shaped(verb, Shape::Pinned)
    }

    /// Shows previews in the requested format.
    ///
    /// # Errors
    /// Returns an error if a template is invalid, or names an unknown field or function.
    pub(crate) fn of(verb: Verb, format: &Format) -> Result<Self, Failure> {
        let shape = match format {
            Format::Json => Shape::Json,
            format => Shape::Rows(Box::new(format.compile("{{.ID}}\t{{.Kind}}\t{{.Size}}\t{{.Action}}")?)),
        };
        Ok(Self::shaped(verb, shape))
    }

    fn shaped(verb: Verb, shape: Shape) -> Self {
        Self { verb, shape, shown: 0, blobs: HashMap::new() }
    }

    /// Shows the preview of one image.
    pub(crate) fn show(&mut self, ui: &Ui, planned: &Planned) -> Result<(), Failure> {
        let Planned { route, preview } = planned;
        let text = match &self.shape {
            Shape::Pinned => format!("{}\n", safe(&pinned(self.named(route), &preview.root.digest))),
            Shape::Json => format!("{}\n", json::html_safe_line(&object(route, preview))),
            Shape::Rows(printer) => {
                let row = |blob: &BlobPreview| BlobRow { blob: blob.clone(), verb: self.verb };
                let rows: Vec<_> = preview.blobs.iter().map(row).collect();
                let shown = printer.show(&rows)?;
                match (printer.is_table(), self.shown) {
                    (false, _) => shown,
                    (true, 0) => format!("{shown}{}\n", self.totals(route, preview)),
                    (true, _) => format!("\n{shown}{}\n", self.totals(route, preview)),
                }
            }
        };
        self.shown += 1;
        for BlobPreview { blob, fate, .. } in &preview.blobs {
            self.blobs.entry(blob.digest.clone()).or_insert((fate.moved(blob.size), blob.size));
        }
        ui.write(text.as_bytes())
    }

    /// Shows the sum of several previews, in which a layer that images share counts once.
    pub(crate) fn end(&self, ui: &Ui) -> Result<(), Failure> {
        let is_table = matches!(&self.shape, Shape::Rows(printer) if printer.is_table());
        if !is_table || self.shown < 2 {
            return Ok(());
        }
        let sum = |part: fn(&(u64, u64)) -> u64| self.blobs.values().map(part).fold(0, u64::saturating_add);
        let (moved, total) = (units::size(sum(|blob| blob.0)), units::size(sum(|blob| blob.1)));
        let images = units::count(self.shown, "image");
        ui.line(&format!(
            "\n{images} together: would {} {moved} of {total}, with shared layers counted once",
            self.verb.word()
        ))
    }

    /// Returns the place that the user named: the source of a pull, otherwise the destination.
    fn named<'a>(&self, route: &'a Route) -> &'a Place {
        if self.verb == Verb::Download { &route.source } else { &route.destination }
    }

    /// Summarizes how much would be moved, and why the rest would not.
    fn totals(&self, route: &Route, preview: &Preview) -> String {
        let name = self.named(route).to_string();
        let (name, verb) = (safe(&name), self.verb.word());
        if preview.up_to_date {
            return format!("{name} is up to date: nothing to {verb}");
        }
        let sums = preview.sums();
        let spared = [
            (sums.present, self.verb.already()),
            (sums.partial, "left by an earlier run"),
            (sums.mountable, "can be mounted"),
            (sums.foreign, "not distributed"),
            (sums.unknown, "cannot tell"),
        ];
        let spared: Vec<_> = spared
            .into_iter()
            .filter(|(bytes, _)| *bytes > 0)
            .map(|(bytes, why)| format!("{} {why}", units::size(bytes)))
            .collect();
        let rest = if spared.is_empty() { String::new() } else { format!(" ({})", spared.join(", ")) };
        format!("{name}: would {verb} {} of {}{rest}", units::size(sums.moved), units::size(sums.total))
    }
}

/// Describes how many pulls a registry still allows.
pub(crate) fn pulls_left(registry: &Registry, limit: &PullLimit) -> String {
    let registry = if registry.is_hub() { "Docker Hub" } else { registry.as_str() };
    let of = limit.limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
    let window = limit.window.map(|window| format!(" in {}", units::duration(window))).unwrap_or_default();
    format!("{registry}: {}{of} pulls left{}", limit.remaining, window.to_lowercase())
}

/// Warns that the store has only one image of an index, which would be pushed alone.
pub(crate) fn only_part(index: &Digest, pushed: &Digest) -> String {
    format!(
        "Not all multiplatform-content is present and only the available single-platform image would be pushed\n\
         {index} -> {pushed}"
    )
}

/// Returns a place with the digest of its image.
fn pinned(place: &Place, digest: &Digest) -> String {
    let pin = |reference: &Reference| Reference { digest: Some(digest.clone()), ..reference.clone() };
    match place {
        Place::Registry(reference) => Place::Registry(pin(reference)).to_string(),
        Place::Store(reference) => Place::Store(pin(reference)).to_string(),
        Place::Layout { .. }
        | Place::OciArchive { .. }
        | Place::DockerArchive { .. }
        | Place::DockerDaemon(_) => {
            format!("{place}@{digest}")
        }
    }
}

/// Describes the preview of one image as JSON.
fn object(route: &Route, preview: &Preview) -> Value {
    let sums = preview.sums();
    let images = preview.images.iter().map(|image| {
        let platform = image.platform.as_ref().map(ToString::to_string);
        json!({ "digest": image.digest, "platform": platform })
    });
    json!({
        "source": route.source.to_string(),
        "destination": route.destination.to_string(),
        "digest": preview.root.digest,
        "mediaType": preview.root.media_type,
        "upToDate": preview.up_to_date,
        "images": images.collect::<Vec<_>>(),
        "bytes": {
            "total": sums.total, "toMove": sums.moved, "present": sums.present, "partial": sums.partial,
            "mountable": sums.mountable, "foreign": sums.foreign, "unknown": sums.unknown,
        },
        "blobs": preview.blobs.iter().map(blob_object).collect::<Vec<_>>(),
    })
}

fn blob_object(BlobPreview { blob, kind, fate }: &BlobPreview) -> Value {
    let mut object = json!({
        "digest": blob.digest,
        "kind": kind_word(*kind),
        "mediaType": blob.media_type,
        "size": blob.size,
        "fate": fate_word(fate),
        "toMove": fate.moved(blob.size),
    });
    match fate {
        Fate::Mountable(from) => object["from"] = from.to_string().into(),
        Fate::Resumed(offset) => object["offset"] = (*offset).into(),
        Fate::Present | Fate::Foreign | Fate::Moved | Fate::Unknown => {}
    }
    object
}

fn kind_word(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Config => "config",
        BlobKind::Layer => "layer",
        BlobKind::Other => "blob",
    }
}

fn fate_word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Present => "present",
        Fate::Foreign => "foreign",
        Fate::Mountable(_) => "mount",
        Fate::Resumed(_) => "resume",
        Fate::Moved => "move",
        Fate::Unknown => "unknown",
    }
}

/// A blob as a row, with its fields for templates.
struct BlobRow {
    blob: BlobPreview,
    verb: Verb,
}

impl BlobRow {
    /// Describes what would happen to the blob.
    fn action(&self) -> String {
        match &self.blob.fate {
            Fate::Present => self.verb.already().to_owned(),
            Fate::Foreign => "not distributed".to_owned(),
            Fate::Mountable(from) => format!("can be mounted from {}", from.repository),
            Fate::Resumed(kept) if *kept >= self.blob.blob.size => "left whole by an earlier run".to_owned(),
            Fate::Resumed(kept) => {
                format!("{} the rest, {} are kept", self.verb.word(), units::part(*kept, self.blob.blob.size))
            }
            Fate::Moved => self.verb.word().to_owned(),
            Fate::Unknown => "cannot tell".to_owned(),
        }
    }
}

impl Row for BlobRow {
    const TYPE: &'static str = "*formatter.blobContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Action", "ACTION"),
        ("Bytes", "BYTES"),
        ("Digest", "DIGEST"),
        ("Fate", "FATE"),
        ("ID", "BLOB ID"),
        ("Kind", "KIND"),
        ("MediaType", "MEDIA TYPE"),
        ("Size", "SIZE"),
        ("ToMove", "TO MOVE"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let BlobPreview { blob, kind, fate } = &self.blob;
        [
            self.action(),
            blob.size.to_string(),
            blob.digest.to_string(),
            fate_word(fate).to_owned(),
            blob.digest.short().to_owned(),
            kind_word(*kind).to_owned(),
            blob.media_type.to_string(),
            units::size(blob.size),
            fate.moved(blob.size).to_string(),
        ]
        .map(Cell::from)
        .into()
    }
}
