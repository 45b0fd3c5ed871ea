//! The engine: copies an image from any [`Source`] to any [`Target`].
//!
//! Pull, push, copy, save and load are this one function; they differ in the two ends and in the words that
//! the program finds for the [`Event`]s. First the [`Plan`]: manifests, which are small, and from them the
//! blobs. Then the blobs, several at once, each skipped, mounted or written. Last the manifests, children
//! before parents, and the tag: whoever finds the tag finds everything.

mod blob;
mod blocks;
mod choice;
mod config;
mod error;
mod event;
mod experience;
mod gauge;
mod given_up;
mod line;
mod open_files;
mod pace;
mod plan;
mod preview;
mod processor;
mod segment;
mod segments;
mod tally;
mod tries;
mod verified;
mod width;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::task::JoinSet;

pub use choice::choose;
pub use config::Layers;
pub use error::Error;
pub use event::{Event, Observer, Recorder, Silent, Skip};
pub use experience::Experience;
pub use plan::{Plan, Platforms};
pub use preview::{BlobKind, BlobPreview, Fate, Preview, Sums};
pub use segments::Splitting;
pub use tally::{Headway, Tally, Totals};

use blob::Transfer;
use config::Config;
use line::Line;
use width::{For, Slot};

use crate::content::{Source, Target};
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;
use crate::retry::Policy;

/// How many connections a copy uses at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// From 4 to 32, as many as bring more bytes than fewer do.
    Adaptive,
    /// That many, or as many as the process may open files for.
    Fixed(NonZeroUsize),
}

impl Jobs {
    /// How many blobs may be asked about at once, or manifests sent. Questions are small, and their answers far.
    fn questions(self) -> usize {
        let wanted = match self {
            Self::Adaptive => 16,
            Self::Fixed(jobs) => jobs.get(),
        };
        wanted.min(open_files::connections())
    }
}

/// How to copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which of an index's images.
    pub platforms: Platforms,
    /// Whether images are held against their configs.
    pub layers: Layers,
    /// How many connections at once.
    pub jobs: Jobs,
    /// What copies before this one have found out about that.
    pub experience: Experience,
    /// When to give up on a blob.
    pub retry: Policy,
    /// When a blob comes by several connections.
    pub splitting: Splitting,
    /// How many bytes a second may be moved, by all connections together.
    pub rate: Option<NonZeroU64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            platforms: Platforms::All,
            layers: Layers::default(),
            jobs: Jobs::Adaptive,
            experience: Experience::default(),
            retry: Policy::default(),
            splitting: Splitting::default(),
            rate: None,
        }
    }
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the tag points to now.
    pub root: Descriptor,
    /// The images that were chosen, one a platform; the root itself if it is one image.
    pub images: Vec<Descriptor>,
    /// Bytes of blobs that were written; what was skipped or mounted is not among them.
    pub moved: u64,
}

/// Copies `plan` and makes `selector` mean its root at the target.
///
/// # Errors
/// The first one of any blob or manifest that is final. The target keeps all that was completed, and what it
/// can go on with; the tag is as before.
///
/// # Cancel safety
/// Dropping the future stops all work and leaves the target as after an error.
pub async fn copy(ends: Ends, plan: Plan, selector: &Selector, options: &Options) -> Result<Outcome, Error> {
    let mut moved = copy_blobs(&ends, &plan, options).await?;
    let mut written = HashSet::new();
    while let Err(error) = publish(&ends, &plan, (selector, options.jobs)).await {
        // Caches of registries say that contents are there which are not. Each is written once for that.
        let lacking = error.failure().map(|failure| ends.target.lacking(&plan.contents(), failure));
        let mut lacking = in_order(&lacking.unwrap_or_default());
        lacking.retain(|blob| written.insert(blob.digest.clone()));
        if lacking.is_empty() {
            return Err(error);
        }
        // Manifests are put again as it is.
        lacking.retain(|content| !content.media_type.is_manifest());
        moved += write_blobs(&ends, lacking, options).await?;
    }
    let root = plan.root().descriptor().clone();
    Ok(Outcome { root, images: plan.images, moved })
}

/// Stores the manifests, children before parents, and the tag at last.
async fn publish(ends: &Ends, plan: &Plan, (selector, jobs): (&Selector, Jobs)) -> Result<(), Error> {
    let (root, children) = plan.manifests.split_last().expect("a plan has its root");
    put_manifests(&*ends.target, children, jobs).await?;
    ends.target.tag(root, selector).await.map_err(Error::of(root.descriptor()))
}

/// Copies `plan` and names nothing: for a target that has the name already, and lost some of what it means.
/// Answers how many bytes of blobs were written.
///
/// # Errors
/// As [`copy`].
///
/// # Cancel safety
/// As [`copy`].
pub async fn fill(ends: Ends, plan: Plan, options: &Options) -> Result<u64, Error> {
    let moved = copy_blobs(&ends, &plan, options).await?;
    put_manifests(&*ends.target, &plan.manifests, options.jobs).await?;
    Ok(moved)
}

/// Stores manifests in the order of a [`Plan`]: images several at once, then indexes, which may hold each other.
async fn put_manifests(target: &dyn Target, manifests: &[RawManifest], jobs: Jobs) -> Result<(), Error> {
    let put = async |manifest: &RawManifest| {
        target.put_manifest(manifest).await.map_err(Error::of(manifest.descriptor()))
    };
    let images = manifests.partition_point(|raw| !raw.descriptor().media_type.is_index());
    let (images, indexes) = manifests.split_at(images);
    stream::iter(images).map(&put).buffer_unordered(jobs.questions()).try_collect::<()>().await?;
    for index in indexes {
        put(index).await?;
    }
    Ok(())
}

/// Both ends of a copy, and who watches it.
pub struct Ends {
    /// Where from.
    pub source: Arc<dyn Source>,
    /// Where to.
    pub target: Arc<dyn Target>,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

impl Ends {
    /// Returns a small blob that the target has, if reading it takes no more than reading a file.
    async fn stored(&self, blob: &Descriptor) -> Option<Bytes> {
        self.target.as_source()?.read_small(blob).await.ok()
    }
}

impl Clone for Ends {
    fn clone(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            target: Arc::clone(&self.target),
            observer: Arc::clone(&self.observer),
        }
    }
}

/// Brings all blobs of `plan` to the target and answers how many bytes that took.
async fn copy_blobs(ends: &Ends, plan: &Plan, options: &Options) -> Result<u64, Error> {
    ends.observer.event(plan.event());
    let line = Line::new(options);
    let transfers = in_order(&plan.blobs).into_iter().map(|blob| {
        let config = Config::of(plan, &blob, options.layers);
        Transfer::new(ends, blob, &line).checking(config)
    });
    let work = Work { unasked: transfers.enumerate().collect(), ..Work::nothing() };
    work.run(&line).await
}

/// Writes blobs that the target has said to have.
async fn write_blobs(ends: &Ends, blobs: Vec<Descriptor>, options: &Options) -> Result<u64, Error> {
    let line = Line::new(options);
    let transfers = blobs.into_iter().map(|blob| Transfer::new(ends, blob, &line));
    let work = Work { needed: transfers.enumerate().collect(), ..Work::nothing() };
    work.run(&line).await
}

/// A blob with its place in the order.
type Placed = (usize, Transfer);

/// A blob that is needed, if it is, and the leave by which that was asked.
type Answer = (Option<Placed>, Slot);

/// The blobs of one copy.
struct Work {
    unasked: VecDeque<Placed>,
    /// Whether they are needed at the target. The answers are those that are.
    questions: JoinSet<Result<Answer, Error>>,
    /// Those that are, and wait for a connection.
    needed: BTreeMap<usize, Transfer>,
    /// With the leave to use a connection, which is free again when it is known what came of it: after an error
    /// nothing more begins.
    transfers: JoinSet<(Result<u64, Error>, Slot)>,
    moved: u64,
}

impl Work {
    fn nothing() -> Self {
        Self {
            unasked: VecDeque::new(),
            questions: JoinSet::new(),
            needed: BTreeMap::new(),
            transfers: JoinSet::new(),
            moved: 0,
        }
    }

    /// Does all of it and answers how many bytes were written.
    async fn run(mut self, line: &Line) -> Result<u64, Error> {
        while !self.is_done() {
            self.transfer(line);
            self.ask(line);
            self.wait(line).await?;
        }
        Ok(self.moved)
    }

    fn is_done(&self) -> bool {
        self.unasked.is_empty()
            && self.questions.is_empty()
            && self.needed.is_empty()
            && self.transfers.is_empty()
    }

    /// Asks about further blobs, as far as there are connections for that.
    fn ask(&mut self, line: &Line) {
        while !self.unasked.is_empty() {
            let Some(slot) = line.width.slot(For::Question) else { return };
            let Some((place, mut transfer)) = self.unasked.pop_front() else { return };
            self.questions.spawn(async move {
                let needed = transfer.is_needed().await.map_err(Error::of(transfer.blob()))?;
                Ok((needed.then_some((place, transfer)), slot))
            });
        }
    }

    /// Starts what there are connections for.
    fn transfer(&mut self, line: &Line) {
        while let Some(next) = self.needed.first_entry() {
            let Some(slot) = line.width.slot(For::blob(next.get().blob())) else { return };
            let mut transfer = next.remove();
            self.transfers
                .spawn(async move { (transfer.run().await.map_err(Error::of(transfer.blob())), slot) });
        }
    }

    /// Waits until something can be started, or is done.
    async fn wait(&mut self, line: &Line) -> Result<(), Error> {
        tokio::select! {
            Some(asked) = self.questions.join_next() => {
                // Only now another one is asked about: with one connection they stay in their order.
                let (needed, _slot) = asked.map_err(Error::Task)??;
                self.needed.extend(needed);
            }
            Some(moved) = self.transfers.join_next() => {
                let (moved, _slot) = moved.map_err(Error::Task)?;
                self.moved += moved?;
            }
            () = line.width.changed(), if !self.needed.is_empty() || !self.unasked.is_empty() => {}
            else => {}
        }
        Ok(())
    }
}

/// Small blobs first, since each costs a round trip and little else; then the largest first, so that none of
/// them is left to run alone at the end.
fn in_order(blobs: &[Descriptor]) -> Vec<Descriptor> {
    const SMALL: u64 = 1 << 20;
    let mut seen = HashSet::new();
    let mut ordered: Vec<Descriptor> =
        blobs.iter().filter(|blob| seen.insert(&blob.digest)).cloned().collect();
    ordered.sort_by_key(|blob| (blob.size > SMALL, std::cmp::Reverse(blob.size)));
    ordered
}

#[cfg(test)]
mod tests;
