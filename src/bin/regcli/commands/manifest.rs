//! `regcli manifest`

use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place};

use crate::args;
use crate::context::Context;

/// Show the manifest of an image, byte for byte
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli manifest ubuntu:22.04\n  \
    regcli manifest --platform linux/arm64 ubuntu:22.04\n  \
    regcli manifest oci:./layout:1.0")]
pub(crate) struct Manifest {
    /// Of an index, the manifest for this platform
    #[arg(long, value_name = "PLATFORM", value_parser = args::platform)]
    platform: Option<Platform>,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG], or
    /// docker-archive:FILE[:NAME:TAG]
    #[arg(value_name = "IMAGE")]
    image: Place,
}

impl Manifest {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.known_store();
        let manifest =
            ops::read_manifest(&context.remote, store.as_ref(), &self.image, self.platform.as_ref()).await?;
        context.ui.document(manifest.bytes())
    }
}
