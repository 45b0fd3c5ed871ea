//! `regcli copy`

use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::image::Platform;
use regcli::ops::{self, CopiedImage, CopiedReferrers, CopyOptions, CopyReferrersOptions, Place};
use regcli::ops::{ReferrersPreview, RelatedTags, Route, Tags};
use regcli::reference::{Reference, Registry, Tag};
use regcli::store::Store;
use regcli::transfer::{Observer, Silent};

use super::batch::{Mover, move_each};
use super::run::Run;
use crate::cli::flags::{self, DryRunArgs, QuietArgs};
use crate::cli::usage::{Usage, check_place};
use crate::context::Context;
use crate::ui::Ui;
use crate::ui::format::docker_words;
use crate::ui::format::preview::{Planned, Verb};
use crate::ui::progress::{Direction, Work};

/// Copy an image with all its platforms from place to place, or all tags of a repository
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
        regcli copy -a 127.0.0.1:5000/app registry.example.com/team/app\n  \
        regcli copy 127.0.0.1:5000/app:1 oci:./app:1\n  \
        regcli copy docker-archive:app.tar 127.0.0.1:5000/app:1\n  \
        regcli copy docker-daemon:app:1 127.0.0.1:5000/app:1\n  \
        regcli copy --referrers 127.0.0.1:5000/app:1 registry.example.com/app:1\n  \
        regcli copy --dry-run ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n\n\
        Fields for --format:\n  \
        .ID .Digest .Kind .MediaType .Size .Bytes .ToMove .Fate .Action"
)]
pub(crate) struct Copy {
    /// Copy all tags of a repository; both places are a NAME, store:NAME or oci:DIR
    #[arg(short, long)]
    all_tags: bool,

    /// Copy only this platform, os/arch[/variant]; repeatable
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    /// Copy signatures, attestations and SBOMs too, between registries
    #[arg(long)]
    referrers: bool,

    #[command(flatten)]
    quiet: QuietArgs,

    #[command(flatten)]
    dry_run: DryRunArgs,

    /// The place to copy from
    #[arg(value_name = "SOURCE", value_parser = Place::as_typed)]
    source: Place,

    /// The place to copy to
    #[arg(value_name = "DESTINATION", value_parser = Place::as_typed)]
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
        if self.referrers && [&self.source, &self.destination].iter().any(|place| place.registry().is_none())
        {
            return Err(Usage::failure("--referrers copies between registries"));
        }
        let previews = self.dry_run.previews(Verb::Copy, &self.quiet)?;
        let (source, destination) = (self.source.clone(), self.destination.clone());
        let route = match self.all_tags {
            true => Route { source: untagged(source)?, destination: untagged(destination)? },
            false => Route { source: source.or_latest(), destination: destination.or_latest() },
        };
        let copier =
            Copier { flags: &self, context, store: context.known_store(), tags: RelatedTags::default() };
        move_each(context, &copier, &[route], previews).await
    }
}

/// Checks that a location names a repository or an OCI layout, and not one image.
fn untagged(place: Place) -> Result<Place, Failure> {
    match &place {
        place if place.tagged(&Tag::latest()).is_some() => {}
        Place::Registry(_) | Place::Store(_) | Place::Layout { .. } => {
            return Err(Usage::failure(docker_words::TAG_WITH_ALL_TAGS));
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } | Place::DockerDaemon(_) => {
            return Err(Usage::failure("--all-tags copies between registries, store:NAME and oci:DIR"));
        }
    }
    Ok(place)
}

/// The copies of one command.
struct Copier<'a> {
    flags: &'a Copy,
    context: &'a Context,
    store: Option<Store>,
    /// The tags of the registries, for `--referrers`.
    tags: RelatedTags,
}

#[async_trait(?Send)]
impl Mover for Copier<'_> {
    type Image = Route;
    type Moved = ();

    fn concurrent(&self) -> usize {
        let ends = [&self.flags.source, &self.flags.destination];
        self.context.concurrent_images(&registries(ends))
    }

    async fn images(&self, named: &Route) -> Result<Vec<Route>, Failure> {
        match self.flags.all_tags {
            true => Ok(ops::routes_of_all_tags(self.context.access(self.store.as_ref()), named).await?),
            false => Ok(vec![named.clone()]),
        }
    }

    fn name(&self, image: &Route) -> String {
        image.source.to_string()
    }

    fn route(&self, image: &Route) -> Route {
        image.clone()
    }

    async fn transfer(&self, ui: &Ui, route: Route) -> Result<(), Failure> {
        let Route { source, destination } = &route;
        let work = Work { image: destination.to_string(), direction: direction(&route) };
        let copy = async |observer| {
            let access = self.context.access(self.store.as_ref());
            let copied = ops::copy(access, source, destination, self.options(&route, observer)).await?;
            let referrers = self.copy_referrers(&route, &copied.root.digest).await?;
            Ok((copied, referrers))
        };
        let (copied, referrers) = ui.show(work, self.flags.quiet.verbosity(), copy).await?;
        if let Some(referrers) = referrers.filter(|_| !self.flags.quiet.is_quiet()) {
            ui.note(&copied_words(&referrers));
        }
        // A destination with a digest is printed with the digest once.
        let (to, digest) = (destination.to_string(), copied.root.digest.to_string());
        let to = to.strip_suffix(&digest).and_then(|to| to.strip_suffix('@')).unwrap_or(&to);
        ui.line(&format!("{to}@{digest}"))
    }

    async fn preview(&self, route: Route) -> Result<Planned, Failure> {
        let (access, options) =
            (self.context.access(self.store.as_ref()), self.options(&route, Arc::new(Silent)));
        let preview = ops::preview_copy(access, &route.source, &route.destination, options).await?;
        if let (true, Some((from, to))) = (self.flags.referrers, at_registries(&route)) {
            let options = self.referrers_options(&route);
            let image = CopiedImage { digest: &preview.root.digest, options: &options };
            let found = ops::preview_referrers(access, from, &to.name, image).await?;
            let ReferrersPreview { missing, present } = found;
            self.context.ui.note(&format!("Referrers: {missing} to copy, {present} already there"));
        }
        Ok(Planned { route, preview })
    }
}

impl Copier<'_> {
    /// Copies what belongs to an image after the image, if that was requested.
    async fn copy_referrers(
        &self,
        route: &Route,
        digest: &Digest,
    ) -> Result<Option<CopiedReferrers>, Failure> {
        let Some((from, to)) = at_registries(route).filter(|_| self.flags.referrers) else { return Ok(None) };
        let (access, options) = (self.context.access(self.store.as_ref()), self.referrers_options(route));
        let image = CopiedImage { digest, options: &options };
        Ok(Some(ops::copy_referrers(access, from, &to.name, image).await?))
    }

    fn referrers_options(&self, route: &Route) -> CopyReferrersOptions {
        let registries = registries([&route.source, &route.destination]);
        CopyReferrersOptions {
            transfer: self.context.transfer(&registries),
            sharing: self.context.sharing(&registries),
            tags: self.tags.clone(),
            observer: Arc::new(Silent),
        }
    }

    fn options(&self, route: &Route, observer: Arc<dyn Observer>) -> CopyOptions {
        let registries = registries([&route.source, &route.destination]);
        let (transfer, sharing) = (self.context.transfer(&registries), self.context.sharing(&registries));
        let (platforms, budget) = (self.flags.platform.clone(), self.context.budget.clone());
        let tags = if self.flags.all_tags { Tags::All } else { Tags::One };
        CopyOptions { platforms, tags, transfer, sharing, budget, observer }
    }
}

fn copied_words(copied: &CopiedReferrers) -> String {
    let CopiedReferrers { count, present, skipped, .. } = copied;
    let skipped = match skipped {
        0 => String::new(),
        skipped => format!(", {skipped} missing or unsupported"),
    };
    format!("Referrers: {count} copied, {present} already there{skipped}")
}

fn at_registries(route: &Route) -> Option<(&Reference, &Reference)> {
    match (&route.source, &route.destination) {
        (Place::Registry(from), Place::Registry(to)) => Some((from, to)),
        _ => None,
    }
}

fn registries(ends: [&Place; 2]) -> Vec<&Registry> {
    ends.into_iter().filter_map(Place::registry).collect()
}

/// Returns the direction to show: a copy between two registries is a push.
fn direction(route: &Route) -> Direction {
    match (&route.source, &route.destination) {
        (_, Place::Registry(_)) => Direction::Push,
        // An archive is written as a whole, or not at all.
        (Place::Registry(_), Place::Store(_) | Place::Layout { .. }) => Direction::Pull,
        _ => Direction::Copy,
    }
}
