//! Which token service checked a credential at its login: whoever takes over a registry later must not be able to
//! send the password elsewhere by naming another one.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::cache::{self, CacheFile, now};
use crate::reference::{Registry, Server};

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

/// The token service that checked a credential cannot be remembered.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unpinned {
    reason: String,
}

/// What was seen at a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The registry that the credential is for, `https://host:port`: the same in every spelling. What was written
    /// before 2027 has neither scheme nor default port.
    server: String,
    /// Its token service, `scheme://host:port`; itself where it checked the password itself. What was written before
    /// 2027 is a host only.
    token_service: String,
    /// The `service` of the challenge, empty if it named none. Missing while it is unknown, as in what was written
    /// before services were pinned, and where the token service is the registry itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

/// The token service that a credential may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    /// As in [`Entry`].
    token_service: String,
    /// As in [`Entry`].
    service: Option<String>,
}

/// A token service as a challenge names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenService {
    /// The server of the realm.
    pub(super) server: Server,
    /// The name of the registry there, empty if the challenge has none. `None` if the server is the registry itself:
    /// it hears the password anyway, whatever it calls itself.
    pub(super) service: Option<String>,
}

impl cache::Entry for Entry {
    // Until the next login or logout.
    const LIFE: u64 = u64::MAX;

    // Whoever could make it disappear could have the password.
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

    /// Whether credentials may be sent to `named`. A service that is not known yet may be any.
    pub(super) fn is(&self, named: &TokenService) -> bool {
        let is_service = match (&self.service, &named.service) {
            (Some(pinned), Some(service)) => pinned == service,
            _ => true,
        };
        is_service && self.is_server(&named.server)
    }

    /// Whether a challenge that names `named` says what is not known yet.
    pub(super) fn lacks(&self, named: &TokenService) -> bool {
        self.service.is_none() && named.service.is_some()
    }

    fn is_server(&self, server: &Server) -> bool {
        let pinned = Server::parse(&self.token_service);
        if self.token_service.contains("://") { pinned == *server } else { pinned.host() == server.host() }
    }

    /// What to call the token service and another one, so that they are told apart.
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
    /// Those that are known in `folder`; without one, none is. Nothing is read before it is needed.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let file = folder.map(|folder| CacheFile::new(folder.join(FILE_NAME)));
        Self { file, entries: Mutex::default() }
    }

    /// The token service that the last login at `registry` has seen.
    pub(super) fn expected(&self, registry: &Registry) -> Option<Pin> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries =
            entries.get_or_insert_with(|| self.file.as_ref().map(CacheFile::read).unwrap_or_default());
        let server = registry.server();
        entries.iter().find(|entry| entry.is_for(&server)).map(Pin::of)
    }

    /// From now on credentials for `registry` go to this token service only. Blocks, for half a second at most if
    /// another process holds the file.
    ///
    /// # Errors
    /// [`Unpinned`] if that cannot be remembered.
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
        let Some(file) = &self.file else {
            return Err(Unpinned { reason: "there is no home folder to keep it in".to_owned() });
        };
        let pin = |entries: &mut Vec<Entry>| {
            entries.retain(|known| !known.is_for(&server));
            entries.push(entry.clone());
        };
        let kept = file.keep(pin, now());
        self.read_again();
        kept.map_err(|error| Unpinned { reason: format!("{}: {}", file.path().display(), in_words(&error)) })
    }

    /// Expects no token service of `registry` any more. Blocks, for half a second at most if another process holds the
    /// file.
    pub fn forget(&self, registry: &Registry) {
        let server = registry.server();
        if let Some(file) = &self.file {
            file.update(|entries| entries.retain(|known| !known.is_for(&server)), now());
        }
        self.read_again();
    }

    fn read_again(&self) {
        *self.entries.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock => "another process holds the file's lock".to_owned(),
        io::ErrorKind::FileTooLarge => "there are too many entries in it".to_owned(),
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
        std::fs::write(folder.path().join(FILE_NAME), old).unwrap();
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
            assert!(pin().is(&service("https://auth.lab")), "the registry itself, whatever it calls itself");
        }
        assert!(!pin().is(&named("reg")), "none is another one, too");
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
        services.file.as_ref().unwrap().keep(|all| all.extend(entries.clone()), now()).unwrap();

        services.expect(&registry("newest.lab"), &service("https://auth.lab")).unwrap();

        for name in ["r0.lab", "r999.lab", "newest.lab"] {
            assert!(services.expected(&registry(name)).is_some(), "{name}");
        }
        let long = Entry { token_service: "x".repeat(5 << 20), ..entries.clone().next().unwrap() };
        let file = services.file.as_ref().unwrap();
        assert!(file.keep(|all| all.push(long.clone()), now()).is_err());
        assert!(services.expected(&registry("r0.lab")).is_some(), "the file is as it was");
    }
}
