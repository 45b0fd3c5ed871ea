//! A result of a search as a row.

use std::rc::Rc;

use jiff::Timestamp;
use regcli::protocol::search::SearchResult;
use regcli::reference::Registry;

use super::columns::Column;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Row};
use crate::ui::format::{table, units};

/// What all rows of a search have in common.
pub(super) struct Layout {
    /// The registry of the results, unless it is Docker Hub.
    pub(super) registry: Option<Registry>,
    /// The maximum width of descriptions; `None` shows them in full.
    pub(super) description: Option<usize>,
    /// The keys of the JSON object.
    pub(super) keys: Vec<Column>,
    pub(super) now: Timestamp,
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

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[
        ("Name", Flexible::middle(24)),
        ("Description", Flexible::end(11)),
        ("Repositories", Flexible::end(10)),
    ];

    fn cells(&self) -> Vec<Cell> {
        let SearchResult { stars, official, pulls, artifacts, private, .. } = self.result;
        let summary = self.result.summary();
        let description = match self.layout.description {
            Some(width) => table::ellipsis(&summary, width),
            None => summary,
        };
        let number = |number: Option<u64>| Cell::from(number.map_or_else(String::new, |n| n.to_string()));
        let flag = |flag: Option<bool>, mark: &str| {
            let json = flag.map_or_else(String::new, |flag| flag.to_string());
            Cell::with_json(if flag == Some(true) { mark } else { "" }, json)
        };
        let updated = self.result.updated.map_or_else(String::new, |time| time.to_string());
        vec![
            self.name().into(),
            description.into(),
            number(stars),
            flag(official, "[OK]"),
            number(pulls),
            number(artifacts),
            Cell::with_json(units::ago(&updated, self.layout.now), updated),
            self.result.repositories.join(",").into(),
            flag(private, "yes"),
        ]
    }

    fn has_key(&self, name: &str) -> bool {
        self.layout.keys.iter().any(|key| key.field == name)
    }
}

impl ResultRow {
    /// Returns the name in the form that other commands accept.
    fn name(&self) -> String {
        match &self.layout.registry {
            Some(registry) => format!("{registry}/{}", self.result.name),
            None => self.result.name.clone(),
        }
    }
}
