//! `regcli gc`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::ops::{self, files::listing_shelf};
use regcli::store::Partials;

use super::run::Run;
use crate::context::Context;
use crate::ui::format::{docker_words, units};

/// Remove blobs that no image in the store needs
#[derive(Args, Debug)]
#[command(
    after_help = "Removes blobs that no image needs, and partial blobs that no pull has resumed for seven days.\n\
    Nothing is removed during a pull: gc waits for it up to ten seconds, and then fails. rmi does the\n\
    same each time it removes an image. What regcli keeps of manifests and\n\
    lists of files is removed, too: ~/.cache/regcli/documents and files.\n\n\
    While the manifest of an image is damaged or missing, nothing is removed, because its blobs are\n\
    unknown. The error names the image: 'regcli verify' repairs it, 'regcli rmi' removes it.\n\n\
    Examples:\n  \
    regcli gc\n  \
    regcli gc --dry-run\n  \
    regcli gc --partial"
)]
pub(crate) struct Gc {
    /// Show what would be removed, without removing anything
    #[arg(long)]
    dry_run: bool,

    /// Remove all partial blobs, so that no pull can resume
    #[arg(long)]
    partial: bool,
}

/// Remove blobs that no image in the store needs, like gc
///
/// Docker's name for it. Images with a name stay; rmi removes those.
#[derive(Args, Debug)]
#[command(
    after_help = "Docker asks before it prunes. regcli does not, because no image is lost: -f is accepted without\n\
    effect.\n\n\
    Examples:\n  \
    regcli system prune\n  \
    regcli image prune -f"
)]
pub(crate) struct Prune {
    /// Do not ask for confirmation; regcli never asks
    #[arg(short, long)]
    force: bool,

    /// Docker's flag for images without a container; refused, because regcli has no containers
    #[arg(short, long, hide = true)]
    all: bool,
}

#[async_trait(?Send)]
impl Run for Prune {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if self.all {
            return Err(AllImages.into());
        }
        Box::new(Gc { dry_run: false, partial: false }).run(context).await
    }
}

/// The error of `prune --all`, which would remove every image, because no container uses one.
#[derive(Debug, thiserror::Error)]
#[error("--all would remove every image, because regcli has no containers that use one")]
struct AllImages;

impl Diagnose for AllImages {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        Some(Hint::RemoveImages)
    }
}

#[async_trait(?Send)]
impl Run for Gc {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let store = context.store()?;
        let partials = if self.partial { Partials::All } else { Partials::Old };
        let swept = match self.dry_run {
            true => store.preview_sweep(partials)?,
            false => ops::collect_garbage(&store, partials).await?,
        };
        for digest in &swept.deleted {
            match self.dry_run {
                true => context.ui.line(&format!("Would be deleted: {digest}"))?,
                false => context.ui.line(&docker_words::deleted(digest))?,
            }
        }
        if swept.partials > 0 {
            let word = if self.dry_run { "Would be deleted" } else { "Deleted" };
            context.ui.line(&format!("{word}: {}", units::count(swept.partials, "partial blob")))?;
        }
        let cache = context.config.cache().ok();
        let shelves = [ops::document_shelf(&context.config), listing_shelf(cache)];
        let cached = shelves.iter().map(|shelf| {
            let shelved = if self.dry_run { shelf.held() } else { shelf.clear() };
            // A cache that cannot be emptied is not worth a failure.
            shelved.unwrap_or_default().bytes
        });
        let bytes = cached.fold(swept.bytes, u64::saturating_add);
        context.ui.line(&match self.dry_run {
            true => format!("Would be reclaimed: {}", units::size(bytes)),
            false => docker_words::total_reclaimed(bytes),
        })
    }
}
