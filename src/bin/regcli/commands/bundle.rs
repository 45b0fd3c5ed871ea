//! `regcli bundle`: many images in one file, for networks without a connection.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use clap::{Args, Subcommand};
use regcli::diagnose::{Diagnose, Failure, Hint, io_hint};
use regcli::image::Platform;
use regcli::ops::bundle::{
    self, Arrival, BundleOptions, Contents, NewBundle, OpenBundle, Prefix, WithReferrers,
};
use regcli::ops::{Place, Route};
use regcli::reference::{Reference, Registry};
use regcli::transfer::Observer;

use super::run::Run;
use crate::cli::flags::{self, QuietArgs};
use crate::cli::usage::{Usage, check_image};
use crate::context::Context;
use crate::ui::format::units;
use crate::ui::progress::{Direction, Work};

/// The maximum size of a file with names, in bytes: some 100,000 of them.
const NAMES_MAX: u64 = 16 << 20;

/// Move many images in one file to a network without a connection
#[derive(Args, Debug)]
#[command(after_help = "A bundle is an OCI archive, which skopeo, podman and oras read too.\n\n\
    Examples:\n  \
    regcli bundle create images.tar nginx:1.27 redis:7\n  \
    regcli bundle create --since images.tar new.tar nginx:1.28 redis:7\n  \
    regcli bundle apply --to registry.lab:5000/mirror images.tar")]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    Create(Create),
    Apply(Apply),
}

impl Bundle {
    /// Returns the command that was chosen.
    pub(crate) fn into_run(self) -> Box<dyn Run> {
        match self.command {
            BundleCommand::Create(command) => Box::new(command),
            BundleCommand::Apply(command) => Box::new(command),
        }
    }
}

/// Write images from registries into a bundle
#[derive(Args, Debug)]
#[command(after_help = "The file appears when it is complete. With --since, layers that the older bundle\n\
    has are left out; bundle apply checks that the registry has them.\n\n\
    Examples:\n  \
    regcli bundle create images.tar nginx:1.27 redis:7\n  \
    regcli bundle create --referrers -f images.txt --platform linux/amd64 b.tar\n  \
    regcli bundle create --since images.tar new.tar nginx:1.28 redis:7")]
struct Create {
    /// Include only this platform, os/arch[/variant]; repeatable
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    /// Include signatures, attestations and SBOMs
    #[arg(long)]
    referrers: bool,

    /// Leave out what this older bundle has
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,

    /// Read names of images from this file, one on a line; # begins a comment
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    quiet: QuietArgs,

    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    /// Images at registries
    #[arg(value_name = "IMAGE", required_unless_present = "file", value_parser = Place::at_registry)]
    images: Vec<Reference>,
}

/// Push the images of a bundle to their registries, or to another one
#[derive(Args, Debug)]
#[command(after_help = "Before anything is sent, all content of the file is verified, and what the bundle\n\
    leaves out is looked for at the registry. With --to HOST/PREFIX, the image\n\
    docker.io/library/nginx:1 becomes HOST/PREFIX/library/nginx:1.\n\n\
    Examples:\n  \
    regcli bundle apply images.tar\n  \
    regcli bundle apply --dry-run --to registry.lab:5000/mirror images.tar")]
struct Apply {
    /// Push to this registry, with this beginning of all names
    #[arg(long, value_name = "HOST[/PREFIX]")]
    to: Option<Prefix>,

    /// Check everything and print the names, without sending anything
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    quiet: QuietArgs,

    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
}

/// The file with names cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
struct Names {
    path: PathBuf,
    source: std::io::Error,
}

impl Diagnose for Names {
    fn hint(&self) -> Option<Hint> {
        io_hint(&self.source, &self.path)
    }
}

#[async_trait(?Send)]
impl Run for Create {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        let mut images = self.images.clone();
        if let Some(file) = &self.file {
            images.extend(names(file)?);
        }
        images.iter().try_for_each(check_image)?;
        if images.is_empty() {
            return Err(Usage::failure("there is no image to write"));
        }
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let referrers = if self.referrers { WithReferrers::Yes } else { WithReferrers::No };
        let contents = Contents { platforms: self.platform.clone(), referrers };
        let since = self.since.as_deref();
        let is_same = |old: &Path| old.canonicalize().ok() == self.bundle.canonicalize().ok();
        if since.is_some_and(|old| old.exists() && is_same(old)) {
            return Err(Usage::failure(
                "the new bundle would replace the older one, whose layers it leaves out",
            ));
        }
        let new = NewBundle::begin(access, &self.bundle, since, contents).await?;
        let images: Vec<Reference> = images.into_iter().map(Reference::or_latest).collect();
        context.budget.expect(images.iter().map(|image| self.route(image)));
        let mut lines = Vec::new();
        for image in images {
            let work = Work { image: image.to_string(), direction: Direction::Save };
            let add = async |observer: Arc<dyn Observer>| {
                let options = options(context, &[&image.name.registry], observer);
                Ok(new.add(access, &image, options).await?)
            };
            let added = context.ui.show(work, self.quiet.verbosity(), add).await?;
            lines.push(pinned(&image, &added.root.digest));
            if self.referrers && !self.quiet.is_quiet() {
                context.ui.note(&found(&added));
            }
        }
        let summary = new.finish().await?;
        if summary.left_out > 0 && !self.quiet.is_quiet() {
            let (left_out, size) = (summary.left_out, units::size(summary.bytes_left_out));
            context.ui.note(&format!("Left out: {left_out} blobs of the older bundle, {size}"));
        }
        // The bundle is complete only now.
        lines.iter().try_for_each(|line| context.ui.line(line))
    }
}

impl Create {
    fn route(&self, image: &Reference) -> Route {
        let destination = Place::OciArchive { file: self.bundle.clone(), tag: None };
        Route { source: Place::Registry(image.clone()), destination }
    }
}

#[async_trait(?Send)]
impl Run for Apply {
    fn only_looks(&self) -> bool {
        self.dry_run
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let opening = OpenBundle::open(access, &self.bundle);
        let what = format!("Verifying {}", self.bundle.display());
        let opened = context.ui.while_it_lasts(&what, opening).await?;
        let checking = opened.arrivals(access, self.to.as_ref());
        let arrivals = context.ui.while_it_lasts("Asking the registry", checking).await?;
        for arrival in arrivals {
            let line = pinned(&arrival.name, &arrival.root.digest);
            if !self.dry_run {
                self.push(context, &opened, arrival).await?;
            }
            context.ui.line(&line)?;
        }
        Ok(())
    }
}

impl Apply {
    async fn push(&self, context: &Context, opened: &OpenBundle, arrival: Arrival) -> Result<(), Failure> {
        let work = Work { image: arrival.name.to_string(), direction: Direction::Push };
        let registry = arrival.name.name.registry.clone();
        let push = async |observer: Arc<dyn Observer>| {
            Ok(opened.apply(arrival, options(context, &[&registry], observer)).await?)
        };
        context.ui.show(work, self.quiet.verbosity(), push).await?;
        Ok(())
    }
}

fn options(context: &Context, registries: &[&Registry], observer: Arc<dyn Observer>) -> BundleOptions {
    let (transfer, sharing) = (context.transfer(registries), context.sharing(registries));
    BundleOptions { transfer, sharing, budget: context.budget.clone(), observer }
}

/// Returns the name with its digest, once.
fn pinned(name: &Reference, digest: &regcli::digest::Digest) -> String {
    Reference { digest: Some(digest.clone()), ..name.clone() }.to_string()
}

fn found(added: &bundle::Bundled) -> String {
    let skipped = match added.skipped {
        0 => String::new(),
        skipped => format!(", {skipped} missing or unsupported"),
    };
    format!("Referrers: {} included{skipped}", added.referrers)
}

/// Reads names of images, one on a line.
fn names(path: &Path) -> Result<Vec<Reference>, Failure> {
    let failed = |source| Names { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > NAMES_MAX {
        return Err(Usage::failure(format!("{} is too large for a list of names", path.display())));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let parse = |line: &str| Place::at_registry(line).map_err(Failure::from);
    lines.filter(|line| !line.is_empty()).map(parse).collect()
}
