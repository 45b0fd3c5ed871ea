//! Why a registry does not delete content.

use super::Software;
use crate::auth;
use crate::diagnose::{Diagnose, ErrorKind, Hint, Provider};
use crate::reference::{HUB, Name, Registry, RepositoryName, Tag};

/// A registry cannot delete content, or does not allow it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoDeletion {
    /// The registry's API cannot delete.
    #[error("{name}: {} does not delete by the registry API", software.name())]
    Unsupported {
        /// The repository.
        name: Name,
        /// The software of the registry.
        software: Software,
    },
    /// Deletion is switched off in the registry's configuration.
    #[error("{registry} does not allow deletion")]
    SwitchedOff {
        /// The registry.
        registry: Registry,
        /// Its response.
        source: Box<auth::Error>,
    },
    /// The deletion needs a user name and a password or access token, and there is none.
    #[error("deletion at {} needs a user name and a password or access token", if registry.is_hub() { "Docker Hub" } else { registry.as_str() })]
    NoAccount {
        /// The registry.
        registry: Registry,
    },
    /// Nexus has no component for the tag.
    #[error("Nexus has no component {name} with version {tag}")]
    NoComponent {
        /// The repository.
        name: RepositoryName,
        /// The tag.
        tag: Tag,
    },
    /// Nexus has the tag in several of its repositories.
    #[error("Nexus has {name} in {} of its repositories", repositories.len())]
    SeveralComponents {
        /// The repository.
        name: RepositoryName,
        /// The names of Nexus' repositories: untrusted text.
        repositories: Vec<String>,
    },
}

impl Diagnose for NoDeletion {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoAccount { .. } => ErrorKind::Denied,
            Self::NoComponent { .. } => ErrorKind::NotFound,
            Self::Unsupported { .. } | Self::SwitchedOff { .. } | Self::SeveralComponents { .. } => {
                ErrorKind::Other
            }
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Unsupported { name, software } => {
                let provider = match software {
                    Software::Ecr => Provider::Amazon,
                    Software::GitHub => Provider::GitHub,
                    Software::Aliyun => Provider::Aliyun,
                    _ => return None,
                };
                Some(Hint::DeleteAtProvider { provider, repository: name.repository.to_string() })
            }
            Self::SwitchedOff { .. } => Some(Hint::AllowDeletion),
            Self::NoAccount { registry } => {
                let registry = if registry.is_hub() { HUB.to_owned() } else { registry.to_string() };
                Some(Hint::LogIn { registry })
            }
            Self::NoComponent { .. } | Self::SeveralComponents { .. } => None,
        }
    }
}
