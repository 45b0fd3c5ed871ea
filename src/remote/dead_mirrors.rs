//! Dead mirrors: mirrors that did not respond lately. For five minutes all commands of this user ask them
//! last.
//!
//! Each request to an unreachable mirror costs seconds. A missing image or a required password is not a
//! failure of the mirror.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::cache::{Entry, Journal, now};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::http::{Client, ServerId};

/// The mirrors that are known to be dead. All repositories share one instance.
pub(super) struct DeadMirrors(Journal<Death>);

/// When a mirror failed to respond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Death {
    mirror: ServerId,
    /// Seconds since 1970, by the wall clock.
    learned: u64,
}

impl Entry for Death {
    const FILE_NAME: &str = "mirrors.json";
    const LIFE: u64 = 5 * 60;

    fn learned(&self) -> u64 {
        self.learned
    }
}

impl DeadMirrors {
    /// Creates an instance with the file in `folder`; without a folder nothing outlives the process.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self(Journal::new(folder))
    }

    /// Returns since when `mirror` is dead, in seconds since 1970; `None` if it is asked in its usual order.
    pub(super) fn since(&self, mirror: &Client) -> Option<u64> {
        let id = mirror.id()?;
        self.0.find(|death| death.mirror == id).map(|death| death.learned)
    }

    /// Records the failure of `mirror`.
    pub(super) fn failed(&self, mirror: &Client, error: &Error) {
        let Some(mirror) = mirror.id().filter(|_| is_death(error)) else { return };
        let death = Death { mirror, learned: now() };
        self.0.change(move |deaths| {
            deaths.retain(|known| known.mirror != death.mirror);
            deaths.push(death.clone());
        });
    }

    /// Records that `mirror` has responded.
    pub(super) fn answered(&self, mirror: &Client) {
        let Some(mirror) = mirror.id() else { return };
        self.0.change(move |deaths| deaths.retain(|death| death.mirror != mirror));
    }

    /// Reports whether there are changes to save.
    pub(super) fn is_changed(&self) -> bool {
        self.0.is_changed()
    }

    /// Writes the changes to the file; see [`Journal::save`].
    pub(super) fn save(&self) {
        self.0.save();
    }
}

/// Reports whether the error shows that a mirror is dead: no connection, no TLS, no response, an interrupted
/// response, or a server error.
pub(super) fn is_death(error: &Error) -> bool {
    error.kind() == ErrorKind::Unreachable
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, Options};
    use crate::reference::Registry;

    /// Creates a client for a mirror at `host`, without any other configuration.
    fn mirror(host: &str) -> Client {
        let config = crate::config::Config::load(Options::default(), &Environment::default()).unwrap();
        let registry = Registry::from_server(host).unwrap();
        Client::new(config.host(&registry).unwrap().origin)
    }

    fn unreachable() -> Error {
        let call = crate::http::Call {
            method: reqwest::Method::GET,
            url: "https://m.example/v2/".into(),
            registry: Registry::hub(),
        };
        let problem = crate::http::Problem::Refused("m.example:443".to_owned());
        crate::http::Error::Transport {
            call,
            problem,
            answered_before: false,
            verdict: crate::retry::Verdict::Own,
        }
        .into()
    }

    fn load(folder: &Path) -> DeadMirrors {
        DeadMirrors::new(Some(folder.to_owned()))
    }

    #[test]
    fn the_next_command_knows_which_mirror_was_dead_until_it_answers() {
        let folder = tempfile::tempdir().unwrap();
        let (gone, other) = (mirror("gone.example"), mirror("other.example"));
        let first = load(folder.path());
        first.failed(&gone, &unreachable());
        assert!(first.since(&gone).is_some() && first.since(&other).is_none());
        first.save();

        let next = load(folder.path());
        assert!(next.since(&gone).is_some() && next.since(&other).is_none());
        next.answered(&other);
        assert!(!next.is_changed(), "a mirror that still responds is not a change");
        next.answered(&gone);
        assert!(next.since(&gone).is_none());
        next.save();

        assert!(load(folder.path()).since(&gone).is_none());
    }

    #[test]
    fn a_mirror_that_says_no_is_not_dead() {
        let mirrors = DeadMirrors::new(None);
        let gone = mirror("gone.example");
        let config = crate::config::Error::NoHome { what: "a test" };

        mirrors.failed(&gone, &Error::Config(config));

        assert!(mirrors.since(&gone).is_none());
    }

    #[test]
    fn a_dead_mirror_is_tried_again_after_five_minutes() {
        let id = mirror("gone.example").id().unwrap();
        let death = Death { mirror: id, learned: 1000 };

        assert!(death.is_alive(1000) && death.is_alive(1299));
        assert!(!death.is_alive(1300) && !death.is_alive(999));
    }
}
