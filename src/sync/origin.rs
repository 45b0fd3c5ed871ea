//! Where images come from: a repository, or the repositories of a registry.

use std::fmt;

use super::error::Problem;
use super::pattern::Filter;
use crate::reference::{Name, Reference, Registry, RepositoryName};

/// The repositories that a rule copies from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// One repository.
    Repository(Name),
    /// The repositories that a registry lists.
    Registry {
        /// The registry.
        registry: Registry,
        /// Only repositories below this path.
        below: Option<RepositoryName>,
        /// Which of them, by their whole path.
        repositories: Filter,
    },
}

impl Origin {
    /// Returns the registry.
    pub fn registry(&self) -> &Registry {
        match self {
            Self::Repository(name) => &name.registry,
            Self::Registry { registry, .. } => registry,
        }
    }

    /// Reports whether the rule copies this repository of the registry.
    pub fn keeps(&self, repository: &RepositoryName) -> bool {
        match self {
            Self::Repository(name) => name.repository == *repository,
            Self::Registry { below, repositories, .. } => {
                let path = repository.as_str();
                let is_below = |prefix: &RepositoryName| {
                    path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
                };
                below.as_ref().is_none_or(is_below) && repositories.keeps(path)
            }
        }
    }

    /// Returns the repositories if the rule names all of them, so that the registry need not list any.
    pub fn named(&self) -> Option<Vec<Name>> {
        match self {
            Self::Repository(name) => Some(vec![name.clone()]),
            Self::Registry { registry, repositories, .. } => {
                let named = repositories.named()?;
                let parsed = named.iter().filter_map(|path| path.parse::<RepositoryName>().ok());
                let kept = parsed.filter(|repository| self.keeps(repository));
                Some(kept.map(|repository| Name { registry: registry.clone(), repository }).collect())
            }
        }
    }
}

impl fmt::Display for Origin {
    /// Writes the source, as regcli's own format has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(name) => {
                let short = name.familiar();
                // A short name with a dot would be read as a host.
                if short.contains('/') || !short.contains(['.', ':']) && short != "localhost" {
                    f.write_str(&short)
                } else {
                    write!(f, "{name}")
                }
            }
            Self::Registry { registry, below: Some(path), .. } => write!(f, "{registry}/{path}/"),
            Self::Registry { registry, below: None, .. } => write!(f, "{registry}/"),
        }
    }
}

/// A source as a person writes it.
pub(super) struct Source {
    pub(super) origin: Origin,
    /// The source itself, if it names a tag or a digest.
    pub(super) image: Option<Reference>,
}

impl Source {
    /// Parses `HOST`, `HOST/` or `HOST/PATH/` as the repositories of a registry, and anything else as a repository with
    /// an optional tag and digest.
    ///
    /// # Errors
    /// [`Problem::Reference`].
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let fail = |source| Problem::Reference { text: text.to_owned(), source };
        let Some(above) = text.strip_suffix('/').or_else(|| is_registry(text).then_some(text)) else {
            let reference: Reference = text.parse().map_err(fail)?;
            let image = (!reference.is_name_only()).then(|| reference.clone());
            return Ok(Self { origin: Origin::Repository(reference.name), image });
        };
        let (registry, below) = if !above.contains('/') && (is_registry(above) || is_host(above)) {
            (Registry::from_server(above).map_err(fail)?, None)
        } else {
            above_of(above).map_err(fail)?
        };
        Ok(Self {
            origin: Origin::Registry { registry, below, repositories: Filter::default() },
            image: None,
        })
    }
}

/// Reports whether a source without a slash is a registry. `python:3` is an image, although `3` could be a port.
fn is_registry(text: &str) -> bool {
    let host = text.split(':').next().unwrap_or(text);
    is_host(text) && (host.contains('.') || host == "localhost" || text.starts_with('['))
}

/// Returns the registry and the path of `HOST/PATH` or, on Docker Hub, of `PATH`.
fn above_of(text: &str) -> Result<(Registry, Option<RepositoryName>), crate::reference::Error> {
    // As part of a longer reference it gets no `library/`.
    let name = format!("{text}/x").parse::<Reference>()?.name;
    let below = name.repository.as_str().strip_suffix("/x").map(str::parse).transpose()?;
    Ok((name.registry, below))
}

/// Reports whether a text without a slash can only mean a host: it has a port, a dot, or is `localhost`.
pub(super) fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = host.contains('.') || host == "localhost" || host.starts_with('[');
    !text.contains(['/', '{', '@']) && port.is_none_or(is_port) && (is_name || port.is_some())
}
