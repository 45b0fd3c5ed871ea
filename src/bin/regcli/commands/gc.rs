//! `regcli gc`

use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::ops;
use regcli::store::Partials;

use crate::context::Context;
use crate::ui::format::{docker_words, units};

/// Remove what no image in the store needs
#[derive(Args, Debug)]
#[command(
    after_help = "Blobs that no image needs any more are removed, and partial blobs that no pull has gone on\n\
    with for seven days. Beside a running pull nothing is removed: gc waits ten seconds for it, and\n\
    then fails. rmi does the same each time it removes an image.\n\n\
    While it is not known what an image needs, because its manifest is damaged or missing, nothing is\n\
    removed: the error names the image. 'regcli verify' fetches what it lacks, 'regcli rmi' gives it up.\n\n\
    Examples:\n  \
    regcli gc\n  \
    regcli gc --dry-run\n  \
    regcli gc --partial"
)]
pub(crate) struct Gc {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Remove all partial blobs, with which interrupted pulls would go on
    #[arg(long)]
    partial: bool,
}

/// Remove what no image in the store needs, as gc
///
/// Docker's name for it. Images with a name stay; rmi removes those.
#[derive(Args, Debug)]
#[command(
    after_help = "Docker asks before it prunes. regcli does not, because no image is lost: -f is accepted, and not\n\
    needed.\n\n\
    Examples:\n  \
    regcli system prune\n  \
    regcli image prune -f"
)]
pub(crate) struct Prune {
    /// Do not ask for confirmation; regcli never does
    #[arg(short, long)]
    force: bool,

    /// Of docker, for images without a container; regcli has no containers and refuses it
    #[arg(short, long, hide = true)]
    all: bool,
}

impl Prune {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.all {
            return Err(AllImages.into());
        }
        Gc { dry_run: false, partial: false }.run(context).await
    }
}

/// `prune --all` would remove every image, because none is used by a container.
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

impl Gc {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
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
        context.ui.line(&match self.dry_run {
            true => format!("Would be reclaimed: {}", units::size(swept.bytes)),
            false => docker_words::total_reclaimed(swept.bytes),
        })
    }
}
