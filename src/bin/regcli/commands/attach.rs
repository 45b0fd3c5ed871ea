//! `regcli attach`

use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, AttachOptions, AttachedFile, Attachment, Place};
use regcli::reference::Reference;
use regcli::transfer::Observer;

use super::run::Run;
use crate::cli::flags::{self, QuietArgs};
use crate::cli::usage::check_image;
use crate::context::Context;
use crate::ui::progress::{Direction, Work};

/// Attach files to an image at its registry: an SBOM, a report, a signature
#[derive(Args, Debug)]
#[command(after_help = "The files become an artifact that refers to the image, which does not change. The\n\
    name of a file suggests its media type; FILE:MEDIATYPE names another one. See\n\
    what is attached with regcli referrers NAME.\n\n\
    Examples:\n  \
    regcli attach --type application/spdx+json 127.0.0.1:5000/app:1 app.spdx.json\n  \
    regcli attach --type application/vnd.example.scan 127.0.0.1:5000/app:1 \\\n    \
    scan.txt log.gz:application/gzip --annotation scanner=demo")]
pub(crate) struct Attach {
    /// Type of the artifact, a media type
    #[arg(long = "type", value_name = "MEDIATYPE", value_parser = artifact_type)]
    artifact_type: String,

    /// Annotation of the artifact; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = flags::annotation)]
    annotation: Vec<(String, String)>,

    /// Attach to the image for this platform, and not to the index
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,

    /// An image at a registry
    #[arg(value_name = "NAME[:TAG|@DIGEST]", value_parser = Place::at_registry)]
    image: Reference,

    /// Files to attach, FILE or FILE:MEDIATYPE
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

fn artifact_type(text: &str) -> Result<String, &'static str> {
    if ops::is_media_type(text) {
        Ok(text.to_owned())
    } else {
        Err("must be a media type, as application/spdx+json")
    }
}

#[async_trait(?Send)]
impl Run for Attach {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        check_image(&self.image)?;
        let image = self.image.clone().or_latest();
        let work = Work { image: image.to_string(), direction: Direction::Push };
        let attachment = Attachment {
            artifact_type: self.artifact_type.clone(),
            files: self.files.iter().map(|file| AttachedFile::as_typed(file)).collect(),
            annotations: self.annotation.iter().cloned().collect(),
            platform: self.platform.clone(),
        };
        let attach = async |observer: Arc<dyn Observer>| {
            let registries = [&image.name.registry];
            let (transfer, sharing) = (context.transfer(&registries), context.sharing(&registries));
            let options = AttachOptions { transfer, sharing, observer };
            Ok(ops::attach(context.access(None), &image, attachment, options).await?)
        };
        let attached = context.ui.show(work, self.quiet.verbosity(), attach).await?;
        context.ui.line(&Reference::digested(image.name.clone(), attached.artifact.digest).to_string())
    }
}
