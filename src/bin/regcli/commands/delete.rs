//! `regcli delete`

use std::collections::HashSet;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::ops::deletion::{Caution, DeletionError, Depth, Loss, Prepared, Target};
use regcli::reference::Tag;

use super::batch::Batch;
use super::run::Run;
use super::targets::{TargetRow, by_repository};
use crate::context::Context;
use crate::ui::format::docker_words;
use crate::ui::format::template::Format;

/// Delete images at a registry, with all their tags
#[derive(Args, Debug)]
#[command(after_help = "An image is refused if more would be lost with it: other tags of its digest, an\n\
    index that needs it, or what refers to it, such as signatures. --force deletes\n\
    it anyway. To remove only a tag: regcli untag.\n\n\
    TAG may be a pattern: * is any text, ? one character, [a-z] one of several,\n\
    {a,b} either. Quote it, so that the shell leaves it as it is.\n\n\
    The registry frees the space of layers when it collects its garbage.\n\n\
    Examples:\n  \
    regcli delete registry.example.com/team/app:1.0\n  \
    regcli delete --dry-run 'registry.example.com/team/app:pr-*'\n  \
    regcli delete registry.example.com/team/app@sha256:DIGEST\n\n\
    Fields for --format:\n  \
    .Reference .Digest .ID .Action .OtherTags .Indexes .Referrers")]
pub(crate) struct Delete {
    /// Show what would be deleted and what would be lost with it
    #[arg(long)]
    dry_run: bool,

    /// With --dry-run: table [TEMPLATE], json, or a Go template
    #[arg(long, value_name = "FORMAT", requires = "dry_run")]
    format: Option<Format>,

    /// Delete an image even if more is lost with it
    #[arg(short, long)]
    force: bool,

    /// Images to delete; tags may be patterns
    #[arg(required = true, value_name = "NAME:TAG|NAME@DIGEST")]
    images: Vec<String>,
}

#[async_trait(?Send)]
impl Run for Delete {
    fn only_looks(&self) -> bool {
        self.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let mut batch = Batch::default();
        for named in &by_repository(&self.images)? {
            match Prepared::look(&context.remote, named, Depth::Indexes).await {
                Ok(prepared) => self.delete(context, prepared, &mut batch).await?,
                Err(error) => batch.take(Err(error.into()))?,
            }
        }
        batch.end()
    }
}

impl Delete {
    async fn delete(
        &self,
        context: &Context,
        mut prepared: Prepared,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        for missing in std::mem::take(&mut prepared.missing) {
            batch.take(Err(missing.into()))?;
        }
        if let Some(format) = &self.format {
            return self.show_rows(context, prepared, format);
        }
        let mut done = HashSet::new();
        for number in 0..prepared.targets.len() {
            let target = &prepared.targets[number].clone();
            // Another tag of the same image was named, too.
            if !done.insert(target.digest.clone()) {
                continue;
            }
            if !target.loss.is_nothing() {
                context.ui.note(&losses(target));
            }
            let deleted = match self.dry_run {
                true => prepared.check(target, self.caution()).map(|()| prepared.tags(target)),
                false => prepared.delete(target, self.caution()).await,
            };
            if deleted.is_err() {
                prepared.stays(&target.digest);
            }
            let is_for_all = deleted.as_ref().is_err_and(DeletionError::is_for_all);
            batch.take(self.show(context, target, deleted))?;
            if is_for_all {
                break;
            }
        }
        Ok(())
    }

    /// Shows what would be done with each target.
    fn show_rows(&self, context: &Context, mut prepared: Prepared, format: &Format) -> Result<(), Failure> {
        // An index comes before its parts, which stay if it does.
        for target in &prepared.targets.clone() {
            if prepared.check(target, self.caution()).is_err() {
                prepared.stays(&target.digest);
            }
        }
        let row = |target| {
            let is_refused = prepared.check(target, self.caution()).is_err();
            TargetRow { target, action: if is_refused { "refuse" } else { "delete" } }
        };
        let rows: Vec<_> = prepared.targets.iter().map(row).collect();
        let table = "{{.Reference}}\t{{.Action}}\t{{.ID}}\t{{.OtherTags}}";
        context.ui.write(format.compile(table)?.show(&rows)?.as_bytes())
    }

    fn caution(&self) -> Caution {
        if self.force { Caution::Forced } else { Caution::Careful }
    }

    fn show(
        &self,
        context: &Context,
        target: &Target,
        deleted: Result<Vec<Tag>, DeletionError>,
    ) -> Result<(), Failure> {
        let name = target.reference.name.familiar();
        for tag in deleted? {
            let tagged = format!("{name}:{tag}");
            match self.dry_run {
                true => context.ui.line(&format!("Would be untagged: {tagged}"))?,
                false => context.ui.line(&docker_words::untagged(tagged))?,
            }
        }
        match self.dry_run {
            true => context.ui.line(&format!("Would be deleted: {}", target.digest)),
            false => context.ui.line(&docker_words::deleted(&target.digest)),
        }
    }
}

/// The maximum number of lines about what is lost with an image.
const LINES: usize = 20;

/// Lists what is lost with an image.
fn losses(target: &Target) -> String {
    let Loss { tags, indexes, referrers } = &target.loss;
    let joined = |tags: &[Tag]| tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    let tags = tags.iter().map(|tag| format!("  tag       {tag}"));
    let indexes = indexes.iter().map(|(index, tags)| match tags.is_empty() {
        true => format!("  index     {}", index.short()),
        false => format!("  index     {} ({})", index.short(), joined(tags)),
    });
    let referrers = referrers.iter().map(|referrer| format!("  referrer  {}", referrer.short()));
    let mut lines: Vec<_> = tags.chain(indexes).chain(referrers).collect();
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("  and {more} more"));
    }
    format!("With {}, more would be lost:\n{}", target.reference.familiar(), lines.join("\n"))
}
