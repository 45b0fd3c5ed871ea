//! The challenges of servers and their software, kept for a day, so that the next command authenticates with its first
//! request, and asks in the way of this software.
//!
//! The file is a hint and never an authority. It contains no secrets, its challenges are checked like new
//! ones, and a command that cannot read or write it works without it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cache::{self, Entry as _, Journal, now};
use crate::http::{Asker, Client, ServerId};
use crate::protocol::Software;
use crate::reference::Registry;

/// The maximum size of a realm or a service name in bytes. Real ones have less than a hundred.
const TEXT_MAX: usize = 1024;

/// The recent challenges of all servers for this user. All sessions share one cache.
pub struct ChallengeCache(Journal<Entry>);

/// The challenge of one server, and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    server: ServerId,
    /// `None` if it has not asked for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asks: Option<Asks>,
    /// Whether the client had credentials then. Otherwise credentials are not sent because of this entry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) had_credentials: bool,
    /// The software, if the server has shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    software: Option<Software>,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

/// The authentication that a server asks for, without a scope, which differs for each repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Asks {
    /// User name and password.
    Basic,
    /// A token of this service.
    Bearer {
        /// The URL of the service. It has to be checked before it is used.
        realm: String,
        /// The service's name for the registry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
}

impl ChallengeCache {
    /// Creates the cache in `folder`; without a folder nothing outlives the process.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(Journal::new(folder))
    }

    /// Returns the last challenge of `client`'s server.
    ///
    /// Determines which scheme the server speaks, if the cache has its host and the scheme is uncertain.
    pub(super) async fn recall(&self, client: &Client) -> Option<Entry> {
        self.find(client, |entry| entry.asks.is_some()).await
    }

    /// Returns the software of `client`'s server, as far as it was found.
    pub async fn software(&self, client: &Client) -> Option<Software> {
        self.find(client, |entry| entry.software.is_some()).await?.software
    }

    /// Returns the entry of `client`'s server, if it has this property.
    async fn find(&self, client: &Client, is_wanted: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let host = &client.endpoint().host;
        self.0.find(|entry| entry.server.is_at(host) && is_wanted(entry))?;
        let server = client.settled_id().await?;
        self.0.find(|entry| entry.server == server && is_wanted(entry))
    }

    /// Records the software of `client`'s server, until the server's challenge is forgotten.
    pub async fn learn_software(&self, client: &Client, software: Software) {
        let Some(server) = client.settled_id().await else { return };
        self.0.change(move |entries| {
            if let Some(known) = entries.iter_mut().find(|known| known.server == server) {
                known.software = Some(software);
                return;
            }
            entries.push(Entry {
                server: server.clone(),
                asks: None,
                had_credentials: false,
                software: Some(software),
                learned: now(),
            });
        });
    }

    /// Records the challenge of `client`'s server, unless it is known, and whether `asker` has credentials
    /// for it.
    pub(super) async fn learn(&self, client: &Client, asks: Asks, asker: Asker) {
        let Some(server) = client.settled_id().await else { return };
        let had_credentials = asker == Asker::Authenticated;
        let entry = Entry { server, asks: Some(asks), had_credentials, software: None, learned: now() };
        if entry.is_keepable() {
            self.0.change(move |entries| entry.add_to(entries));
        } else {
            self.forget_id(entry.server);
        }
    }

    /// Forgets an entry that turned out to be wrong. A different entry for the same server may have been
    /// learned meanwhile; it stays.
    pub(super) fn forget(&self, wrong: Entry) {
        let is_wrong = move |entry: &Entry| {
            entry.server == wrong.server && entry.asks == wrong.asks && entry.learned == wrong.learned
        };
        self.0.change(move |entries| entries.retain(|entry| !is_wrong(entry)));
    }

    /// Forgets the challenge of `client`'s server, because it asks for nothing.
    pub(super) async fn forget_server(&self, client: &Client) {
        if let Some(server) = client.settled_id().await {
            self.forget_id(server);
        }
    }

    fn forget_id(&self, server: ServerId) {
        self.0.change(move |entries| entries.retain(|entry| entry.server != server));
    }

    /// Forgets all challenges of `registry`, for both schemes.
    pub fn forget_registry(&self, registry: &Registry) {
        let registry = registry.clone();
        self.0.remove(move |entry| entry.server.is_at(registry.as_str()));
    }

    /// Reports whether there are changes to save.
    pub fn is_changed(&self) -> bool {
        self.0.is_changed()
    }

    /// Writes the changes to the file; see [`Journal::save`].
    pub fn save(&self) {
        self.0.save();
    }
}

impl cache::Entry for Entry {
    const FILE_NAME: &str = "challenges.json";
    const LIFE: u64 = 24 * 60 * 60;

    fn learned(&self) -> u64 {
        self.learned
    }
}

impl Entry {
    /// Replaces the entry of the same server, if this one says more.
    fn add_to(&self, entries: &mut Vec<Self>) {
        let is_news = |old: &Self| {
            let is_more = self.had_credentials && !old.had_credentials;
            old.asks != self.asks || is_more || !old.is_alive(self.learned)
        };
        let old = entries.iter().find(|old| old.server == self.server);
        if old.is_none_or(is_news) {
            // Another challenge may be that of other software.
            let is_same =
                |old: &&Self| old.is_alive(self.learned) && (old.asks.is_none() || old.asks == self.asks);
            let software = old.filter(is_same).and_then(|old| old.software);
            entries.retain(|old| old.server != self.server);
            entries.push(Self { software, ..self.clone() });
        }
    }

    /// Reports whether the entry has a usual size and no secrets: a query may be a signature.
    fn is_keepable(&self) -> bool {
        match &self.asks {
            None | Some(Asks::Basic) => true,
            Some(Asks::Bearer { realm, service }) => {
                let is_short = |text: &str| text.len() <= TEXT_MAX;
                is_short(realm) && service.as_deref().is_none_or(is_short) && !realm.contains(['?', '#', '@'])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::{Endpoint, Permission, Tls, Transport};

    fn endpoint(host: &str, transport: Transport) -> Endpoint {
        Endpoint {
            host: host.to_owned(),
            prefix: String::new(),
            transport,
            tls: Tls::default(),
            unverified: crate::config::Unverified::default(),
            headers: vec![("X-Secret".to_owned(), "hunter2".to_owned())],
            credentials: crate::reference::Registry::hub(),
            mirror: false,
            namespace: Some(crate::reference::Registry::hub()),
            naming: crate::config::Naming::default(),
            resolve: crate::config::Resolve::default(),
            proxy: false,
            patience: crate::config::PATIENCE,
            proxies: crate::config::Proxies::default(),
            private_addresses: false,
            request_rate: None,
        }
    }

    fn https(host: &str) -> Client {
        Client::new(endpoint(host, Transport::Https))
    }

    fn bearer(realm: &str) -> Asks {
        Asks::Bearer { realm: realm.to_owned(), service: Some("lab".to_owned()) }
    }

    async fn asks(cache: &ChallengeCache, client: &Client) -> Option<Asks> {
        cache.recall(client).await.and_then(|entry| entry.asks)
    }

    fn cache(folder: &Path) -> ChallengeCache {
        ChallengeCache::new(Some(folder.to_owned()))
    }

    #[tokio::test]
    async fn the_next_command_knows_what_this_one_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let (first, client) = (cache(folder.path()), https("r.example:443"));
        first.learn(&client, bearer("https://auth.example/token"), Asker::Anonymous).await;
        first.learn(&https("basic.example"), Asks::Basic, Asker::Anonymous).await;
        first.save();

        let next = cache(folder.path());

        assert_eq!(asks(&next, &client).await, Some(bearer("https://auth.example/token")));
        assert_eq!(asks(&next, &https("basic.example")).await, Some(Asks::Basic));
        assert!(!next.is_changed());
        let text = fs::read_to_string(folder.path().join(Entry::FILE_NAME)).unwrap();
        assert!(
            text.contains(r#"{"server":{"url":"https://r.example/"},"asks":{"bearer":{"realm":"#),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[tokio::test]
    async fn another_scheme_port_path_or_way_of_checking_is_another_server() {
        let cache = ChallengeCache::new(None);
        cache.learn(&https("r.example"), Asks::Basic, Asker::Anonymous).await;

        let like = |change: &dyn Fn(&mut Endpoint)| {
            let mut endpoint = endpoint("r.example", Transport::Https);
            change(&mut endpoint);
            Client::new(endpoint)
        };
        assert!(asks(&cache, &like(&|_| {})).await.is_some());
        for client in [
            like(&|endpoint| endpoint.transport = Transport::Http(Permission::Flag)),
            like(&|endpoint| endpoint.host = "r.example:80".to_owned()),
            like(&|endpoint| endpoint.host = "r.example.com".to_owned()),
            like(&|endpoint| endpoint.prefix = "/mirror".to_owned()),
            like(&|endpoint| endpoint.tls.unverified = Some(Permission::Flag)),
            like(&|endpoint| endpoint.tls.authorities.push("ca.pem".into())),
        ] {
            assert_eq!(asks(&cache, &client).await, None, "{client:?}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_forgotten_and_what_was_learned_since_stays() {
        let folder = tempfile::tempdir().unwrap();
        let client = https("r.example");
        let first = cache(folder.path());
        first.learn(&client, bearer("https://old.example/"), Asker::Anonymous).await;
        first.save();

        let (slow, quick) = (cache(folder.path()), cache(folder.path()));
        let wrong = slow.recall(&client).await.unwrap();
        quick.learn(&client, bearer("https://new.example/"), Asker::Anonymous).await;
        quick.save();
        slow.forget(wrong.clone());
        assert_eq!(asks(&slow, &client).await, None);
        slow.save();
        assert_eq!(asks(&cache(folder.path()), &client).await, Some(bearer("https://new.example/")));

        let last = cache(folder.path());
        last.forget(last.recall(&client).await.unwrap());
        last.save();
        assert_eq!(asks(&cache(folder.path()), &client).await, None);
    }

    #[tokio::test]
    async fn a_logout_forgets_the_host_by_either_scheme_and_no_other() {
        let cache = ChallengeCache::new(None);
        let http = Client::new(endpoint("r.example:5000", Transport::Http(Permission::Flag)));
        let (same, other) = (https("R.example:5000"), https("r.example"));
        for client in [&http, &same, &other] {
            cache.learn(client, Asks::Basic, Asker::Anonymous).await;
        }

        cache.forget_registry(&Registry::from_server("R.example:5000").unwrap());

        assert_eq!(asks(&cache, &http).await, None);
        assert_eq!(asks(&cache, &same).await, None);
        assert_eq!(asks(&cache, &other).await, Some(Asks::Basic));
    }

    #[tokio::test]
    async fn the_software_is_known_with_and_without_a_challenge_until_the_challenge_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (first, client) = (cache(folder.path()), https("r.example"));
        first.learn_software(&client, Software::Zot).await;
        first.save();
        let next = cache(folder.path());
        assert_eq!(next.software(&client).await, Some(Software::Zot));
        assert_eq!(asks(&next, &client).await, None, "it has asked for nothing");

        next.learn(&client, Asks::Basic, Asker::Anonymous).await;
        assert_eq!(next.software(&client).await, Some(Software::Zot));
        next.learn(&client, Asks::Basic, Asker::Authenticated).await;
        assert_eq!(next.software(&client).await, Some(Software::Zot));
        next.learn(&client, bearer("https://auth.example/token"), Asker::Authenticated).await;
        assert_eq!(next.software(&client).await, None);

        next.learn_software(&client, Software::Harbor).await;
        let wrong = next.recall(&client).await.unwrap();
        next.learn_software(&client, Software::Quay).await;
        next.forget(wrong);
        assert_eq!(next.software(&client).await, None, "it expires with the challenge");
    }

    #[tokio::test]
    async fn what_may_be_secret_or_is_of_no_usual_size_is_not_kept() {
        let long = format!("https://auth.example/{}", "x".repeat(TEXT_MAX));
        for realm in ["https://auth.example/?sig=hunter2", "https://me:hunter2@auth.example/", &long] {
            let cache = ChallengeCache::new(None);
            cache.learn(&https("r.example"), Asks::Basic, Asker::Anonymous).await;
            cache.learn(&https("r.example"), bearer(realm), Asker::Anonymous).await;
            assert_eq!(asks(&cache, &https("r.example")).await, None, "{realm}");
        }
    }
}
