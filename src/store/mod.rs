//! The local store: content under its digest in files, and the images made of it.

mod blobs;
mod disk;
mod error;
mod ingest;
mod lock;
mod reader;

pub use blobs::Blobs;
pub use error::Error;
pub use ingest::Ingest;
pub use reader::FileReader;

#[cfg(test)]
mod tests;
