//! `regcli search`

mod columns;
mod rows;

use std::rc::Rc;

use async_trait::async_trait;
use clap::Args;
use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::ops;
use regcli::ops::search::{Filter, Filters, Limit, Query};
use regcli::protocol::search::Fact;
use regcli::remote::{Detail, Search as Found};

use super::run::Run;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::docker_words;
use crate::ui::format::template::Format;
use columns::{Column, Destination, Wanted};
use rows::{Layout, ResultRow};

/// Search Docker Hub, or any other registry, for images
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli search centos\n  \
    regcli search --filter stars=10 --limit 5 centos\n  \
    regcli search --columns name,pulls,private centos\n  \
    regcli search 127.0.0.1:5000/ubu\n  \
    regcli search --format json harbor.example.com/team/app\n\n\
    Columns: name, description, stars, official, pulls, artifacts, updated,\n\
    repository, private, all. What a registry does not report is empty.\n\n\
    Fields for --format: .Name .Description .StarCount .IsOfficial\n  \
    .PullCount .ArtifactCount .UpdatedAt .Repositories .IsPrivate\n\n\
    Harbor, Quay, Nexus, Artifactory, GitLab and zot are asked in their own ways. For\n\
    a registry without a search, the names in its catalog are searched. Private\n\
    repositories on Docker Hub are found with one of the columns that Docker does\n\
    not have, such as pulls, after a login.")]
pub(crate) struct Search {
    /// Show only matches: stars=N, is-official=BOOL
    #[arg(short, long, value_name = "NAME=VALUE")]
    filter: Vec<Filter>,

    /// The same as --filter stars=N
    #[arg(short, long, value_name = "N")]
    stars: Option<i64>,

    /// Show only automated builds, as in old versions of Docker
    #[arg(long, hide = true)]
    automated: bool,

    /// Show these columns, separated by commas (see below)
    #[arg(long, value_name = "COLUMNS", value_enum, value_delimiter = ',', hide_possible_values = true)]
    columns: Vec<Wanted>,

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Request at most N results, up to 100 at Docker Hub [default: 25]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    limit: i64,

    /// Show descriptions in full
    #[arg(long)]
    no_trunc: bool,

    /// Search term; HOST[:PORT]/TERM searches that registry, TERM Docker Hub
    #[arg(value_name = "TERM")]
    term: Query,
}

/// The maximum width of descriptions.
const DESCRIPTION: usize = 45;

/// What Docker Hub reports only by its newer API.
const NEWER: [Fact; 3] = [Fact::Pulls, Fact::Updated, Fact::Private];

#[async_trait(?Send)]
impl Run for Search {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let limit = Limit::new(self.limit, &self.term.registry)?;
        let compat = self.stars.map(Filter::Stars).into_iter();
        let compat = compat.chain(self.automated.then_some(Filter::Automated(true)));
        let filters = Filters::new(self.filter.iter().copied().chain(compat))?;
        if filters.name_automated() {
            context.ui.verbatim(docker_words::IS_AUTOMATED_IS_DEPRECATED);
        }
        let asked = self.asked()?;
        let is_newer = |column: &Column| column.fact.is_some_and(|fact| NEWER.contains(&fact));
        let detail = if asked.iter().any(is_newer) { Detail::Everything } else { Detail::Docker };
        let mut found = ops::search::search(&context.remote, &self.term, limit, detail).await?;
        // What the registry does not report is said once, and only if it was asked for.
        let idle = self.idle_filter(&found, &filters);
        let unknown = idle.or_else(|| self.unknown_columns(&found, &asked));
        unknown.iter().for_each(|text| context.ui.warn(text));
        found.results.retain(|result| filters.pass(result));
        self.show(context, found, &asked)
    }
}

impl Search {
    /// Checks the format, and returns the columns that the user asks for.
    fn asked(&self) -> Result<Vec<Column>, Failure> {
        self.format.compile::<ResultRow>(&columns::template(&columns::dockers()))?;
        let has_template = matches!(self.format, Format::TableOf(_) | Format::Template(_));
        if has_template && !self.columns.is_empty() {
            return Err(Usage::failure("--columns cannot be used with a template: name the fields there"));
        }
        Ok(columns::asked(&self.columns, &self.format))
    }

    /// Returns why a filter excludes all results, if the registry does not report what it filters by.
    fn idle_filter(&self, found: &Found, filters: &Filters) -> Option<String> {
        let (registry, count) = (&self.term.registry, found.results.len());
        let is_unknown = |fact: Fact| count > 0 && !found.facts.contains(&fact);
        let excludes = |why: &str, which: &str| {
            format!("{registry} {why}, so the filter excludes all results ({count}): omit {which}")
        };
        if filters.ask_for_stars() && is_unknown(Fact::Stars) {
            return Some(excludes("does not count stars", "the filter by stars"));
        }
        let is_idle = filters.ask_for_official() && is_unknown(Fact::Official);
        is_idle.then(|| excludes("has no official images", "is-official"))
    }

    /// Returns which of the columns the registry does not report, in words.
    fn unknown_columns(&self, found: &Found, asked: &[Column]) -> Option<String> {
        let is_unknown = |fact: Fact| !found.facts.contains(&fact);
        let unknown = asked.iter().filter(|column| column.fact.is_some_and(is_unknown));
        let unknown: Vec<String> = unknown.map(|column| column.header.to_lowercase()).collect();
        if unknown.is_empty() || self.columns.contains(&Wanted::All) {
            return None;
        }
        let registry = &self.term.registry;
        let registry = if registry.is_hub() { "Docker Hub" } else { registry.as_str() };
        Some(format!("{registry} does not report: {}", unknown.join(", ")))
    }

    /// Shows the results. Those before an error are still shown.
    fn show(&self, context: &Context, found: Found, asked: &[Column]) -> Result<(), Failure> {
        let is_hub = self.term.registry.is_hub();
        let width = context.ui.columns();
        let destination = if width.is_some() { Destination::Terminal } else { Destination::Program };
        let columns = match () {
            () if !self.columns.is_empty() => asked.to_vec(),
            () if is_hub => columns::dockers(),
            () => columns::of_registry(&found, destination),
        };
        let keys = match () {
            () if !self.columns.is_empty() => asked.to_vec(),
            () if is_hub => columns::dockers(),
            () => columns::ALL.to_vec(),
        };
        let printer = self.format.compile::<ResultRow>(&columns::template(&columns))?;
        let layout = Rc::new(Layout {
            registry: (!is_hub).then(|| self.term.registry.clone()),
            description: (!self.no_trunc).then_some(DESCRIPTION),
            keys,
            now: Timestamp::now(),
        });
        let row = |result: &_| ResultRow { result: Clone::clone(result), layout: Rc::clone(&layout) };
        let rows: Vec<_> = found.results.iter().map(row).collect();
        let width = width.filter(|_| !self.no_trunc);
        context.ui.write(printer.fitted(&rows, width)?.as_bytes())?;
        found.cut.map_or(Ok(()), |error| Err(error.into()))
    }
}
