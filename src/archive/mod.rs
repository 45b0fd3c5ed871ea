//! Images in one file: the archives of `docker save` and of OCI, as both ends of a copy.
//!
//! [`Writer`] makes one archive that everybody can read: an OCI image layout in a tar, with Docker's
//! manifest.json and repositories beside it. [`Archive`] reads that, pure OCI archives, and those of any Docker
//! since 1.10, plain or compressed.
//!
//! What an archive calls its files never becomes a path here. A tar that can be read anywhere is read where
//! it is; any other is unpacked into one nameless file first, because what says which images there are may
//! come last.

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
