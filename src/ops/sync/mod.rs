//! Synchronises registries by rules: finds out what is to be done, and does it.
//!
//! 1. [`survey`](self::survey): the repositories and tags that the rules choose at the sources.
//! 2. [`compare`](self::compare): what the tags mean at both ends, by one `HEAD` each.
//! 3. [`contents`](self::contents): the blobs of the images to copy, where reading manifests costs nothing.
//! 4. [`surplus`](self::surplus): the tags of the destinations that no rule brings any more.
//!
//! The result is a [`sync::Plan`](crate::sync::Plan). [`apply_row`] does what one of its rows says.

mod apply;
mod compare;
mod contents;
mod surplus;
mod survey;

pub use apply::{Applied, ApplyOptions, Change, SharedByRows, apply_row};

use super::open::Access;
use super::{Error, Place, Route};
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::reference::{Name, Reference};
use crate::sync::{self, Narrowed, Plan, Recipe};
use survey::Wanted;

/// How many questions about tags are in flight. Each has few bytes and waits for a round trip.
const QUESTIONS: usize = 32;

/// What a plan is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surplus {
    /// Tags of the destinations that no rule brings stay.
    #[default]
    Keep,
    /// They are deleted.
    Delete,
}

/// A plan, and what could not be found out for it.
#[derive(Debug)]
pub struct Planned {
    /// The plan, without what failed.
    pub plan: Plan,
    /// What failed.
    pub problems: Vec<SyncProblem>,
    /// The images whose manifests have to be read, with their destinations.
    pub routes: Vec<Route>,
}

/// A part of a sync that failed. The others are not affected.
#[derive(Debug)]
pub struct SyncProblem {
    /// The image, the repository or the registry.
    pub name: String,
    /// Why.
    pub error: SyncError,
}

/// Why a part of a sync failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// A registry cannot be asked, or refuses.
    #[error(transparent)]
    Ops(#[from] Error),
    /// A rule that does not fit what the registry has.
    #[error(transparent)]
    Rule(#[from] sync::Problem),
    /// A rule names a tag that the source does not have.
    #[error("the source does not have it")]
    Missing,
    /// The rule chooses nothing.
    #[error("no repository and no tag matches the rule")]
    NothingChosen,
    /// Two rules bring different images to one tag.
    #[error("several rules write {destination}: from {first} and from {second}")]
    Contested {
        /// The tag.
        destination: Box<Reference>,
        /// The image of one rule.
        first: Box<Reference>,
        /// The image of the other one.
        second: Box<Reference>,
    },
}

impl Diagnose for SyncError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Ops(error) => error.kind(),
            Self::Rule(_) | Self::Contested { .. } => ErrorKind::Usage,
            Self::Missing | Self::NothingChosen => ErrorKind::NotFound,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Ops(error) => error.hint(),
            Self::Rule(_) | Self::Missing | Self::NothingChosen | Self::Contested { .. } => None,
        }
    }
}

impl From<crate::remote::Error> for SyncError {
    fn from(error: crate::remote::Error) -> Self {
        Self::Ops(error.into())
    }
}

/// Asks both ends what they have, and plans what a sync by these rules does. Changes nothing.
///
/// An unchanged tag costs one `HEAD` at each end. If only some platforms are copied, `narrowed` has to know what its
/// index becomes; else the index is read, and `narrowed` learns it. What fails is left out of the plan and reported; nothing is deleted
/// in a repository whose source could not be asked completely.
///
/// # Cancel safety
/// Dropping the future changes nothing.
pub async fn plan_sync(
    access: Access<'_>,
    recipe: &Recipe,
    narrowed: &Narrowed,
    surplus: Surplus,
) -> Planned {
    let survey::Survey { rules, wanted, repositories, mut problems } = survey::survey(access, recipe).await;
    let wanted = uncontested(wanted, &mut problems);
    let (mut rows, failed) = compare::compare(access, &wanted, narrowed).await;
    let failed_repositories: Vec<Name> = failed.iter().map(|failed| failed.repository.clone()).collect();
    problems.extend(failed.into_iter().map(|failed| failed.problem));
    if surplus == Surplus::Delete {
        let complete = repositories.into_iter().filter(|name| !failed_repositories.contains(name)).collect();
        let (deletes, failed) = surplus::surplus(access, complete, &rows).await;
        rows.extend(deletes);
        problems.extend(failed);
    }
    let blobs = contents::read(access, &mut rows).await;
    let routes = rows.iter().filter(|row| row.is_work()).filter_map(route).collect();
    Planned { plan: Plan::new(rules, rows, blobs), problems, routes }
}

/// Returns the images of each destination once. A destination that several rules want to be different is left out.
fn uncontested(wanted: Vec<Wanted>, problems: &mut Vec<SyncProblem>) -> Vec<Wanted> {
    let mut chosen: std::collections::BTreeMap<Reference, Wanted> = std::collections::BTreeMap::new();
    let mut contested = std::collections::BTreeMap::new();
    for wanted in wanted {
        match chosen.get(&wanted.destination) {
            Some(other) if !other.is_same(&wanted) => {
                let (first, second) = (Box::new(other.source.clone()), Box::new(wanted.source));
                let destination = Box::new(wanted.destination);
                contested.insert((*destination).clone(), SyncError::Contested { destination, first, second });
            }
            Some(_) => {}
            None => {
                chosen.insert(wanted.destination.clone(), wanted);
            }
        }
    }
    for (destination, error) in contested {
        chosen.remove(&destination);
        problems.push(SyncProblem { name: destination.to_string(), error });
    }
    let mut kept: Vec<_> = chosen.into_values().collect();
    kept.sort_by_key(|wanted| wanted.number);
    kept
}

/// Returns the way of a row's image, for the budget of pulls.
fn route(row: &sync::Row) -> Option<Route> {
    let source = row.source.as_ref()?;
    let (source, destination) =
        (Place::Registry(source.image.clone()), Place::Registry(row.destination.clone()));
    Some(Route { source, destination })
}
