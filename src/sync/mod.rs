//! What a synchronization copies: rules about repositories, tags and targets, and the files that hold them.
//!
//! [`read()`] takes the texts of files, in regcli's own format or in that of another program, and returns a [`Recipe`].
//! There is no I/O here: [`crate::ops`] asks the registries what there is, and the [`Rule`]s say what is copied
//! ([`Rule::choose`]) and where to ([`Rule::destinations`]).

mod ad_hoc;
mod choose;
mod dregsy;
mod environment;
mod error;
mod format;
mod image_syncer;
mod limits;
mod narrowed;
mod list;
mod origin;
mod own;
mod pattern;
mod plan;
mod range;
mod read;
mod recipe;
mod shard;
mod regsync;
mod shape;
mod skopeo;
mod syntax;
mod tags;
mod template;
mod tree;
mod write;

pub use ad_hoc::ad_hoc;
pub use choose::{Chosen, Dropped};
pub use error::{Error, Problem};
pub use format::Format;
pub use limits::{FILE_LIMIT, RULES_LIMIT};
pub use narrowed::Narrowed;
pub use origin::Origin;
pub use pattern::{Filter, Pattern, Syntax};
pub use plan::{
    Action, Blob, LeftOut, Original, PLAN_BYTES_MAX, Plan, PlanError, PlanProblem, Row, RuleSummary,
};
pub use range::{Prereleases, Range, version_of};
pub use read::{Destination, Naming, ReadOptions, SourceText, read};
pub use recipe::{Credential, Login, Loss, Reason, Recipe, Referrers, Rule, Transport};
pub use shard::{Shard, ShardError};
pub use tags::{Newest, Order, Pinned, Stage, TagSet};
pub use template::{Rewrite, Root, Template};

#[cfg(test)]
mod tests;
