//! `regcli untag`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::ops::deletion::{Depth, Prepared, Selection, Target};

use super::batch::Batch;
use super::run::Run;
use super::targets::{TargetRow, by_repository};
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::template::Format;
use crate::ui::format::{docker_words, units};

/// Remove tags at a registry; images and their other tags stay
#[derive(Args, Debug)]
#[command(after_help = "TAG may be a pattern: * is any text, ? one character, [a-z] one of several,\n\
    {a,b} either. Quote it, so that the shell leaves it as it is.\n\n\
    An image without a tag can still be pulled by its digest, until the registry\n\
    collects its garbage. At a registry that can only delete images, such as\n\
    registry:2, regcli moves the tag to an image of its own and deletes that. To\n\
    delete an image with all its tags: regcli delete.\n\n\
    Examples:\n  \
    regcli untag registry.example.com/team/app:1.0\n  \
    regcli untag --dry-run 'registry.example.com/team/app:pr-*'\n\n\
    Fields for --format: .Reference .Digest .ID .Action .OtherTags")]
pub(crate) struct Untag {
    /// Show which tags would be removed, without removing any
    #[arg(long)]
    dry_run: bool,

    /// With --dry-run: table [TEMPLATE], json, or a Go template
    #[arg(long, value_name = "FORMAT", requires = "dry_run")]
    format: Option<Format>,

    /// Tags to remove; patterns are allowed
    #[arg(required = true, value_name = "NAME:TAG")]
    tags: Vec<String>,
}

#[async_trait(?Send)]
impl Run for Untag {
    fn only_looks(&self) -> bool {
        self.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let named = by_repository(&self.tags)?;
        let digest = |selection: &Selection| matches!(selection, Selection::Digest(_));
        if named.iter().any(|named| named.selections.iter().any(digest)) {
            return Err(Usage::failure("untag removes tags: to delete a digest, use regcli delete"));
        }
        let mut batch = Batch::default();
        for named in &named {
            match Prepared::look(&context.remote, named, Depth::Tags).await {
                Ok(prepared) => self.untag(context, prepared, &mut batch).await?,
                Err(error) => batch.take(Err(error.into()))?,
            }
        }
        batch.end()
    }
}

impl Untag {
    async fn untag(
        &self,
        context: &Context,
        mut prepared: Prepared,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        for missing in std::mem::take(&mut prepared.missing) {
            batch.take(Err(missing.into()))?;
        }
        if let Some(format) = &self.format {
            let row = |target| TargetRow { target, action: "untag" };
            let rows: Vec<_> = prepared.targets.iter().map(row).collect();
            let printer = format.compile("{{.Reference}}\t{{.ID}}\t{{.OtherTags}}")?;
            context.ui.write(printer.show(&rows)?.as_bytes())?;
            return batch.take(Ok(()));
        }
        for target in &prepared.targets {
            let name = target.reference.familiar();
            if self.dry_run {
                context.ui.line(&format!("Would be untagged: {name}"))?;
            } else {
                if let Err(error) = prepared.untag(target).await {
                    let is_for_all = error.is_for_all();
                    batch.take(Err(error.into()))?;
                    if is_for_all {
                        break;
                    }
                    continue;
                }
                context.ui.line(&docker_words::untagged(name))?;
            }
            context.ui.note(&left(target));
            batch.take(Ok(()))?;
        }
        Ok(())
    }
}

/// Describes which tags an image has left.
fn left(target: &Target) -> String {
    let digest = target.digest.short();
    if target.is_last {
        return format!("{digest} has no tag left: the registry may collect it as garbage");
    }
    let tags: Vec<_> = target.loss.tags.iter().take(NAMED).map(ToString::to_string).collect();
    let more = target.loss.tags.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {}", units::count(more, "other")) } else { String::new() };
    format!("{digest} still has {}{more}", tags.join(", "))
}

/// How many tags of an image are named.
const NAMED: usize = 5;
