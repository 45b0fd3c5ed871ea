//! `regcli catalog`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::reference::{self, Registry};

use super::run::Run;
use crate::cli::flags::ListArgs;
use crate::context::Context;
use crate::ui::format::template::{Cell, Row};

/// List the repositories of a registry
#[derive(Args, Debug)]
#[command(after_help = "Fields for --format: .Name .Registry\n\n\
        Examples:\n  regcli catalog 127.0.0.1:5000\n  regcli catalog --format json registry.example.com")]
pub(crate) struct Catalog {
    #[command(flatten)]
    list: ListArgs,

    /// The registry; Docker Hub has no such list
    #[arg(value_name = "HOST[:PORT]")]
    registry: Option<String>,
}

#[async_trait(?Send)]
impl Run for Catalog {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let registry = registry(self.registry.as_deref())?;
        let pages = context.remote.catalog(&registry)?;
        let registry = registry.to_string();
        self.list
            .show(&context.ui, pages, |name| Some(RepositoryRow { registry: registry.clone(), name }))
            .await
    }
}

/// Parses the registry to list.
///
/// # Errors
/// Returns an error if the argument is not a registry, or if it is Docker Hub, which never returns its
/// list.
fn registry(typed: Option<&str>) -> Result<Registry, Failure> {
    let typed = typed.unwrap_or(reference::HUB);
    if let Some(end) = typed.find("://") {
        return Err(reference::Error::new(typed, end, reference::Problem::Format).into());
    }
    let host = typed.strip_suffix('/').unwrap_or(typed);
    let registry = Registry::from_server(host)?;
    if host.contains('/') {
        return Err(NoRegistry::Repository(host.to_owned()).into());
    }
    if registry.is_hub() { Err(NoRegistry::Hub.into()) } else { Ok(registry) }
}

/// The error for an argument that `catalog` cannot list.
#[derive(Debug, thiserror::Error)]
enum NoRegistry {
    /// The argument is a repository.
    #[error("{0} is a repository, not a registry")]
    Repository(String),
    /// The argument is Docker Hub, which never shows its list.
    #[error("Docker Hub does not list its repositories")]
    Hub,
}

impl Diagnose for NoRegistry {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        Some(match self {
            Self::Repository(repository) => Hint::ListTags { repository: repository.clone() },
            Self::Hub => Hint::NameRegistry,
        })
    }
}

/// A repository as a row, with its fields for templates.
struct RepositoryRow {
    registry: String,
    name: String,
}

impl Row for RepositoryRow {
    const TYPE: &'static str = "*registry.repositoryContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[("Name", "NAME"), ("Registry", "REGISTRY")];

    fn cells(&self) -> Vec<Cell> {
        vec![self.name.as_str().into(), self.registry.as_str().into()]
    }
}
