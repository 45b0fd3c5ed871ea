//! The algorithm: blobs first, then manifests, children before parents, and the tag last.

use std::collections::{BTreeMap, HashSet, VecDeque};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::task::JoinSet;

use super::blob::Transfer;
use super::concurrency::Slot;
use super::config::Config;
use super::controller::Purpose;
use super::ends::Ends;
use super::line::Line;
use super::options::{Jobs, Options};
use super::{Error, Plan};
use crate::content::Target;
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;

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
pub(super) async fn put_manifests(
    target: &dyn Target,
    manifests: &[RawManifest],
    jobs: Jobs,
) -> Result<(), Error> {
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
            let Some(slot) = line.concurrency.slot(Purpose::Question) else { return };
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
            let Some(slot) = line.concurrency.slot(Purpose::blob(next.get().blob())) else { return };
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
            () = line.concurrency.changed(), if !self.needed.is_empty() || !self.unasked.is_empty() => {}
            else => {}
        }
        Ok(())
    }
}

/// Small blobs first, since each costs a round trip and little else; then the largest first, so that none of
/// them is left to run alone at the end.
pub(super) fn in_order(blobs: &[Descriptor]) -> Vec<Descriptor> {
    const SMALL: u64 = 1 << 20;
    let mut seen = HashSet::new();
    let mut ordered: Vec<Descriptor> =
        blobs.iter().filter(|blob| seen.insert(&blob.digest)).cloned().collect();
    ordered.sort_by_key(|blob| (blob.size > SMALL, std::cmp::Reverse(blob.size)));
    ordered
}
