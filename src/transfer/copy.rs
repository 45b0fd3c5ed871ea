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

/// The result of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The digest and size that the tag now points to.
    pub root: Descriptor,
    /// The images that were chosen, one for each platform; the root itself if it is a single image.
    pub images: Vec<Descriptor>,
    /// How many bytes of blobs were written; skipped and mounted blobs are not included.
    pub moved: u64,
}

/// Copies `plan` and makes `selector` point to its root at the target.
///
/// # Errors
/// The first final error of any blob or manifest. The target keeps all completed content and the partial
/// blobs, from which a later copy resumes; the tag is unchanged.
///
/// # Cancel safety
/// Dropping the future stops all work and leaves the target as after an error.
pub async fn copy(ends: Ends, plan: Plan, selector: &Selector, options: &Options) -> Result<Outcome, Error> {
    let mut moved = copy_blobs(&ends, &plan, options).await?;
    let mut written = HashSet::new();
    while let Err(error) = publish(&ends, &plan, selector, options.jobs).await {
        // Caches of registries may report content that is missing. Such content is written once more for
        // that.
        let lacking = error.failure().map(|failure| ends.target.lacking(&plan.contents(), failure));
        let mut lacking = in_order(&lacking.unwrap_or_default());
        lacking.retain(|blob| written.insert(blob.digest.clone()));
        if lacking.is_empty() {
            return Err(error);
        }
        // The second publish puts the manifests again anyway.
        lacking.retain(|content| !content.media_type.is_manifest());
        moved += write_blobs(&ends, lacking, options).await?;
    }
    let root = plan.root().descriptor().clone();
    Ok(Outcome { root, images: plan.images, moved })
}

/// Stores the manifests, children before parents, and the tag last.
async fn publish(ends: &Ends, plan: &Plan, selector: &Selector, jobs: Jobs) -> Result<(), Error> {
    let (root, children) = plan.manifests.split_last().expect("a plan has its root");
    put_manifests(&*ends.target, children, jobs).await?;
    ends.target.tag(root, selector).await.map_err(Error::of_target(root.descriptor()))
}

/// Copies `plan` without a tag, for a target that has the tag already and lost some of the content. Returns
/// how many bytes of blobs were written.
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

/// Stores manifests in the order of a [`Plan`]: images concurrently, then indexes one by one, because they
/// may be nested.
pub(super) async fn put_manifests(
    target: &dyn Target,
    manifests: &[RawManifest],
    jobs: Jobs,
) -> Result<(), Error> {
    let put = async |manifest: &RawManifest| {
        target.put_manifest(manifest).await.map_err(Error::of_target(manifest.descriptor()))
    };
    let images = manifests.partition_point(|raw| !raw.descriptor().media_type.is_index());
    let (images, indexes) = manifests.split_at(images);
    stream::iter(images).map(&put).buffer_unordered(jobs.questions()).try_collect::<()>().await?;
    for index in indexes {
        put(index).await?;
    }
    Ok(())
}

/// Copies all blobs of `plan` to the target and returns how many bytes were written.
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

/// Writes blobs that the target has reported as present.
async fn write_blobs(ends: &Ends, blobs: Vec<Descriptor>, options: &Options) -> Result<u64, Error> {
    let line = Line::new(options);
    let transfers = blobs.into_iter().map(|blob| Transfer::new(ends, blob, &line));
    let work = Work { needed: transfers.enumerate().collect(), ..Work::nothing() };
    work.run(&line).await
}

/// A blob with its position in the order.
type Placed = (usize, Transfer);

/// The blob if it is needed, and the slot that was used for the question.
type Answer = (Option<Placed>, Slot);

/// The blobs of one copy.
struct Work {
    unasked: VecDeque<Placed>,
    /// Questions whether blobs are needed at the target. Each returns its blob if so.
    questions: JoinSet<Result<Answer, Error>>,
    /// Needed blobs that wait for a connection.
    needed: BTreeMap<usize, Transfer>,
    /// The transfers with their slots. A slot is released only when the result is known, so that nothing more
    /// starts after an error.
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

    /// Does all of the work and returns how many bytes were written.
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

    /// Asks about further blobs, as far as connections are available for questions.
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

    /// Starts transfers, as far as connections are available.
    fn transfer(&mut self, line: &Line) {
        while let Some(next) = self.needed.first_entry() {
            let Some(slot) = line.concurrency.slot(Purpose::blob(next.get().blob())) else { return };
            let mut transfer = next.remove();
            self.transfers
                .spawn(async move { (transfer.run().await.map_err(Error::of(transfer.blob())), slot) });
        }
    }

    /// Waits until a transfer can be started, or one is done.
    async fn wait(&mut self, line: &Line) -> Result<(), Error> {
        tokio::select! {
            Some(asked) = self.questions.join_next() => {
                // The next question is asked only now, so that with one connection the blobs stay in order.
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

/// Returns small blobs first, since each costs a round trip and little else. The others follow with the
/// largest first, so that no large blob runs alone at the end.
pub(super) fn in_order(blobs: &[Descriptor]) -> Vec<Descriptor> {
    const SMALL: u64 = 1 << 20;
    let mut seen = HashSet::new();
    let mut ordered: Vec<Descriptor> =
        blobs.iter().filter(|blob| seen.insert(&blob.digest)).cloned().collect();
    ordered.sort_by_key(|blob| (blob.size > SMALL, std::cmp::Reverse(blob.size)));
    ordered
}
