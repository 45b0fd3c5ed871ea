//! Writes files of an image into a directory.

mod draft;
mod error;
mod extraction;
mod folder;
mod options;
mod writer;

pub use error::ExtractError;
pub use extraction::extract;
pub use options::{Attributes, Existing, ExtractOptions, Extracted, Mode};
