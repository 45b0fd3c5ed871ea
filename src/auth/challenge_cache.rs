//! What servers have asked for, kept for a day: the next command brings it along with its first request.
//!
//! A file of challenges is a hint, never an authority. Nothing in it is secret, what comes out of it is checked
//! like a challenge that has just come, and whoever cannot read or write it goes on without.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::challenge_file::ChallengeFile;
use crate::digest::Digest;
use crate::http::Client;

/// The name of the file in the folder of caches.
const FILE_NAME: &str = "challenges.json";

/// How long a challenge is believed to be what the server still asks for, in seconds.
const LIFE: u64 = 24 * 60 * 60;

/// The longest realm or name of a service that is kept, in bytes. Real ones have less than a hundred.
const TEXT_MAX: usize = 1024;

/// The challenges of all servers that this user has talked to lately. Share one among all sessions.
pub struct ChallengeCache {
    file: Option<ChallengeFile>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the file held and what has been learned since; `None` until somebody asks.
    entries: Option<Vec<Entry>>,
    /// What to do to the file, in this order.
    changes: Vec<Change>,
}

/// What one server asked for, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    server: Server,
    #[serde(flatten)]
    pub(super) asks: Asks,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

/// A server, in the way that it was told from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Server {
    /// Its root, a URL with scheme and port: what was said over HTTP does not count for HTTPS.
    server: String,
    /// Stands for how its certificate was checked, if not by the system's authorities alone. What an unverified
    /// server said does not count where it is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust: Option<String>,
}

/// What a server asks for. No scope: that is another one for each repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "lowercase")]
pub(super) enum Asks {
    /// User and password.
    Basic,
    /// A token of this service.
    Bearer {
        /// Where the service is. To be checked before it is used.
        realm: String,
        /// The service's name for the registry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
}

/// What has been found out.
#[derive(Debug)]
pub(super) enum Change {
    /// The server asks for this.
    Learned(Entry),
    /// This one is wrong. Another one for the same server may have been learned meanwhile; it stays.
    Wrong(Entry),
    /// What is known of this server counts no more.
    Dropped(Server),
    /// The user is done with `host[:port]`.
    LoggedOut(String),
}

impl ChallengeCache {
    /// The cache in `folder`; without one, nothing outlives the process. Nothing is read before it is needed.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let file = folder.map(|folder| ChallengeFile::new(folder.join(FILE_NAME)));
        Self { file, state: Mutex::default() }
    }

    /// What `client`'s server asked for when it was last asked.
    ///
    /// Finds out which scheme the server speaks, if its host is known here and that is not certain yet.
    pub(super) async fn recall(&self, client: &Client) -> Option<Entry> {
        let roots = roots_of(&client.endpoint().host);
        if !self.state().entries(self.file.as_ref()).iter().any(|entry| entry.server.is_at(&roots)) {
            return None;
        }
        let server = Server::of(client).await?;
        let now = now();
        let mut state = self.state();
        let mut entries = state.entries(self.file.as_ref()).iter();
        entries.find(|entry| entry.server == server && entry.is_alive(now)).cloned()
    }

    /// Keeps what `client`'s server has just asked for, unless it is known.
    pub(super) async fn learn(&self, client: &Client, asks: Asks) {
        let Some(server) = Server::of(client).await else { return };
        let entry = Entry { server, asks, learned: now() };
        self.change(if entry.is_keepable() { Change::Learned(entry) } else { Change::Dropped(entry.server) });
    }

    /// Forgets what has turned out to be wrong.
    pub(super) fn forget(&self, entry: Entry) {
        self.change(Change::Wrong(entry));
    }

    /// Forgets what `client`'s server asked for: it asks for nothing.
    pub(super) async fn forget_server(&self, client: &Client) {
        if let Some(server) = Server::of(client).await {
            self.change(Change::Dropped(server));
        }
    }

    /// Forgets all that was asked for at `host[:port]`.
    pub fn forget_host(&self, host: &str) {
        self.change(Change::LoggedOut(host.to_owned()));
    }

    /// Whether there is anything to save.
    pub fn is_changed(&self) -> bool {
        !self.state().changes.is_empty()
    }

    /// Brings what has changed to the file, and what others have written meanwhile together with it. Blocks, for
    /// half a second at most if another process holds the file.
    ///
    /// That it cannot be written is logged and otherwise of no concern.
    pub fn save(&self) {
        let changes = std::mem::take(&mut self.state().changes);
        if let (Some(file), false) = (&self.file, changes.is_empty()) {
            file.update(|entries| changes.iter().for_each(|change| change.apply(entries)), now());
        }
    }

    fn change(&self, change: Change) {
        let mut state = self.state();
        let entries = state.entries(self.file.as_ref());
        let before = entries.clone();
        change.apply(entries);
        // A host that is not known here may have been learned by another process since.
        if *entries != before || matches!(change, Change::LoggedOut(_)) {
            state.changes.push(change);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is left by a panic elsewhere is a hint as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn entries(&mut self, file: Option<&ChallengeFile>) -> &mut Vec<Entry> {
        self.entries.get_or_insert_with(|| file.map(ChallengeFile::read).unwrap_or_default())
    }
}

impl Change {
    fn apply(&self, entries: &mut Vec<Entry>) {
        match self {
            Self::Learned(new) => {
                let is_news = |old: &Entry| old.asks != new.asks || !old.is_alive(new.learned);
                if entries.iter().find(|old| old.server == new.server).is_none_or(is_news) {
                    entries.retain(|old| old.server != new.server);
                    entries.push(new.clone());
                }
            }
            Self::Wrong(wrong) => entries.retain(|entry| entry != wrong),
            Self::Dropped(server) => entries.retain(|entry| entry.server != *server),
            Self::LoggedOut(host) => {
                let roots = roots_of(host);
                entries.retain(|entry| !entry.server.is_at(&roots));
            }
        }
    }
}

impl Entry {
    /// Whether it was learned in the last day. Whatever the clock has done meanwhile, the worst that follows is
    /// that the server is asked.
    pub(super) fn is_alive(&self, now: u64) -> bool {
        now.checked_sub(self.learned).is_some_and(|age| age < LIFE)
    }

    /// When it was learned.
    pub(super) fn learned(&self) -> u64 {
        self.learned
    }

    /// Whether it is of a usual size and holds nothing that might be secret: a query may be a signature.
    fn is_keepable(&self) -> bool {
        match &self.asks {
            Asks::Basic => true,
            Asks::Bearer { realm, service } => {
                let is_short = |text: &str| text.len() <= TEXT_MAX;
                is_short(realm) && service.as_deref().is_none_or(is_short) && !realm.contains(['?', '#', '@'])
            }
        }
    }
}

impl Server {
    async fn of(client: &Client) -> Option<Self> {
        let mut root = client.settled_base().await?;
        root.set_query(None);
        let tls = &client.endpoint().tls;
        let is_usual = root.scheme() != "https" || tls.verify && tls.authorities.is_empty();
        let trust = (!is_usual).then(|| {
            let checks = format!("{} {:?}", tls.verify, tls.authorities);
            Digest::sha256(checks.as_bytes()).to_string()
        });
        Some(Self { server: root.into(), trust })
    }

    fn is_at(&self, roots: &[String]) -> bool {
        roots.iter().any(|root| self.server.starts_with(root))
    }
}

/// How the URLs of `host[:port]` begin, by either scheme.
fn roots_of(host: &str) -> Vec<String> {
    let urls = ["http", "https"].map(|scheme| Url::parse(&format!("{scheme}://{host}/")));
    urls.into_iter().flatten().map(String::from).collect()
}

/// Seconds since 1970, by the wall clock.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
