//! What belongs to an image: signatures, attestations, SBOMs and other artifacts.

mod tags;
mod tree;
mod walk;

pub use tags::RelatedTags;
pub use tree::{ReferrerTree, referrers};
pub use walk::{NodeState, Relation};
