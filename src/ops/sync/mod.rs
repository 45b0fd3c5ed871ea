//! Synchronises registries by rules: finds out what is to be done, and does it.
//!
//! A plan is made in five steps:
//!
//! 1. `survey`: the repositories and tags that the rules choose at the sources.
//! 2. `compare`: what the tags mean at both ends, by one `HEAD` each.
//! 3. `related`: whether what refers to the images is at the destinations, if rules carry it.
//! 4. `contents`: the blobs of the images to copy, where reading manifests costs nothing.
//! 5. `surplus`: the tags of the destinations that no rule brings.
//!
//! The result is a [`sync::Plan`](crate::sync::Plan). [`apply_row`] does what one of its rows says.

mod apply;
mod compare;
mod contents;
mod error;
mod plan;
mod related;
mod surplus;
mod survey;
mod wanted;

pub use apply::{Applied, ApplyOptions, Change, SharedByRows, apply_row};
pub use error::{SyncError, SyncProblem};
pub use plan::{Planned, Surplus, plan_sync};
