//! `regcli index`: makes and changes multi-platform images at a registry.

use std::sync::Arc;

use async_trait::async_trait;
use clap::{Args, Subcommand};
use regcli::diagnose::Failure;
use regcli::image::{Descriptor, PlatformError};
use regcli::ops::{self, IndexChange, IndexDraft, IndexEntry, IndexOptions, Place};
use regcli::reference::{Reference, Registry, Selector};
use regcli::transfer::Observer;

use super::run::Run;
use crate::cli::flags::{self, QuietArgs};
use crate::cli::usage::{Usage, check_image};
use crate::context::Context;
use crate::ui::progress::{Direction, Work};

/// Create and change multi-platform images at a registry
#[derive(Args, Debug)]
#[command(after_help = "Layers do not move: an index refers to images in its repository. Images of other\n\
    repositories are mounted, and those of other registries are copied first.\n\n\
    Examples:\n  \
    regcli index create 127.0.0.1:5000/app:1 127.0.0.1:5000/app:1-amd64 \\\n    \
    127.0.0.1:5000/app:1-arm64\n  \
    regcli index remove 127.0.0.1:5000/app:1 linux/arm/v7")]
pub(crate) struct Index {
    #[command(subcommand)]
    command: IndexCommand,
}

#[derive(Debug, Subcommand)]
enum IndexCommand {
    Create(Create),
    Add(Add),
    Remove(Remove),
}

impl Index {
    /// Returns the command that was chosen.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self.command {
            IndexCommand::Create(command) => Box::new(command),
            IndexCommand::Add(command) => Box::new(command),
            IndexCommand::Remove(command) => Box::new(command),
        }
    }
}

/// Create an index of images, each for its platform
#[derive(Args, Debug)]
#[command(after_help = "Of an image that is an index, all of its images are taken. If all images are of\n\
    Docker's media types, the index is a Docker manifest list.\n\n\
    Examples:\n  \
    regcli index create 127.0.0.1:5000/app:1 127.0.0.1:5000/app:1-amd64 \\\n    \
    127.0.0.1:5000/app:1-arm64")]
struct Create {
    /// Annotation of the index; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = flags::annotation)]
    annotation: Vec<(String, String)>,

    #[command(flatten)]
    common: Common,

    /// Name of the index
    #[arg(value_name = "NAME[:TAG]", value_parser = Place::at_registry)]
    name: Reference,

    /// Images at registries
    #[arg(value_name = "IMAGE", required = true, value_parser = Place::at_registry)]
    images: Vec<Reference>,
}

/// Add images to an index, or replace those for the same platforms
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  regcli index add 127.0.0.1:5000/app:1 127.0.0.1:5000/app:1-riscv64")]
struct Add {
    #[command(flatten)]
    common: Common,

    /// The index
    #[arg(value_name = "NAME[:TAG]", value_parser = Place::at_registry)]
    name: Reference,

    /// Images at registries
    #[arg(value_name = "IMAGE", required = true, value_parser = Place::at_registry)]
    images: Vec<Reference>,
}

/// Remove images from an index, with their attestations
#[derive(Args, Debug)]
#[command(
    visible_alias = "rm",
    after_help = "The images remain at the registry, as long as it keeps them.\n\n\
        Examples:\n  regcli index remove 127.0.0.1:5000/app:1 linux/arm/v7 linux/386"
)]
struct Remove {
    #[command(flatten)]
    common: Common,

    /// The index
    #[arg(value_name = "NAME[:TAG]", value_parser = Place::at_registry)]
    name: Reference,

    /// Platforms or digests of the images
    #[arg(value_name = "PLATFORM|DIGEST", required = true, value_parser = entry)]
    entries: Vec<IndexEntry>,
}

fn entry(text: &str) -> Result<IndexEntry, PlatformError> {
    text.parse()
}

/// The flags of all changes.
#[derive(Args, Debug)]
struct Common {
    /// Print the index as it would become, without changing anything
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    quiet: QuietArgs,
}

#[async_trait(?Send)]
impl Run for Create {
    fn only_looks(&self) -> bool {
        self.common.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let Self { annotation, common, name, images } = *self;
        let annotations = annotation.into_iter().collect();
        let change = IndexChange::Create { images: checked(images)?, annotations };
        common.change(context, name, change).await
    }
}

#[async_trait(?Send)]
impl Run for Add {
    fn only_looks(&self) -> bool {
        self.common.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let Self { common, name, images } = *self;
        common.change(context, name, IndexChange::Add { images: checked(images)? }).await
    }
}

#[async_trait(?Send)]
impl Run for Remove {
    fn only_looks(&self) -> bool {
        self.common.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let Self { common, name, entries } = *self;
        common.change(context, name, IndexChange::Remove { entries }).await
    }
}

fn checked(images: Vec<Reference>) -> Result<Vec<Reference>, Failure> {
    images.iter().try_for_each(check_image)?;
    Ok(images.into_iter().map(Reference::or_latest).collect())
}

impl Common {
    async fn change(self, context: &Context, name: Reference, change: IndexChange) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        check_image(&name)?;
        if name.digest.is_some() {
            return Err(Usage::failure("name the index by a tag: a digest cannot point to another index"));
        }
        let name = name.or_latest();
        let mut registries: Vec<Registry> = match &change {
            IndexChange::Create { images, .. } | IndexChange::Add { images } => {
                images.iter().map(|image| image.name.registry.clone()).collect()
            }
            IndexChange::Remove { .. } => Vec::new(),
        };
        registries.push(name.name.registry.clone());
        registries.dedup();
        let draft = ops::draft_index(context.access(None), &name, change).await?;
        if self.dry_run {
            return context.ui.document(draft.index().bytes());
        }
        self.put(context, &name, Changed { draft, registries }).await
    }

    async fn put(&self, context: &Context, name: &Reference, changed: Changed) -> Result<(), Failure> {
        let Changed { draft, registries } = changed;
        let registries: Vec<&Registry> = registries.iter().collect();
        let work = Work { image: name.to_string(), direction: Direction::Push };
        let digest = draft.index().descriptor().digest.clone();
        let platforms = platforms(draft.entries());
        let selector: Selector = name.selector();
        let put = async |observer: Arc<dyn Observer>| {
            let (transfer, sharing) = (context.transfer(&registries), context.sharing(&registries));
            Ok(draft.put(&selector, IndexOptions { transfer, sharing, observer }).await?)
        };
        context.ui.show(work, self.quiet.verbosity(), put).await?;
        if !self.quiet.is_quiet() {
            context.ui.note(&format!("Platforms: {platforms}"));
        }
        context.ui.line(&format!("{name}@{digest}"))
    }
}

/// An index to be put.
struct Changed {
    draft: IndexDraft,
    registries: Vec<Registry>,
}

fn platforms(entries: &[Descriptor]) -> String {
    let platforms = entries.iter().filter(|entry| !entry.is_attestation());
    let name = |entry: &Descriptor| entry.platform.as_ref().map_or("unknown".to_owned(), ToString::to_string);
    let names: Vec<String> = platforms.map(name).collect();
    crate::ui::format::safe::safe(&names.join(", ")).into_owned()
}
