//! The engine: copies an image from any [`Source`] to any [`Target`].
//!
//! Pull, push, copy, save and load are this one function; they differ in the two ends and in the words that
//! the program finds for the [`Event`]s. First the [`Plan`]: manifests, which are small, and from them the
//! blobs. Then the blobs, several at once, each skipped, mounted or written. Last the manifests, children
//! before parents, and the tag: whoever finds the tag finds everything.

mod blob;
mod error;
mod event;
mod pace;
mod plan;
mod segments;
mod tally;

use std::collections::HashSet;
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use tokio::task::JoinSet;

pub use error::Error;
pub use event::{Event, Observer, Recorder, Silent, Skip};
pub use plan::{Plan, Platforms};
pub use segments::Splitting;
pub use tally::{Headway, Tally, Totals};

use blob::Transfer;
use pace::Pace;
use segments::Reading;

use crate::content::{Source, Target};
use crate::image::Descriptor;
use crate::reference::Selector;
use crate::retry::Policy;

/// How many blobs are on their way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// As many as their sizes suggest.
    BySize,
    /// That many.
    Fixed(NonZeroUsize),
}

impl Jobs {
    /// Up to this size a blob costs more waiting than receiving, in bytes.
    const SMALL: u64 = 4 << 20;

    /// How many may be on their way, the next one among them.
    ///
    /// Measured on loopback and behind 20 and 100 ms: few large blobs fill a line, the more so as a slow one
    /// is read by several connections; of small ones it takes many, since each waits for its round trips.
    fn together_with(self, next: &Descriptor) -> usize {
        match self {
            Self::BySize if next.size <= Self::SMALL => 16,
            Self::BySize => 6,
            Self::Fixed(jobs) => jobs.get(),
        }
    }
}

/// How to copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which of an index's images.
    pub platforms: Platforms,
    /// How many blobs at once.
    pub jobs: Jobs,
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
            jobs: Jobs::BySize,
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
pub async fn copy<S, T>(
    ends: Ends<S, T>,
    plan: Plan,
    selector: &Selector,
    options: &Options,
) -> Result<Outcome, Error>
where
    S: Source + 'static,
    T: Target + 'static,
{
    let moved = copy_blobs(&ends, &plan, options).await?;
    let (root, children) = plan.manifests.split_last().expect("a plan has its root");
    for manifest in children {
        let descriptor = manifest.descriptor();
        ends.target.put_manifest(manifest).await.map_err(Error::of(descriptor))?;
    }
    ends.target.tag(root, selector).await.map_err(Error::of(root.descriptor()))?;
    Ok(Outcome { root: root.descriptor().clone(), images: plan.images, moved })
}

/// Both ends of a copy, and who watches it.
pub struct Ends<S, T> {
    /// Where from.
    pub source: Arc<S>,
    /// Where to.
    pub target: Arc<T>,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

impl<S, T> Clone for Ends<S, T> {
    fn clone(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            target: Arc::clone(&self.target),
            observer: Arc::clone(&self.observer),
        }
    }
}

/// Brings all blobs of `plan` to the target and answers how many bytes that took.
async fn copy_blobs<S, T>(ends: &Ends<S, T>, plan: &Plan, options: &Options) -> Result<u64, Error>
where
    S: Source + 'static,
    T: Target + 'static,
{
    ends.observer.event(Event::Planned { blobs: plan.blobs.clone(), bytes: plan.bytes() });
    let reading = Reading {
        splitting: options.splitting,
        window: options.splitting.window(),
        retry: options.retry,
        pace: options.rate.map(|rate| Arc::new(Pace::new(rate))),
    };
    let mut waiting = in_order(&plan.blobs).into_iter().peekable();
    let mut tasks = JoinSet::new();
    let mut moved = 0;
    loop {
        while let Some(blob) = waiting.next_if(|blob| tasks.len() < options.jobs.together_with(blob)) {
            let mut transfer = Transfer::new(ends, blob, &reading);
            tasks.spawn(async move { transfer.run().await.map_err(Error::of(transfer.blob())) });
        }
        match tasks.join_next().await {
            Some(finished) => moved += finished.map_err(Error::Task)??,
            None => return Ok(moved),
        }
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
