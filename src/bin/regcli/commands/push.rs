//! `regcli push`

use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, PushOptions};
use regcli::reference::{Reference, Selector};
use regcli::store::Store;

use super::{Batch, Usage};
use crate::args::{self, ContentTrustArgs, QuietArgs};
use crate::context::Context;
use crate::render::{Direction, Work, docker_words};

/// Upload an image to a registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli tag ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n  \
    regcli push 127.0.0.1:5000/ubuntu:22.04\n  \
    regcli push -a registry.example.com/team/app")]
pub(crate) struct Push {
    /// Push all tags that the repository has in the store
    #[arg(short, long)]
    all_tags: bool,

    /// Push only the image for this platform, os/arch[/variant]
    #[arg(long, value_name = "PLATFORM", value_parser = args::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,

    #[command(flatten)]
    content_trust: ContentTrustArgs,

    /// Images of the store; of one without a tag, latest
    #[arg(required = true, value_name = "NAME[:TAG]")]
    images: Vec<Reference>,
}

impl Push {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.all_tags && self.images.iter().any(|image| !image.is_name_only()) {
            return Err(Usage::failure(docker_words::TAG_WITH_ALL_TAGS));
        }
        if self.images.iter().any(|image| image.digest.is_some()) {
            return Err(Usage::failure(docker_words::PUSH_OF_DIGEST));
        }
        if let Some(warning) = self.content_trust.warning() {
            context.ui.note(warning);
        }
        let store = context.store()?;
        let mut batch = Batch::default();
        for image in &self.images {
            batch.take(self.push(context, &store, image).await)?;
        }
        batch.end()
    }

    async fn push(&self, context: &Context, store: &Store, image: &Reference) -> Result<(), Failure> {
        if !self.quiet.is_quiet() {
            if image.is_name_only() && !self.all_tags {
                context.ui.line(docker_words::using_default_tag())?;
            }
            context.ui.line(&docker_words::push_refers_to(&image.name))?;
        }
        if !self.all_tags {
            return self.push_one(context, store, &image.clone().or_latest()).await;
        }
        for tagged in ops::tags_to_push(store, &image.name)? {
            self.push_one(context, store, &tagged).await?;
        }
        Ok(())
    }

    async fn push_one(&self, context: &Context, store: &Store, image: &Reference) -> Result<(), Failure> {
        let (platform, transfer) = (self.platform.clone(), context.transfer());
        let work = Work { image: image.to_string(), direction: Direction::Push };
        let push = async |observer| {
            let options = PushOptions { platform, transfer, observer };
            Ok(ops::push(&context.remote, store, image, options).await?)
        };
        let pushed = context.ui.show(work, self.quiet.verbosity(), push).await?;
        if let (Some(index), None) = (&pushed.part_of, &self.platform) {
            context.ui.note(&docker_words::only_part_was_pushed(&index.digest, &pushed.root.digest));
        }
        if self.quiet.is_quiet() {
            let pinned = Reference { digest: Some(pushed.root.digest), ..image.clone() };
            return context.ui.line(&pinned.to_string());
        }
        let Selector::Tag(tag) = image.selector() else { return Ok(()) };
        context.ui.line(&docker_words::pushed(&tag, &pushed.root.digest, pushed.root.size))
    }
}
