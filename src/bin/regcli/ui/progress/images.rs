//! The images of one command together. They move concurrently, and only one of them is shown at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use regcli::digest::Digest;
use regcli::transfer::Event;

use super::kept::kept;
use super::tally::{Rate, Sums, Tally};
use super::total::Total;
use super::{Direction, End, Work, layers};
use crate::ui::format::units;

/// The images of one command.
pub(crate) struct Images(Mutex<State>);

/// One of them. Clones are the same image.
#[derive(Clone)]
pub(crate) struct Image {
    images: Arc<Images>,
    /// Its place in [`State::members`].
    number: usize,
}

#[derive(Default)]
struct State {
    found: usize,
    done: usize,
    members: Vec<Member>,
    targets: Vec<Target>,
    rate: Rate,
}

/// An image that has begun.
struct Member {
    /// Its place in [`State::targets`].
    target: usize,
    /// Whether it is known what it needs, or that it needs nothing any more.
    is_planned: bool,
    /// The distinct blobs of its plan.
    blobs: Vec<Digest>,
}

/// Where images go. Content that several of them have moves there once.
struct Target {
    name: String,
    tally: Tally,
    layers: Vec<Digest>,
    /// How many images need a blob.
    wanted: HashMap<Digest, usize>,
}

impl Images {
    /// Begins with the number of all images.
    pub(crate) fn of(number: usize) -> Self {
        Self(Mutex::new(State { found: number, ..State::default() }))
    }

    /// Adds an image that begins to move.
    pub(crate) fn begin(self: &Arc<Self>, work: &Work) -> Image {
        let mut state = self.state();
        let target = state.target(work);
        state.members.push(Member { target, is_planned: false, blobs: Vec::new() });
        Image { images: Arc::clone(self), number: state.members.len() - 1 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Image {
    /// Records an event of this image.
    pub(super) fn take(&self, event: &Event, now: Instant) {
        self.images.state().take(self.number, event, now);
    }

    /// Records how the image ended. What a failed one lacks will not move any more.
    pub(crate) fn ended(&self, end: &End) {
        let mut state = self.images.state();
        match end {
            End::Done => state.done += 1,
            End::Failed { .. } | End::Interrupted => state.forget(self.number),
        }
    }

    /// Returns the total of all images, or `None` if nothing is moving.
    pub(super) fn total(&self, now: Instant) -> Option<Total> {
        self.images.state().total(now)
    }

    /// Returns the words for the interrupt of a command with several images.
    pub(super) fn interrupted(&self, direction: Direction) -> Option<String> {
        self.images.state().interrupted(direction)
    }
}

impl State {
    fn target(&mut self, work: &Work) -> usize {
        // All pulls go to one store, and a push goes to the registry that its name begins with.
        let name = match work.direction {
            Direction::Push => work.image.split('/').next().unwrap_or_default(),
            _ => "",
        };
        self.targets.iter().position(|target| target.name == name).unwrap_or_else(|| {
            let (tally, layers, wanted) = Default::default();
            self.targets.push(Target { name: name.to_owned(), tally, layers, wanted });
            self.targets.len() - 1
        })
    }

    fn take(&mut self, number: usize, event: &Event, now: Instant) {
        let Self { members, targets, rate, .. } = self;
        let member = &mut members[number];
        let target = &mut targets[member.target];
        target.tally.take(event, now);
        match event {
            Event::Planned { blobs, .. } => (member.is_planned, member.blobs) = (true, target.plan(blobs)),
            Event::Started { .. } => rate.begin(now),
            Event::Advanced { bytes, .. } => rate.add(*bytes, now),
            Event::Skipped { .. } | Event::Interrupted { .. } | Event::Finished { .. } => {}
        }
    }

    fn forget(&mut self, number: usize) {
        let Member { target, is_planned, blobs } = &mut self.members[number];
        *is_planned = true;
        self.targets[*target].forget(std::mem::take(blobs));
    }

    /// Reports whether it is known what all images need.
    fn are_all_planned(&self) -> bool {
        self.members.iter().filter(|member| member.is_planned).count() >= self.found
    }

    fn sums(&self) -> Sums {
        self.targets.iter().map(|target| target.tally.sums()).fold(Sums::default(), Sums::and)
    }

    fn total(&self, now: Instant) -> Option<Total> {
        let sums = self.sums();
        let layers =
            self.targets.iter().flat_map(|target| target.layers.iter().map(move |layer| (target, layer)));
        let (mut number, mut done) = (0, 0);
        for (target, layer) in layers {
            number += 1;
            done += usize::from(target.tally.is_done(layer));
        }
        let headway = self.rate.headway(sums.done, sums.bytes, now);
        let total = (sums.has_started && sums.done < sums.bytes).then(|| Total::new(headway, done, number));
        total.map(|total| if self.are_all_planned() { total } else { total.growing() })
    }

    fn interrupted(&self, direction: Direction) -> Option<String> {
        let is_one = self.found == 1;
        let has_begun = self.done > 0 || self.targets.iter().any(|target| !target.wanted.is_empty());
        if is_one || !has_begun {
            return None;
        }
        let images = format!("{} of {}", self.done, units::count(self.found, "image"));
        let sums = self.sums();
        let of = self.are_all_planned().then_some(sums.bytes);
        let kept = kept(direction, &sums, of, &End::Interrupted);
        let kept = kept.map(|kept| format!(": {kept}")).unwrap_or_default();
        Some(format!("Interrupted with {images} done{kept}"))
    }
}

impl Target {
    /// Adds the blobs of an image, and returns each of them once.
    fn plan(&mut self, blobs: &[regcli::image::Descriptor]) -> Vec<Digest> {
        let mut distinct: Vec<Digest> = blobs.iter().map(|blob| blob.digest.clone()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let layers: Vec<_> =
            layers(blobs).into_iter().filter(|layer| !self.wanted.contains_key(layer)).collect();
        self.layers.extend(layers);
        for blob in &distinct {
            *self.wanted.entry(blob.clone()).or_default() += 1;
        }
        distinct
    }

    /// Removes the blobs of an image that has failed, except for those that are done or needed by others.
    fn forget(&mut self, blobs: Vec<Digest>) {
        for blob in blobs {
            let wanted = self.wanted.get_mut(&blob).map_or(0, |wanted| {
                *wanted -= 1;
                *wanted
            });
            if wanted == 0 && !self.tally.is_done(&blob) {
                self.tally.forget(&blob);
                self.wanted.remove(&blob);
                self.layers.retain(|layer| *layer != blob);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use regcli::image::{Descriptor, MediaType};
    use regcli::transfer::Skip;

    use super::*;

    fn digest(name: &str) -> Digest {
        Digest::sha256(name.as_bytes())
    }

    fn planned(layers: &[&str]) -> Event {
        let blob = |name: &&str| Descriptor::new(MediaType::OCI_LAYER_GZIP, digest(name), 1_000_000);
        Event::Planned { blobs: layers.iter().map(blob).collect(), platforms: HashMap::new(), bytes: 0 }
    }

    fn started(name: &str) -> Event {
        Event::Started { digest: digest(name), offset: 0, size: 1_000_000 }
    }

    fn advanced(name: &str, bytes: u64) -> Event {
        Event::Advanced { digest: digest(name), bytes }
    }

    /// Begins to move images.
    fn begin<const N: usize>(direction: Direction, names: [&str; N]) -> (Arc<Images>, [Image; N]) {
        let images = Arc::new(Images::of(N));
        let begun = names.map(|name| images.begin(&Work { image: name.to_owned(), direction }));
        (images, begun)
    }

    fn failed() -> End {
        End::Failed { error: "no".to_owned(), may_resume: true }
    }

    #[test]
    fn the_total_has_all_images_and_content_that_they_share_once() {
        let (_images, [one, two]) = begin(Direction::Pull, ["a/x:1", "a/y:1"]);
        let now = Instant::now();
        one.take(&planned(&["shared", "one"]), now);
        two.take(&planned(&["shared", "two"]), now);
        assert!(one.total(now).is_none(), "nothing moves");
        one.take(&started("shared"), now);
        two.take(&started("two"), now);
        let now = now + Duration::from_secs(1);
        one.take(&advanced("shared", 500_000), now);
        two.take(&advanced("two", 300_000), now);
        let line = |image: &Image| image.total(now).unwrap().line();
        assert_eq!(line(&one), "0/3 layers  800kB/3MB  800kB/s  3s left");
        assert_eq!(line(&two), line(&one));
        one.take(&Event::Finished { digest: digest("shared") }, now);
        two.take(&Event::Skipped { digest: digest("shared"), reason: Skip::Present }, now);
        assert_eq!(line(&one), "1/3 layers  1.3MB/3MB  800kB/s  3s left");
        two.ended(&failed());
        assert_eq!(line(&one), "1/2 layers  1MB/2MB  800kB/s  2s left", "no other image needs the layer");
    }

    #[test]
    fn a_total_of_which_a_part_is_not_known_does_not_promise_an_end() {
        let (_images, [one, two]) = begin(Direction::Pull, ["a/x:1", "a/y:1"]);
        let now = Instant::now();
        one.take(&planned(&["one"]), now);
        one.take(&started("one"), now);
        let now = now + Duration::from_secs(1);
        one.take(&advanced("one", 500_000), now);
        assert_eq!(one.total(now).unwrap().line(), "0 layers  500kB  500kB/s");
        let kept = "500kB kept; the same command resumes from there";
        assert_eq!(
            one.interrupted(Direction::Pull),
            Some(format!("Interrupted with 0 of 2 images done: {kept}"))
        );
        two.take(&planned(&["two"]), now);
        assert!(one.total(now).unwrap().line().starts_with("0/2 layers  500kB/2MB"));
    }

    #[test]
    fn each_registry_gets_content_of_its_own() {
        let (_images, [one, two]) = begin(Direction::Push, ["a.lab/x:1", "b.lab/x:1"]);
        let now = Instant::now();
        for image in [&one, &two] {
            image.take(&planned(&["layer"]), now);
            image.take(&started("layer"), now);
            image.take(&advanced("layer", 250_000), now);
        }
        assert!(one.total(now).unwrap().line().starts_with("0/2 layers  500kB/2MB  "));
    }

    #[test]
    fn an_interrupt_says_how_many_images_are_done_and_what_is_kept_of_all() {
        let (_images, [one, two, three]) = begin(Direction::Pull, ["a/x:1", "a/y:1", "a/z:1"]);
        let (now, words) = (Instant::now(), || one.interrupted(Direction::Pull));
        assert_eq!(words(), None);
        for (image, layer) in [(&one, "one"), (&two, "two"), (&three, "three")] {
            image.take(&planned(&[layer]), now);
            image.take(&started(layer), now);
        }
        assert_eq!(words().as_deref(), Some("Interrupted with 0 of 3 images done"));
        two.take(&advanced("two", 1_000_000), now);
        two.take(&Event::Finished { digest: digest("two") }, now);
        two.ended(&End::Done);
        three.take(&advanced("three", 500_000), now);
        let kept = "1.5MB of 3MB kept; the same command resumes from there";
        assert_eq!(words(), Some(format!("Interrupted with 1 of 3 images done: {kept}")));
    }

    #[test]
    fn a_single_image_has_words_of_its_own() {
        let (_images, [one]) = begin(Direction::Pull, ["a/x:1"]);
        one.take(&planned(&["one"]), Instant::now());
        assert_eq!(one.interrupted(Direction::Pull), None);
    }
}
