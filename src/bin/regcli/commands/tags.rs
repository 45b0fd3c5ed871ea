//! `regcli tags`

mod columns;
mod rows;

use std::collections::BTreeSet;

use async_trait::async_trait;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{ListedTags, Place, TagFilter, TagOrder, TagsOptions, list_tags};
use regcli::protocol::listing::Fact;
use regcli::reference::Reference;
use regcli::sync::{Pattern, Range};

use super::rules;
use super::run::Run;
use crate::cli::flags::{self, ListArgs};
use crate::cli::usage::{Usage, check_repository};
use crate::context::Context;
use crate::ui::format::safe::safe_start;
use crate::ui::format::template::Format;
use crate::ui::format::units;
use columns::Column;
use rows::{TagRow, TagTable};

/// The maximum length of a name in a note, in characters.
const NAME_MAX: usize = 40;

/// List the tags of a repository
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = "Without flags, only the names are read. Digests, sizes, platforms and dates come\n\
        from the registry's own list where it has one: Docker Hub, GitLab, Harbor, Quay,\n\
        Google, Azure and Nexus. Elsewhere each tag is resolved, and each manifest and\n\
        config is read once; what they say is kept in the cache. -l shows what the list\n\
        knows; columns of --columns are read from manifests where the list lacks them.\n\n\
        SIZE is that of the image as it is pulled, compressed; of an index, that of the\n\
        image for this machine or --platform, or else the first one. CREATED is what the\n\
        image says; reproducible builds do not say it. --sort date and --since use the\n\
        date of the push where it is known, else CREATED.\n\n\
        --sort name begins with a, semver with the highest version, date with the newest\n\
        and size with the largest; unknown values are last. --semver leaves out versions\n\
        such as 1.2-alpine unless the range names one, as '>=1.2.0-0' does.\n\n\
        Fields for --format:\n  \
        .Tag .Repository .Digest .Size .Platforms .ArtifactType .Created .Pushed\n  \
        .Pulled\n\n\
        Examples:\n  \
        regcli tags ubuntu\n  \
        regcli tags -l --sort date --limit 10 127.0.0.1:5000/team/app\n  \
        regcli tags --semver '>=1.20' --sort semver --limit 1 nginx\n  \
        regcli tags --since 30d --columns tag,digest 127.0.0.1:5000/team/app"
)]
pub(crate) struct Tags {
    #[command(flatten)]
    list: ListArgs,

    /// Show digests, sizes, platforms and dates, as far as known
    #[arg(short, long)]
    long: bool,

    /// Show these columns: tag,digest,size,platforms,created,pushed,pulled
    #[arg(
        long,
        value_name = "COLUMNS",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true,
        conflicts_with_all = ["long", "format"]
    )]
    columns: Vec<Column>,

    /// Sort by name, semver, date or size
    #[arg(long, value_name = "ORDER", value_enum, hide_possible_values = true)]
    sort: Option<Order>,

    /// Reverse the order
    #[arg(short, long)]
    reverse: bool,

    /// Show only tags that are newer: 12h, 30d, 2026-11-30
    #[arg(long, value_name = "TIME", value_parser = rules::time)]
    since: Option<Timestamp>,

    /// Show only tags that match this regular expression
    #[arg(long = "match", value_name = "REGEX", value_parser = rules::regex)]
    matching: Option<Pattern>,

    /// Show only versions in this range, as '>=1.20' or '~1.4'; of several, in any one
    #[arg(long, value_name = "RANGE", value_parser = rules::range)]
    semver: Vec<Range>,

    /// Show the size of the image for this platform
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// The repository, without a tag
    #[arg(value_name = "REPOSITORY", value_parser = Place::at_registry)]
    repository: Reference,
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// The names in alphabetical order.
    #[value(help = None)]
    Name,
    /// The highest version first.
    #[value(help = None)]
    Semver,
    /// The newest first.
    #[value(help = None)]
    Date,
    /// The largest first.
    #[value(help = None)]
    Size,
}

#[async_trait(?Send)]
impl Run for Tags {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_repository(&self.repository)?;
        if !self.repository.is_name_only() {
            return Err(Usage::failure(format!(
                "name the repository without a tag: {}",
                self.repository.name.familiar()
            )));
        }
        let options = self.options();
        if self.sort.is_some()
            || self.reverse
            || self.since.is_some()
            || !options.needed.is_empty()
            || !options.wanted.is_empty()
        {
            return self.show(context, &options).await;
        }
        let pages = context.remote.repository(&self.repository.name)?.tags();
        let repository = self.repository.name.familiar();
        let row =
            |tag: String| options.filter.keeps(&tag).then(|| TagRow { repository: repository.clone(), tag });
        self.list.show(&context.ui, pages, row).await
    }
}

impl Tags {
    fn options(&self) -> TagsOptions {
        let (wanted, needed) = self.facts();
        TagsOptions {
            filter: TagFilter { matching: self.matching.clone(), versions: self.semver.clone() },
            since: self.since,
            order: self.sort.map(|order| match order {
                Order::Name => TagOrder::Name,
                Order::Semver => TagOrder::Version,
                Order::Date => TagOrder::Date,
                Order::Size => TagOrder::Size,
            }),
            is_reversed: self.reverse,
            limit: self.list.limit,
            wanted,
            needed,
            platform: self.platform.clone().unwrap_or_else(Platform::host_with_level),
        }
    }

    /// Returns the facts that are shown if they are known, and those that are read in any case.
    fn facts(&self) -> (BTreeSet<Fact>, BTreeSet<Fact>) {
        let of = |columns: &[Column]| columns.iter().filter_map(|column| column.fact()).collect();
        let (mut wanted, mut needed) = (BTreeSet::new(), of(&self.columns));
        if self.long {
            wanted = of(columns::LONG);
        }
        match &self.list.format {
            Some(Format::Json) => wanted = of(Column::value_variants()),
            Some(Format::Template(template) | Format::TableOf(template)) => {
                needed.extend(columns::facts_in(template));
                if columns::is_whole_row(template) {
                    wanted = of(Column::value_variants());
                }
            }
            Some(Format::Table) | None => {}
        }
        (wanted, needed)
    }

    async fn show(&self, context: &Context, options: &TagsOptions) -> Result<(), Failure> {
        let columns: &[Column] = if self.long { columns::LONG } else { &self.columns };
        let format = match (&self.list.format, columns) {
            (Some(Format::Table) | None, [_, ..]) => Format::Table,
            (Some(format), _) => format.clone(),
            (None, []) => Format::Template("{{.Tag}}".to_owned()),
        };
        let mut table = TagTable {
            repository: self.repository.name.familiar(),
            platform: options.platform.clone(),
            now: Timestamp::now(),
            columns: columns.to_vec(),
            format,
        };
        table.check()?;
        let listed = list_tags(&context.remote, &self.repository.name, options).await?;
        let dropped = if self.long { table.drop_unknown(&listed.tags) } else { Vec::new() };
        context.ui.write(table.show(&listed.tags, context.ui.columns())?.as_bytes())?;
        if !dropped.is_empty() && !listed.tags.is_empty() {
            let dropped: Vec<_> = dropped.iter().map(|column| column.header()).collect();
            context.ui.note(&format!("unknown for all tags: {}", dropped.join(", ")));
        }
        explain(context, &listed);
        Ok(())
    }
}

/// Reports what is missing in the list.
fn explain(context: &Context, listed: &ListedTags) {
    let ui = &context.ui;
    for tag in &listed.gone {
        ui.warn(&format!("{tag} is in the list of tags, but has no manifest"));
    }
    if let Some(first) = listed.unread.first() {
        let others = match listed.unread.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        ui.warn(&format!("{} could not be read{others}: {}", first.manifest, first.failure));
    }
    if listed.spared > 0 {
        let tags = units::count(listed.spared, "tag");
        ui.note(&format!("manifests of {tags} are not read, because the registry limits pulls"));
    }
    if let Some(first) = &listed.invalid.first {
        let (names, first) = (units::count(listed.invalid.count, "name"), safe_start(first, NAME_MAX));
        ui.note(&format!("left out: {names} that are not valid tags, first \"{first}\""));
    }
    if listed.undated > 0 {
        let tags = units::count(listed.undated, "tag");
        ui.note(&format!("left out: {tags} without a known date"));
    }
}
