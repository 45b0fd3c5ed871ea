//! Images in one file: the archives of `docker save` and of OCI, as both ends of a copy.
//!
//! [`Writer`] creates one archive for all readers: an OCI image layout in a tar, with Docker's manifest.json
//! and repositories next to it. [`Archive`] reads such archives, pure OCI archives, and those of any Docker
//! since 1.10, plain or compressed.
//!
//! File names in an archive are never used as paths. A seekable tar is read in place. Any other is first
//! unpacked into a file without a name, because the list of images may come last.

mod agreement;
pub(crate) mod compression;
mod contents;
mod docker;
mod documents;
mod draft;
mod error;
mod listing;
mod outlet;
mod output;
mod reader;
mod region;
mod scan;
pub(crate) mod tape;
mod writer;

pub use documents::Label;
pub use error::{Error, Origin};
pub use listing::ArchivedImage;
pub use outlet::Outlet;
pub use output::Output;
pub use reader::Archive;
pub use scan::Input;
pub use writer::{Target, Writer};

#[cfg(test)]
mod tests;
