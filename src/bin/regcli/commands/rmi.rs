//! `regcli rmi`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{ErrorKind, Failure};
use regcli::ops::{self, Removal};
use regcli::store::Store;

use super::batch::Batch;
use super::run::Run;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::docker_words;
use crate::ui::{hints, report};

/// Remove images from the store
#[derive(Args, Debug)]
#[command(
    after_help = "The last name of an image is removed with all content that no other image needs. While the\n\
    manifest of another image is damaged or missing, only names are removed, because the content\n\
    that it needs is unknown; 'regcli verify' repairs that image.\n\n\
    Examples:\n  regcli rmi ubuntu:22.04\n  regcli rmi -f 37bb9c63c8b2"
)]
pub(crate) struct Rmi {
    /// Remove an image with all its names; ignore missing images
    #[arg(short, long)]
    force: bool,

    /// Docker's flag; images have no parents in regcli
    #[arg(long)]
    no_prune: bool,

    /// Print how to delete at a registry, and remove nothing
    #[arg(long)]
    remote: bool,

    /// Name, digest, or beginning of the ID
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

#[async_trait(?Send)]
impl Run for Rmi {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if self.remote {
            let name = &self.images[0];
            return Err(Usage::failure(format!(
                "rmi removes images from the store; at the registry, regcli untag {name} removes a tag, and \
                 regcli delete {name} deletes the image with all its tags"
            )));
        }
        let store = context.store()?;
        let mut batch = Batch::default();
        for image in &self.images {
            batch.take(self.remove(context, &store, image).await)?;
        }
        batch.end()
    }
}

impl Rmi {
    async fn remove(&self, context: &Context, store: &Store, image: &str) -> Result<(), Failure> {
        let removal = if self.force { Removal::Forced } else { Removal::Careful };
        let removed = match ops::remove_image(store, image, removal).await.map_err(Failure::from) {
            // As in docker: with force, a missing image is not an error.
            Err(failure) if self.force && failure.kind() == ErrorKind::NotFound => {
                report::tell(&failure);
                return Ok(());
            }
            result => result?,
        };
        for name in removed.untagged {
            context.ui.line(&docker_words::untagged(name.familiar()))?;
        }
        for digest in &removed.deleted {
            context.ui.line(&docker_words::deleted(digest))?;
        }
        if let Some(kept) = removed.kept.map(Failure::from) {
            context.ui.warn(&report::on_one_line(&kept));
            if let Some(hint) = kept.hint() {
                context.ui.note(&format!("hint: {}", hints::words(&hint)));
            }
        }
        Ok(())
    }
}
