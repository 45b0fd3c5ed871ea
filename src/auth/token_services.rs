//! The token service that checked a credential at its login. It is recorded so that an attacker who takes
//! over a registry later cannot redirect the password by naming another token service.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cache::{self, Entry as _, Journal, now};
use crate::reference::{Registry, Server};

/// The token services of all registries that this user has logged in to with regcli. All sessions share one
/// instance.
///
/// It contains no secrets. Without the file, as after a login by another program, any token service is
/// accepted.
pub struct TokenServices(Journal<Entry>);

/// The token service that checked a credential cannot be recorded.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unpinned {
    reason: String,
}

/// The record of a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The registry that the credential is for, `https://host:port`, the same for every spelling. Entries
    /// from before 2027 have neither scheme nor default port.
    server: String,
    /// Its token service, `scheme://host:port`; the registry itself if it checked the password itself.
    /// Entries from before 2027 have only a host.
    token_service: String,
    /// The `service` of the challenge, empty if it named none. It is missing while it is unknown, as in
    /// entries from before services were recorded, and if the token service is the registry itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

/// The token service that a credential may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    /// The same as in [`Entry`].
    token_service: String,
    /// The same as in [`Entry`].
    service: Option<String>,
}

/// A token service as a challenge names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenService {
    /// The server of the realm.
    pub(super) server: Server,
    /// The service's name for the registry, empty if the challenge has none. `None` if the server is the
    /// registry itself: it gets the password anyway, whatever it calls itself.
    pub(super) service: Option<String>,
}

/// The recipient of the credential of a login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The `host:port` of the token service that checks the credential, unless that is the registry itself.
    pub token_service: Option<String>,
    /// The token service of the last login and the one that the registry names now, if they differ.
    pub changed: Option<[String; 2]>,
}

impl Recipient {
    pub(super) fn new(named: &TokenService, expected: Option<Pin>) -> Self {
        let before = expected.filter(|expected| !expected.is(named));
        Self { token_service: named.other_server(), changed: before.map(|before| before.told_from(named)) }
    }
}

impl TokenService {
    /// Returns the `host:port` of the token service; `None` if it is the registry itself.
    pub(super) fn other_server(&self) -> Option<String> {
        self.service.as_ref()?;
        let url = self.server.to_string();
        Some(url.split_once("://").map_or(url.as_str(), |(_, address)| address).to_owned())
    }
}

impl cache::Entry for Entry {
    const FILE_NAME: &str = "token-services.json";

    // Entries live until the next login or logout.
    const LIFE: u64 = u64::MAX;

    // An attacker who could make the entry disappear could get the password.
    const IS_HINT: bool = false;

    fn learned(&self) -> u64 {
        self.learned
    }

    fn is_alive(&self, _: u64) -> bool {
        true
    }
}

impl Entry {
    fn is_for(&self, server: &Server) -> bool {
        Server::parse(&self.server) == *server
    }
}

impl Pin {
    fn of(entry: &Entry) -> Self {
        Self { token_service: entry.token_service.clone(), service: entry.service.clone() }
    }

    /// Reports whether credentials may be sent to `named`. A service that is not recorded yet may be any.
    pub(super) fn is(&self, named: &TokenService) -> bool {
        let is_service = match (&self.service, &named.service) {
            (Some(pinned), Some(service)) => pinned == service,
            _ => true,
        };
        is_service && self.is_server(&named.server)
    }

    /// Reports whether `named` has a service that is not recorded yet.
    pub(super) fn lacks(&self, named: &TokenService) -> bool {
        self.service.is_none() && named.service.is_some()
    }

    fn is_server(&self, server: &Server) -> bool {
        let pinned = Server::parse(&self.token_service);
        if self.token_service.contains("://") { pinned == *server } else { pinned.host() == server.host() }
    }

    /// Returns names of this token service and another one that differ from each other.
    pub(super) fn told_from(&self, other: &TokenService) -> [String; 2] {
        let pinned = Server::parse(&self.token_service);
        let server = &other.server;
        if pinned.host() != server.host() {
            [pinned.host().to_owned(), server.host().to_owned()]
        } else if self.is_server(server) {
            [&self.service, &other.service].map(|service| match service.as_deref().unwrap_or_default() {
                "" => format!("{} without a service", server.host()),
                service => format!("{} with the service {service:?}", server.host()),
            })
        } else {
            [self.token_service.clone(), server.to_string()]
        }
    }
}

impl TokenServices {
    /// Creates an instance with the records in `folder`; without a folder there are none.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(Journal::new(folder))
    }

    /// Returns the token service of the last login at `registry`.
    pub(super) fn expected(&self, registry: &Registry) -> Option<Pin> {
        let server = registry.server();
        self.0.find(|entry| entry.is_for(&server)).as_ref().map(Pin::of)
    }

    /// Records that credentials for `registry` go only to this token service from now on. This blocks for at
    /// most half a second if another process holds the file.
    ///
    /// # Errors
    /// [`Unpinned`] if it cannot be recorded.
    pub(super) fn expect(&self, registry: &Registry, token_service: &TokenService) -> Result<(), Unpinned> {
        let server = registry.server();
        let entry = Entry {
            server: server.to_string(),
            token_service: token_service.server.to_string(),
            service: token_service.service.clone(),
            learned: now(),
        };
        if self.expected(registry) == Some(Pin::of(&entry)) {
            return Ok(());
        }
        let Some(path) = self.0.path() else {
            return Err(Unpinned { reason: "there is no home directory to store it in".to_owned() });
        };
        let pinned = self.0.write(|entries| {
            entries.retain(|known| !known.is_for(&server));
            entries.push(entry.clone());
        });
        pinned.map_err(|error| Unpinned { reason: format!("{}: {}", path.display(), in_words(&error)) })
    }

    /// Removes the record of `registry`. This blocks for at most half a second if another process holds the
    /// file. A write error is only logged.
    pub fn forget(&self, registry: &Registry) {
        let server = registry.server();
        if let Err(error) = self.0.write(|entries| entries.retain(|known| !known.is_for(&server))) {
            tracing::debug!(%error, "{} is not kept", Entry::FILE_NAME);
        }
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock => "another process holds the file's lock".to_owned(),
        io::ErrorKind::FileTooLarge => "it has too many entries".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(name: &str) -> Registry {
        Registry::from_server(name).unwrap()
    }

    fn service(url: &str) -> TokenService {
        TokenService { server: Server::parse(url), service: None }
    }

    fn named(name: &str) -> TokenService {
        TokenService { service: Some(name.to_owned()), ..service("https://auth.lab") }
    }

    #[test]
    fn s2_a_pin_holds_for_every_spelling_and_for_scheme_host_and_port() {
        let folder = tempfile::tempdir().unwrap();
        let services = || TokenServices::new(Some(folder.path().to_owned()));
        services().expect(&registry("Reg.lab"), &service("https://auth.lab:8443")).unwrap();
        services().expect(&registry("reg.lab:5000"), &service("http://auth.lab")).unwrap();

        for name in ["reg.lab", "REG.lab", "reg.lab:443"] {
            let pin = services().expected(&registry(name)).unwrap_or_else(|| panic!("{name}"));
            assert!(pin.is(&service("https://AUTH.lab:8443")), "{name}");
            for other in ["https://auth.lab", "http://auth.lab:8443", "https://auth2.lab:8443"] {
                assert!(!pin.is(&service(other)), "{name} {other}");
            }
        }
        assert!(services().expected(&registry("REG.lab:5000")).unwrap().is(&service("http://auth.lab:80")));
        assert!(services().expected(&registry("reg.lab:80")).is_none());

        services().forget(&registry("REG.LAB:443"));
        assert!(services().expected(&registry("reg.lab")).is_none());
    }

    #[test]
    fn s2_a_pin_of_an_older_version_still_holds() {
        let folder = tempfile::tempdir().unwrap();
        let old = r#"{"version":1,"entries":[{"server":"registry-1.docker.io","token_service":"auth.docker.io","learned":1}]}"#;
        std::fs::write(folder.path().join(Entry::FILE_NAME), old).unwrap();
        let services = TokenServices::new(Some(folder.path().to_owned()));

        let pin = services.expected(&Registry::hub()).unwrap();

        assert!(pin.is(&service("https://auth.docker.io")) && !pin.is(&service("https://auth.example")));
        services.expect(&registry("DOCKER.IO"), &service("https://auth.docker.io")).unwrap();
        assert!(!services.expected(&Registry::hub()).unwrap().is(&service("http://auth.docker.io")));
    }

    #[test]
    fn s9_a_pin_holds_for_the_service_and_one_without_it_learns_it() {
        let folder = tempfile::tempdir().unwrap();
        let services = TokenServices::new(Some(folder.path().to_owned()));
        let pin = || services.expected(&registry("reg.lab")).unwrap();
        services.expect(&registry("reg.lab"), &service("https://auth.lab")).unwrap();
        for any in ["reg", "victim", ""] {
            assert!(pin().is(&named(any)) && pin().lacks(&named(any)), "{any}");
        }

        for learned in ["reg", ""] {
            services.expect(&registry("reg.lab"), &named(learned)).unwrap();
            assert!(pin().is(&named(learned)) && !pin().lacks(&named(learned)), "{learned}");
            assert!(!pin().is(&named("victim")), "{learned}");
            assert!(pin().is(&service("https://auth.lab")), "the registry itself is accepted under any name");
        }
        assert!(!pin().is(&named("reg")), "a missing service differs from any other");
        let told = ["auth.lab without a service", "auth.lab with the service \"a\\u{1b}b\""];
        assert_eq!(pin().told_from(&named("a\u{1b}b")), told);
    }

    #[test]
    fn s2_a_folder_that_the_group_may_write_is_closed_and_one_that_cannot_be_made_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("regcli");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o2775)).unwrap();
        let services = TokenServices::new(Some(folder.clone()));

        services.expect(&registry("reg.lab"), &service("https://auth.lab")).unwrap();

        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o7777, 0o2755);
        assert!(TokenServices::new(Some(folder)).expected(&registry("reg.lab")).is_some());
        std::fs::write(root.path().join("file"), "").unwrap();
        for folder in [Some(root.path().join("file/below")), None] {
            let kept = TokenServices::new(folder).expect(&registry("reg.lab"), &service("https://auth.lab"));
            assert!(kept.is_err());
        }
    }

    #[test]
    fn d11_no_login_unpins_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let services = TokenServices::new(Some(folder.path().to_owned()));
        let entries = (0..1000).map(|number| Entry {
            server: format!("https://r{number}.lab:443"),
            token_service: "https://auth.lab:443".to_owned(),
            service: None,
            learned: number,
        });
        services.0.write(|all| all.extend(entries.clone())).unwrap();

        services.expect(&registry("newest.lab"), &service("https://auth.lab")).unwrap();

        for name in ["r0.lab", "r999.lab", "newest.lab"] {
            assert!(services.expected(&registry(name)).is_some(), "{name}");
        }
        let long = Entry { token_service: "x".repeat(5 << 20), ..entries.clone().next().unwrap() };
        assert!(services.0.write(|all| all.push(long.clone())).is_err());
        assert!(services.expected(&registry("r0.lab")).is_some(), "the file is as it was");
    }
}
