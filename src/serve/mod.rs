//! The embedded registry: the [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)
//! 1.1 over a folder, so that nobody needs Docker to have a registry.
//!
//! Its statuses, codes, messages and headers are those of registry:2 wherever that one is within the
//! specification. Content is shared between repositories, but visible only in those that hold it. Blobs
//! stream from and to the disk: memory does not grow with them.
//!
//! There is no access control: whoever reaches the port may do everything. [`run()`] belongs on a loopback
//! address, or behind a proxy that asks for credentials. It refuses what web pages send: a browser on this machine
//! reaches the port as well.
//!
//! Memory is bounded: what clients do not read stays on the disk.

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
pub use options::{Access, OnAccess, Options};
pub use run::run;

/// A registry in a folder. Cheap to clone; clones are the same registry.
#[derive(Clone, Debug)]
pub struct Registry {
    layout: Arc<Layout>,
}

impl Registry {
    /// Opens the registry in this folder, or makes one if the folder is empty or not there.
    ///
    /// The folder belongs to the registry until all its clones are gone. Opening sweeps it: uploads that
    /// nobody has gone on with for seven days are removed, and blobs that no repository holds any more.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process serves it, [`Error::NotARegistry`] or [`Error::IsAStore`] if the folder
    /// holds something else, [`Error::Version`] or [`Error::Marker`] if it may be of another version, or
    /// [`Error::Store`]. Nothing is removed if anything cannot be read.
    pub async fn open(root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref().to_owned();
        let layout = crate::store::disk::aside(move || Ok(Layout::open(&root))).await??;
        Ok(Self { layout: Arc::new(layout) })
    }

    /// The registry as a service, for a server of one's own. [`run()`] has limits, a stop, and a guard against web
    /// pages besides.
    pub fn router(&self) -> axum::Router {
        axum::Router::new().fallback(api::answer).with_state(Arc::clone(&self.layout))
    }
}
