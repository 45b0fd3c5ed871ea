//! `--format`: tables, JSON lines and Go templates over the rows of a result, as Docker's commands have them.

mod check;
mod document;
mod functions;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use gotmpl::{FuncMap, MissingKey, Template, Value};
use regcli::diagnose::{Diagnose, ErrorKind};

use super::safe::safe;
use super::{json, table};

pub(crate) use document::{Document, DocumentTemplate, Reader};

/// The key under which a row's JSON waits for the function `json`.
const ROW_JSON: &str = "json";

/// The most rounds that the loops of a template may make together; images have some hundred layers and labels.
const ROUNDS_MAX: u64 = 100_000;

/// One line of a result.
pub(crate) trait Row {
    /// What Docker calls its type in errors, `*registry.searchContext`.
    const TYPE: &'static str;

    /// Its fields: name in templates, header in tables.
    const COLUMNS: &'static [(&'static str, &'static str)];

    /// The values of the fields, in the order of [`Row::COLUMNS`].
    fn cells(&self) -> Vec<Cell>;
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    json: Option<String>,
}

impl Cell {
    /// A value that JSON shows otherwise than tables do: `true` and `[OK]`.
    pub(crate) fn with_json(text: impl Into<String>, json: impl Into<String>) -> Self {
        Self { text: text.into(), json: Some(json.into()) }
    }

    fn json(&self) -> &str {
        self.json.as_deref().unwrap_or(&self.text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, json: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// What `--format` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// The command's own table.
    #[default]
    Table,
    /// A table of a template's columns, separated by tabs.
    TableOf(String),
    /// One JSON object a line.
    Json,
    /// A template, executed for each row.
    Template(String),
}

impl FromStr for Format {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let unescaped = |text: &str| text.trim_matches(' ').replace(r"\t", "\t").replace(r"\n", "\n");
        Ok(match (text, text.strip_prefix("table")) {
            ("" | "table", _) => Self::Table,
            ("json", _) => Self::Json,
            (_, Some(columns)) => Self::TableOf(unescaped(columns)),
            (template, None) => Self::Template(unescaped(template)),
        })
    }
}

impl Format {
    /// Prepares it for rows of one kind. `table` is the template of the command's own table.
    ///
    /// # Errors
    /// [`Error::Parse`] if a template is none, or names a field or function that does not exist.
    pub(crate) fn compile<R: Row>(&self, table: &str) -> Result<Printer<R>, Error> {
        let (source, is_table) = match self {
            Self::Table => (table, true),
            Self::TableOf(columns) => (columns.as_str(), true),
            Self::Json => ("{{json .}}", false),
            Self::Template(template) => (template.as_str(), false),
        };
        check::template(source, R::TYPE, R::COLUMNS)?;
        let header = is_table.then(|| header::<R>(source)).transpose()?;
        let template = parse(source, functions::of_rows())?;
        Ok(Printer { template, header, row: PhantomData })
    }
}

/// Shows rows of one kind in the form that was asked for.
pub(crate) struct Printer<R> {
    template: Template,
    header: Option<String>,
    row: PhantomData<fn(&R)>,
}

impl<R: Row> Printer<R> {
    /// Whether it needs all rows before it can show one: columns are as wide as their widest cell.
    pub(crate) fn is_table(&self) -> bool {
        self.header.is_some()
    }

    /// All rows, each ended by a line break; in a table below their header.
    ///
    /// # Errors
    /// [`Error::Execute`] if the template cannot be applied to a row.
    pub(crate) fn show<'a>(&self, rows: impl IntoIterator<Item = &'a R>) -> Result<String, Error>
    where
        R: 'a,
    {
        let mut text = self.header.iter().map(|header| format!("{header}\n")).collect::<String>();
        for row in rows {
            text.push_str(&self.line(row)?);
        }
        Ok(if self.is_table() { table::align(&text) } else { text })
    }

    /// One row as it is without alignment, ended by a line break: for results that are shown as they come.
    ///
    /// # Errors
    /// As [`Printer::show`].
    pub(crate) fn line(&self, row: &R) -> Result<String, Error> {
        let cells = row.cells();
        debug_assert_eq!(cells.len(), R::COLUMNS.len(), "{} has a cell for each column", R::TYPE);
        let named = || R::COLUMNS.iter().map(|(name, _)| *name).zip(&cells);
        let object: BTreeMap<_, _> = named().map(|(name, cell)| (name, cell.json())).collect();
        let row_json = (ROW_JSON, json::html_safe_line(&object));
        let shown = named().map(|(name, cell)| (name, safe(&cell.text).into_owned()));
        let mut line = execute(&self.template, &map(shown.chain([row_json])))?;
        line.push('\n');
        Ok(line)
    }
}

/// The header of a table: its template, applied to the headers.
fn header<R: Row>(source: &str) -> Result<String, Error> {
    let headers = R::COLUMNS.iter().map(|(name, header)| (*name, (*header).to_owned()));
    execute(&parse(source, functions::of_headers())?, &map(headers))
}

fn parse(source: &str, functions: FuncMap) -> Result<Template, Error> {
    let template =
        Template::new("").missing_key(MissingKey::Error).max_range_iters(ROUNDS_MAX).funcs(functions);
    template.parse(source).map_err(|error| check::parse_error(&error))
}

fn execute(template: &Template, data: &Value) -> Result<String, Error> {
    template.execute_to_string(data).map_err(|error| Error::Execute(error.to_string()))
}

fn map<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> Value {
    Value::Map(Arc::new(fields.map(|(name, value)| (name.into(), Value::String(value.into()))).collect()))
}

/// Why `--format` cannot be followed, in Docker's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It is no template, or one that fits no row.
    #[error("template parsing error: template: {0}")]
    Parse(String),
    /// It does not fit this row.
    #[error("template parsing error: template: :1: executing \"\": {0}")]
    Execute(String),
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Parse(_) => ErrorKind::Usage,
            Self::Execute(_) => ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests;
