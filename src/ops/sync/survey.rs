//! The repositories and tags that rules choose at their sources.

use std::collections::{BTreeSet, HashMap};

use futures_util::stream::{self, StreamExt};

use super::super::all_tags::all_tags;
use super::super::open::Access;
use super::super::{Error, Place, read_config};
use super::error::{SyncError, SyncProblem};
use super::wanted::{QUESTIONS, Wanted};
use crate::image::ImageConfig;
use crate::reference::{Name, Reference, Registry, RepositoryName, Tag, subject_in};
use crate::sync::{Chosen, LeftOut, Origin, Recipe, Referrers, Rule, RuleSummary, Stage};

/// How many rules are looked up concurrently, and how many repositories of each are listed.
const LISTS: usize = 8;

/// The maximum number of repositories of one rule.
const REPOSITORIES_MAX: usize = 100_000;

/// How many tags of those that were left out are named.
const SAMPLES: usize = 3;

/// What the rules choose.
#[derive(Default)]
pub(super) struct Survey {
    /// One summary for each rule.
    pub(super) rules: Vec<RuleSummary>,
    pub(super) wanted: Vec<Wanted>,
    /// The repositories of the destinations.
    repositories: BTreeSet<Name>,
    /// Those for which it is not known completely what rules bring there.
    pub(super) incomplete: BTreeSet<Name>,
    pub(super) problems: Vec<SyncProblem>,
}

/// Lists what the rules need to know, and lets them choose.
pub(super) async fn survey(access: Access<'_>, recipe: &Recipe) -> Survey {
    let mut survey = Survey::default();
    let asked = stream::iter(&recipe.rules).map(|rule| async move { (rule, Found::of(access, rule).await) });
    let mut asked = std::pin::pin!(asked.buffered(LISTS).enumerate());
    while let Some((index, (rule, found))) = asked.next().await {
        survey.add(Numbered { index, rule }, found);
    }
    survey
}

/// A rule with its place in the file.
#[derive(Clone, Copy)]
struct Numbered<'a> {
    index: usize,
    rule: &'a Rule,
}

/// What a rule chooses in the repositories of its source.
struct Found {
    repositories: Vec<(Name, Result<Tags, SyncError>)>,
    /// Why the repositories could not be listed.
    failure: Option<SyncError>,
}

/// The tags of a repository.
struct Tags {
    /// How many the registry has listed.
    listed: Option<usize>,
    chosen: Chosen,
}

impl Found {
    async fn of(access: Access<'_>, rule: &Rule) -> Self {
        let (names, failure) = match rule.source.named() {
            Some(names) => (names, None),
            None => repositories(access, &rule.source).await,
        };
        let tags = stream::iter(names).map(|name| async {
            let tags = Tags::of(access, rule, &name).await;
            (name, tags)
        });
        Self { repositories: tags.buffered(LISTS).collect().await, failure }
    }
}

/// Returns the repositories of a registry that the rule keeps, and why there may be more.
async fn repositories(access: Access<'_>, origin: &Origin) -> (Vec<Name>, Option<SyncError>) {
    let registry: &Registry = origin.registry();
    let mut names = Vec::new();
    let mut pages = match access.remote.catalog(registry) {
        Ok(pages) => pages,
        Err(error) => return (names, Some(error.into())),
    };
    loop {
        let page = match pages.next_page().await {
            Ok(Some(page)) => page,
            Ok(None) => return (names, None),
            Err(error) => return (names, Some(error.into())),
        };
        // An invalid name cannot be requested.
        let page = page.iter().filter_map(|name| name.parse::<RepositoryName>().ok());
        let kept = page.filter(|repository| origin.keeps(repository));
        names.extend(kept.map(|repository| Name { registry: registry.clone(), repository }));
        if names.len() > REPOSITORIES_MAX {
            names.truncate(REPOSITORIES_MAX);
            let limit = Error::TooManyRepositories { registry: registry.clone(), limit: REPOSITORIES_MAX };
            return (names, Some(SyncError::Ops(limit)));
        }
    }
}

impl Tags {
    async fn of(access: Access<'_>, rule: &Rule, name: &Name) -> Result<Self, SyncError> {
        let listed: Option<Vec<Tag>> = match rule.needs_list() {
            true => {
                let found = all_tags(access.remote, name).await?.into_iter();
                let tags = found.filter_map(|reference| reference.tag);
                // Where the image goes, what belongs to it follows.
                let follows = |tag: &Tag| rule.referrers == Referrers::Carry && subject_in(tag).is_some();
                Some(tags.filter(|tag| !follows(tag)).collect())
            }
            false => None,
        };
        let tags = listed.as_deref().unwrap_or_default();
        let dates = dates(access, name, rule.dated(tags)).await?;
        let chosen = rule.choose(tags, &dates);
        Ok(Self { listed: listed.as_ref().map(Vec::len), chosen })
    }
}

/// Returns when the images of these tags were created, as their configs say. Reproducible builds say 1970.
async fn dates(access: Access<'_>, name: &Name, tags: Vec<Tag>) -> Result<HashMap<Tag, String>, SyncError> {
    let dates = stream::iter(tags).map(|tag| async {
        let reference = Reference::tagged(name.clone(), tag.clone());
        let config = read_config(access, &Place::Registry(reference), None).await?;
        Ok::<_, Error>((tag, ImageConfig::parse(&config)?.created))
    });
    let mut dated = HashMap::new();
    let mut dates = std::pin::pin!(dates.buffer_unordered(QUESTIONS));
    while let Some(date) = dates.next().await {
        let (tag, date) = date?;
        dated.insert(tag, date);
    }
    Ok(dated)
}

impl Survey {
    /// Returns the repositories of the destinations for which it is known completely what rules bring there.
    pub(super) fn complete(&self) -> Vec<Name> {
        self.repositories.difference(&self.incomplete).cloned().collect()
    }

    fn add(&mut self, numbered: Numbered<'_>, found: Found) {
        let rule = numbered.rule;
        let mut summary = RuleSummary {
            rule: rule.name.clone(),
            repositories: found.repositories.len(),
            tags: rule.needs_list().then_some(0),
            chosen: 0,
            left_out: Vec::new(),
        };
        let mut has_failed = found.failure.is_some();
        if let Some(error) = found.failure {
            self.problems.push(SyncProblem { name: rule.name.clone(), error });
        }
        for (name, tags) in found.repositories {
            let targets = rule.target_repositories(&name);
            match (tags, targets) {
                (Ok(tags), Ok(targets)) => {
                    summary.add(&tags);
                    // A pattern that fits nothing is more likely wrong than meant to delete everything.
                    if tags.chosen.kept.is_empty() && tags.chosen.pinned.is_empty() {
                        self.incomplete.extend(targets.iter().cloned());
                    }
                    self.repositories.extend(targets);
                    self.want(numbered, &name, tags);
                }
                (Err(error), targets) => {
                    has_failed = true;
                    self.incomplete.extend(targets.unwrap_or_default());
                    self.problems.push(SyncProblem { name: name.to_string(), error });
                }
                (_, Err(error)) => {
                    self.problems.push(SyncProblem { name: name.to_string(), error: error.into() });
                }
            }
        }
        if summary.chosen == 0 && !has_failed {
            self.problems.push(SyncProblem { name: rule.name.clone(), error: SyncError::NothingChosen });
        }
        self.rules.push(summary);
    }

    /// Adds the images of a repository that a rule chose.
    fn want(&mut self, Numbered { index, rule }: Numbered<'_>, name: &Name, tags: Tags) {
        let chosen = tags.chosen;
        let tagged = chosen.kept.into_iter().map(|tag| Reference::tagged(name.clone(), tag));
        let pinned = chosen.pinned.into_iter().map(|pinned| {
            let (tag, digest) = (pinned.tag, Some(pinned.digest));
            Reference { name: name.clone(), tag, digest }
        });
        for source in tagged.chain(pinned) {
            let destinations = match rule.destinations(&source) {
                Ok(destinations) => destinations,
                Err(error) => {
                    self.incomplete.extend(rule.target_repositories(name).unwrap_or_default());
                    self.problems.push(SyncProblem { name: source.to_string(), error: error.into() });
                    continue;
                }
            };
            for destination in destinations {
                self.wanted.push(Wanted {
                    number: self.wanted.len(),
                    rule: index,
                    source: source.clone(),
                    destination,
                    platforms: rule.platforms.clone(),
                    referrers: rule.referrers,
                });
            }
        }
    }
}

impl RuleSummary {
    fn add(&mut self, tags: &Tags) {
        self.tags = self.tags.map(|sum| sum + tags.listed.unwrap_or_default());
        self.chosen += tags.chosen.kept.len() + tags.chosen.pinned.len();
        for dropped in &tags.chosen.dropped {
            let reason = reason(dropped.stage);
            let index = self.left_out.iter().position(|left| left.reason == reason).unwrap_or_else(|| {
                let (reason, samples) = (reason.to_owned(), Vec::new());
                self.left_out.push(LeftOut { reason, count: 0, samples });
                self.left_out.len() - 1
            });
            let left = &mut self.left_out[index];
            left.count += dropped.tags.len();
            let room = SAMPLES.saturating_sub(left.samples.len());
            left.samples.extend(dropped.tags.iter().take(room).map(ToString::to_string));
        }
    }
}

/// Returns the name of a reason in a plan.
fn reason(stage: Stage) -> &'static str {
    match stage {
        Stage::NotMatched => "not-matched",
        Stage::NoSemver => "not-a-version",
        Stage::OutOfRange => "out-of-range",
        Stage::Excluded => "excluded",
        Stage::NotNewest => "not-newest",
    }
}
