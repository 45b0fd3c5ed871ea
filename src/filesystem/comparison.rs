//! Compares the files of two images, path by path.

use std::io;
use std::path::Path;

use super::Error;
use super::entry::Entry;
use super::listing::{Listing, ListingBuilder};
use super::merge::{Merge, Seen};
use super::path::EntryPath;

/// A path in two images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPair {
    /// The path.
    pub path: EntryPath,
    /// What the old image has there.
    pub old: Presence,
    /// What the new image has there.
    pub new: Presence,
    /// Whether only one of the images shows what the shared layers have below the path, if these were not read.
    pub differs_below: bool,
}

/// What an image has at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// This entry.
    Entry(Entry),
    /// Nothing.
    Absent,
    /// What the shared layers have, which were not read.
    Shared,
}

/// Compares the files of two images that begin with the same layers, in the order of their paths. The memory that it
/// uses does not grow with the number of files.
pub struct Comparison {
    old: Reader,
    new: Reader,
    /// How many layers both begin with.
    shared: usize,
}

/// Which layers are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All of them.
    Whole,
    /// Those above the shared ones.
    Upper,
}

/// Reads one of the two images.
struct Reader {
    reach: Reach,
    merge: Merge,
    ahead: Option<Seen>,
    /// The paths that contain the current one, the outermost first, each with whether it hides what the shared layers
    /// have below it.
    open: Vec<(EntryPath, bool)>,
}

/// What one of the images has at a path.
struct Sight {
    presence: Presence,
    /// Whether the entry comes from a shared layer.
    is_shared: bool,
    hides_below: bool,
}

impl Comparison {
    /// Compares two images by the listings of their layers, the lowest first: those that both begin with, and the
    /// others. Yields the paths that one of the others touches.
    ///
    /// # Errors
    /// [`Error::Layers`] if there are too many, [`Error::Invalid`] if one cannot be read.
    pub fn new(shared: &[Listing], old: &[Listing], new: &[Listing]) -> Result<Self, Error> {
        let side = |upper: &[Listing]| Reader::new(&[shared, upper].concat(), Reach::Whole);
        Ok(Self { old: side(old)?, new: side(new)?, shared: shared.len() })
    }

    /// Compares two images without the layers that both begin with. What only these decide is [`Presence::Shared`].
    /// `folder` is for a temporary file.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Scratch`] for the temporary file.
    pub fn of_upper(old: &[Listing], new: &[Listing], folder: &Path) -> Result<Self, Error> {
        // It stands for the shared layers, so that a whiteout of the others is above something.
        let shared = [ListingBuilder::new(folder).finish()?];
        let side = |upper: &[Listing]| Reader::new(&[&shared, upper].concat(), Reach::Upper);
        Ok(Self { old: side(old)?, new: side(new)?, shared: 1 })
    }

    fn pair(&mut self) -> io::Result<Option<PathPair>> {
        loop {
            let heads = [self.old.next_path(), self.new.next_path()];
            let Some(path) = heads.into_iter().flatten().min().cloned() else { return Ok(None) };
            let old = self.old.at(&path, self.shared)?;
            let new = self.new.at(&path, self.shared)?;
            let differs_below = old.hides_below != new.hides_below;
            let is_same = match (&old.presence, &new.presence) {
                (Presence::Entry(_), Presence::Entry(_)) => old.is_shared && new.is_shared,
                (old, new) => old == new,
            };
            if differs_below || !is_same {
                return Ok(Some(PathPair { path, old: old.presence, new: new.presence, differs_below }));
            }
        }
    }
}

impl Iterator for Comparison {
    type Item = io::Result<PathPair>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pair().transpose()
    }
}

impl Reader {
    fn new(listings: &[Listing], reach: Reach) -> Result<Self, Error> {
        let mut merge = Merge::new(listings)?;
        let ahead = merge.next_seen().map_err(Error::Invalid)?;
        Ok(Self { reach, merge, ahead, open: Vec::new() })
    }

    /// Returns the next path that a layer mentions.
    fn next_path(&self) -> Option<&EntryPath> {
        self.ahead.as_ref().map(|seen| &seen.node.path)
    }

    /// Returns what is at `path`, which is the next one or precedes it.
    fn at(&mut self, path: &EntryPath, shared: usize) -> io::Result<Sight> {
        while self.open.pop_if(|(outer, _)| path.below(outer).is_none()).is_some() {}
        let hides_all = self.reach == Reach::Whole;
        let Some(seen) = self.ahead.take_if(|seen| seen.node.path == *path) else {
            let hides_below = self.open.last().is_some_and(|(_, hides)| *hides);
            let is_absent = hides_all || hides_below;
            let presence = if is_absent { Presence::Absent } else { Presence::Shared };
            return Ok(Sight { presence, is_shared: false, hides_below: is_absent });
        };
        self.ahead = self.merge.next_seen()?;
        self.open.push((path.clone(), seen.hides_below));
        let is_shared = seen.node.visible.as_ref().is_some_and(|found| found.layer < shared);
        let is_hidden = hides_all || seen.is_hidden;
        let presence = match seen.node.visible {
            // Its attributes are those of the shared layers.
            Some(_) if seen.is_implied && !is_hidden => Presence::Shared,
            Some(found) => Presence::Entry(found.entry),
            None if is_hidden => Presence::Absent,
            None => Presence::Shared,
        };
        Ok(Sight { presence, is_shared, hides_below: hides_all || seen.hides_below })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::merge::tests::{layers, listing};
    use super::*;

    fn listings(layers: &[Vec<String>]) -> Vec<Listing> {
        let listing = |layer: &Vec<String>| listing(&layer.iter().map(String::as_str).collect::<Vec<_>>());
        layers.iter().map(listing).collect()
    }

    fn texts(layers: &[&[&str]]) -> Vec<Vec<String>> {
        layers.iter().map(|layer| layer.iter().map(|text| (*text).to_owned()).collect()).collect()
    }

    /// Returns the pairs without the layers that both begin with: `E` for an entry, `-` for nothing, `?` for what these
    /// layers have, `*` if they decide what is below.
    fn upper(old: &[&[&str]], new: &[&[&str]]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (listings(&texts(old)), listings(&texts(new)));
        let pairs = Comparison::of_upper(&old, &new, folder.path()).unwrap().map(Result::unwrap);
        let letter = |presence: &Presence| match presence {
            Presence::Entry(_) => 'E',
            Presence::Absent => '-',
            Presence::Shared => '?',
        };
        let told = pairs.map(|pair| {
            let mark = if pair.differs_below { "*" } else { "" };
            format!("{} {}{}{mark}", pair.path, letter(&pair.old), letter(&pair.new))
        });
        told.collect()
    }

    #[test]
    fn layers_that_touch_the_same_paths_need_no_shared_layer() {
        assert_eq!(upper(&[&["a/", "a/b"]], &[&["a/", "a/b"]]), ["/a EE", "/a/b EE"]);
        assert_eq!(upper(&[&["a/b"]], &[&["a/b"]]), ["/a/b EE"], "both have an implied directory");
        assert_eq!(upper(&[&["-a"]], &[&["-a"]]), [""; 0]);
        assert_eq!(upper(&[&["a/*", "a/b"]], &[&["a/*"]]), ["/a/b E-"], "below an opaque directory");
    }

    #[test]
    fn what_one_side_touches_is_decided_by_the_shared_layers() {
        assert_eq!(upper(&[], &[&["a"]]), ["/a ?E*"]);
        assert_eq!(upper(&[&["a/"]], &[&["a/b"]]), ["/a E?", "/a/b ?E*"]);
        assert_eq!(upper(&[&["-a"]], &[]), ["/a -?*"]);
        assert_eq!(upper(&[&["a/*", "a/"]], &[&["a/"]]), ["/a EE*"]);
    }

    type Shown = BTreeMap<String, [Presence; 2]>;

    /// Returns what two images have at the paths that differ.
    fn by_merging(old: &[Listing], new: &[Listing]) -> Shown {
        let mut shown: BTreeMap<String, [Presence; 2]> = BTreeMap::new();
        for (side, listings) in [old, new].into_iter().enumerate() {
            for found in Merge::new(listings).unwrap().filter_map(|node| node.unwrap().visible) {
                let place = shown.entry(found.entry.path.to_string());
                place.or_insert([Presence::Absent, Presence::Absent])[side] = Presence::Entry(found.entry);
            }
        }
        shown.retain(|_, [old, new]| old != new);
        shown
    }

    fn differing(comparison: Comparison) -> Shown {
        let pairs = comparison.map(Result::unwrap).filter(|pair| pair.old != pair.new);
        pairs.map(|pair| (pair.path.to_string(), [pair.old, pair.new])).collect()
    }

    proptest! {
        #[test]
        fn a_comparison_finds_what_differs_between_the_merged_images(
            shared in prop::collection::vec(layers(), 0..3),
            old in prop::collection::vec(layers(), 0..3),
            new in prop::collection::vec(layers(), 0..3),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (shared, old, new) = (listings(&shared), listings(&old), listings(&new));
            let expected =
                by_merging(&[&shared[..], &old[..]].concat(), &[&shared[..], &new[..]].concat());
            let whole = differing(Comparison::new(&shared, &old, &new).unwrap());
            prop_assert_eq!(&whole, &expected);

            let upper: Vec<PathPair> =
                Comparison::of_upper(&old, &new, folder.path()).unwrap().map(Result::unwrap).collect();
            let is_decided = |pair: &PathPair| {
                !pair.differs_below && pair.old != Presence::Shared && pair.new != Presence::Shared
            };
            if upper.iter().all(is_decided) {
                let decided = upper.into_iter().filter(|pair| pair.old != pair.new);
                let decided: Shown =
                    decided.map(|pair| (pair.path.to_string(), [pair.old, pair.new])).collect();
                prop_assert_eq!(&decided, &expected);
            }
        }
    }
}
