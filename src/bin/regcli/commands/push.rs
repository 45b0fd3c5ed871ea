//! `regcli push`

use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place, PushOptions, Route, Wanted};
use regcli::reference::{Reference, Selector};
use regcli::store::Store;
use regcli::transfer::{Observer, Silent};

use super::batch::{Mover, move_each};
use super::run::Run;
use crate::cli::flags::{self, ContentTrustArgs, DryRunArgs, QuietArgs};
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::Ui;
use crate::ui::format::docker_words;
use crate::ui::format::preview::{self, Planned, Verb};
use crate::ui::progress::{Direction, Work};

/// Upload an image to a registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli tag ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n  \
    regcli push 127.0.0.1:5000/ubuntu:22.04\n  \
    regcli push -a registry.example.com/team/app\n  \
    regcli push --dry-run 127.0.0.1:5000/ubuntu:22.04\n\n\
    Fields for --format:\n  \
    .ID .Digest .Kind .MediaType .Size .Bytes .ToMove .Fate .Action")]
pub(crate) struct Push {
    /// Push all tags of the repository that are in the store
    #[arg(short, long)]
    all_tags: bool,

    /// Push only the image for this platform, os/arch[/variant]
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,

    #[command(flatten)]
    dry_run: DryRunArgs,

    #[command(flatten)]
    content_trust: ContentTrustArgs,

    /// Images of the store to push; the tag defaults to latest
    #[arg(required = true, value_name = "NAME[:TAG]")]
    images: Vec<Reference>,
}

#[async_trait(?Send)]
impl Run for Push {
    fn only_looks(&self) -> bool {
        self.dry_run.only_looks()
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        if self.all_tags && self.images.iter().any(|image| !image.is_name_only()) {
            return Err(Usage::failure(docker_words::TAG_WITH_ALL_TAGS));
        }
        if self.images.iter().any(|image| image.digest.is_some()) {
            return Err(Usage::failure(docker_words::PUSH_OF_DIGEST));
        }
        if self.platform.len() > 1 {
            return Err(Usage::failure("push takes one --platform: a tag would mean only the last of them"));
        }
        if let Some(warning) = self.content_trust.warning() {
            context.ui.note(warning);
        }
        let previews = self.dry_run.previews(Verb::Upload, &self.quiet)?;
        let pusher = Pusher { flags: &self, context, store: context.store()? };
        move_each(context, &pusher, &self.images, previews).await
    }
}

/// The pushes of one command.
struct Pusher<'a> {
    flags: &'a Push,
    context: &'a Context,
    store: Store,
}

#[async_trait(?Send)]
impl Mover for Pusher<'_> {
    type Image = Reference;
    type Moved = ();

    fn concurrent(&self) -> usize {
        let registries: Vec<_> = self.flags.images.iter().map(|image| &image.name.registry).collect();
        self.context.concurrent_images(&registries)
    }

    async fn images(&self, named: &Reference) -> Result<Vec<Reference>, Failure> {
        match self.flags.all_tags {
            true => Ok(ops::tags_to_push(&self.store, &named.name)?),
            false => Ok(vec![named.clone().or_latest()]),
        }
    }

    fn name(&self, image: &Reference) -> String {
        image.to_string()
    }

    fn route(&self, image: &Reference) -> Route {
        Route { source: Place::Store(image.clone()), destination: Place::Registry(image.clone()) }
    }

    fn begin(&self, ui: &Ui, named: &Reference) -> Result<(), Failure> {
        if self.flags.quiet.is_quiet() {
            return Ok(());
        }
        if named.is_name_only() && !self.flags.all_tags {
            ui.line(docker_words::using_default_tag())?;
        }
        ui.line(&docker_words::push_refers_to(&named.name))
    }

    async fn transfer(&self, ui: &Ui, image: Reference) -> Result<(), Failure> {
        self.push(ui, &image).await
    }

    async fn preview(&self, image: Reference) -> Result<Planned, Failure> {
        let options = self.options(&image, Arc::new(Silent));
        let pushed = ops::preview_push(&self.context.remote, &self.store, &image, options).await;
        let pushed = self.context.explained(pushed, Wanted::AtRegistry(&image)).await?;
        if let (Some(index), None) = (&pushed.part_of, self.flags.platform.first()) {
            self.context.ui.note(&preview::only_part(&index.digest, &pushed.preview.root.digest));
        }
        Ok(Planned { route: self.route(&image), preview: pushed.preview })
    }
}

impl Pusher<'_> {
    async fn push(&self, ui: &Ui, image: &Reference) -> Result<(), Failure> {
        let context = self.context;
        let work = Work { image: image.to_string(), direction: Direction::Push };
        let push = async |observer| {
            let pushed = ops::push(&context.remote, &self.store, image, self.options(image, observer)).await;
            context.explained(pushed, Wanted::AtRegistry(image)).await
        };
        let pushed = ui.show(work, self.flags.quiet.verbosity(), push).await?;
        match (&pushed.part_of, self.flags.platform.first()) {
            (Some(index), None) => {
                ui.verbatim(&docker_words::only_part_was_pushed(&index.digest, &pushed.root.digest));
            }
            (Some(_), Some(_)) => ui.verbatim(docker_words::ONLY_A_PLATFORM_IS_PUSHED),
            (None, _) => {}
        }
        if self.flags.quiet.is_quiet() {
            let pinned = Reference { digest: Some(pushed.root.digest), ..image.clone() };
            return ui.line(&pinned.to_string());
        }
        let Selector::Tag(tag) = image.selector() else { return Ok(()) };
        ui.line(&docker_words::pushed(&tag, &pushed.root.digest, pushed.root.size))
    }

    fn options(&self, image: &Reference, observer: Arc<dyn Observer>) -> PushOptions {
        let registries = [&image.name.registry];
        let (transfer, sharing) = (self.context.transfer(&registries), self.context.sharing(&registries));
        PushOptions { platform: self.flags.platform.first().cloned(), transfer, sharing, observer }
    }
}
