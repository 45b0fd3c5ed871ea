//! The servers that need not be verified when another server refers to them.

use super::daemon::Insecure;
use crate::reference::Server;

/// The servers that need not be verified, because a configuration file says so or because they are on this
/// machine.
///
/// A server that need not be verified may refer to others. Its permission does not extend to them: each of
/// them is looked up here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unverified {
    /// `insecure` of the tables in config.toml, which take precedence.
    tables: Vec<(Server, bool)>,
    /// `insecure-registries`.
    insecure: Insecure,
}

impl Unverified {
    pub(super) fn new(tables: Vec<(Server, bool)>, insecure: Insecure) -> Self {
        Self { tables, insecure }
    }

    /// Reports whether `server` is one of them. Docker Hub never is.
    pub fn contains(&self, server: &Server) -> bool {
        let table = self.tables.iter().find(|(known, _)| known == server);
        !server.belongs_to_hub()
            && table.map_or_else(|| server.is_loopback() || self.insecure.contains(server), |(_, said)| *said)
    }
}
