//! Which tags of a repository are copied, and why the others are not.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;

use semver::Version;

use super::pattern::Pattern;
use super::range::{Prereleases, Range, version_of};
use crate::digest::Digest;
use crate::reference::Tag;

/// A selection of tags.
///
/// Tags that match a pattern and are in a range, without those excluded, then the newest of them; `names` and `digests`
/// are added in any case. A set that has neither of all these selects every tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TagSet {
    /// Tags that are always selected, whether the registry lists them or not.
    pub names: Vec<Tag>,
    /// Images that are selected by their digests.
    pub digests: Vec<Pinned>,
    /// Patterns, one of them has to match. Empty matches every tag.
    pub patterns: Vec<Pattern>,
    /// Ranges of versions; one of them has to contain the tag. Empty contains every tag.
    pub semver: Vec<Range>,
    /// Whether ranges contain pre-releases.
    pub prereleases: Prereleases,
    /// Patterns whose matches are dropped.
    pub exclude: Vec<Pattern>,
    /// The limit of tags.
    pub newest: Option<Newest>,
}

/// An image that is selected by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pinned {
    /// The digest.
    pub digest: Digest,
    /// The tag that the image gets at the target. Without one it is copied under its digest only.
    pub tag: Option<Tag>,
}

/// How many of the newest tags are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Newest {
    /// The number of tags.
    pub count: NonZeroUsize,
    /// What makes a tag newer than another.
    pub by: Order,
}

/// What makes a tag newer than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The version in its name, then the name. Tags that are not versions are dropped.
    #[default]
    Semver,
    /// The date of its image, then the name. Tags without a date are the oldest.
    Date,
}

/// The step that dropped a tag, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// No pattern matches.
    NotMatched,
    /// The tag is not a version.
    NoSemver,
    /// No range contains the version.
    OutOfRange,
    /// A pattern excludes it.
    Excluded,
    /// There are enough newer tags.
    NotNewest,
}

impl TagSet {
    /// Reports whether the registry's list of tags is needed. It is not if the set only has names and digests.
    pub fn needs_list(&self) -> bool {
        let selects = !self.patterns.is_empty()
            || !self.semver.is_empty()
            || !self.exclude.is_empty()
            || self.newest.is_some();
        selects || self.names.is_empty() && self.digests.is_empty()
    }

    /// Selects some of `tags`, and says for each of the others which step dropped it.
    pub(super) fn select<D: Ord>(&self, tags: &[&Tag], dates: Dates<'_, D>) -> Verdicts {
        let names: HashSet<&Tag> = self.names.iter().collect();
        let mut verdicts = Verdicts { dropped: vec![None; tags.len()], undecided: Vec::new() };
        let mut candidates = Vec::new();
        for (index, tag) in tags.iter().enumerate() {
            match self.candidate(tag) {
                _ if names.contains(*tag) => {}
                Ok(version) => candidates.push(Candidate { index, tag, version }),
                Err(stage) => verdicts.dropped[index] = Some(stage),
            }
        }
        if let Some(newest) = self.newest {
            newest.limit(candidates, dates, &mut verdicts);
        }
        verdicts
    }

    /// Returns the version of a tag that passes all steps but the last, or the step that drops it.
    fn candidate(&self, tag: &Tag) -> Result<Option<Version>, Stage> {
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(tag.as_str()));
        if !self.needs_list() || !self.patterns.is_empty() && !fits(&self.patterns) {
            return Err(Stage::NotMatched);
        }
        let version = version_of(tag.as_str());
        if !self.semver.is_empty() {
            let version = version.as_ref().ok_or(Stage::NoSemver)?;
            if !self.semver.iter().any(|range| range.contains(version, self.prereleases)) {
                return Err(Stage::OutOfRange);
            }
        }
        if fits(&self.exclude) { Err(Stage::Excluded) } else { Ok(version) }
    }
}

/// The dates of tags. `None` while it is not known which are needed.
pub(super) type Dates<'a, D> = Option<&'a HashMap<Tag, D>>;

/// A tag that has passed all steps but the last.
struct Candidate<'a> {
    /// Its place in the list.
    index: usize,
    tag: &'a Tag,
    version: Option<Version>,
}

/// What a set says about each tag of a list.
pub(super) struct Verdicts {
    /// The step that dropped the tag; `None` if it is selected.
    pub(super) dropped: Vec<Option<Stage>>,
    /// The places of tags whose dates have to be known.
    pub(super) undecided: Vec<usize>,
}

impl Newest {
    /// Drops all candidates but the newest.
    fn limit<D: Ord>(self, mut candidates: Vec<Candidate<'_>>, dates: Dates<'_, D>, verdicts: &mut Verdicts) {
        match (self.by, dates) {
            (Order::Semver, _) => {
                for other in candidates.extract_if(.., |candidate| candidate.version.is_none()) {
                    verdicts.dropped[other.index] = Some(Stage::NoSemver);
                }
                candidates.sort_by(|a, b| (&b.version, b.tag).cmp(&(&a.version, a.tag)));
            }
            (Order::Date, _) if candidates.len() <= self.count.get() => {}
            (Order::Date, Some(dates)) => {
                let date = |tag: &Tag| dates.get(tag);
                candidates.sort_by(|a, b| (date(b.tag), b.tag).cmp(&(date(a.tag), a.tag)));
            }
            (Order::Date, None) => {
                verdicts.undecided.extend(candidates.iter().map(|candidate| candidate.index));
                return;
            }
        }
        for old in candidates.iter().skip(self.count.get()) {
            verdicts.dropped[old.index] = Some(Stage::NotNewest);
        }
    }
}
