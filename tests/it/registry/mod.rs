//! Everything that touches a registry, through the program: each behaviour at the embedded registry and at a
//! real docker-registry. Both see the same test.

/// Makes two tests of each of these functions, one for each [`Kind`](crate::support::Kind) of registry.
macro_rules! at_every_registry {
    ($($test:ident,)*) => {
        mod embedded {
            $(#[test] fn $test() {
                super::$test(crate::support::Kind::Embedded);
            })*
        }
        mod docker_registry {
            $(#[test] fn $test() {
                if !crate::support::Kind::Docker.missing() {
                    super::$test(crate::support::Kind::Docker);
                }
            })*
        }
    };
}

mod at_once;
mod copy;
mod copy_again;
mod far;
mod dry_run;
mod dry_run_errors;
mod lists;
mod many;
mod inspect;
mod login;
mod progress;
mod pull;
mod pull_platforms;
mod push;
mod push_again;
mod recovery;
mod related;
mod small_blobs;
mod size;
mod skopeo;
mod sync;
mod tls;

use crate::support::{Api, Fixture, Home, Kind, Part, Proxy, Registry, blob_path};

/// A registry with a proxy in front that counts.
pub(crate) struct Counted {
    pub(crate) proxy: Proxy,
    pub(crate) registry: Registry,
    pub(crate) kind: Kind,
}

impl Counted {
    /// Starts one that lets everybody in.
    pub(crate) fn open(kind: Kind) -> Self {
        let registry = kind.open();
        Self { proxy: Proxy::before(registry.host()), registry, kind }
    }

    /// `127.0.0.1:PORT/NAME`, through the proxy.
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.proxy.host())
    }

    /// The repository past the proxy.
    pub(crate) fn api(&self, repository: &str) -> Api {
        Api::of(self.registry.host(), repository)
    }

    /// The requests until now, without hosts and queries: `GET /v2/team/app/manifests/1`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let path = |path: String| path.split('?').next().unwrap_or_default().to_owned();
        let exchanges = self.proxy.exchanges().into_iter();
        exchanges.map(|exchange| format!("{} {}", exchange.method, path(exchange.path))).collect()
    }
}

/// Brings a fixture into the store under this name.
#[track_caller]
fn keep(home: &Home, fixture: &Fixture, name: &str) {
    home.run(["copy", "-q", &fixture.place(), &format!("store:{name}")]).succeeds();
}

/// Asserts that the store has these parts, byte for byte.
#[track_caller]
fn assert_kept<'a>(home: &Home, fixture: &Fixture, parts: impl IntoIterator<Item = &'a Part>) {
    for part in parts {
        let found = std::fs::read(blob_path(&home.store(), &part.digest)).ok();
        let same = found == Some(fixture.content(&part.digest));
        assert!(same, "{} is not in the store as it should be", part.digest);
    }
}

/// Everything that an image consists of.
fn parts(fixture: &Fixture) -> impl Iterator<Item = &Part> {
    fixture.blobs.iter().chain(fixture.manifests.values()).chain([&fixture.root])
}
