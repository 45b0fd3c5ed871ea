//! `--format`: tables, JSON lines and Go templates over the rows of a result, as in Docker's commands.

mod check;
mod document;
mod error;
mod functions;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use gotmpl::{FuncMap, MissingKey, Template, Value};

use super::fit::{self, Flexible};
use super::json;
use super::safe::safe;
use functions::ROW_JSON;

pub(crate) use document::{Document, DocumentTemplate, Reader};
pub(crate) use error::Error;

/// The maximum number of iterations of all loops of a template together. Images have a few hundred layers and
/// labels.
const ROUNDS_MAX: u64 = 100_000;

/// One row of a result.
pub(crate) trait Row {
    /// The type name in Docker's errors, such as `*registry.searchContext`.
    const TYPE: &'static str;

    /// The fields: the name in templates, the header in tables.
    const COLUMNS: &'static [(&'static str, &'static str)];

    /// The fields that may be cut if the command's own table is too wide for the terminal.
    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[];

    /// Returns the values of the fields, in the order of [`Row::COLUMNS`].
    fn cells(&self) -> Vec<Cell>;

    /// Reports whether the row's JSON object has the field.
    fn has_key(&self, _name: &str) -> bool {
        true
    }
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    json: Option<String>,
}

impl Cell {
    /// Creates a value that differs between tables and JSON: `[OK]` and `true`.
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

/// The argument of `--format`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// The command's own table.
    #[default]
    Table,
    /// A table with the columns of a template, separated by tabs.
    TableOf(String),
    /// One JSON object per row.
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
    /// Compiles the format for rows of one kind. `table` is the template of the command's own table.
    ///
    /// # Errors
    /// Returns [`Error::Parse`] if a template is invalid, or names an unknown field or function.
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
        let flexible = if *self == Self::Table { flexible::<R>(source) } else { Vec::new() };
        Ok(Printer { template, header, flexible, row: PhantomData })
    }
}

/// Shows rows of one kind in the requested format.
pub(crate) struct Printer<R> {
    template: Template,
    header: Option<String>,
    /// For each column of the command's own table, whether it may be cut.
    flexible: Vec<Option<Flexible>>,
    row: PhantomData<fn(&R)>,
}

impl<R: Row> Printer<R> {
    /// Reports whether all rows are needed before the first can be shown, because a column is as wide as its
    /// widest cell.
    pub(crate) fn is_table(&self) -> bool {
        self.header.is_some()
    }

    /// Formats all rows, each with a line break; a table begins with its header.
    ///
    /// # Errors
    /// Returns [`Error::Execute`] if the template fails on a row.
    pub(crate) fn show<'a>(&self, rows: impl IntoIterator<Item = &'a R>) -> Result<String, Error>
    where
        R: 'a,
    {
        self.fitted(rows, None)
    }

    /// Formats all rows like [`Printer::show`]. The cells of the command's own table are cut if it is wider than the
    /// `columns` of a terminal. Pipes and templates get everything.
    ///
    /// # Errors
    /// As [`Printer::show`].
    pub(crate) fn fitted<'a>(
        &self,
        rows: impl IntoIterator<Item = &'a R>,
        columns: Option<usize>,
    ) -> Result<String, Error>
    where
        R: 'a,
    {
        let mut text = self.header.iter().map(|header| format!("{header}\n")).collect::<String>();
        for row in rows {
            text.push_str(&self.line(row)?);
        }
        let columns = columns.filter(|_| self.flexible.iter().any(Option::is_some));
        Ok(if self.is_table() { fit::table(&text, columns, &self.flexible) } else { text })
    }

    /// Formats one row without alignment, with a line break. For results that are shown as they arrive.
    ///
    /// # Errors
    /// As [`Printer::show`].
    pub(crate) fn line(&self, row: &R) -> Result<String, Error> {
        let cells = row.cells();
        debug_assert_eq!(cells.len(), R::COLUMNS.len(), "{} has a cell for each column", R::TYPE);
        let named = || R::COLUMNS.iter().map(|(name, _)| *name).zip(&cells);
        let object: BTreeMap<_, _> =
            named().filter(|(name, _)| row.has_key(name)).map(|(name, cell)| (name, cell.json())).collect();
        let row_json = (ROW_JSON, json::html_safe_line(&object));
        let shown = named().map(|(name, cell)| (name, safe(&cell.text).into_owned()));
        let mut line = execute(&self.template, &map(shown.chain([row_json])))?;
        line.push('\n');
        Ok(line)
    }
}

/// Returns the header of a table: its template, applied to the headers of the fields.
fn header<R: Row>(source: &str) -> Result<String, Error> {
    let headers = R::COLUMNS.iter().map(|(name, header)| (*name, (*header).to_owned()));
    execute(&parse(source, functions::of_headers())?, &map(headers))
}

/// Returns which columns of a table may be cut: those that show a flexible field and nothing else.
fn flexible<R: Row>(source: &str) -> Vec<Option<Flexible>> {
    let shows = |column: &str, name: &str| column == format!("{{{{.{name}}}}}");
    let of = |column: &str| R::FLEXIBLE.iter().find(|(name, _)| shows(column, name)).map(|(_, how)| *how);
    source.split('\t').map(of).collect()
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

#[cfg(test)]
mod tests;
