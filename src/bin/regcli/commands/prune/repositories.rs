//! The repositories of a prune: by name, or all below a prefix.

use std::collections::BTreeSet;
use std::str::FromStr;

use regcli::diagnose::{Diagnose, ErrorKind, Failure};
use regcli::reference::{Name, Reference, Registry};

use crate::cli::usage::{Usage, check_repository};
use crate::context::Context;

/// The maximum number of repositories below a prefix.
const REPOSITORIES_MAX: usize = 10_000;

/// What an argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// One repository.
    One(Name),
    /// All repositories of a registry whose names begin so.
    Below(Registry, String),
}

impl FromStr for Wanted {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let Some(prefix) = text.strip_suffix("/*").or_else(|| text.strip_suffix('/')) else {
            let reference: Reference = text.parse()?;
            check_repository(&reference)?;
            if !reference.is_name_only() {
                let name = reference.name.familiar();
                return Err(Usage::failure(format!("name the repository without a tag: {name}")));
            }
            return Ok(Self::One(reference.name));
        };
        let (host, path) = prefix.split_once('/').unwrap_or((prefix, ""));
        if !host.contains(['.', ':']) && host != "localhost" {
            return Err(Usage::failure("name the registry: HOST[:PORT]/ or HOST[:PORT]/PREFIX/"));
        }
        let path = if path.is_empty() { String::new() } else { format!("{path}/") };
        Ok(Self::Below(Registry::from_server(host)?, path))
    }
}

/// A path without repositories is more likely a typing error than a registry that is clean already.
#[derive(Debug, thiserror::Error)]
#[error("{place} has no repositories")]
struct NoRepositories {
    place: String,
}

impl Diagnose for NoRepositories {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NotFound
    }
}

/// Returns the repositories, each once.
pub(super) async fn names(context: &Context, wanted: &[Wanted]) -> Result<BTreeSet<Name>, Failure> {
    let mut names = BTreeSet::new();
    for wanted in wanted {
        match wanted {
            Wanted::One(name) => _ = names.insert(name.clone()),
            Wanted::Below(registry, prefix) => {
                let before = names.len();
                let mut pages = context.remote.catalog(registry)?;
                while let Some(page) = pages.next_page().await? {
                    let below = page.iter().filter(|name| name.starts_with(prefix.as_str()));
                    // An invalid name cannot be requested.
                    let valid = below.filter_map(|name| name.parse().ok());
                    names.extend(valid.map(|repository| Name { registry: registry.clone(), repository }));
                    if names.len() > REPOSITORIES_MAX {
                        let text = format!("more than {REPOSITORIES_MAX} repositories; use a longer prefix");
                        return Err(Usage::failure(text));
                    }
                }
                if names.len() == before {
                    return Err(NoRepositories { place: format!("{registry}/{prefix}") }.into());
                }
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_means_all_below() {
        let below = |text: &str| match text.parse() {
            Ok(Wanted::Below(registry, prefix)) => format!("{registry} {prefix}"),
            Ok(Wanted::One(name)) => name.to_string(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(below("h.example/team/"), "h.example team/");
        assert_eq!(below("h.example:5000/*"), "h.example:5000 ");
        assert_eq!(below("h.example/team/app"), "h.example/team/app");
        assert!(below("team/").starts_with("name the registry"));
        assert!(below("h.example/app:1").starts_with("name the repository without a tag"));
    }
}
