//! What the copies of one command share: the line, and the content that is on its way.
//!
//! Images often have most of their layers in common. A copy that needs content which another copy moves at
//! the time waits until that one is done, and then finds the content present, or mounts it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use super::line::Line;
use super::options::Options;
use crate::content::Target;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::{Name, Registry};

/// What concurrent copies share. Clones share everything.
#[derive(Clone, Default)]
pub struct Sharing {
    line: Arc<OnceLock<Line>>,
    /// Blobs and manifests.
    contents: Arc<Flights>,
    /// Whole images.
    images: Arc<Flights>,
}

impl Sharing {
    /// Returns the same for copies between two other ends, which have a line of their own.
    #[must_use]
    pub fn on_another_line(&self) -> Self {
        Self { line: Arc::default(), ..self.clone() }
    }

    /// Waits until no other copy brings this image to `target`, nor to another repository of the registry
    /// for the first time. A copy of the same image then finds all of it.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn image(&self, target: &dyn Target, image: &Digest) -> Flight {
        self.images.wait_for(image, &Destination::of(target)).await
    }

    /// Returns the line. The options of the first copy apply.
    pub(super) fn line(&self, options: &Options) -> Line {
        self.line.get_or_init(|| Line::new(options)).clone()
    }

    /// Returns the blobs and manifests on their way.
    pub(super) fn contents(&self) -> &Arc<Flights> {
        &self.contents
    }
}

impl fmt::Debug for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharing").finish_non_exhaustive()
    }
}

/// Where content goes: a repository of a registry, or a place of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination(Option<Name>);

impl Destination {
    pub(super) fn of(target: &dyn Target) -> Self {
        Self(target.mounts().map(|mounts| mounts.repository().clone()))
    }

    fn registry(&self) -> Option<&Registry> {
        self.0.as_ref().map(|name| &name.registry)
    }
}

/// The content that is on its way.
pub(super) struct Flights {
    state: Mutex<State>,
    /// Changes whenever content has landed, or its copy was given up.
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    /// How many copies want each blob.
    wanted: HashMap<Digest, usize>,
    flying: HashMap<Digest, Vec<Destination>>,
    /// The registries that have the content. From then on each repository mounts it on its own.
    landed: HashMap<Digest, Vec<Registry>>,
}

impl Default for Flights {
    fn default() -> Self {
        Self { state: Mutex::default(), changes: watch::Sender::new(()) }
    }
}

impl Flights {
    /// Reports whether this content can be moved now: no other copy moves it.
    pub(super) fn is_free(&self, content: &Digest, to: &Destination) -> bool {
        self.state().is_free(content, to)
    }

    /// Begins to move content, unless another copy moves it.
    pub(super) fn begin(self: &Arc<Self>, content: &Digest, to: &Destination) -> Option<Flight> {
        let mut state = self.state();
        if !state.is_free(content, to) {
            return None;
        }
        state.flying.entry(content.clone()).or_default().push(to.clone());
        Some(Flight { flights: Arc::clone(self), content: content.clone(), to: to.clone() })
    }

    /// Begins to move content once no other copy moves it.
    pub(super) async fn wait_for(self: &Arc<Self>, content: &Digest, to: &Destination) -> Flight {
        let mut changes = self.changes();
        loop {
            if let Some(flight) = self.begin(content, to) {
                return flight;
            }
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }

    /// Records which blobs a copy wants, until the returned value is dropped.
    pub(super) fn want(self: &Arc<Self>, blobs: &[Descriptor]) -> Wanted {
        let digests: Vec<Digest> = blobs.iter().map(|blob| blob.digest.clone()).collect();
        let mut state = self.state();
        for digest in &digests {
            *state.wanted.entry(digest.clone()).or_default() += 1;
        }
        drop(state);
        Wanted { flights: Arc::clone(self), digests }
    }

    /// Returns how many copies want a blob now.
    pub(super) fn wanted(&self, blob: &Digest) -> usize {
        self.state().wanted.get(blob).copied().unwrap_or_default()
    }

    /// Returns a receiver of all later changes.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Lets all copies that wait try again.
    pub(super) fn notify(&self) {
        self.changes.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one call, so the maps are consistent even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_landed(&self, content: &Digest, registry: &Registry) -> bool {
        self.landed.get(content).is_some_and(|landed| landed.contains(registry))
    }

    fn is_free(&self, content: &Digest, to: &Destination) -> bool {
        let excludes = |other: &Destination| {
            let is_first = || to.registry().is_some_and(|registry| !self.has_landed(content, registry));
            other == to || other.registry() == to.registry() && is_first()
        };
        !self.flying.get(content).is_some_and(|others| others.iter().any(excludes))
    }
}

/// The blobs that a copy wants.
pub(super) struct Wanted {
    flights: Arc<Flights>,
    digests: Vec<Digest>,
}

impl Drop for Wanted {
    fn drop(&mut self) {
        let mut state = self.flights.state();
        for digest in &self.digests {
            if let Some(copies) = state.wanted.get_mut(digest) {
                *copies -= 1;
                if *copies == 0 {
                    state.wanted.remove(digest);
                }
            }
        }
    }
}

/// Content that one copy moves. Other copies wait until this is dropped.
pub struct Flight {
    flights: Arc<Flights>,
    content: Digest,
    to: Destination,
}

impl Flight {
    /// Reports whether the content has landed at this registry before.
    pub fn is_repeated(&self) -> bool {
        let state = self.flights.state();
        self.to.registry().is_some_and(|registry| state.has_landed(&self.content, registry))
    }

    /// Records that the destination has the content.
    pub fn land(self) {
        if let Some(registry) = self.to.registry() {
            let mut state = self.flights.state();
            let landed = state.landed.entry(self.content.clone()).or_default();
            if !landed.contains(registry) {
                landed.push(registry.clone());
            }
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut state = self.flights.state();
        if let Some(others) = state.flying.get_mut(&self.content) {
            if let Some(place) = others.iter().position(|other| *other == self.to) {
                others.swap_remove(place);
            }
            if others.is_empty() {
                state.flying.remove(&self.content);
            }
        }
        drop(state);
        self.flights.notify();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::MediaType;
    use crate::reference::Reference;

    fn at(name: &str) -> Destination {
        Destination(Some(name.parse::<Reference>().unwrap().name))
    }

    #[test]
    fn content_moves_once_to_a_registry_and_then_is_mounted_by_all() {
        let (flights, blob) = (Arc::new(Flights::default()), Digest::sha256(b"blob"));
        let begin = |name: &str| flights.begin(&blob, &at(name));
        let first = begin("127.0.0.1:1/a").expect("nothing moves yet");
        assert!(begin("127.0.0.1:1/a").is_none() && begin("127.0.0.1:1/b").is_none());
        let elsewhere = begin("127.0.0.1:2/a").expect("another registry");
        assert!(!first.is_repeated());
        first.land();
        let mounts = [begin("127.0.0.1:1/b"), begin("127.0.0.1:1/c")];
        assert!(mounts.iter().all(Option::is_some), "all mount concurrently");
        assert!(begin("127.0.0.1:1/b").is_none(), "each of them once");
        drop(elsewhere);
        assert!(begin("127.0.0.1:2/b").is_some(), "the first copy was given up");
    }

    #[test]
    fn a_blob_is_wanted_by_the_copies_that_are_not_done() {
        let flights = Arc::new(Flights::default());
        let [one, two] = [b"1", b"2"].map(|content| Descriptor::of(MediaType::OCI_LAYER_GZIP, &content[..]));
        let both = flights.want(&[one.clone(), two.clone()]);
        let wanted = || [&one, &two].map(|blob| flights.wanted(&blob.digest));
        let only = flights.want(std::slice::from_ref(&one));
        assert_eq!(wanted(), [2, 1]);
        drop(both);
        assert_eq!(wanted(), [1, 0]);
        drop(only);
        assert!(flights.state().wanted.is_empty());
    }

    #[tokio::test]
    async fn a_copy_that_is_given_up_lets_the_next_one_begin() {
        let (flights, blob) = (Arc::new(Flights::default()), Digest::sha256(b"blob"));
        let local = Destination(None);
        let first = flights.begin(&blob, &local).expect("nothing moves yet");
        let second = async { drop(flights.wait_for(&blob, &local).await) };
        let give_up = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        tokio::join!(second, give_up);
        assert!(flights.is_free(&blob, &local) && flights.state().flying.is_empty());
    }
}
