//! A result of a search as a row.

use std::rc::Rc;

use jiff::Timestamp;
use regcli::protocol::search::SearchResult;
use regcli::reference::Registry;

use super::columns::Column;
use crate::ui::format::safe::safe;
use crate::ui::format::template::{Cell, Row};
use crate::ui::format::{table, units};

/// The maximum widths of texts; `None` shows them in full.
#[derive(Clone, Copy)]
pub(super) struct Cuts {
    pub(super) description: Option<usize>,
    /// The names, and each list of hosting repositories.
    pub(super) name: Option<usize>,
}

/// What all rows of a search have in common.
#[derive(Clone)]
pub(super) struct Layout {
    /// The registry of the results, unless it is Docker Hub.
    pub(super) registry: Option<Registry>,
    pub(super) cuts: Cuts,
    /// The keys of the JSON object.
    pub(super) keys: Vec<Column>,
    pub(super) now: Timestamp,
}

impl Layout {
    /// Returns the width of the widest name.
    pub(super) fn widest_name(&self, results: &[SearchResult]) -> usize {
        let widths = results.iter().map(|result| table::columns(&safe(&self.name(result))));
        widths.max().unwrap_or(0).min(self.cuts.name.unwrap_or(usize::MAX))
    }

    /// Returns the name in the form that other commands accept.
    fn name(&self, result: &SearchResult) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", result.name),
            None => result.name.clone(),
        }
    }
}

/// A result as a row, with its fields for Docker's templates.
pub(super) struct ResultRow {
    pub(super) result: SearchResult,
    pub(super) layout: Rc<Layout>,
}

impl Row for ResultRow {
    const TYPE: &'static str = "*registry.searchContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Name", "NAME"),
        ("Description", "DESCRIPTION"),
        ("StarCount", "STARS"),
        ("IsOfficial", "OFFICIAL"),
        ("PullCount", "PULLS"),
        ("ArtifactCount", "ARTIFACTS"),
        ("UpdatedAt", "UPDATED"),
        ("Repositories", "REPOSITORY"),
        ("IsPrivate", "PRIVATE"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let SearchResult { stars, official, pulls, artifacts, private, .. } = self.result;
        let summary = self.result.summary();
        let cuts = self.layout.cuts;
        let cut = |text: String, width: Option<usize>| match width {
            Some(width) => table::ellipsis(&safe(&text), width),
            None => text,
        };
        let description = cut(summary, cuts.description);
        let number = |number: Option<u64>| Cell::from(number.map_or_else(String::new, |n| n.to_string()));
        let flag = |flag: Option<bool>, mark: &str| {
            let json = flag.map_or_else(String::new, |flag| flag.to_string());
            Cell::with_json(if flag == Some(true) { mark } else { "" }, json)
        };
        let updated = self.result.updated.map_or_else(String::new, |time| time.to_string());
        vec![
            cut(self.layout.name(&self.result), cuts.name).into(),
            description.into(),
            number(stars),
            flag(official, "[OK]"),
            number(pulls),
            number(artifacts),
            Cell::with_json(units::ago(&updated, self.layout.now), updated),
            cut(self.result.repositories.join(","), cuts.name).into(),
            flag(private, "yes"),
        ]
    }

    fn has_key(&self, name: &str) -> bool {
        self.layout.keys.iter().any(|key| key.field == name)
    }
}
