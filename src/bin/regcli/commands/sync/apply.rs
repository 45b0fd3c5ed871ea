//! Applies a plan, row by row.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use regcli::diagnose::Failure;
use regcli::ops::deletion::MaxDelete;
use regcli::ops::sync::{Applied, ApplyOptions, Change, SharedByRows, SyncError, apply_row};
use regcli::ops::{CopyOptions, Place, Route, Tags};
use regcli::reference::{Name, Registry};
use regcli::sync::{Action, Plan, Row};
use regcli::transfer::{Observer, Silent};

use super::report::Report;
use crate::cli::usage::Usage;
use crate::commands::batch::{Mover, move_each};
use crate::context::Context;
use crate::ui::Ui;
use crate::ui::format::preview::Planned;
use crate::ui::format::units;
use crate::ui::progress::{Direction, Verbosity, Work};

/// What may be deleted.
pub(super) struct Limits {
    pub(super) delete: bool,
    pub(super) most: MaxDelete,
}

impl Limits {
    /// Returns the plan without deletions that are not wanted, and how many these are.
    ///
    /// # Errors
    /// A usage error if more would be deleted than is allowed.
    pub(super) fn checked(&self, plan: Plan) -> Result<(Plan, usize), Failure> {
        let deletes = plan.count(Action::Delete);
        if !self.delete {
            let others = plan.rows.iter().filter(|row| row.action != Action::Delete).cloned().collect();
            return Ok((plan.with_rows(others), deletes));
        }
        let all = plan.rows.iter().filter(|row| row.found.is_some()).count();
        let most = self.most.of(all);
        if deletes > most {
            return Err(Usage::failure(format!(
                "the plan deletes {deletes} of {} and --max-delete allows {most}: nothing was changed; to allow it: \
                 --max-delete {deletes}",
                units::count(all, "tag")
            )));
        }
        match emptied(&plan) {
            Some(name) if self.most != MaxDelete::Percent(100) => Err(Usage::failure(format!(
                "the plan deletes all tags of {name}: nothing was changed; to allow it: --max-delete 100%"
            ))),
            _ => Ok((plan, 0)),
        }
    }
}

/// Returns a repository that has no tag any more after the plan.
fn emptied(plan: &Plan) -> Option<&Name> {
    let staying: HashSet<&Name> = plan
        .rows
        .iter()
        .filter(|row| row.action != Action::Delete)
        .map(|row| &row.destination.name)
        .collect();
    let mut deleted = plan.rows.iter().filter(|row| row.action == Action::Delete);
    deleted.find_map(|row| (!staying.contains(&row.destination.name)).then_some(&row.destination.name))
}

/// Does what the plan says: copies first, then deletions.
///
/// A repository in which a copy failed loses nothing.
pub(super) async fn apply(
    context: &Context,
    plan: &Plan,
    report: &Report,
    verbosity: Verbosity,
) -> Result<(), Failure> {
    let (deletes, copies): (Vec<usize>, Vec<usize>) = plan
        .order()
        .into_iter()
        .filter(|index| plan.rows[*index].is_work())
        .partition(|index| plan.rows[*index].action == Action::Delete);
    let applier = Applier { context, plan, report, verbosity, shared: SharedByRows::default() };
    let copied = move_each(context, &applier, &copies, None).await;
    let failed: HashSet<_> =
        report.failed().into_iter().map(|index| &plan.rows[index].destination.name).collect();
    let planned = deletes.len();
    let deletes: Vec<_> =
        deletes.into_iter().filter(|index| !failed.contains(&plan.rows[*index].destination.name)).collect();
    if deletes.len() < planned {
        let kept = units::count(planned - deletes.len(), "tag");
        context.ui.note(&format!("{kept} not deleted, because a copy to the same repository failed"));
    }
    let deleted = move_each(context, &applier, &deletes, None).await;
    copied.and(deleted)
}

/// Applies rows, which are named by their indices.
struct Applier<'a> {
    context: &'a Context,
    plan: &'a Plan,
    report: &'a Report,
    verbosity: Verbosity,
    shared: SharedByRows,
}

#[async_trait(?Send)]
impl Mover for Applier<'_> {
    type Image = usize;
    type Moved = ();

    fn concurrent(&self) -> usize {
        self.context.concurrent_images(&[])
    }

    async fn images(&self, named: &usize) -> Result<Vec<usize>, Failure> {
        Ok(vec![*named])
    }

    fn name(&self, image: &usize) -> String {
        self.plan.rows[*image].destination.to_string()
    }

    fn route(&self, image: &usize) -> Route {
        let row = &self.plan.rows[*image];
        let source =
            row.source.as_ref().map_or_else(|| row.destination.clone(), |original| original.image.clone());
        Route { source: Place::Registry(source), destination: Place::Registry(row.destination.clone()) }
    }

    async fn transfer(&self, ui: &Ui, image: usize) -> Result<(), Failure> {
        let row = &self.plan.rows[image];
        let began = Instant::now();
        let work = Work { image: row.destination.to_string(), direction: Direction::Push };
        let verbosity = match self.verbosity {
            Verbosity::Quiet => Verbosity::Quiet,
            Verbosity::Normal | Verbosity::Passing => Verbosity::Passing,
        };
        let apply = async |observer| {
            let applied = apply_row(self.context.access(None), row, self.options(row, observer)).await;
            applied.map_err(failure)
        };
        let applied = ui.show(work, verbosity, apply).await;
        self.report.take(image, &applied, began.elapsed());
        if let Some(line) = self.report.line(self.plan, image)? {
            ui.write(line.as_bytes())?;
        } else if let (Ok(applied), Verbosity::Normal) = (&applied, self.verbosity) {
            done(row, applied, ui.columns().is_some()).map_or(Ok(()), |line| ui.line(&line))?;
        }
        applied.map(|_| ())
    }

    async fn preview(&self, _image: usize) -> Result<Planned, Failure> {
        Err(Usage::failure("a plan is shown by --plan"))
    }
}

impl Applier<'_> {
    fn options(&self, row: &Row, observer: Arc<dyn Observer>) -> ApplyOptions {
        let source = row.source.as_ref().map(|original| &original.image.name.registry);
        let registries: Vec<&Registry> = source.into_iter().chain([&row.destination.name.registry]).collect();
        let (transfer, sharing) = (self.context.transfer(&registries), self.context.sharing(&registries));
        // A destination without the tag probably lacks the image, which saves a request.
        let tags = if row.action == Action::Create { Tags::All } else { Tags::One };
        let observer = if row.action == Action::Delete { Arc::new(Silent) } else { observer };
        let (platforms, budget) = (Vec::new(), self.context.budget.clone());
        let copy = CopyOptions { platforms, tags, transfer, sharing, budget, observer };
        ApplyOptions { copy, shared: self.shared.clone() }
    }
}

/// Returns the failure of a registry as such, without what the sync adds to it.
pub(super) fn failure(error: SyncError) -> Failure {
    match error {
        SyncError::Ops(error) => error.into(),
        other => other.into(),
    }
}

/// Returns the line for a row that is done; `None` if nothing was to do. On a terminal it is short enough to read,
/// elsewhere it has the digest.
fn done(row: &Row, applied: &Applied, on_terminal: bool) -> Option<String> {
    let to = row.destination.to_string();
    let digest = applied.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
    match applied.change {
        Change::Created if on_terminal => Some(format!("Created: {to}")),
        Change::Updated if on_terminal => Some(format!("Updated: {to}")),
        Change::Created | Change::Updated => Some(format!("{to}{digest}")),
        Change::Deleted => Some(format!("Deleted: {to}")),
        Change::Nothing => None,
    }
}
