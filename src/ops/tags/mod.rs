//! Tags with what is known about them: digests, sizes, platforms and dates.
//!
//! Where the registry has a list with such facts, that is read. Elsewhere each tag is resolved by a `HEAD`, and each
//! manifest and config is read once for all tags that point to it.

mod describe;
mod document;
mod filter;
mod known;
mod list;
mod listed;
mod options;
mod order;
mod own;
mod pages;
mod reading;

pub use describe::describe_tags;
pub use filter::TagFilter;
pub use known::document_shelf;
pub use list::list_tags;
pub use listed::{InvalidTags, ListedTags, Unread};
pub use options::{TagOrder, TagsOptions};
pub use pages::TagPages;
