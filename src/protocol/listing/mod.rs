//! Lists of a repository's manifests and tags that say more than the names: each registry has its own.
//!
//! None of them guarantees its format, so it is read leniently: a value of another type is unknown, and an entry
//! without the digest or the name is skipped.

mod detail;
mod manifests;
pub mod tags;
mod values;

pub use detail::{Fact, TagDetail, TagImage};
pub use manifests::{Listed, Listing, azure, google, harbor, quay};
