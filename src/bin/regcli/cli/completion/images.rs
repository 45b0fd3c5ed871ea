//! Images: of the store, at registries, at the places that `copy` knows.
//!
//! What registries call their repositories and tags is foreign text. Only what parses as a name is proposed, and
//! in a name nothing means anything to a shell.

use regcli::reference::{Name, Reference, Registry, RepositoryName, Tag};

use super::paths::{Wanted, paths};
use super::session::Session;

/// The places of `copy` that are written with a path.
const PATHS: [(&str, Wanted); 3] =
    [("oci:", Wanted::Folder), ("oci-archive:", Wanted::File), ("docker-archive:", Wanted::File)];

/// Images of the store by name, and by ID if one may be meant.
pub(super) fn local(session: &Session, typed: &str) -> Vec<String> {
    let mut found = named(session, typed);
    if !typed.is_empty() && typed.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        found.extend(session.ids());
    }
    found
}

/// Images of the store by the names that people see, or by their whole ones if these are being typed.
pub(super) fn named(session: &Session, typed: &str) -> Vec<String> {
    let name = |image: Reference| {
        let familiar = image.familiar();
        if familiar.starts_with(typed) { familiar } else { image.to_string() }
    };
    session.images().into_iter().map(name).collect()
}

/// Repositories: those of the store, and those of the registry that is being typed.
pub(super) fn repositories(session: &Session, typed: &str) -> Vec<String> {
    let mut found: Vec<String> = session.images().iter().map(|image| image.name.familiar()).collect();
    found.extend(remote_repositories(session, typed));
    found
}

/// Images of the store, and those at the registry that is being typed.
pub(super) fn anywhere(session: &Session, typed: &str) -> Vec<String> {
    let mut found = named(session, typed);
    found.extend(remote(session, typed));
    found
}

/// Places that images are copied from and to.
pub(super) fn places(session: &Session, typed: &str) -> Vec<String> {
    let prefixed = |prefix: &str, found: Vec<String>| {
        found.into_iter().map(|found| format!("{prefix}{found}")).collect()
    };
    for (prefix, wanted) in PATHS {
        if let Some(path) = typed.strip_prefix(prefix) {
            let mut found = paths(path, wanted, session.home());
            // The path ends at the first colon.
            found.retain(|path| !path.contains(':'));
            return prefixed(prefix, found);
        }
    }
    if let Some(name) = typed.strip_prefix("store:") {
        return prefixed("store:", named(session, name));
    }
    if let Some(name) = typed.strip_prefix("docker://") {
        return prefixed("docker://", remote(session, name));
    }
    let mut found = remote(session, typed);
    found.extend(["store:", "docker-daemon:"].map(str::to_owned));
    found.extend(PATHS.iter().map(|(prefix, _)| (*prefix).to_owned()));
    found
}

/// The registries that something is known of, ready for a name to follow.
fn registries(session: &Session) -> Vec<String> {
    let known = session.images().into_iter().map(|image| image.name.registry).chain(session.registries());
    known.filter(|registry| !registry.is_hub()).map(|registry| format!("{registry}/")).collect()
}

/// The tags of a repository behind its colon; before it, a registry's repositories; before that, registries.
fn remote(session: &Session, typed: &str) -> Vec<String> {
    match tagged(typed) {
        Some((name, written)) => {
            let tags = session.tags(&name);
            let tags = tags.iter().filter(|tag| tag.parse::<Tag>().is_ok());
            tags.map(|tag| format!("{written}:{tag}")).collect()
        }
        None => {
            let mut found = remote_repositories(session, typed);
            // Of a repository that is the only one, a tag may follow.
            let mut fitting = found.iter().filter(|name| name.starts_with(typed) && !name.ends_with('/'));
            if let (Some(only), None) = (fitting.next(), fitting.next()) {
                found.push(format!("{only}:"));
            }
            found
        }
    }
}

fn remote_repositories(session: &Session, typed: &str) -> Vec<String> {
    let Some((host, _)) = typed.split_once('/') else { return registries(session) };
    let Some(registry) = registry(host).filter(|registry| !registry.is_hub()) else { return Vec::new() };
    let names = session.repositories(&registry);
    let names = names.iter().filter(|name| name.parse::<RepositoryName>().is_ok());
    names.map(|name| format!("{host}/{name}")).collect()
}

/// The repository whose tag is being typed, and how it is written.
fn tagged(typed: &str) -> Option<(Name, &str)> {
    let (written, tag) = typed.rsplit_once(':')?;
    // The colon before a port is none before a tag.
    if tag.contains('/') || written.contains('@') || (!written.contains('/') && registry(written).is_some()) {
        return None;
    }
    let reference: Reference = written.parse().ok()?;
    reference.is_name_only().then_some((reference.name, written))
}

/// The registry that the first component of a name is, if it is one.
fn registry(host: &str) -> Option<Registry> {
    let is_host = host.contains(['.', ':']) || host == "localhost";
    if is_host { Registry::from_server(host).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_told_from_a_port() {
        let tagged = |typed| tagged(typed).map(|(name, _)| name.to_string());
        assert_eq!(tagged("ubuntu:2").unwrap(), "docker.io/library/ubuntu");
        assert_eq!(tagged("localhost:5000/app:").unwrap(), "localhost:5000/app");
        assert_eq!(tagged("[::1]:5000/a/b:1").unwrap(), "[::1]:5000/a/b");
        for typed in
            ["", "ubuntu", "localhost:50", "127.0.0.1:", "h:5000/a", "h:5000/", "a@sha256:", "A:", ":x"]
        {
            assert_eq!(tagged(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_registry_is_told_from_a_namespace() {
        for host in ["127.0.0.1:5000", "localhost", "ghcr.io", "[::1]:5000"] {
            assert!(registry(host).is_some(), "{host}");
        }
        for host in ["library", "team", "", "a b.c"] {
            assert!(registry(host).is_none(), "{host}");
        }
    }
}
