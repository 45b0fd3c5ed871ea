//! `regcli pull`

use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place, PullOptions, PullPlatforms, Pulled, Route};
use regcli::reference::{Name, Reference, subject_in};
use regcli::signature::Identity;
use regcli::store::Store;

use super::batch::{Mover, move_each};
use super::run::Run;
use super::trusted_signers::{SignerFlags, TrustedSigners};
use crate::cli::flags::{self, ContentTrustArgs, DryRunArgs, QuietArgs};
use crate::cli::usage::{Usage, check_image};
use crate::context::Context;
use crate::ui::Ui;
use crate::ui::format::docker_words;
use crate::ui::format::preview::{Planned, Verb};
use crate::ui::progress::{Direction, Work};

/// Download an image from a registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli pull ubuntu:22.04\n  \
    regcli pull --platform linux/arm64 127.0.0.1:5000/team/app\n  \
    regcli pull -a registry.cn-shenzhen.aliyuncs.com/acs/agent\n  \
    regcli pull --verify-key cosign.pub registry.example.com/app:1\n  \
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

    /// Require a signature by this public key, PEM
    #[arg(long, value_name = "FILE", conflicts_with = "verify_identity")]
    verify_key: Vec<PathBuf>,

    /// Require a signature by this email address or URI
    #[arg(long, value_name = "NAME", requires = "verify_issuer")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    verify_identity: Option<String>,

    /// OpenID Connect issuer that confirms the identity
    #[arg(long, value_name = "URL", requires = "verify_identity")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    verify_issuer: Option<String>,

    /// Authorities and logs to trust [default: sigstore's]
    #[arg(long, value_name = "FILE", requires = "verify_identity", conflicts_with = "verify_key")]
    trusted_root: Option<PathBuf>,

    /// Repository of the signatures [default: same]
    #[arg(long, value_name = "REPOSITORY", value_parser = flags::repository)]
    signatures: Option<Name>,

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
            self.platform.extend(context.default_platform()?);
        }
        let previews = self.dry_run.previews(Verb::Download, &self.quiet)?;
        let signatures = self.signers()?;
        let puller = Puller { flags: &self, context, store: context.store()?, signatures };
        move_each(context, &puller, &self.images, previews).await
    }
}

/// The pulls of one command.
struct Puller<'a> {
    flags: &'a Pull,
    context: &'a Context,
    store: Store,
    signatures: Option<TrustedSigners>,
}

#[async_trait(?Send)]
impl Mover for Puller<'_> {
    type Image = Reference;
    /// Whether the store did not have the image.
    type Moved = bool;

    fn concurrent(&self) -> usize {
        let registries: Vec<_> = self.flags.images.iter().map(|image| &image.name.registry).collect();
        self.context.concurrent_images(&registries)
    }

    async fn images(&self, named: &Reference) -> Result<Vec<Reference>, Failure> {
        match self.flags.all_tags {
            // In the registry's order.
            true => {
                let mut images = ops::all_tags(&self.context.remote, &named.name).await?;
                // Tags of signatures belong to other images, and are not signed themselves.
                images.retain(|image| self.signatures.is_none() || !belongs_to_another(image));
                Ok(images)
            }
            false => Ok(vec![named.clone().or_latest()]),
        }
    }

    fn name(&self, image: &Reference) -> String {
        image.to_string()
    }

    fn route(&self, image: &Reference) -> Route {
        Route { source: Place::Registry(image.clone()), destination: Place::Store(kept_name(image)) }
    }

    fn begin(&self, ui: &Ui, named: &Reference) -> Result<(), Failure> {
        if named.is_name_only() && !self.flags.all_tags && !self.flags.quiet.is_quiet() {
            ui.line(docker_words::using_default_tag())?;
        }
        Ok(())
    }

    async fn transfer(&self, ui: &Ui, image: Reference) -> Result<bool, Failure> {
        Ok(matches!(self.pull(ui, &image).await?, Pulled::Downloaded(_)))
    }

    fn end(&self, ui: &Ui, named: &Reference, moved: Vec<bool>) -> Result<(), Failure> {
        // All tags of a repository have one status.
        let named = if self.flags.all_tags { named.clone() } else { named.clone().or_latest() };
        if !self.flags.quiet.is_quiet() {
            ui.line(&if moved.contains(&true) {
                docker_words::status_downloaded(&named)
            } else {
                docker_words::status_up_to_date(&named)
            })?;
        }
        ui.line(&named.to_string())
    }

    async fn preview(&self, image: Reference) -> Result<Planned, Failure> {
        let options = self.options(&image);
        let pull = ops::Pull::resolve(&self.context.remote, &self.store, &image, &options).await?;
        Ok(Planned { route: self.route(&image), preview: pull.preview().await? })
    }
}

impl Puller<'_> {
    async fn pull(&self, ui: &Ui, image: &Reference) -> Result<Pulled, Failure> {
        let options = self.options(image);
        let quiet = self.flags.quiet.is_quiet();
        let work = Work { image: image.to_string(), direction: Direction::Pull };
        let pull = async |observer| {
            let pull = ops::Pull::resolve(&self.context.remote, &self.store, image, &options).await?;
            if !quiet {
                ui.line(&docker_words::pulling_from(image))?;
                if let Some((signers, signature)) = self.signatures.as_ref().zip(pull.signature()) {
                    ui.line(&format!("Signature verified: {}", signers.name(signature)))?;
                }
            }
            Ok(pull.run(observer).await?)
        };
        let pulled = ui.show(work, self.flags.quiet.verbosity(), pull).await?;
        if !quiet {
            ui.line(&docker_words::digest_line(pulled.digest()))?;
        }
        Ok(pulled)
    }

    fn options(&self, image: &Reference) -> PullOptions {
        let registries = [&image.name.registry];
        let (transfer, sharing) = (self.context.transfer(&registries), self.context.sharing(&registries));
        let budget = self.context.budget.clone();
        let signatures = self.signatures.as_ref().map(TrustedSigners::policy);
        PullOptions { platforms: self.flags.platforms(), transfer, sharing, budget, signatures }
    }
}

impl Pull {
    /// Reads the signers that the images must be signed by, if any.
    fn signers(&self) -> Result<Option<TrustedSigners>, Failure> {
        let identity = self.verify_identity.clone().zip(self.verify_issuer.clone());
        if self.verify_key.is_empty() && identity.is_none() {
            return match self.signatures {
                Some(_) => Err(Usage::failure("--signatures requires --verify-key or --verify-identity")),
                None => Ok(None),
            };
        }
        let flags = SignerFlags {
            keys: &self.verify_key,
            identity: identity.map(|(name, issuer)| Identity { name, issuer }),
            root: self.trusted_root.as_deref(),
            repository: self.signatures.as_ref(),
        };
        flags.read().map(Some)
    }

    fn platforms(&self) -> PullPlatforms {
        match &self.platform[..] {
            _ if self.all_platforms => PullPlatforms::All,
            [] => PullPlatforms::Host,
            given => PullPlatforms::Given(given.to_vec()),
        }
    }
}

/// Reports whether the tag is made of the digest of another image, as those of signatures are.
fn belongs_to_another(image: &Reference) -> bool {
    image.tag.as_ref().is_some_and(|tag| subject_in(tag).is_some())
}

/// Returns the name of an image in the store: without the tag if there is a digest.
fn kept_name(image: &Reference) -> Reference {
    Reference { tag: image.tag.clone().filter(|_| image.digest.is_none()), ..image.clone() }
}
