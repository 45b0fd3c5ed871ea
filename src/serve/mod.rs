//! The embedded registry: the [OCI distribution
//! specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md) 1.1 over a folder,
//! so that a registry does not require Docker.
//!
//! Its statuses, codes, messages and headers are those of registry:2 as far as that conforms to the
//! specification. Repositories share their content, but it is visible only in those that hold it. Blobs are
//! streamed from and to the disk, so memory does not grow with them.
//!
//! There is no access control: any client that reaches the port may do everything. [`run()`] belongs on a
//! loopback address, or behind a proxy that asks for credentials. It refuses requests from web pages, because
//! a browser on this machine reaches the port as well.
//!
//! Memory is limited: responses that wait for slow clients stay on the disk.

mod api;
mod connection;
mod crowd;
mod error;
mod guard;
mod layout;
mod memory;
mod options;
mod repository;
mod run;
mod sessions;
mod tag_file;
mod watch;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use error::Error;
use layout::Layout;
pub use options::{Access, OnAccess, OnStop, Options, Stop};
pub use run::run;

/// A registry in a folder. Cheap to clone; clones share the registry.
#[derive(Clone, Debug)]
pub struct Registry {
    layout: Arc<Layout>,
}

impl Registry {
    /// Opens the registry in this folder, or creates one if the folder is empty or missing.
    ///
    /// The folder belongs to the registry until all its clones are gone. Opening sweeps it: uploads that were
    /// not resumed for seven days and blobs that no repository holds are removed.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process serves the folder, [`Error::NotARegistry`] or [`Error::IsAStore`]
    /// if the folder holds something else, [`Error::Version`] or [`Error::Marker`] if it may be of another
    /// version, or [`Error::Store`]. Nothing is removed if anything cannot be read.
    pub async fn open(root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref().to_owned();
        let layout = crate::store::disk::aside(move || Ok(Layout::open(&root))).await??;
        Ok(Self { layout: Arc::new(layout) })
    }

    /// Returns the registry as a service, for use in another server. [`run()`] adds limits, a stop, and a
    /// guard against web pages.
    pub fn router(&self) -> axum::Router {
        axum::Router::new().fallback(api::answer).with_state(Arc::clone(&self.layout))
    }
}
