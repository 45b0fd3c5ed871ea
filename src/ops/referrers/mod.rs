//! What belongs to an image: signatures, attestations, SBOMs and other artifacts.

mod copy;
mod tags;
mod tree;
mod walk;

pub use copy::{
    CopiedImage, CopiedReferrers, CopyReferrersOptions, ReferrersPreview, copy_referrers, preview_referrers,
};
pub use tags::RelatedTags;
pub use tree::{ReferrerTree, referrers};
pub(super) use walk::{Node, Reading, Walk};
pub use walk::{NodeState, Relation};
