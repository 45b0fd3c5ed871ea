//! What rules want to be at a destination.

use crate::image::Platform;
use crate::reference::Reference;
use crate::sync::Referrers;

/// How many questions about tags are in flight. Each has few bytes and waits for a round trip.
pub(super) const QUESTIONS: usize = 32;

/// An image that a rule brings to a destination.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its place in the order of the rules.
    pub(super) number: usize,
    /// The index of the rule.
    pub(super) rule: usize,
    pub(super) source: Reference,
    pub(super) destination: Reference,
    pub(super) platforms: Vec<Platform>,
    pub(super) referrers: Referrers,
}

impl Wanted {
    /// Reports whether both bring the same image.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.source == other.source && self.platforms == other.platforms
    }
}
