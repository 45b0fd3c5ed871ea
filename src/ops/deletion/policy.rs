//! Which tags a prune chooses, and why the others stay. There is no I/O here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::graph::{Dated, Family, Links};
use super::removal::{Chosen, Removal, is_companion};
use crate::digest::Digest;
use crate::reference::Tag;
use crate::sync::{Pattern, Prereleases, Range, version_of};

/// What stays and what goes. Tags stay that a rule for staying names; the others go if a rule for going names them.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Only tags that match are considered.
    pub matching: Option<Pattern>,
    /// How many of the newest tags stay.
    pub keep: Option<usize>,
    /// Versions in these ranges stay.
    pub keep_semver: Vec<Range>,
    /// Only tags that are older go.
    pub older_than: Option<SignedDuration>,
    /// Manifests without a tag go if they are older than this.
    pub untagged: Option<SignedDuration>,
}

/// How many tags may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxDelete {
    /// So many.
    Count(usize),
    /// This part of all, rounded up, so that even a small repository can lose a tag.
    Percent(u8),
}

impl MaxDelete {
    /// Returns how many of these tags may go.
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (all * usize::from(percent)).div_ceil(100),
        }
    }
}

/// Why a tag or a manifest stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stays {
    /// The pattern does not match.
    NotMatched,
    /// It is a version in a range.
    InRange,
    /// It is not a version, and only versions are chosen.
    NotVersion,
    /// It is one of the newest.
    Newest,
    /// It is not old enough.
    Young,
    /// Its date is not known.
    NoDate,
    /// Something that stays needs it, or its needs are unknown.
    Needed,
}

/// Why a tag or a manifest goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goes {
    /// It is old enough.
    Old,
    /// There are enough newer tags.
    Surplus,
    /// It is a version in no range.
    OutOfRange,
    /// Only what goes needs it.
    Unneeded,
    /// No tag leads to it.
    Untagged,
}

/// What happens to a tag or a manifest, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is deleted.
    Goes(Goes),
    /// It is not deleted.
    Stays(Stays),
}

/// A tag or a manifest without a tag, and its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The tag, unless it is a manifest.
    pub tag: Option<Tag>,
    /// The digest.
    pub digest: Digest,
    /// When it was created or pushed, if that is known.
    pub date: Option<Timestamp>,
    /// What the date is that of.
    pub dated: Dated,
    /// What happens, and why.
    pub fate: Fate,
}

/// What a prune does to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// All tags by their names, then the manifests without a tag.
    pub rows: Vec<Row>,
    /// What goes.
    pub removal: Removal,
}

impl Policy {
    /// Reports whether a tag can only be judged if its date is known.
    pub fn needs_dates(&self) -> bool {
        self.keep.is_some() || self.older_than.is_some()
    }

    /// Reports whether any tag can go.
    pub fn removes_tags(&self) -> bool {
        self.needs_dates() || !self.keep_semver.is_empty()
    }

    /// Reports whether a tag is considered, so that its date matters.
    pub fn considers(&self, tag: &Tag) -> bool {
        let is_matched = self.matching.as_ref().is_none_or(|pattern| pattern.matches(tag.as_str()));
        self.removes_tags() && is_matched && !is_companion(tag)
    }
}

/// Decides what goes and what stays, and why.
pub fn decide(family: &Family, policy: &Policy, now: Timestamp) -> Decision {
    let fates = fates(family, policy, now);
    let going = |tag: &Tag| matches!(fates.get(tag), Some(Fate::Goes(_)));
    let tags = family.tags.iter().filter(|(tag, _)| going(tag));
    let chosen = Chosen {
        tags: tags.map(|(tag, digest)| (tag.clone(), digest.clone())).collect(),
        untagged: untagged(family, policy, now),
    };
    let removal = Removal::of(family, &chosen);
    let rows = rows(family, &fates, &removal).chain(manifest_rows(family, &chosen, &removal)).collect();
    Decision { rows, removal }
}

/// Judges all tags but those of signatures and the like, which stay and go with their subjects.
fn fates(family: &Family, policy: &Policy, now: Timestamp) -> BTreeMap<Tag, Fate> {
    let newest = newest(family, policy);
    let judge = |tag: &Tag, digest: &Digest| {
        if !policy.considers(tag) {
            return Fate::Stays(Stays::NotMatched);
        }
        let version = version_of(tag.as_str());
        let in_range =
            |version| policy.keep_semver.iter().any(|range| range.contains(version, Prereleases::All));
        match &version {
            Some(version) if in_range(version) => return Fate::Stays(Stays::InRange),
            None if !policy.needs_dates() => return Fate::Stays(Stays::NotVersion),
            _ if !policy.needs_dates() => return Fate::Goes(Goes::OutOfRange),
            _ => {}
        }
        let Some(date) = date_of(family, digest) else { return Fate::Stays(Stays::NoDate) };
        if newest.contains(tag) {
            return Fate::Stays(Stays::Newest);
        }
        match policy.older_than {
            Some(least) if now.duration_since(date) < least => Fate::Stays(Stays::Young),
            Some(_) => Fate::Goes(Goes::Old),
            None => Fate::Goes(Goes::Surplus),
        }
    };
    let tags = family.tags.iter().filter(|(tag, _)| !is_companion(tag));
    tags.map(|(tag, digest)| (tag.clone(), judge(tag, digest))).collect()
}

/// Returns the newest tags that stay.
fn newest<'a>(family: &'a Family, policy: &Policy) -> BTreeSet<&'a Tag> {
    let dated = family.tags.iter().filter(|(tag, _)| policy.considers(tag));
    let mut dated: Vec<_> = dated.filter_map(|(tag, digest)| Some((date_of(family, digest)?, tag))).collect();
    dated.sort_by(|one, other| other.cmp(one));
    dated.into_iter().map(|(_, tag)| tag).take(policy.keep.unwrap_or(0)).collect()
}

fn date_of(family: &Family, digest: &Digest) -> Option<Timestamp> {
    family.members.get(digest)?.date
}

/// Returns the manifests that no tag leads to and that are old enough.
fn untagged(family: &Family, policy: &Policy, now: Timestamp) -> BTreeSet<Digest> {
    let Some(grace) = policy.untagged else { return BTreeSet::new() };
    let links = Links::of(family);
    let tagged = links
        .closure(family.tags.iter().filter(|(tag, _)| links.subject_of(tag).is_none()).map(|(_, to)| to));
    let is_old = |date: Timestamp| now.duration_since(date) >= grace;
    let loose = family.members.iter().filter(|(digest, _)| !tagged.contains(digest));
    loose.filter(|(_, member)| member.date.is_some_and(is_old)).map(|(digest, _)| digest.clone()).collect()
}

/// Returns a row for each tag. A tag that was not judged by itself has the fate of its subject.
fn rows<'a>(
    family: &'a Family,
    fates: &'a BTreeMap<Tag, Fate>,
    removal: &'a Removal,
) -> impl Iterator<Item = Row> {
    family.tags.iter().map(move |(tag, digest)| {
        let alone = || match removal.tags.contains_key(tag) {
            true => Fate::Goes(Goes::Unneeded),
            false => Fate::Stays(Stays::Needed),
        };
        let fate = fates.get(tag).copied().unwrap_or_else(alone);
        row(family, Some(tag), digest, fate)
    })
}

/// Returns a row for each manifest without a tag that goes.
fn manifest_rows<'a>(
    family: &'a Family,
    chosen: &'a Chosen,
    removal: &'a Removal,
) -> impl Iterator<Item = Row> {
    let tagged: BTreeSet<_> = family.tags.values().collect();
    removal.manifests().filter(move |digest| !tagged.contains(digest)).map(|digest| {
        let why = if chosen.untagged.contains(digest) { Goes::Untagged } else { Goes::Unneeded };
        row(family, None, digest, Fate::Goes(why))
    })
}

fn row(family: &Family, tag: Option<&Tag>, digest: &Digest, fate: Fate) -> Row {
    let dated = family.members.get(digest).map(|member| member.dated).unwrap_or_default();
    Row { tag: tag.cloned(), digest: digest.clone(), date: date_of(family, digest), dated, fate }
}
