//! `regcli copy`

use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, CopyOptions, Place};

use crate::args::{self, QuietArgs};
use crate::context::Context;
use crate::render::Direction;

/// Copy an image from place to place, with all its platforms
#[derive(Args, Debug)]
#[command(
    visible_alias = "cp",
    after_help = "Places:\n  \
        NAME[:TAG|@DIGEST]  an image at a registry; docker://NAME means the same\n  \
        store:NAME[:TAG]    an image in the store\n  \
        oci:DIR[:TAG]       an image in an OCI layout\n  \
        oci-archive:FILE[:TAG]          an image in an OCI archive\n  \
        docker-archive:FILE[:NAME:TAG]  an image in an archive of docker save\n\n\
        Examples:\n  \
        regcli copy ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n  \
        regcli copy 127.0.0.1:5000/app:1 oci:./app:1\n  \
        regcli copy docker-archive:app.tar 127.0.0.1:5000/app:1"
)]
pub(crate) struct Copy {
    /// Only the image for this platform, os/arch[/variant]; may be given several times
    #[arg(long, value_name = "PLATFORM", value_parser = args::platform)]
    platform: Vec<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,

    /// The place to copy from
    #[arg(value_name = "SOURCE")]
    source: Place,

    /// The place to copy to
    #[arg(value_name = "DESTINATION")]
    destination: Place,
}

impl Copy {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let direction = match self.destination {
            Place::Registry(_) => Direction::Push,
            _ => Direction::Pull,
        };
        let options = CopyOptions {
            platforms: self.platform,
            transfer: context.transfer(),
            observer: context.ui.observer(direction, self.quiet.verbosity()),
        };
        let store = context.store()?;
        let ends = (&self.source, &self.destination);
        let copied = ops::copy(&context.remote, &store, ends, options).await?;
        context.ui.line(&format!("{}@{}", self.destination, copied.root.digest))
    }
}
