//! `regcli catalog`

use clap::Args;
use regcli::diagnose::Failure;
use regcli::reference::{self, Registry};

use crate::args::ListArgs;
use crate::context::Context;
use crate::render::template::{Cell, Row};

/// List the repositories of a registry
#[derive(Args, Debug)]
#[command(after_help = "Fields for --format: .Name .Registry\n\n\
        Examples:\n  regcli catalog 127.0.0.1:5000\n  regcli catalog --format json registry.example.com")]
pub(crate) struct Catalog {
    #[command(flatten)]
    list: ListArgs,

    /// The registry. Docker Hub, the default, shows no such list
    #[arg(value_name = "HOST[:PORT]", default_value = reference::HUB, hide_default_value = true,
          value_parser = Registry::from_server)]
    registry: Registry,
}

impl Catalog {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let pages = context.remote.catalog(&self.registry)?;
        let registry = self.registry.to_string();
        self.list.show(context, pages, |name| RepositoryRow { registry: registry.clone(), name }).await
    }
}

/// A repository as templates name its fields.
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
