//! `regcli digest`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place};

use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::check_place;
use crate::context::Context;

/// Show the digest that an image's name refers to
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli digest ubuntu:22.04\n  \
    regcli digest --platform linux/arm64 ubuntu:22.04\n  \
    regcli digest store:ubuntu:22.04")]
pub(crate) struct ShowDigest {
    /// Platform to choose from an index
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG], or
    /// docker-archive:FILE[:NAME:TAG]
    #[arg(value_name = "IMAGE")]
    image: Place,
}

#[async_trait(?Send)]
impl Run for ShowDigest {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_place(&self.image)?;
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let digest = match &self.platform {
            None => ops::read_digest(access, &self.image).await?,
            platform => {
                let manifest = ops::read_manifest(access, &self.image, platform.as_ref());
                manifest.await?.descriptor().digest.clone()
            }
        };
        context.ui.line(digest.as_str())
    }
}
