//! Which servers need not be verified, besides the one that is asked.

use super::daemon::Insecure;
use crate::reference::Server;

/// The servers that configuration files, or their being this machine, allow to be spoken to without verification.
///
/// A server that need not be verified may lead to others. What is allowed with it says nothing about them: each of
/// them is looked up here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unverified {
    /// `insecure` of the tables in config.toml, which go before everything else.
    tables: Vec<(Server, bool)>,
    /// `insecure-registries`.
    insecure: Insecure,
}

impl Unverified {
    pub(super) fn new(tables: Vec<(Server, bool)>, insecure: Insecure) -> Self {
        Self { tables, insecure }
    }

    /// Whether `server` is one of them. Docker Hub never is.
    pub fn contains(&self, server: &Server) -> bool {
        let table = self.tables.iter().find(|(known, _)| known == server);
        !server.belongs_to_hub()
            && table.map_or_else(|| server.is_loopback() || self.insecure.contains(server), |(_, said)| *said)
    }
}
