//! `regcli copy`

use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, CopyOptions, Place};
use regcli::transfer::Silent;

use super::run::Run;
use crate::cli::flags::{self, DryRunArgs, QuietArgs};
use crate::cli::usage::check_place;
use crate::context::Context;
use crate::ui::format::preview::{Route, Verb};
use crate::ui::progress::{Direction, Work};

/// Copy an image with all its platforms from place to place
#[derive(Args, Debug)]
#[command(
    visible_alias = "cp",
    after_help = "Places:\n  \
        NAME[:TAG|@DIGEST]  an image at a registry; docker://NAME means the same\n  \
        store:NAME[:TAG]    an image in the store\n  \
        oci:DIR[:TAG]       an image in an OCI layout\n  \
        oci-archive:FILE[:TAG]          an image in an OCI archive\n  \
        docker-archive:FILE[:NAME:TAG]  an image in an archive of docker save\n  \
        docker-daemon:NAME[:TAG]        an image in a running Docker Engine, at\n  \
        \x20                               $DOCKER_HOST or of $DOCKER_CONTEXT; it keeps\n  \
        \x20                               only the image for its platform\n\n\
        With several --platform, store: and oci: keep the index as it is; other places\n\
        receive a new index that lists only these platforms.\n\n\
        Examples:\n  \
        regcli copy ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n  \
        regcli copy 127.0.0.1:5000/app:1 oci:./app:1\n  \
        regcli copy docker-archive:app.tar 127.0.0.1:5000/app:1\n  \
        regcli copy docker-daemon:app:1 127.0.0.1:5000/app:1\n  \
        regcli copy --dry-run ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n\n\
        Fields for --format:\n  \
        .ID .Digest .Kind .MediaType .Size .Bytes .ToMove .Fate .Action"
)]
pub(crate) struct Copy {
    /// Copy only this platform, os/arch[/variant]; repeatable
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    #[command(flatten)]
    quiet: QuietArgs,

    #[command(flatten)]
    dry_run: DryRunArgs,

    /// The place to copy from
    #[arg(value_name = "SOURCE")]
    source: Place,

    /// The place to copy to
    #[arg(value_name = "DESTINATION")]
    destination: Place,
}

#[async_trait(?Send)]
impl Run for Copy {
    fn only_looks(&self) -> bool {
        self.dry_run.only_looks()
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let _quiet = self.quiet.is_quiet().then(|| context.ui.hold());
        check_place(&self.source)?;
        check_place(&self.destination)?;
        let previews = self.dry_run.previews(Verb::Copy, &self.quiet)?;
        let work = Work { image: self.destination.to_string(), direction: self.direction() };
        let registries: Vec<_> =
            [&self.source, &self.destination].into_iter().filter_map(Place::registry).collect();
        let (platforms, transfer) = (self.platform, context.transfer(&registries));
        let options = |observer| CopyOptions { platforms, transfer, observer };
        let store = context.known_store();
        let (access, from, to) = (context.access(store.as_ref()), &self.source, &self.destination);
        if let Some(mut previews) = previews {
            let options = options(Arc::new(Silent));
            let preview = ops::preview_copy(access, from, to, options).await?;
            let route = Route { source: self.source, destination: self.destination };
            return previews.show(&context.ui, &route, &preview);
        }
        let copy = async |observer| Ok(ops::copy(access, from, to, options(observer)).await?);
        let copied = context.ui.show(work, self.quiet.verbosity(), copy).await?;
        // A destination with a digest is printed with the digest once.
        let (to, digest) = (self.destination.to_string(), copied.root.digest.to_string());
        let to = to.strip_suffix(&digest).and_then(|to| to.strip_suffix('@')).unwrap_or(&to);
        context.ui.line(&format!("{to}@{digest}"))
    }
}

impl Copy {
    /// Returns the direction to show: a copy between two registries is a push.
    fn direction(&self) -> Direction {
        match (&self.source, &self.destination) {
            (_, Place::Registry(_)) => Direction::Push,
            // An archive is written as a whole, or not at all.
            (Place::Registry(_), Place::Store(_) | Place::Layout { .. }) => Direction::Pull,
            _ => Direction::Copy,
        }
    }
}
