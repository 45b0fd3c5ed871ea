//! What an examination works with, and what it looks at.

use std::sync::Arc;

use crate::auth::Keychain;
use crate::config::Config;
use crate::reference::{Registry, RepositoryName};
use crate::remote::Remote;

/// What the examination works with.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// All configuration.
    pub config: &'a Arc<Config>,
    /// All credentials.
    pub keychain: &'a Arc<Keychain>,
    /// All registries.
    pub remote: &'a Remote,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Options {
    /// The registry.
    pub registry: Registry,
    /// A repository there that can be read.
    pub repository: Option<RepositoryName>,
    /// A repository there in which an upload may be begun, and given up at once. Without one nothing is changed.
    pub write: Option<RepositoryName>,
    /// How much of this machine is looked at besides.
    pub breadth: Breadth,
}

/// How much of this machine is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// What matters to the registry.
    Registry,
    /// All mirrors, the credential helpers and the keyring, too.
    Everything,
}
