//! What was found, as text and as JSON.

use regcli::diagnose::Failure;
use regcli::ops::Place;
use regcli::ops::diff::{FilesDiff, FilesSummary, ImageDiff, PackagesDiff, Pair, Strictness};
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
    files: Option<(FilesDiff, FilesSummary)>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(ui: &'a Ui, pair: &'a Pair<'a>, strictness: Strictness) -> Self {
        let image = Some(pair.image(strictness));
        Self { ui, pair, strictness, image, packages: None, files: None }
    }

    /// Takes the files that differ, and warns of those that were left out.
    pub(super) fn take_files(&mut self, files: FilesDiff) -> Result<(), Failure> {
        if files.hostile() > 0 {
            let count = units::count(usize::try_from(files.hostile()).unwrap_or(usize::MAX), "path");
            self.ui.warn(&format!("left out {count} of layers leading out of the image"));
        }
        let summary = files.summary()?;
        self.files = Some((files, summary));
        Ok(())
    }

    /// Reports whether nothing differs of what was compared. Files decide about layers only semantically, because layers
    /// with the same files may still differ.
    pub(super) fn is_equal(&self) -> bool {
        let are_files_equal = self.files.as_ref().map(|(_, summary)| summary.is_empty());
        let is_image_equal = self.image.as_ref().is_none_or(|image| match are_files_equal {
            Some(_) if self.strictness == Strictness::Semantic => image.is_equal_without_layers(),
            Some(_) | None => image.is_equal(),
        });
        is_image_equal && are_files_equal.unwrap_or(true)
    }

    pub(super) fn text(&self) -> Result<(), Failure> {
        let view = View { width: self.ui.columns().unwrap_or(WIDTH), charset: Charset::of_locale() };
        let mut block = Block { ui: self.ui, text: String::new() };
        if let Some(diff) = &self.image {
            block.text.push_str(&image::text(self.pair, diff, view));
        }
        if let Some(found) = &self.packages {
            block.text.push_str(&packages::section(found));
        }
        if let Some((found, summary)) = &self.files {
            if self.image.is_some() {
                block.text.push_str("\nFiles\n");
            }
            for change in found.changes()? {
                block.line(&files::line(&change?, view))?;
            }
            block.line(&files::summary(summary, found))?;
        }
        block.flush()?;
        if self.is_equal() {
            self.ui.note("Nothing differs that counts");
        }
        self.note_skipped();
        Ok(())
    }

    fn note_skipped(&self) {
        if let Some((found, summary)) = &self.files
            && summary.undecided > 0
        {
            let skipped = units::size(found.skipped);
            self.ui.note(&format!(
                "{skipped} of shared layers decide about paths with ?; omit --quick to read them"
            ));
        }
    }

    /// Writes one document. The files are written while they are read, because there may be millions.
    pub(super) fn json(&self) -> Result<(), Failure> {
        let mut document = image::json_sides(self.pair);
        document.insert("equal".to_owned(), json!(self.is_equal()));
        document.extend(self.image.iter().flat_map(image::json));
        if let Some(found) = &self.packages {
            document.insert("packages".to_owned(), packages::json(found));
        }
        let Some((found, summary)) = &self.files else {
            return self.ui.line(&json::indented(&document));
        };
        document.insert("filesSummary".to_owned(), files::json_summary(summary, found));
        let text = json::indented(&document);
        let mut block = Block { ui: self.ui, text: text.trim_end_matches('}').trim_end().to_owned() };
        block.text.push_str(",\n    \"files\": [");
        let mut separator = "\n";
        for change in found.changes()? {
            block.piece(&format!("{separator}        {}", json::line(&files::json(&change?))))?;
            separator = ",\n";
        }
        let end = if separator == "\n" { "]\n}\n" } else { "\n    ]\n}\n" };
        block.piece(end)?;
        block.flush()
    }
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
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.piece(&format!("{line}\n"))
    }

    fn piece(&mut self, piece: &str) -> Result<(), Failure> {
        self.text.push_str(piece);
        if self.text.len() < BLOCK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.ui.write(std::mem::take(&mut self.text).as_bytes())
    }
}
