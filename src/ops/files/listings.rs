//! The list of a layer's files: kept, from the layer's table of contents, or from all of the layer.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::filesystem::{self, Change, EntryPath, Listing, ListingBuilder, Table, Visitor, read_layer};
use crate::image::Descriptor;
use crate::ops::Error;
use crate::store::disk;
use crate::transfer::Event;

use super::capture::Capture;
use super::layer::Extent;
use super::{FilesError, ImageFiles, Tables};

/// How many layers are read concurrently. Each has a buffer of 8 MiB.
const CONCURRENT: usize = 3;

impl ImageFiles {
    /// Returns the lists of all layers, the lowest first.
    ///
    /// A list is taken from the cache, or read from the layer's table of contents if its annotations name one, or
    /// collected while the layer is streamed and verified.
    ///
    /// # Errors
    /// [`FilesError::Layer`] if a layer cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future stops all reads. Finished lists stay in the cache.
    pub async fn listings(&self) -> Result<Vec<Listing>, FilesError> {
        self.listings_of(self.layers()).await
    }

    /// Returns the lists of some of the layers, as [`listings`](Self::listings) does for all.
    pub(in crate::ops) async fn listings_of(
        &self,
        layers: &[Descriptor],
    ) -> Result<Vec<Listing>, FilesError> {
        let quick = self.quick_listings(layers).await;
        let missing = layers.iter().zip(&quick).filter(|(_, quick)| quick.is_none());
        let mut missing: Vec<&Descriptor> = missing.map(|(layer, _)| layer).collect();
        missing.sort_by(|one, other| one.digest.cmp(&other.digest));
        missing.dedup_by(|one, other| one.digest == other.digest);
        self.check_space(&missing)?;
        self.plan(&missing);
        let read = stream::iter(missing).map(async |layer| {
            let listing = self.stream_layer(layer, None).await?;
            Ok::<_, FilesError>((layer.digest.clone(), listing))
        });
        let read: HashMap<_, _> = read.buffer_unordered(CONCURRENT).try_collect().await?;
        let all = layers.iter().zip(quick);
        Ok(all.filter_map(|(layer, quick)| quick.or_else(|| read.get(&layer.digest).cloned())).collect())
    }

    /// Returns the lists of these layers, as far as they can be had without reading whole layers.
    pub(in crate::ops) async fn quick_listings(&self, layers: &[Descriptor]) -> Vec<Option<Listing>> {
        let quick = stream::iter(layers).map(|layer| self.quick_listing(layer));
        quick.buffered(CONCURRENT).collect().await
    }

    /// Checks that the layers to keep fit on the disk.
    fn check_space(&self, layers: &[&Descriptor]) -> Result<(), FilesError> {
        let needed = layers.iter().fold(0, |sum: u64, layer| sum.saturating_add(layer.size));
        let free = self.spool.as_ref().and_then(|_| disk::free_space(&self.scratch));
        match free.filter(|free| *free < needed) {
            Some(free) => Err(Error::NoSpace { path: self.scratch.clone(), needed: needed - free }.into()),
            None => Ok(()),
        }
    }

    /// Reports to the observer which layers are going to be read.
    pub(super) fn plan(&self, layers: &[&Descriptor]) {
        if !layers.is_empty() {
            self.options.observer.event(Event::Planned {
                blobs: layers.iter().map(|layer| (*layer).clone()).collect(),
                platforms: HashMap::new(),
                bytes: layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size)),
            });
        }
    }

    /// Returns the list of a layer if it can be had without reading the whole layer.
    pub(super) async fn quick_listing(&self, layer: &Descriptor) -> Option<Listing> {
        let whole = name_of_whole(layer);
        if let Some(listing) = self.kept_listing(&whole) {
            return Some(listing);
        }
        let table = Table::of(layer).filter(|_| self.options.tables == Tables::Believed)?;
        let name = name_of_table(layer, &table);
        if let Some(listing) = self.kept_listing(&name) {
            return Some(listing);
        }
        let source = self.source_of(layer).await;
        match table.read(source, layer, &self.scratch).await {
            Ok(listing) => {
                self.keep(&name, &listing);
                Some(listing)
            }
            Err(error) => {
                tracing::debug!("the table of contents of layer {} is not used: {error}", layer.digest);
                None
            }
        }
    }

    /// Reads all of a layer, and verifies it. The file that `capture` is for is kept there.
    pub(super) async fn stream_layer(
        &self,
        layer: &Descriptor,
        capture: Option<Arc<Mutex<Capture>>>,
    ) -> Result<Listing, FilesError> {
        let collect = || {
            let (builder, capture) = (ListingBuilder::new(&self.scratch), capture.clone());
            move |bytes| {
                let mut collector = Collector { builder, capture };
                read_layer(bytes, &mut collector)?;
                collector.builder.finish()
            }
        };
        let listing = self.read_through(layer, Extent::Whole, collect).await;
        let listing = listing.map_err(FilesError::of_layer(&layer.digest))?;
        self.keep(&name_of_whole(layer), &listing);
        Ok(listing)
    }

    fn kept_listing(&self, name: &str) -> Option<Listing> {
        let file = self.kept.read(name)?;
        Listing::open(file).inspect_err(|error| tracing::debug!("the list {name} is not used: {error}")).ok()
    }

    /// Keeps a list. A failure costs only time, later.
    fn keep(&self, name: &str, listing: &Listing) {
        if listing.size() > super::image::KEPT_MAX / 2 {
            return;
        }
        let kept = self.kept.write(name).and_then(|mut file| {
            listing.copy_to(&mut file)?;
            file.keep()
        });
        if let Err(error) = kept {
            tracing::debug!("the list {name} is not kept: {error}");
        }
    }
}

/// Returns the name of the list of a layer that was read as a whole.
fn name_of_whole(layer: &Descriptor) -> String {
    format!("{}-{}", layer.digest.algorithm(), layer.digest.hex())
}

/// Returns the name of a list from a table. The table is part of it, because annotations are only as trustworthy as
/// the manifest: another image with the same layer must not get the table.
fn name_of_table(layer: &Descriptor, table: &Table) -> String {
    let digest = crate::digest::Digest::sha256(format!("{} {table:?}", layer.digest).as_bytes());
    format!("table-{}", digest.hex())
}

/// Collects the list of a layer.
struct Collector {
    builder: ListingBuilder,
    capture: Option<Arc<Mutex<Capture>>>,
}

impl Collector {
    fn with_capture(
        &self,
        work: impl FnOnce(&mut Capture) -> Result<(), filesystem::Error>,
    ) -> Result<(), filesystem::Error> {
        match &self.capture {
            Some(capture) => work(&mut capture.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Ok(()),
        }
    }
}

impl Visitor for Collector {
    fn change(&mut self, change: &Change) -> Result<ControlFlow<()>, filesystem::Error> {
        self.builder.add(change).map(ControlFlow::Continue)
    }

    fn hostile(&mut self) {
        self.builder.leave_out();
    }

    fn begin(&mut self, path: &EntryPath) -> Result<(), filesystem::Error> {
        self.with_capture(|capture| capture.begin(path))
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), filesystem::Error> {
        self.with_capture(|capture| capture.write(bytes))
    }
}
