//! A registry with the corpus, for the cases that are about all of its images.

use anyhow::Result;

use crate::corpus::Corpus;
use crate::ground::{Ground, Site};
use crate::images::Subject;
use crate::options::Part;
use crate::registry::Http;
use crate::table::Entry;
use crate::{Bench, ROOM, scratch};

/// What takes place in all rows of a table about the corpus.
pub(crate) struct Field<'a> {
    pub(crate) site: &'a Site<'a>,
    pub(crate) http: &'a Http<'a>,
    pub(crate) corpus: &'a Subject,
    pub(crate) ground: Ground<'a>,
}

impl Bench<'_> {
    /// Starts a registry with the corpus, and measures there.
    pub(crate) fn on_corpus(
        &self,
        part: &Part,
        measure: impl FnOnce(&Field<'_>) -> Result<()>,
    ) -> Result<()> {
        let corpus = Corpus::of(self.options.scale).open(&self.options.images())?;
        let scratch = scratch(self.options.scratch.as_deref(), corpus.size() * ROOM)?;
        let http = self.http(part)?;
        let site = self.site(part, &http, scratch.path());
        let ground = Ground::prepare(&site, &corpus)?;
        measure(&Field { site: &site, http: &http, corpus: &corpus, ground })
    }
}

/// Returns the failures of regcli in one row.
pub(crate) fn failures_in(title: &str, entries: &[Entry]) -> Vec<String> {
    let ours = entries.iter().filter(|entry| entry.program.is_ours());
    ours.flat_map(|entry| &entry.failures).map(|failure| format!("{title}: {failure}")).collect()
}
