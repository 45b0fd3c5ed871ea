//! `regcli tags`

use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::reference::Reference;

use crate::cli::flags::ListArgs;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::template::{Cell, Row};

/// List the tags of a repository
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = "Fields for --format: .Tag .Repository\n\n\
        Examples:\n  regcli tags ubuntu\n  regcli tags 127.0.0.1:5000/team/app"
)]
pub(crate) struct Tags {
    #[command(flatten)]
    list: ListArgs,

    /// The repository, without a tag
    #[arg(value_name = "REPOSITORY")]
    repository: Reference,
}

impl Tags {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if let Some(registry) = registry_typed(&self.repository) {
            return Err(NotARepository { registry }.into());
        }
        if !self.repository.is_name_only() {
            return Err(Usage::failure(format!(
                "name the repository without a tag: {}",
                self.repository.name.familiar()
            )));
        }
        let pages = context.remote.repository(&self.repository.name)?.tags();
        let repository = self.repository.name.familiar();
        self.list.show(&context.ui, pages, |tag| TagRow { repository: repository.clone(), tag }).await
    }
}

/// Returns the registry that is probably meant by `localhost:5000`, which Docker's grammar reads as a
/// tag of a repository of Docker Hub.
fn registry_typed(typed: &Reference) -> Option<String> {
    let tag = typed.tag.as_ref().filter(|_| typed.name.registry.is_hub() && typed.digest.is_none())?;
    let host = typed.name.familiar();
    let is_host = host == "localhost" || host.contains('.') && !host.contains('/');
    let is_port = tag.as_str().parse::<u16>().is_ok();
    (is_host && is_port).then(|| format!("{host}:{tag}"))
}

/// The error for a registry in place of a repository.
#[derive(Debug, thiserror::Error)]
#[error("{registry} is a registry, not a repository")]
struct NotARepository {
    registry: String,
}

impl Diagnose for NotARepository {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        Some(Hint::SeeCatalog { registry: self.registry.clone() })
    }
}

/// A tag as a row, with its fields for templates.
struct TagRow {
    repository: String,
    tag: String,
}

impl Row for TagRow {
    const TYPE: &'static str = "*registry.tagContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[("Tag", "TAG"), ("Repository", "REPOSITORY")];

    fn cells(&self) -> Vec<Cell> {
        vec![self.tag.as_str().into(), self.repository.as_str().into()]
    }
}
