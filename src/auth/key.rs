//! The keys under which credentials are stored.
//!
//! Docker writes `host[:port]`, but users and older programs have written URLs, paths and upper case, and
//! Docker Hub has several names. All of them are found; existing keys are never renamed.

use crate::reference::{HUB, Registry, Scheme, Server};

/// Docker Hub's key in `auths` and for helpers.
pub const HUB_KEY: &str = "https://index.docker.io/v1/";

/// All keys of Docker Hub, the usual one first. The last two are those of the tokens that `docker login` in a
/// browser leaves behind.
const HUB_KEYS: [&str; 6] = [
    HUB_KEY,
    HUB,
    "index.docker.io",
    "registry-1.docker.io",
    "https://index.docker.io/v1/access-token",
    "https://index.docker.io/v1/refresh-token",
];

/// The paths that older programs have written after a registry's host.
const API_PATHS: [&str; 6] = ["", "/", "/v1", "/v1/", "/v2", "/v2/"];

/// Returns the key under which the credentials of `registry` are stored.
pub fn server_key(registry: &Registry) -> &str {
    if registry.server().is_hub() { HUB_KEY } else { registry.as_str() }
}

/// Returns the keys that a helper has to erase: `given` is what the user typed.
pub(super) fn keys_to_erase(registry: &Registry, given: &str) -> Vec<String> {
    let mut keys: Vec<String> = if registry.server().is_hub() {
        HUB_KEYS.map(str::to_owned).into()
    } else {
        let host = registry.as_str();
        vec![host.to_owned(), given.to_owned(), format!("http://{host}"), format!("https://{host}")]
    };
    let mut seen = Vec::new();
    keys.retain(|key| {
        let new = !key.is_empty() && !seen.contains(key);
        seen.push(key.clone());
        new
    });
    keys
}

/// Returns the best of `keys` for `registry`: the exact one, or one that Docker accepts for its host
/// (`http(s)://H`, `H/`, `H/v2/`, `H/x`), or one that differs only in upper case or in the default port.
pub(super) fn best_key<'a>(keys: impl Iterator<Item = &'a str>, registry: &Registry) -> Option<&'a str> {
    keys.filter_map(|key| Some((distance(key, registry)?, key)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// Reports whether `key` stands for the credentials of `registry`, or for tokens that belong to them.
pub(super) fn belongs_to(key: &str, registry: &Registry) -> bool {
    distance(key, registry).is_some() || registry.server().is_hub() && HUB_KEYS.contains(&key)
}

/// Reports whether `key` is a whole registry, not one of its namespaces as in podman.
pub(super) fn is_whole_registry(key: &str) -> bool {
    API_PATHS.contains(&split(key).2)
}

/// Returns how far `key` is from the name of `registry`; `None` if it belongs to another registry.
fn distance(key: &str, registry: &Registry) -> Option<u8> {
    let (_, host, _) = split(key);
    let server = registry.server();
    if server_of(key) != server {
        return None;
    }
    if server.is_hub() {
        return is_whole_registry(key).then_some(if key == HUB_KEY { 0 } else { 1 });
    }
    Some(if key == registry.as_str() {
        0
    } else if host == registry.as_str() {
        1
    } else {
        2
    })
}

/// Returns the server of a key. As in Docker the scheme is ignored; its default port is removed.
pub(super) fn server_of(key: &str) -> Server {
    let (scheme, host, _) = split(key);
    let host = if scheme == "http" { host.strip_suffix(":80").unwrap_or(host) } else { host };
    Server::new(Scheme::Https, host)
}

/// Splits a key into scheme, `host[:port]` and path.
pub(super) fn split(key: &str) -> (&str, &str, &str) {
    let (scheme, rest) = key.split_once("://").unwrap_or(("", key));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (scheme, host, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(keys: &[&'a str], registry: &str) -> Option<&'a str> {
        best_key(keys.iter().copied(), &Registry::from_server(registry).unwrap())
    }

    #[test]
    fn all_spellings_of_a_host_are_found_but_another_port_is_another_registry() {
        for key in
            ["H:5011", "http://H:5011", "https://H:5011/", "https://H:5011/v1/", "H:5011/v2/", "H:5011/x"]
        {
            let key = key.replace('H', "127.0.0.1");
            assert_eq!(best(&[&key], "127.0.0.1:5011"), Some(&*key));
        }
        for key in ["127.0.0.1", "127.0.0.1:5012", "localhost:5011", "x127.0.0.1:5011", ""] {
            assert_eq!(best(&[key], "127.0.0.1:5011"), None, "{key}");
        }
    }

    #[test]
    fn upper_case_and_the_default_port_make_no_difference() {
        for key in ["Example.com", "example.com:443", "https://EXAMPLE.com:443/v1/", "http://example.com:80"]
        {
            assert_eq!(best(&[key], "example.com"), Some(key));
        }
        assert_eq!(best(&["example.com"], "example.com:443"), Some("example.com"));
        assert_eq!(best(&["http://example.com:443", "example.com:80"], "example.com:8443"), None);
    }

    #[test]
    fn s5_docker_hub_has_its_credentials_under_every_spelling_and_at_its_own_port_only() {
        for registry in ["DOCKER.IO", "index.docker.io:443", "Registry-1.Docker.IO"] {
            let typed: crate::reference::Reference = format!("{registry}/library/x").parse().unwrap();
            assert_eq!(server_key(&typed.name.registry), HUB_KEY, "{registry}");
            assert_eq!(best_key([HUB_KEY].into_iter(), &typed.name.registry), Some(HUB_KEY), "{registry}");
            assert_eq!(Registry::from_server(registry).unwrap(), Registry::hub());
        }
        for other in ["docker.io:80", "index.docker.io:5000", "auth.docker.io"] {
            assert_eq!(best(&[HUB_KEY, "docker.io"], other), None, "{other}");
        }
    }

    #[test]
    fn the_nearest_key_wins_wherever_it_stands() {
        let keys = ["https://R.lab/v2/", "r.lab/team", "https://r.lab", "r.lab"];

        assert_eq!(best(&keys, "r.lab"), Some("r.lab"));
        assert_eq!(best(&keys[..3], "r.lab"), Some("r.lab/team"));
        assert_eq!(best(&keys[..1], "r.lab"), Some("https://R.lab/v2/"));
    }

    #[test]
    fn docker_hub_is_found_under_all_its_names() {
        let names = [
            "docker.io",
            "index.docker.io",
            "https://index.docker.io/v1",
            "https://registry-1.docker.io",
            HUB_KEY,
        ];
        for key in names {
            assert_eq!(best(&[key], "docker.io"), Some(key));
        }
        assert_eq!(best(&names, "docker.io"), Some(HUB_KEY));
        assert_eq!(best(&["https://index.docker.io/v1/access-token", "docker.io/team"], "docker.io"), None);
        let as_typed: crate::reference::Reference = "registry-1.docker.io/library/x".parse().unwrap();
        assert_eq!(server_key(&as_typed.name.registry), HUB_KEY);
    }

    #[test]
    fn a_helper_is_told_to_forget_each_name_once() {
        let keys = |registry: &str| keys_to_erase(&Registry::from_server(registry).unwrap(), registry);

        assert_eq!(
            keys("127.0.0.1:5011"),
            ["127.0.0.1:5011", "http://127.0.0.1:5011", "https://127.0.0.1:5011"]
        );
        assert_eq!(
            keys("https://r.lab/v2/"),
            ["r.lab", "https://r.lab/v2/", "http://r.lab", "https://r.lab"]
        );
        assert_eq!(keys("docker.io"), HUB_KEYS);
    }
}
