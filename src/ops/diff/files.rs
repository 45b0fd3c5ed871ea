//! The files of the layers that differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::filter::PathFilter;
use super::led::{Chosen, Led};
use super::pair::Pair;
use super::{DiffError, Strictness};
use crate::filesystem::{self, Aspect, Comparison, Entry, EntryPath, Listing, PathPair, Presence};
use crate::image::Descriptor;
use crate::ops::Place;
use crate::ops::files::{FilesError, FilesOptions, ImageFiles};
use crate::store::disk;
use crate::transfer::{Event, Observer};

/// Options of comparing files.
#[derive(Clone)]
pub struct DiffFilesOptions {
    /// How layers are read.
    pub files: FilesOptions,
    /// Whether the layers that both images begin with are read.
    pub shared: SharedLayers,
    /// What counts as a difference.
    pub strictness: Strictness,
    /// The paths that are compared.
    pub filter: PathFilter,
}

/// Whether the layers that both images begin with are read, if the files of the other layers need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedLayers {
    /// They are read.
    Read,
    /// They are not read, unless their lists are kept or they have tables of contents.
    Skip,
}

/// The files that differ between two images.
pub struct FilesDiff {
    upper: [Vec<Listing>; 2],
    /// The lists of the layers that both begin with, if they are needed and were read.
    shared: Option<Vec<Listing>>,
    /// The old image and the new one.
    pub(super) images: [ImageFiles; 2],
    /// Which of them is read with less transfer.
    nearer: usize,
    strictness: Strictness,
    filter: PathFilter,
    /// The chosen paths, if links in them were followed.
    chosen: Vec<Chosen>,
    counter: Arc<Counter>,
    /// The bytes of layers that were streamed. Ranges with tables of contents are not counted.
    pub streamed: u64,
    /// The bytes of the shared layers that were not read, although they decide about some paths.
    pub skipped: u64,
}

/// A path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// Only the new image has it.
    Added(Entry),
    /// Only the old image has it.
    Removed(Entry),
    /// Both have it.
    Changed {
        /// What the old image has.
        old: Box<Entry>,
        /// What the new image has.
        new: Box<Entry>,
        /// What differs.
        aspects: Vec<Aspect>,
    },
    /// A layer of one image touches it. The shared layers, which were not read, decide whether it differs.
    Undecided(EntryPath),
}

impl FileChange {
    /// Returns the path.
    pub fn path(&self) -> &EntryPath {
        match self {
            Self::Added(entry) | Self::Removed(entry) => &entry.path,
            Self::Changed { new, .. } => &new.path,
            Self::Undecided(path) => path,
        }
    }
}

/// Chosen paths that no layer has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The paths and patterns as they were chosen.
    pub paths: Vec<String>,
    /// Whether the files of all layers are known, so that neither image has them.
    pub are_all_known: bool,
}

/// How many paths differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesSummary {
    /// Paths that only the new image has.
    pub added: u64,
    /// The bytes of their files, unpacked.
    pub added_bytes: u64,
    /// Paths that only the old image has.
    pub removed: u64,
    /// The bytes of their files, unpacked.
    pub removed_bytes: u64,
    /// Paths that both have.
    pub changed: u64,
    /// Paths that the shared layers, which were not read, decide about.
    pub undecided: u64,
}

impl FilesSummary {
    /// Reports whether nothing differs for certain.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts a path.
    pub fn add(&mut self, change: &FileChange) {
        match change {
            FileChange::Added(entry) => {
                self.added += 1;
                self.added_bytes = self.added_bytes.saturating_add(entry.size());
            }
            FileChange::Removed(entry) => {
                self.removed += 1;
                self.removed_bytes = self.removed_bytes.saturating_add(entry.size());
            }
            FileChange::Changed { .. } => self.changed += 1,
            FileChange::Undecided(_) => self.undecided += 1,
        }
    }
}

impl Pair<'_> {
    /// Compares the files. The layers that both images begin with are read only if one image touches a path that the
    /// other does not, because what it has there is then in these layers, or if they may have links in chosen paths.
    ///
    /// # Errors
    /// [`DiffError::Files`] if a layer cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future stops all reads. Finished lists stay in the cache.
    pub async fn files(&self, options: &DiffFilesOptions) -> Result<FilesDiff, DiffError> {
        let mut diff = self.upper_files(options, |image| image).await?;
        diff.follow_links(options.shared).await?;
        Ok(diff.decided(options.shared).await?)
    }

    /// Compares the files of the images that `prepare` returns. Links in the chosen paths are not followed.
    pub(super) async fn compare_files(
        &self,
        options: &DiffFilesOptions,
        prepare: fn(ImageFiles) -> ImageFiles,
    ) -> Result<FilesDiff, DiffError> {
        Ok(self.upper_files(options, prepare).await?.decided(options.shared).await?)
    }

    /// Reads the layers that only one image has.
    async fn upper_files(
        &self,
        options: &DiffFilesOptions,
        prepare: fn(ImageFiles) -> ImageFiles,
    ) -> Result<FilesDiff, DiffError> {
        let counter =
            Arc::new(Counter { inner: Arc::clone(&options.files.observer), bytes: AtomicU64::new(0) });
        let files =
            FilesOptions { observer: Arc::clone(&counter) as Arc<dyn Observer>, ..options.files.clone() };
        let old = prepare(self.old.files(self.access, &files)?);
        let new = prepare(self.new.files(self.access, &files)?);
        let both = old.layers().iter().zip(new.layers());
        let common = both.take_while(|(old, new)| old.digest == new.digest).count();
        let upper = [
            old.listings_of(&old.layers()[common..]).await?,
            new.listings_of(&new.layers()[common..]).await?,
        ];
        // Reading from a disk costs no transfer.
        let is_remote = |place: &Place| place.registry().is_some();
        let is_new_nearer = is_remote(&self.old.place) && !is_remote(&self.new.place);
        Ok(FilesDiff {
            upper,
            shared: (common == 0).then(Vec::new),
            images: [old, new],
            nearer: usize::from(is_new_nearer),
            strictness: options.strictness,
            filter: options.filter.clone(),
            chosen: Vec::new(),
            counter,
            streamed: 0,
            skipped: 0,
        })
    }
}

impl FilesDiff {
    /// Leads the chosen paths through the links of both images.
    async fn follow_links(&mut self, shared: SharedLayers) -> Result<(), FilesError> {
        if self.shared.is_none() && !self.is_way_known()? {
            self.read_shared(shared).await?;
        }
        let lowest = self.shared.clone().unwrap_or_default();
        let listings = self.upper.each_ref().map(|upper| [&lowest[..], upper].concat());
        let Led { chosen, filter } = Led::of(&self.images, &listings, &self.filter)?;
        (self.chosen, self.filter) = (chosen, filter);
        Ok(())
    }

    /// Reports whether the layers that only one image has decide where all chosen paths lead.
    fn is_way_known(&self) -> Result<bool, FilesError> {
        for selection in self.filter.only.iter().chain(&self.filter.ignore) {
            for upper in &self.upper {
                if !selection.is_settled(upper)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Reads the shared layers if they decide about any path.
    async fn decided(mut self, shared: SharedLayers) -> Result<Self, FilesError> {
        if self.shared.is_none() && self.is_any_undecided()? {
            self.read_shared(shared).await?;
        }
        self.streamed = self.counter.bytes.load(Ordering::Relaxed);
        Ok(self)
    }

    /// Returns the layers that both images begin with.
    fn common(&self) -> &[Descriptor] {
        let layers = self.images[self.nearer].layers();
        &layers[..layers.len() - self.upper[self.nearer].len()]
    }

    async fn read_shared(&mut self, shared: SharedLayers) -> Result<(), FilesError> {
        let (image, layers) = (&self.images[self.nearer], self.common());
        if shared == SharedLayers::Read {
            self.shared = Some(image.listings_of(layers).await?);
            return Ok(());
        }
        let quick = image.quick_listings(layers).await;
        let missing = layers.iter().zip(&quick).filter(|(_, listing)| listing.is_none());
        self.skipped = missing.fold(0, |sum, (layer, _): (&Descriptor, _)| sum.saturating_add(layer.size));
        self.shared = quick.into_iter().collect();
        Ok(())
    }

    /// Reports whether the shared layers decide about any of the compared paths.
    fn is_any_undecided(&self) -> Result<bool, FilesError> {
        disk::in_place(|| {
            for pair in self.pairs()? {
                let pair = pair.map_err(invalid)?;
                if self.is_undecided(&pair) || (pair.differs_below && self.filter.reaches_below(&pair.path)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn is_undecided(&self, pair: &PathPair) -> bool {
        let is_shared = |presence: &Presence| *presence == Presence::Shared;
        self.filter.contains(&pair.path) && (is_shared(&pair.old) || is_shared(&pair.new))
    }

    fn pairs(&self) -> Result<Comparison, FilesError> {
        let [old, new] = &self.upper;
        let comparison = match &self.shared {
            Some(shared) => Comparison::new(shared, old, new),
            None => Comparison::of_upper(old, new, self.images[self.nearer].scratch()),
        };
        comparison.map_err(FilesError::of_merge)
    }

    /// Returns the paths that differ, in their order. They are read from files while they are used.
    ///
    /// # Errors
    /// [`DiffError::Files`] if the lists cannot be read.
    pub fn changes(&self) -> Result<impl Iterator<Item = Result<FileChange, DiffError>>, DiffError> {
        let pairs = self.pairs()?;
        Ok(pairs.filter_map(|pair| match pair {
            Ok(pair) => self.change(pair).map(Ok),
            Err(error) => Some(Err(invalid(error).into())),
        }))
    }

    /// Returns the chosen paths and patterns that neither image has, as far as the layers are known: those that differ
    /// always are. Nothing is read.
    ///
    /// # Errors
    /// [`FilesError`] if the lists cannot be read.
    pub async fn missing(&self) -> Result<Missing, FilesError> {
        let mut missing: Vec<&Chosen> = self.chosen.iter().collect();
        if missing.is_empty() {
            return Ok(Missing::default());
        }
        let quick = match &self.shared {
            Some(shared) => shared.iter().cloned().map(Some).collect(),
            None => self.images[self.nearer].quick_listings(self.common()).await,
        };
        let are_all_known = quick.iter().all(Option::is_some);
        let known: Vec<_> = quick.into_iter().flatten().collect();
        disk::in_place(|| {
            let listings = self.upper.iter().flatten().chain(&known);
            listings.flat_map(Listing::changes).try_for_each(|change| {
                let change = change.map_err(invalid)?;
                missing.retain(|chosen| !chosen.led.iter().any(|selection| selection.covers(change.path())));
                Ok::<_, FilesError>(())
            })
        })?;
        let paths = missing.into_iter().map(|chosen| chosen.typed.to_string()).collect();
        Ok(Missing { paths, are_all_known })
    }

    /// Returns how many entries of layers are left out because their paths lead out of the image.
    pub fn hostile(&self) -> u64 {
        self.upper.iter().flatten().chain(self.shared.iter().flatten()).map(Listing::hostile).sum()
    }

    fn change(&self, pair: PathPair) -> Option<FileChange> {
        if !self.filter.contains(&pair.path) {
            return None;
        }
        match (pair.old, pair.new) {
            (Presence::Shared, _) | (_, Presence::Shared) => Some(FileChange::Undecided(pair.path)),
            (Presence::Absent, Presence::Absent) => None,
            (Presence::Absent, Presence::Entry(new)) => Some(FileChange::Added(new)),
            (Presence::Entry(old), Presence::Absent) => Some(FileChange::Removed(old)),
            (Presence::Entry(old), Presence::Entry(new)) => {
                let mut aspects = old.aspects(&new);
                if self.strictness == Strictness::Semantic {
                    aspects.retain(|aspect| *aspect != Aspect::Time);
                }
                match aspects.is_empty() {
                    true if pair.differs_below => Some(FileChange::Undecided(pair.path)),
                    true => None,
                    false => Some(FileChange::Changed { old: Box::new(old), new: Box::new(new), aspects }),
                }
            }
        }
    }
}

fn invalid(error: std::io::Error) -> FilesError {
    FilesError::of_merge(filesystem::Error::Invalid(error))
}

/// Counts the bytes of layers that are read.
struct Counter {
    inner: Arc<dyn Observer>,
    bytes: AtomicU64,
}

impl Observer for Counter {
    fn event(&self, event: Event) {
        if let Event::Advanced { bytes, .. } = &event {
            self.bytes.fetch_add(*bytes, Ordering::Relaxed);
        }
        self.inner.event(event);
    }
}
