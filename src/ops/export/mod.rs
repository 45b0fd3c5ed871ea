//! Writes what an image shows as a tar.

mod error;
mod headers;
mod rootfs;

pub use error::ExportError;
pub use rootfs::{Exported, export};
