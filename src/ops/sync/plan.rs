//! Makes the plan of a sync.

use std::collections::{BTreeMap, BTreeSet};

use super::super::open::Access;
use super::super::{Place, Route};
use super::error::{SyncError, SyncProblem};
use super::wanted::Wanted;
use super::{compare, contents, related, surplus, survey};
use crate::protocol::PullLimit;
use crate::reference::{Name, Reference, Registry};
use crate::sync::{self, Narrowed, Plan, Recipe};

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
    /// How many pulls the registries of the sources still allow, as they said with the last answer.
    pub limits: Vec<(Registry, PullLimit)>,
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
    let mut survey = survey::survey(access, recipe).await;
    let wanted = uncontested(&mut survey);
    let (mut rows, failed) = compare::compare(access, &wanted, narrowed).await;
    for compare::Failed { repository, problem } in failed {
        survey.incomplete.insert(repository);
        survey.problems.push(problem);
    }
    let mut complete = survey.complete();
    // What is read from is never cleaned up.
    let is_source = |name: &Name| {
        rows.iter().filter_map(|row| row.source.as_ref()).any(|original| original.image.name == *name)
    };
    complete.retain(|name| !is_source(name));
    let survey::Survey { rules, mut problems, .. } = survey;
    if surplus == Surplus::Delete {
        let (deletes, failed) = surplus::surplus(access, complete, &rows).await;
        rows.extend(deletes);
        problems.extend(failed);
    }
    problems.extend(related::compare(access, &mut rows).await);
    let blobs = contents::read(access, &mut rows).await;
    let routes = rows.iter().filter(|row| row.is_work()).filter_map(route).collect();
    let limits = limits(access, &rows);
    Planned { plan: Plan::new(rules, rows, blobs), problems, routes, limits }
}

/// Returns the lowest limit of pulls that each registry of a source has reported.
fn limits(access: Access<'_>, rows: &[sync::Row]) -> Vec<(Registry, PullLimit)> {
    let names: BTreeSet<&Name> =
        rows.iter().filter_map(|row| Some(&row.source.as_ref()?.image.name)).collect();
    let mut limits: BTreeMap<Registry, PullLimit> = BTreeMap::new();
    for name in names {
        let limit = access.remote.repository(name).ok().and_then(|repository| repository.pull_limit());
        // A limit without a window is one of requests.
        let Some(limit) = limit.filter(|limit| limit.window.is_some()) else { continue };
        let known = limits.entry(name.registry.clone()).or_insert(limit);
        if limit.remaining < known.remaining {
            *known = limit;
        }
    }
    limits.into_iter().collect()
}

/// Returns the images of each destination once. A destination that several rules want to be different is left out.
fn uncontested(survey: &mut survey::Survey) -> Vec<Wanted> {
    let mut chosen: BTreeMap<Reference, Wanted> = BTreeMap::new();
    let mut contested = BTreeMap::new();
    for wanted in std::mem::take(&mut survey.wanted) {
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
        survey.incomplete.insert(destination.name.clone());
        survey.problems.push(SyncProblem { name: destination.to_string(), error });
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
