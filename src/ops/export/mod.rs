//! Writes what an image shows as a tar.

mod error;
mod export;
mod headers;

pub use self::export::{Exported, export};
pub use error::ExportError;
