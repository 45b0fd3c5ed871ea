//! The lists of tags that registries have beside that of the registry's API, with digests, sizes and dates.

mod dialect;
mod list;

pub use dialect::ListOrder;
pub use list::TagList;
