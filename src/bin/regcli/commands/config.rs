//! `regcli config`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place};

use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::check_place;
use crate::context::Context;

/// Show the config of an image, byte for byte
#[derive(Args, Debug)]
#[command(
    after_help = "The config holds command, entry point, environment, labels and history: read them before a pull.\n\n\
    Examples:\n  \
    regcli config ubuntu:22.04\n  \
    regcli config --platform linux/arm64 127.0.0.1:5000/team/app\n  \
    regcli config store:ubuntu:22.04"
)]
pub(crate) struct ShowConfig {
    /// Platform to choose from an index [default: this machine's]
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG], or
    /// docker-archive:FILE[:NAME:TAG]
    #[arg(value_name = "IMAGE")]
    image: Place,
}

#[async_trait(?Send)]
impl Run for ShowConfig {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_place(&self.image)?;
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let config = ops::read_config(access, &self.image, self.platform.as_ref()).await?;
        context.ui.document(&config)
    }
}
