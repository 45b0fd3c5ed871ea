//! `regcli pull`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place, PullOptions, PullPlatforms, Pulled};
use regcli::reference::{Name, Reference};
use regcli::store::Store;

use super::batch::Batch;
use super::run::Run;
use crate::cli::flags::{self, ContentTrustArgs, DryRunArgs, QuietArgs};
use crate::cli::usage::{Usage, check_image};
use crate::context::Context;
use crate::ui::format::docker_words;
use crate::ui::format::preview::{Previews, Route, Verb};
use crate::ui::progress::{Direction, Work};

/// Download an image from a registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli pull ubuntu:22.04\n  \
    regcli pull --platform linux/arm64 127.0.0.1:5000/team/app\n  \
    regcli pull -a registry.cn-shenzhen.aliyuncs.com/acs/agent\n  \
    regcli pull --dry-run ubuntu:22.04\n\n\
    Fields for --format:\n  \
    .ID .Digest .Kind .MediaType .Size .Bytes .ToMove .Fate .Action")]
pub(crate) struct Pull {
    /// Pull all tags of a repository
    #[arg(short, long)]
    all_tags: bool,

    /// Pull all platforms of an image
    #[arg(long, conflicts_with = "platform")]
    all_platforms: bool,

    /// Platform to pull, os/arch[/variant]; repeatable [default: $DOCKER_DEFAULT_PLATFORM, else this
    /// machine's]
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,

    #[command(flatten)]
    dry_run: DryRunArgs,

    #[command(flatten)]
    content_trust: ContentTrustArgs,

    /// Images to pull; the tag defaults to latest
    #[arg(required = true, value_name = "NAME[:TAG|@DIGEST]")]
    images: Vec<Reference>,
}

#[async_trait(?Send)]
impl Run for Pull {
    fn only_looks(&self) -> bool {
        self.dry_run.only_looks()
    }

    async fn run(mut self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        if self.all_tags && self.images.iter().any(|image| !image.is_name_only()) {
            return Err(Usage::failure(docker_words::TAG_WITH_ALL_TAGS));
        }
        self.images.iter().try_for_each(check_image)?;
        if let Some(warning) = self.content_trust.warning() {
            context.ui.note(warning);
        }
        if self.platform.is_empty() && !self.all_platforms {
            self.platform.extend(default_platform(context)?);
        }
        let mut previews = self.dry_run.previews(Verb::Download, &self.quiet)?;
        let store = context.store()?;
        let mut batch = Batch::default();
        for image in &self.images {
            batch.take(match &mut previews {
                None => self.pull(context, &store, image).await,
                Some(previews) => self.preview(context, image, previews).await,
            })?;
        }
        batch.end()
    }
}

impl Pull {
    async fn pull(&self, context: &Context, store: &Store, image: &Reference) -> Result<(), Failure> {
        if self.all_tags {
            return self.pull_all(context, store, &image.name).await;
        }
        if image.is_name_only() && !self.quiet.is_quiet() {
            context.ui.line(docker_words::using_default_tag())?;
        }
        let image = image.clone().or_latest();
        let pulled = self.pull_one(context, store, &image).await?;
        self.tell_status(context, &image, matches!(pulled, Pulled::Downloaded(_)))
    }

    /// Pulls all tags in the registry's order, with one status for all.
    async fn pull_all(&self, context: &Context, store: &Store, name: &Name) -> Result<(), Failure> {
        let mut newer = false;
        for image in ops::all_tags(&context.remote, name).await? {
            let pulled = self.pull_one(context, store, &image).await?;
            newer |= matches!(pulled, Pulled::Downloaded(_));
        }
        let all = Reference { name: name.clone(), tag: None, digest: None };
        self.tell_status(context, &all, newer)
    }

    async fn pull_one(&self, context: &Context, store: &Store, image: &Reference) -> Result<Pulled, Failure> {
        let options = self.options(context, image);
        let quiet = self.quiet.is_quiet();
        let work = Work { image: image.to_string(), direction: Direction::Pull };
        let pull = async |observer| {
            let pull = ops::Pull::resolve(&context.remote, store, image, &options).await?;
            if !quiet {
                context.ui.line(&docker_words::pulling_from(image))?;
            }
            Ok(pull.run(observer).await?)
        };
        let pulled = context.ui.show(work, self.quiet.verbosity(), pull).await?;
        if !quiet {
            context.ui.line(&docker_words::digest_line(pulled.digest()))?;
        }
        Ok(pulled)
    }

    async fn preview(
        &self,
        context: &Context,
        image: &Reference,
        previews: &mut Previews,
    ) -> Result<(), Failure> {
        let (store, options) = (context.store()?, self.options(context, image));
        let images = if self.all_tags {
            ops::all_tags(&context.remote, &image.name).await?
        } else {
            vec![image.clone().or_latest()]
        };
        for image in images {
            let pull = ops::Pull::resolve(&context.remote, &store, &image, &options).await?;
            let preview = pull.preview().await?;
            let destination = Place::Store(kept_name(&image));
            previews.show(&context.ui, &Route { source: Place::Registry(image), destination }, &preview)?;
        }
        Ok(())
    }

    fn tell_status(&self, context: &Context, image: &Reference, newer: bool) -> Result<(), Failure> {
        if !self.quiet.is_quiet() {
            context.ui.line(&if newer {
                docker_words::status_downloaded(image)
            } else {
                docker_words::status_up_to_date(image)
            })?;
        }
        context.ui.line(&image.to_string())
    }

    fn options(&self, context: &Context, image: &Reference) -> PullOptions {
        let transfer = context.transfer(&[&image.name.registry]);
        PullOptions { platforms: self.platforms(), transfer }
    }

    fn platforms(&self) -> PullPlatforms {
        match &self.platform[..] {
            _ if self.all_platforms => PullPlatforms::All,
            [] => PullPlatforms::Host,
            given => PullPlatforms::Given(given.to_vec()),
        }
    }
}

/// Returns the value of `DOCKER_DEFAULT_PLATFORM`. clap's `env` does not fit: it would treat the
/// variable as a flag, which conflicts with `--all-platforms`, but a flag must override it.
fn default_platform(context: &Context) -> Result<Option<Platform>, Failure> {
    let text = context.config.environment().docker_default_platform.as_deref();
    let platform = text.map(flags::platform).transpose();
    platform.map_err(|error| Usage::failure(format!("DOCKER_DEFAULT_PLATFORM: {error}")))
}

/// Returns the name of an image in the store: without the tag if there is a digest.
fn kept_name(image: &Reference) -> Reference {
    Reference { tag: image.tag.clone().filter(|_| image.digest.is_none()), ..image.clone() }
}
