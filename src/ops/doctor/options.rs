//! The objects and options of a diagnosis.

use std::sync::Arc;

use crate::auth::Keychain;
use crate::config::Config;
use crate::reference::{Registry, RepositoryName};
use crate::remote::Remote;

/// The objects that the diagnosis uses.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The configuration.
    pub config: &'a Arc<Config>,
    /// The credentials.
    pub keychain: &'a Arc<Keychain>,
    /// The registries.
    pub remote: &'a Remote,
}

/// The options of the diagnosis.
#[derive(Clone, Debug)]
pub struct Options {
    /// The registry.
    pub registry: Registry,
    /// A repository that can be read.
    pub repository: Option<RepositoryName>,
    /// A repository in which an upload may be started and cancelled immediately. Without it the registry is not
    /// changed.
    pub write: Option<RepositoryName>,
    /// Which parts of this machine are checked.
    pub breadth: Breadth,
}

/// Which parts of this machine are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// The parts that matter to the registry.
    Registry,
    /// All mirrors, the credential helpers and the keyring as well.
    Everything,
}
