//! The algorithm: blobs first, then manifests, children before parents, and the tag last.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::blob::Transfer;
use super::concurrency::Slot;
use super::config::Config;
use super::controller::Purpose;
use super::ends::Ends;
use super::line::Line;
use super::options::Options;
use super::sharing::{Destination, Flight, Flights, Sharing};
use super::{Error, Plan};
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
    Copying::alone(ends, options).run(plan, selector).await
}

/// Copies like [`copy`], concurrently with the other copies of `sharing`: over one line, and without moving
/// content that another copy moves.
///
/// # Errors
/// As [`copy`]. An error of one copy does not affect the others.
///
/// # Cancel safety
/// As [`copy`]. The others move the content that they need.
pub async fn copy_sharing(
    ends: Ends,
    plan: Plan,
    selector: &Selector,
    options: SharedOptions<'_>,
) -> Result<Outcome, Error> {
    let SharedOptions { options, sharing } = options;
    Copying { sharing, ..Copying::alone(ends, options) }.run(plan, selector).await
}

/// The options of one of several copies.
#[derive(Clone, Debug)]
pub struct SharedOptions<'a> {
    /// The options of this copy.
    pub options: &'a Options,
    /// What it shares with the others.
    pub sharing: Sharing,
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
    let copying = Copying::alone(ends, options);
    let moved = copying.blobs(&plan).await?;
    copying.put_manifests(&plan.manifests).await?;
    Ok(moved)
}

/// A copy of one image.
struct Copying<'a> {
    ends: Ends,
    to: Destination,
    options: &'a Options,
    sharing: Sharing,
}

impl<'a> Copying<'a> {
    fn alone(ends: Ends, options: &'a Options) -> Self {
        Self { to: Destination::of(&*ends.target), ends, options, sharing: Sharing::default() }
    }

    async fn run(self, plan: Plan, selector: &Selector) -> Result<Outcome, Error> {
        let mut moved = self.blobs(&plan).await?;
        let mut written = HashSet::new();
        while let Err(error) = self.publish(&plan, selector).await {
            // Caches of registries may report content that is missing. Such content is written once more for
            // that.
            let lacking = error.failure().map(|failure| self.ends.target.lacking(&plan.contents(), failure));
            let mut lacking = in_order(&lacking.unwrap_or_default());
            lacking.retain(|blob| written.insert(blob.digest.clone()));
            if lacking.is_empty() {
                return Err(error);
            }
            // The second publish puts the manifests again anyway.
            lacking.retain(|content| !content.media_type.is_manifest());
            moved += self.write(lacking).await?;
        }
        let root = plan.root().descriptor().clone();
        Ok(Outcome { root, images: plan.images, moved })
    }

    /// Stores the manifests, children before parents, and the tag last.
    async fn publish(&self, plan: &Plan, selector: &Selector) -> Result<(), Error> {
        let (root, children) = plan.manifests.split_last().expect("a plan has its root");
        self.put_manifests(children).await?;
        let flight = self.flight(root).await;
        self.ends.target.tag(root, selector).await.map_err(Error::of_target(root.descriptor()))?;
        flight.land();
        Ok(())
    }

    /// Stores manifests in the order of a [`Plan`]: images concurrently, then indexes one by one, because
    /// they may be nested.
    async fn put_manifests(&self, manifests: &[RawManifest]) -> Result<(), Error> {
        let put = async |manifest: &RawManifest| {
            // Another copy may be about to store and tag it as an image of its own.
            let _image = self.sharing.image(&*self.ends.target, &manifest.descriptor().digest).await;
            let flight = self.flight(manifest).await;
            let put = self.ends.target.put_manifest(manifest).await;
            put.map_err(Error::of_target(manifest.descriptor()))?;
            flight.land();
            Ok::<(), Error>(())
        };
        let images = manifests.partition_point(|raw| !raw.descriptor().media_type.is_index());
        let (images, indexes) = manifests.split_at(images);
        let questions = self.options.jobs.questions();
        stream::iter(images).map(&put).buffer_unordered(questions).try_collect::<()>().await?;
        for index in indexes {
            put(index).await?;
        }
        Ok(())
    }

    /// Waits until no other copy stores this manifest.
    async fn flight(&self, manifest: &RawManifest) -> Flight {
        self.sharing.contents().wait_for(&manifest.descriptor().digest, &self.to).await
    }

    /// Copies all blobs of `plan` to the target and returns how many bytes were written.
    async fn blobs(&self, plan: &Plan) -> Result<u64, Error> {
        self.ends.observer.event(plan.event());
        let (line, flights) = (self.sharing.line(self.options), self.sharing.contents());
        let mut blobs = in_order(&plan.blobs);
        let _wanted = flights.want(&blobs);
        // Blobs that many copies want go first, so that these find or mount them.
        blobs.sort_by_cached_key(|blob| Reverse(flights.wanted(&blob.digest)));
        let transfers = blobs.into_iter().map(|blob| {
            let config = Config::of(plan, &blob, self.options.layers);
            Transfer::new(&self.ends, blob, &line).checking(config)
        });
        let unasked = transfers.enumerate().collect();
        Work { unasked, ..self.no_work() }.run(&line).await
    }

    /// Writes blobs that the target has reported as present.
    async fn write(&self, blobs: Vec<Descriptor>) -> Result<u64, Error> {
        let line = self.sharing.line(self.options);
        let moves = blobs
            .into_iter()
            .map(|blob| Move { transfer: Transfer::new(&self.ends, blob, &line), flight: None });
        let needed = moves.enumerate().collect();
        Work { needed, ..self.no_work() }.run(&line).await
    }

    fn no_work(&self) -> Work {
        let flights = Arc::clone(self.sharing.contents());
        Work {
            to: self.to.clone(),
            changes: flights.changes(),
            flights,
            unasked: VecDeque::new(),
            questions: JoinSet::new(),
            needed: BTreeMap::new(),
            transfers: JoinSet::new(),
            moved: 0,
        }
    }
}

/// A needed blob. No other copy moves it while the flight exists.
struct Move {
    transfer: Transfer,
    flight: Option<Flight>,
}

impl Move {
    async fn run(mut self) -> Result<u64, Error> {
        let moved = self.transfer.run().await.map_err(Error::of(self.transfer.blob()))?;
        if let Some(flight) = self.flight {
            flight.land();
        }
        Ok(moved)
    }
}

/// The blob with its position in the order if it is needed, and the slot that was used for the question.
type Answer = (Option<(usize, Move)>, Slot);

/// The blobs of one copy.
struct Work {
    to: Destination,
    flights: Arc<Flights>,
    /// Notified when another copy is done with a blob or a connection.
    changes: watch::Receiver<()>,
    unasked: VecDeque<(usize, Transfer)>,
    /// Questions whether blobs are needed at the target. Each returns its blob if so.
    questions: JoinSet<Result<Answer, Error>>,
    /// Needed blobs that wait for a connection.
    needed: BTreeMap<usize, Move>,
    /// The transfers with their slots. A slot is released only when the result is known, so that nothing more
    /// starts after an error.
    transfers: JoinSet<(Result<u64, Error>, Slot)>,
    moved: u64,
}

impl Work {
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

    /// Asks about further blobs that no other copy moves, as far as connections are available for questions.
    fn ask(&mut self, line: &Line) {
        while let Some(next) = self.unasked.iter().position(|(_, transfer)| self.is_free(transfer)) {
            let Some(slot) = line.concurrency.slot(Purpose::Question) else { return };
            let Some((place, mut transfer)) = self.unasked.remove(next) else { return };
            let Some(flight) = self.flights.begin(&transfer.blob().digest, &self.to) else {
                self.unasked.insert(next, (place, transfer));
                continue;
            };
            self.questions.spawn(async move {
                if transfer.is_needed().await.map_err(Error::of(transfer.blob()))? {
                    return Ok((Some((place, Move { transfer, flight: Some(flight) })), slot));
                }
                flight.land();
                Ok((None, slot))
            });
        }
    }

    fn is_free(&self, transfer: &Transfer) -> bool {
        self.flights.is_free(&transfer.blob().digest, &self.to)
    }

    /// Starts transfers, as far as connections are available.
    fn transfer(&mut self, line: &Line) {
        while let Some(next) = self.needed.first_entry() {
            let purpose = Purpose::blob(next.get().transfer.blob());
            let Some(slot) = line.concurrency.slot(purpose) else { return };
            let next = next.remove();
            self.transfers.spawn(async move { (next.run().await, slot) });
        }
    }

    /// Waits until a transfer can be started, or one is done.
    async fn wait(&mut self, line: &Line) -> Result<(), Error> {
        let has_waiting = !self.needed.is_empty() || !self.unasked.is_empty();
        tokio::select! {
            Some(asked) = self.questions.join_next() => {
                // The next question is asked only now, so that with one connection the blobs stay in order.
                let (needed, slot) = asked.map_err(Error::Task)??;
                self.needed.extend(needed);
                self.release(slot);
            }
            Some(moved) = self.transfers.join_next() => {
                let (moved, slot) = moved.map_err(Error::Task)?;
                self.moved += moved?;
                self.release(slot);
            }
            _ = self.changes.changed(), if has_waiting => {}
            () = line.concurrency.changed(), if has_waiting => {
                // Only one copy is told, and it may be one that has no use for the connection.
                self.flights.notify();
            }
            else => {}
        }
        Ok(())
    }

    /// Releases a connection, for which other copies may wait.
    fn release(&self, slot: Slot) {
        drop(slot);
        self.flights.notify();
    }
}

/// Returns small blobs first, since each costs a round trip and little else. The others follow with the
/// largest first, so that no large blob runs alone at the end.
pub(super) fn in_order(blobs: &[Descriptor]) -> Vec<Descriptor> {
    const SMALL: u64 = 1 << 20;
    let mut seen = HashSet::new();
    let mut ordered: Vec<Descriptor> =
        blobs.iter().filter(|blob| seen.insert(&blob.digest)).cloned().collect();
    ordered.sort_by_key(|blob| (blob.size > SMALL, Reverse(blob.size)));
    ordered
}
