//! `regcli referrers`

use async_trait::async_trait;
use clap::{Args, ValueEnum};
use regcli::diagnose::Failure;
use regcli::image::{ArtifactKind, Platform};
use regcli::ops::{self, Place, ReferrerTree};
use regcli::reference::Reference;

use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::check_image;
use crate::context::Context;
use crate::ui::format::charset::Charset;
use crate::ui::format::tree::Canvas;
use crate::ui::format::{json, referrers};

/// Show what belongs to an image: signatures, attestations, SBOMs
#[derive(Args, Debug)]
#[command(after_help = "Found are referrers by the registry's API or by the tag sha256-DIGEST, the tags\n\
    .sig, .att and .sbom of cosign, and the attestations of BuildKit, for the image,\n\
    for each platform of an index, and for what was found. Signatures are not\n\
    verified.\n\n\
    Examples:\n  \
    regcli referrers 127.0.0.1:5000/app:1\n  \
    regcli referrers --platform linux/arm64 127.0.0.1:5000/app:1\n  \
    regcli referrers --format json 127.0.0.1:5000/app:1")]
pub(crate) struct Referrers {
    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Shape::Tree)]
    format: Shape,

    /// Show what belongs to the image for this platform
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// An image at a registry
    #[arg(value_name = "NAME[:TAG|@DIGEST]", value_parser = Place::at_registry)]
    image: Reference,
}

/// The form of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// For users.
    #[value(help = None)]
    Tree,
    /// For programs.
    #[value(help = None)]
    Json,
}

#[async_trait(?Send)]
impl Run for Referrers {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_image(&self.image)?;
        let image = self.image.clone().or_latest();
        let tree = ops::referrers(context.access(None), &image, self.platform.as_ref()).await?;
        if self.format == Shape::Json {
            return context.ui.line(&json::indented(&referrers::json(&tree)));
        }
        if is_bare(&tree) {
            context.ui.note(&format!("Nothing refers to {}", image.familiar()));
            return Ok(());
        }
        let canvas = Canvas { width: context.ui.columns(), charset: Charset::of_locale() };
        context.ui.write(referrers::draw(&image.familiar(), &tree, canvas).as_bytes())
    }
}

/// Reports whether there is nothing but images.
fn is_bare(tree: &ReferrerTree) -> bool {
    let is_attestation = |tree: &ReferrerTree| {
        tree.artifact.as_ref().is_some_and(|artifact| artifact.kind == ArtifactKind::BuildKitAttestation)
    };
    tree.artifacts() == 0 && !tree.branches.iter().any(is_attestation)
}
