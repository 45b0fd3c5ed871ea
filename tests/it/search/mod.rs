//! `search` at every kind of registry. Registries that no test can start are stand-ins; each names the source of its
//! responses.

mod faults;
mod kinds;
mod memory;
mod named;
mod real;

use crate::support::{Outcome, StandIn};

impl StandIn {
    /// Searches for `term` with these flags.
    #[track_caller]
    pub(super) fn search(&self, flags: &[&str], term: &str) -> Outcome {
        let term = self.registry.at(term);
        self.home.run(["search"].iter().chain(flags).chain([&term.as_str()]))
    }

    /// Asserts which names a search finds, without the host.
    #[track_caller]
    pub(super) fn finds(&self, term: &str, names: &[&str]) {
        let found = self.search(&["--format", "{{.Name}}"], term).succeeds();
        let expected: String = names.iter().map(|name| format!("{}\n", self.registry.at(name))).collect();
        assert_eq!(found.stdout, expected, "{found}");
    }

    /// The requests since the last time this was asked, with their `Authorization`.
    pub(super) fn asked(&self) -> Vec<(String, Option<String>)> {
        let heard = self.registry.heard();
        self.registry.forget();
        let asked = heard.into_iter().map(|heard| {
            let authorization = heard.head.header("authorization").map(ToOwned::to_owned);
            (format!("{} {}", heard.head.method, heard.head.path), authorization)
        });
        asked.collect()
    }

    /// The same without the `Authorization`.
    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|(path, _)| path).collect()
    }
}
