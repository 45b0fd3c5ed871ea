//! Images in the store, at registries, and at the places that `copy` knows.
//!
//! The names of repositories and tags at registries are foreign text. Only valid names are proposed, which
//! contain no character that is special to a shell.

use regcli::reference::{Name, Reference, Registry, RepositoryName, Tag};

use super::paths::{Wanted, paths};
use super::session::Session;

/// The places of `copy` that are written with a path.
const PATHS: [(&str, Wanted); 3] =
    [("oci:", Wanted::Folder), ("oci-archive:", Wanted::File), ("docker-archive:", Wanted::File)];

/// Returns the images of the store by name, and by ID if an ID may be meant.
pub(super) fn local(session: &Session, typed: &str) -> Vec<String> {
    let mut found = named(session, typed);
    if !typed.is_empty() && typed.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        found.extend(session.ids());
    }
    found
}

/// Returns the images of the store by their short names, or by their full names if one is being typed.
pub(super) fn named(session: &Session, typed: &str) -> Vec<String> {
    let name = |image: Reference| {
        let familiar = image.familiar();
        if familiar.starts_with(typed) { familiar } else { image.to_string() }
    };
    session.images().into_iter().map(name).collect()
}

/// Returns repositories: those of the store, and those of the registry that is being typed.
pub(super) fn repositories(session: &Session, typed: &str) -> Vec<String> {
    let mut found: Vec<String> = session.images().iter().map(|image| image.name.familiar()).collect();
    found.extend(remote_repositories(session, typed));
    found
}

/// Returns the images of the store, and those at the registry that is being typed.
pub(super) fn anywhere(session: &Session, typed: &str) -> Vec<String> {
    let mut found = named(session, typed);
    found.extend(remote(session, typed));
    found
}

/// Returns the places that images can be copied from and to.
pub(super) fn places(session: &Session, typed: &str) -> Vec<String> {
    let prefixed = |prefix: &str, found: Vec<String>| {
        found.into_iter().map(|found| format!("{prefix}{found}")).collect()
    };
    for (prefix, wanted) in PATHS {
        if let Some(path) = typed.strip_prefix(prefix) {
            let mut found = paths(path, wanted, session.home());
            // The first colon ends the path.
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

/// Returns the known registries, each with the separator for a name.
fn registries(session: &Session) -> Vec<String> {
    let known = session.images().into_iter().map(|image| image.name.registry).chain(session.registries());
    known.filter(|registry| !registry.is_hub()).map(|registry| format!("{registry}/")).collect()
}

/// Returns the tags of a repository after its colon, the repositories of a registry before that, and
/// otherwise registries.
fn remote(session: &Session, typed: &str) -> Vec<String> {
    match tagged(typed) {
        Some((name, written)) => {
            let tags = session.tags(&name);
            let tags = tags.iter().filter(|tag| tag.parse::<Tag>().is_ok());
            tags.map(|tag| format!("{written}:{tag}")).collect()
        }
        None => {
            let mut found = remote_repositories(session, typed);
            // If only one repository fits, a tag may follow.
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

/// Returns the repository whose tag is being typed, and its spelling.
fn tagged(typed: &str) -> Option<(Name, &str)> {
    let (written, tag) = typed.rsplit_once(':')?;
    // The colon before a port does not begin a tag.
    if tag.contains('/') || written.contains('@') || (!written.contains('/') && registry(written).is_some()) {
        return None;
    }
    let reference: Reference = written.parse().ok()?;
    reference.is_name_only().then_some((reference.name, written))
}

/// Returns the registry that the first component of a name stands for, if any.
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
