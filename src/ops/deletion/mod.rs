//! Deletes tags and images of registries, and never what something else needs.

mod error;
mod family;
mod graph;
mod plan;
mod policy;
mod prune;
mod removal;
mod single;
#[cfg(test)]
mod tests;

pub use error::{DeletionError, Loss};
pub use family::Depth;
pub use graph::{Dated, Family, Kind, Member};
pub use plan::{PLAN_BYTES_MAX, PrunePlan, RepositoryPlan};
pub use policy::{Decision, Fate, Goes, MaxDelete, Policy, Row, Stays, decide};
pub use prune::{Applied, Done, Pruning, apply_prune, plan_prune};
pub use removal::{Chosen, Removal};
pub use single::{Caution, Named, Prepared, Selection, Target};
