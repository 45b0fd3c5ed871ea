//! `--columns`: what is shown of each result.

use clap::ValueEnum;
use regcli::protocol::search::Fact;
use regcli::remote::Search;

use crate::ui::format::template::Format;

/// A value of `--columns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Wanted {
    /// Every column.
    #[value(help = None)]
    All,
    /// The name.
    #[value(help = None)]
    Name,
    /// The description.
    #[value(help = None)]
    Description,
    /// The number of stars.
    #[value(help = None)]
    Stars,
    /// Whether it is an official image.
    #[value(help = None)]
    Official,
    /// The number of pulls.
    #[value(help = None)]
    Pulls,
    /// The number of artifacts.
    #[value(help = None)]
    Artifacts,
    /// The time of the last change.
    #[value(help = None)]
    Updated,
    /// The hosting repositories of Nexus and Artifactory.
    #[value(help = None)]
    Repository,
    /// Whether it is private.
    #[value(help = None)]
    Private,
}

/// A column of the table and a key of the JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The field in templates.
    pub(super) field: &'static str,
    /// The header of the table.
    pub(super) header: &'static str,
    wanted: Wanted,
    /// What a registry has to report for it; `None` for the name.
    pub(super) fact: Option<Fact>,
}

const fn column(field: &'static str, header: &'static str, wanted: Wanted, fact: Option<Fact>) -> Column {
    Column { field, header, wanted, fact }
}

/// All columns: Docker's in its order, and the others.
pub(super) const ALL: [Column; 9] = [
    column("Name", "NAME", Wanted::Name, None),
    column("Description", "DESCRIPTION", Wanted::Description, Some(Fact::Description)),
    column("StarCount", "STARS", Wanted::Stars, Some(Fact::Stars)),
    column("IsOfficial", "OFFICIAL", Wanted::Official, Some(Fact::Official)),
    column("PullCount", "PULLS", Wanted::Pulls, Some(Fact::Pulls)),
    column("ArtifactCount", "ARTIFACTS", Wanted::Artifacts, Some(Fact::Artifacts)),
    column("UpdatedAt", "UPDATED", Wanted::Updated, Some(Fact::Updated)),
    column("Repositories", "REPOSITORY", Wanted::Repository, Some(Fact::Repositories)),
    column("IsPrivate", "PRIVATE", Wanted::Private, Some(Fact::Private)),
];

/// How many of [`ALL`] Docker has.
const DOCKERS: usize = 4;

/// The columns that a table has without being asked for them, if the registry reports them.
const SHOWN: [Fact; 3] = [Fact::Pulls, Fact::Artifacts, Fact::Repositories];

/// Where a table goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// A terminal, which has little room.
    Terminal,
    /// A program, which expects Docker's columns in their places.
    Program,
}

/// Returns the columns that the user asks for, with `--columns` or in a template.
pub(super) fn asked(wanted: &[Wanted], format: &Format) -> Vec<Column> {
    let is_named = |column: &Column| match format {
        Format::TableOf(template) | Format::Template(template) => {
            template.contains(&format!(".{}", column.field))
        }
        Format::Table | Format::Json => false,
    };
    if wanted.is_empty() {
        return ALL.into_iter().filter(is_named).collect();
    }
    let of =
        |wanted: Wanted| ALL.into_iter().filter(move |column| [column.wanted, Wanted::All].contains(&wanted));
    let mut columns: Vec<Column> = Vec::new();
    for column in wanted.iter().copied().flat_map(of) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// Returns the columns that `docker search` has.
pub(super) fn dockers() -> Vec<Column> {
    ALL[..DOCKERS].to_vec()
}

/// Returns the columns of a table of another registry than Docker Hub.
pub(super) fn of_registry(found: &Search, destination: Destination) -> Vec<Column> {
    let is_shown = |(place, column): &(usize, Column)| {
        let is_reported = column.fact.is_none_or(|fact| found.facts.contains(&fact));
        match destination {
            Destination::Program if *place < DOCKERS => true,
            Destination::Program | Destination::Terminal => {
                is_reported && (*place < DOCKERS || column.fact.is_some_and(|fact| SHOWN.contains(&fact)))
            }
        }
    };
    ALL.into_iter().enumerate().filter(is_shown).map(|(_, column)| column).collect()
}

/// Returns the template of a table.
pub(super) fn template(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("{{{{.{}}}}}", column.field)).collect::<Vec<_>>().join("\t")
}
