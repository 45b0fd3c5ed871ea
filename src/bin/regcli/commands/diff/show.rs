//! What was found, as text and as JSON.

use regcli::diagnose::Failure;
use regcli::ops::Place;
use regcli::ops::diff::{FileChange, FilesDiff, FilesSummary, ImageDiff, PackagesDiff, Pair, Strictness};
use serde_json::{Map, Value, json};

use crate::ui::Ui;
use crate::ui::format::charset::Charset;
use crate::ui::format::diff::{View, files, image, packages};
use crate::ui::format::{json, units};

/// How much text is collected before it is written, in bytes.
const BLOCK: usize = 64 * 1024;

/// The width of a text that does not go to a terminal.
const WIDTH: usize = 80;

/// What was found about two images.
pub(super) struct Shown<'a> {
    ui: &'a Ui,
    pair: &'a Pair<'a>,
    strictness: Strictness,
    /// What differs between the documents, unless only files are compared.
    pub(super) image: Option<ImageDiff>,
    pub(super) packages: Option<PackagesDiff>,
    files: Option<FilesDiff>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(ui: &'a Ui, pair: &'a Pair<'a>, strictness: Strictness) -> Self {
        let image = Some(pair.image(strictness));
        Self { ui, pair, strictness, image, packages: None, files: None }
    }

    /// Takes the files that differ, and warns of those that were left out.
    pub(super) fn take_files(&mut self, files: FilesDiff) {
        if files.hostile() > 0 {
            let count = units::count(usize::try_from(files.hostile()).unwrap_or(usize::MAX), "path");
            self.ui.warn(&format!("left out {count} of layers leading out of the image or through a link"));
        }
        self.files = Some(files);
    }

    /// Reports whether nothing differs of what was compared. Files decide about layers only semantically, because layers
    /// with the same files may still differ.
    fn is_equal(&self, files: Option<FilesSummary>) -> bool {
        let is_image_equal = self.image.as_ref().is_none_or(|image| match files {
            Some(_) if self.strictness == Strictness::Semantic => image.is_equal_without_layers(),
            Some(_) | None => image.is_equal(),
        });
        is_image_equal && files.is_none_or(|summary| summary.is_empty())
    }

    /// Writes what differs, and reports whether nothing does.
    pub(super) fn text(&self) -> Result<bool, Failure> {
        let view = View { width: self.ui.columns().unwrap_or(WIDTH), charset: Charset::of_locale() };
        let mut block = Block { ui: self.ui, text: String::new() };
        if let Some(diff) = &self.image {
            block.text.push_str(&image::text(self.pair, diff, view));
        }
        if let Some(found) = &self.packages {
            block.text.push_str(&packages::section(found, self.ui.columns()));
        }
        let mut sums = None;
        if let Some(found) = &self.files {
            if self.image.is_some() {
                block.text.push_str("\nFiles\n");
            }
            let write = |change: &FileChange| block.piece(&format!("{}\n", files::line(change, view)));
            let summary = *sums.insert(each(found, write)?);
            block.piece(&format!("{}\n", files::summary(&summary, found)))?;
        }
        block.flush()?;
        let is_equal = self.is_equal(sums);
        if is_equal {
            self.ui.note("Nothing differs that counts");
        }
        if let (Some(found), true) = (&self.files, sums.is_some_and(|summary| summary.undecided > 0)) {
            let skipped = units::size(found.skipped);
            self.ui.note(&format!(
                "{skipped} of shared layers decide about paths with ?; omit --quick to read them"
            ));
        }
        Ok(is_equal)
    }

    /// Writes one document, and reports whether nothing differs. The files are written while they are read, because there
    /// may be millions.
    pub(super) fn json(&self) -> Result<bool, Failure> {
        let mut document = image::json_sides(self.pair);
        document.extend(self.image.iter().flat_map(image::json));
        if let Some(found) = &self.packages {
            document.insert("packages".to_owned(), packages::json(found));
        }
        let Some(found) = &self.files else {
            let is_equal = self.is_equal(None);
            document.insert("equal".to_owned(), json!(is_equal));
            self.ui.line(&json::indented(&document))?;
            return Ok(is_equal);
        };
        let mut block = Block { ui: self.ui, text: open_ended(&document) };
        block.text.push_str(",\n    \"files\": [");
        let mut separator = "\n";
        let write = |change: &FileChange| {
            let start = std::mem::replace(&mut separator, ",\n");
            block.piece(&format!("{start}        {}", json::line(&files::json(change))))
        };
        let summary = each(found, write)?;
        let is_equal = self.is_equal(Some(summary));
        let end = json!({"filesSummary": files::json_summary(&summary, found), "equal": is_equal});
        let end = json::indented(&end);
        let line = if separator == "\n" { "" } else { "\n    " };
        block.piece(&format!("{line}],{}\n", end.strip_prefix('{').unwrap_or_default()))?;
        block.flush()?;
        Ok(is_equal)
    }
}

/// Calls `write` with each path that differs, and counts them.
fn each(
    files: &FilesDiff,
    mut write: impl FnMut(&FileChange) -> Result<(), Failure>,
) -> Result<FilesSummary, Failure> {
    let mut summary = FilesSummary::default();
    for change in files.changes()? {
        let change = change?;
        summary.add(&change);
        write(&change)?;
    }
    Ok(summary)
}

/// Returns a document without its end, so that more fields can follow.
fn open_ended(document: &Map<String, Value>) -> String {
    let text = json::indented(document);
    text.strip_suffix('}').unwrap_or(&text).trim_end().to_owned()
}

/// Returns the document about two names of one image.
pub(super) fn same(old: &Place, new: &Place, digest: &str) -> String {
    let side = |place: &Place| json!({"image": place.to_string(), "digest": digest});
    let document: Map<String, Value> = Map::from_iter([
        ("old".to_owned(), side(old)),
        ("new".to_owned(), side(new)),
        ("equal".to_owned(), json!(true)),
    ]);
    json::indented(&document) + "\n"
}

/// Text that is written together.
struct Block<'a> {
    ui: &'a Ui,
    text: String,
}

impl Block<'_> {
    fn piece(&mut self, piece: &str) -> Result<(), Failure> {
        self.text.push_str(piece);
        if self.text.len() < BLOCK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.ui.write(std::mem::take(&mut self.text).as_bytes())
    }
}
