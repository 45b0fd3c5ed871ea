//! `regcli search`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::ops;
use regcli::ops::search::{Filter, Filters, Limit, Query};
use regcli::protocol::search::SearchResult;
use regcli::reference::Registry;

use super::run::Run;
use crate::context::Context;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::{docker_words, table};

/// Search Docker Hub, or any other registry, for images
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli search centos\n  \
    regcli search --filter stars=10 --limit 5 centos\n  \
    regcli search 127.0.0.1:5000/ubu\n\n\
    Fields for --format: .Name .Description .StarCount .IsOfficial\n\n\
    For a registry without a search, the names in its catalog are searched.")]
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

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Request at most N results, 1 to 100 [default: 25]
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

#[async_trait(?Send)]
impl Run for Search {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let limit = Limit::new(self.limit, &self.term.registry)?;
        let compat = self.stars.map(Filter::Stars).into_iter();
        let compat = compat.chain(self.automated.then_some(Filter::Automated(true)));
        let filters = Filters::new(self.filter.iter().copied().chain(compat))?;
        if filters.name_automated() {
            context.ui.note(docker_words::IS_AUTOMATED_IS_DEPRECATED);
        }
        let table = "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";
        let printer = self.format.compile::<ResultRow>(table)?;
        let found =
            ops::search::search(&context.remote, &self.term, limit, regcli::remote::Detail::Docker).await?;
        let results = found.results;
        if filters.ask_for_stars() && !results.is_empty() && results.iter().all(|found| found.stars.is_none())
        {
            let (registry, count) = (&self.term.registry, results.len());
            context.ui.warn(&format!(
                "{registry} does not count stars, so the filter excludes all results ({count}): omit the filter by stars"
            ));
        }
        let registry = (!self.term.registry.is_hub()).then(|| self.term.registry.clone());
        let passed = results.into_iter().filter(|result| filters.pass(result));
        let row = |result| ResultRow { result, registry: registry.clone(), no_trunc: self.no_trunc };
        let rows: Vec<_> = passed.map(row).collect();
        context.ui.write(printer.show(&rows)?.as_bytes())?;
        // The results before an error are still shown.
        found.cut.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// A result as a row, with its fields for Docker's templates.
struct ResultRow {
    result: SearchResult,
    /// The registry of the result, unless it is Docker Hub.
    registry: Option<Registry>,
    no_trunc: bool,
}

impl Row for ResultRow {
    const TYPE: &'static str = "*registry.searchContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Name", "NAME"),
        ("Description", "DESCRIPTION"),
        ("StarCount", "STARS"),
        ("IsOfficial", "OFFICIAL"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let summary = self.result.summary();
        let description = if self.no_trunc { summary } else { table::ellipsis(&summary, DESCRIPTION) };
        let (mark, official) =
            if self.result.official == Some(true) { ("[OK]", "true") } else { ("", "false") };
        // In the form that other commands accept.
        let name = match &self.registry {
            Some(registry) => format!("{registry}/{}", self.result.name),
            None => self.result.name.clone(),
        };
        vec![
            name.into(),
            description.into(),
            self.result.stars.map_or_else(String::new, |stars| stars.to_string()).into(),
            Cell::with_json(mark, official),
        ]
    }
}
