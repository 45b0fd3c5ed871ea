//! `regcli tags`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::reference::Reference;

use super::run::Run;
use crate::cli::flags::ListArgs;
use crate::cli::usage::{Usage, check_repository};
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

#[async_trait(?Send)]
impl Run for Tags {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_repository(&self.repository)?;
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
