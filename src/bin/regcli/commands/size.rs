//! `regcli size`

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use clap::Args;
use futures_util::{StreamExt as _, stream};
use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::image::Platform;
use regcli::ops::{self, ImageSize, Place, PullPlatforms};

use super::batch::Batch;
use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::check_place;
use crate::context::Context;
use crate::ui::format::bar::bar;
use crate::ui::format::charset::Charset;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::units;

/// How many images are looked up concurrently.
const CONCURRENT: usize = 8;

/// The width of the longest bar.
const BAR: u32 = 10;

/// Show how large images are, and what a pull of them would download
#[derive(Args, Debug)]
#[command(after_help = "Only manifests are read. Sizes are those of compressed layers and configs, as at\n\
    registries and in the store. SHARED is the part that other images of the same\n\
    command have as well; the last line counts it once. TO PULL is the part that the\n\
    store does not have.\n\n\
    Examples:\n  \
    regcli size ubuntu:22.04\n  \
    regcli size --platform linux/arm64 nginx:1.27 nginx:1.27-alpine\n  \
    regcli size --all-platforms oci:DIR store:ubuntu\n\n\
    Fields for --format:\n  \
    .Image .Digest .Images .Layers .Size .Bytes .Shared .SharedBytes .ToPull\n  \
    .ToPullBytes")]
pub(crate) struct Size {
    /// Count all platforms of an image
    #[arg(long, conflicts_with = "platform")]
    all_platforms: bool,

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Count this platform of an image; repeatable [default:
    /// $DOCKER_DEFAULT_PLATFORM, else this machine's]
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Vec<Platform>,

    /// Images at registries, store:REF, oci:DIR[:TAG], or archives
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<Place>,
}

#[async_trait(?Send)]
impl Run for Size {
    async fn run(mut self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if self.platform.is_empty() && !self.all_platforms {
            self.platform.extend(context.default_platform()?);
        }
        self.images.iter().try_for_each(check_place)?;
        let table = "{{.Image}}\t{{.Size}}\t{{.Shared}}\t{{.ToPull}}";
        let printer = self.format.compile::<SizeRow>(table)?;
        let store = context.known_store();
        let (access, platforms) = (context.access(store.as_ref()), self.platforms());
        let sizes = self.images.iter().map(|place| ops::image_size(access, place, &platforms));
        let sizes: Vec<_> = stream::iter(sizes).buffered(CONCURRENT).collect().await;
        let mut batch = Batch::of(self.images.len());
        let mut known = Vec::new();
        for (place, size) in self.images.iter().zip(sizes) {
            match size {
                Ok(size) => {
                    known.push((place, size));
                    batch.take(Ok(()))?;
                }
                Err(error) => batch.take_of(Some(&place.to_string()), Err(error.into()))?,
            }
        }
        let is_table = matches!(self.format, Format::Table);
        let largest = known.iter().map(|(_, size)| size.bytes()).max().unwrap_or(0);
        let has_bars = is_table && known.len() > 1 && context.ui.columns().is_some();
        let bars = has_bars.then(|| Bars { charset: Charset::of_locale(), largest });
        let counts = counts(&known);
        let row = |(place, size)| SizeRow { place, size, counts: &counts, bars };
        let rows: Vec<_> = known.iter().map(|(place, size)| row((*place, size))).collect();
        if !rows.is_empty() {
            context.ui.write(printer.fitted(&rows, context.ui.columns())?.as_bytes())?;
        }
        if is_table && known.len() > 1 {
            context.ui.line(&total(&known))?;
        }
        batch.end()
    }
}

impl Size {
    fn platforms(&self) -> PullPlatforms {
        match &self.platform[..] {
            _ if self.all_platforms => PullPlatforms::All,
            [] => PullPlatforms::Host,
            given => PullPlatforms::Given(given.to_vec()),
        }
    }
}

/// Returns in how many of the images each blob is.
fn counts(known: &[(&Place, ImageSize)]) -> HashMap<Digest, usize> {
    let mut counts = HashMap::new();
    for (blob, _) in known.iter().flat_map(|(_, size)| &size.blobs) {
        *counts.entry(blob.digest.clone()).or_default() += 1;
    }
    counts
}

/// Sums up several images, with each blob once.
fn total(known: &[(&Place, ImageSize)]) -> String {
    let sum = |is_wanted: &dyn Fn(bool) -> bool| {
        let mut seen = HashSet::new();
        let sums = known.iter().map(|(_, size)| {
            size.sum(|blob, is_here| is_wanted(is_here) && seen.insert(blob.digest.clone()))
        });
        sums.fold(0u64, u64::saturating_add)
    };
    let (all, missing) = (sum(&|_| true), sum(&|is_here| !is_here));
    format!(
        "{}: {} with shared layers counted once, {} to pull",
        units::count(known.len(), "image"),
        units::size(all),
        units::size(missing)
    )
}

#[derive(Clone, Copy)]
struct Bars {
    charset: Charset,
    /// The size of the largest image, which has the longest bar.
    largest: u64,
}

/// An image as a row, with its fields for templates.
struct SizeRow<'a> {
    place: &'a Place,
    size: &'a ImageSize,
    counts: &'a HashMap<Digest, usize>,
    bars: Option<Bars>,
}

impl Row for SizeRow<'_> {
    const TYPE: &'static str = "*registry.sizeContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Image", "IMAGE"),
        ("Digest", "DIGEST"),
        ("Images", "IMAGES"),
        ("Layers", "LAYERS"),
        ("Size", "SIZE"),
        ("Bytes", "BYTES"),
        ("Shared", "SHARED"),
        ("SharedBytes", "SHARED BYTES"),
        ("ToPull", "TO PULL"),
        ("ToPullBytes", "TO PULL BYTES"),
    ];

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[("Image", Flexible::middle(12))];

    fn cells(&self) -> Vec<Cell> {
        let size = self.size;
        let bytes = size.bytes();
        let shared = size.sum(|blob, _| self.counts.get(&blob.digest).is_some_and(|count| *count > 1));
        let missing = size.sum(|_, is_here| !is_here);
        let name = match self.place {
            Place::Registry(reference) => reference.familiar(),
            other => other.to_string(),
        };
        let shown = match self.bars {
            Some(Bars { charset, largest }) => {
                let drawn = bar(bytes, largest, BAR, charset);
                format!("{:<9}{drawn}", units::size(bytes)).trim_end().to_owned()
            }
            None => units::size(bytes),
        };
        vec![
            name.into(),
            size.root.digest.to_string().into(),
            size.images.to_string().into(),
            size.blobs.len().saturating_sub(size.images).to_string().into(),
            Cell::with_json(shown, units::size(bytes)),
            bytes.to_string().into(),
            units::size(shared).into(),
            shared.to_string().into(),
            units::size(missing).into(),
            missing.to_string().into(),
        ]
    }
}
