//! Tags as rows.

use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::protocol::listing::TagDetail;

use super::columns::Column;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Format, Printer, Row};
use crate::ui::format::units;

/// The value of an unknown fact in a table.
const UNKNOWN: &str = "-";

/// A tag with nothing but its name.
pub(super) struct TagRow {
    pub(super) repository: String,
    pub(super) tag: String,
}

impl Row for TagRow {
    const TYPE: &'static str = "*registry.tagContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[("Tag", "TAG"), ("Repository", "REPOSITORY")];

    fn cells(&self) -> Vec<Cell> {
        vec![self.tag.as_str().into(), self.repository.as_str().into()]
    }
}

/// How tags are shown.
pub(super) struct TagTable {
    pub(super) repository: String,
    pub(super) platform: Platform,
    pub(super) now: Timestamp,
    /// The columns of the command's own table. Empty for `--format table` alone.
    pub(super) columns: Vec<Column>,
    pub(super) format: Format,
}

impl TagTable {
    /// Checks the format before anything is requested.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.printer().map(drop)
    }

    /// Removes the columns that no tag has, and returns them.
    pub(super) fn drop_unknown(&mut self, tags: &[TagDetail]) -> Vec<Column> {
        let is_known = |column: &Column| tags.iter().any(|detail| column.has(detail));
        let (known, unknown) = self.columns.iter().partition(|column| is_known(column));
        if !tags.is_empty() {
            self.columns = known;
        }
        unknown
    }

    /// Returns the output, which fits a terminal of `columns`.
    pub(super) fn show(&self, tags: &[TagDetail], columns: Option<usize>) -> Result<String, Failure> {
        let printer = self.printer()?;
        let row = |detail| DetailRow { table: self, detail, is_table: printer.is_table() };
        let rows: Vec<_> = tags.iter().map(row).collect();
        Ok(printer.fitted(&rows, columns)?)
    }

    fn printer(&self) -> Result<Printer<DetailRow<'_>>, Failure> {
        let fields: Vec<_> =
            self.columns.iter().map(|column| format!("{{{{.{}}}}}", column.field())).collect();
        let table = match fields.is_empty() {
            true => "{{.Tag}}\t{{.Repository}}".to_owned(),
            false => fields.join("\t"),
        };
        Ok(self.format.compile(&table)?)
    }
}

/// A tag with what is known about it.
struct DetailRow<'a> {
    table: &'a TagTable,
    detail: &'a TagDetail,
    is_table: bool,
}

impl Row for DetailRow<'_> {
    const TYPE: &'static str = "*registry.tagContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Tag", "TAG"),
        ("Repository", "REPOSITORY"),
        ("Digest", "DIGEST"),
        ("Size", "SIZE"),
        ("Platforms", "PLATFORMS"),
        ("ArtifactType", "ARTIFACT TYPE"),
        ("Created", "CREATED"),
        ("Pushed", "PUSHED"),
        ("Pulled", "PULLED"),
    ];

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[
        ("Tag", Flexible::end(12)),
        ("Repository", Flexible::middle(12)),
        ("Digest", Flexible::end(7)),
        ("Platforms", Flexible::middle(12)),
    ];

    fn cells(&self) -> Vec<Cell> {
        let TagDetail { tag, digest, artifact_type, created, pushed, pulled, .. } = self.detail;
        let digest_text = digest.as_ref().map(|digest| match self.is_table {
            true => digest.short().to_owned(),
            false => digest.to_string(),
        });
        let size = self.detail.size_for(&self.table.platform);
        let json = |value: Option<String>| value.unwrap_or_default();
        let built = self.detail.built();
        let date = |moment: Option<Timestamp>| json(moment.map(|moment| moment.to_string()));
        vec![
            tag.as_str().into(),
            self.table.repository.as_str().into(),
            Cell::with_json(self.known(digest_text), json(digest.as_ref().map(ToString::to_string))),
            Cell::with_json(self.known(size.map(units::size)), json(size.map(|size| size.to_string()))),
            Cell::with_json(self.known(self.platforms()), self.all_platforms()),
            artifact_type.as_deref().unwrap_or_default().into(),
            Cell::with_json(self.ago(built), date(*created)),
            Cell::with_json(self.ago(*pushed), date(*pushed)),
            Cell::with_json(self.ago(*pulled), date(*pulled)),
        ]
    }
}

impl DetailRow<'_> {
    fn known(&self, value: Option<String>) -> String {
        value.unwrap_or_else(|| if self.is_table { UNKNOWN } else { "" }.to_owned())
    }

    fn ago(&self, moment: Option<Timestamp>) -> String {
        self.known(moment.map(|moment| units::ago(&moment.to_string(), self.table.now)))
    }

    fn all_platforms(&self) -> String {
        let platforms = self.detail.images.iter().map(|image| image.platform.to_string());
        platforms.collect::<Vec<_>>().join(",")
    }

    /// Returns the platforms, or what an artifact is. A table shows one of several only, and their number.
    fn platforms(&self) -> Option<String> {
        let images = &self.detail.images;
        let chosen = self.table.platform.choose(images, |image| Some(&image.platform));
        match (&self.detail.artifact_type, chosen.or_else(|| images.first())) {
            (Some(kind), _) => Some(kind.clone()),
            (None, Some(image)) if self.is_table && images.len() > 1 => {
                Some(format!("{} +{}", image.platform, images.len() - 1))
            }
            (None, Some(_)) => Some(self.all_platforms()),
            (None, None) => None,
        }
    }
}
