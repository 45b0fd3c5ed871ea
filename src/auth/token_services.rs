//! Which token service checked a credential at its login: whoever takes over a registry later must not be able to
//! send the password elsewhere by naming another one.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::cache::{self, CacheFile, now};

/// The name of the file in the folder of data.
const FILE_NAME: &str = "token-services.json";

/// The token services of all registries that this user has logged in to with regcli. Share one among all
/// sessions.
///
/// Nothing in it is secret. Without the file, as after a login by another program, no token service is expected.
pub struct TokenServices {
    file: Option<CacheFile<Entry>>,
    /// What the file holds; `None` until somebody asks.
    entries: Mutex<Option<Vec<Entry>>>,
}

/// What was seen at a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The registry's server, `host[:port]`.
    server: String,
    /// The host of its token service; its own where it checked the password itself.
    token_service: String,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

impl cache::Entry for Entry {
    // Until the next login or logout.
    const LIFE: u64 = u64::MAX;

    fn learned(&self) -> u64 {
        self.learned
    }

    fn is_alive(&self, _: u64) -> bool {
        true
    }
}

impl TokenServices {
    /// Those that are known in `folder`; without one, none is. Nothing is read before it is needed.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let file = folder.map(|folder| CacheFile::new(folder.join(FILE_NAME)));
        Self { file, entries: Mutex::default() }
    }

    /// The host of the token service that the last login at `server` (`host[:port]`) has seen.
    pub(super) fn expected(&self, server: &str) -> Option<String> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries =
            entries.get_or_insert_with(|| self.file.as_ref().map(CacheFile::read).unwrap_or_default());
        Some(entries.iter().find(|entry| entry.server == server)?.token_service.clone())
    }

    /// From now on credentials for `server` go to the token service at this host only. Blocks, for half a second at
    /// most if another process holds the file.
    pub(super) fn expect(&self, server: &str, token_service: &str) {
        if self.expected(server).as_deref() == Some(token_service) {
            return;
        }
        let (server, token_service) = (server.to_owned(), token_service.to_owned());
        let entry = Entry { server, token_service, learned: now() };
        self.change(|entries| {
            entries.retain(|known| known.server != entry.server);
            entries.push(entry.clone());
        });
    }

    /// Expects no token service of `server` any more. Blocks, for half a second at most if another process holds the file.
    pub fn forget(&self, server: &str) {
        self.change(|entries| entries.retain(|known| known.server != server));
    }

    fn change(&self, change: impl Fn(&mut Vec<Entry>)) {
        if let Some(file) = &self.file {
            file.update(change, now());
        }
        *self.entries.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
