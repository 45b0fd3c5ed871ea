//! The choice of the paths that are compared.

use crate::filesystem::EntryPath;
use crate::ops::files::Selection;

/// The paths that are compared: all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathFilter {
    /// Only these, unless it is empty.
    pub only: Vec<Selection>,
    /// None of these, and nothing below them.
    pub ignore: Vec<Selection>,
    /// These without what is below them, if others are chosen too.
    pub exact: Vec<EntryPath>,
}

impl PathFilter {
    /// Reports whether `path` is compared.
    pub fn contains(&self, path: &EntryPath) -> bool {
        let is_chosen = self.only.is_empty() || self.only.iter().any(|selection| selection.covers(path));
        (is_chosen || self.exact.contains(path)) && !self.is_ignored(path)
    }

    /// Reports whether anything below `path` may be compared.
    pub(super) fn reaches_below(&self, path: &EntryPath) -> bool {
        let reaches = |selection: &Selection| match selection {
            Selection::Below(folder) => path.below(folder).is_some() || folder.below(path).is_some(),
            Selection::Typed(_) | Selection::Matching(_) => true,
        };
        (self.only.is_empty() || self.only.iter().any(reaches)) && !self.is_ignored(path)
    }

    fn is_ignored(&self, path: &EntryPath) -> bool {
        self.ignore.iter().any(|selection| selection.covers(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> EntryPath {
        EntryPath::clean(text.as_bytes()).unwrap()
    }

    fn selection(text: &str) -> Selection {
        Selection::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_filter_chooses_paths_and_ignores_what_is_below_others() {
        let filter = PathFilter {
            only: vec![selection("/usr")],
            ignore: vec![selection("*.pyc"), selection("usr/x?")],
            exact: vec![path("etc/x")],
        };
        assert!(filter.contains(&path("usr/lib/a.py")) && filter.contains(&path("usr")));
        assert!(filter.contains(&path("etc/x")) && !filter.contains(&path("etc/x/y")));
        for not in ["etc", "usr/lib/a.pyc", "usr/xy", "usr/xy/z"] {
            assert!(!filter.contains(&path(not)), "{not}");
        }
        assert!(PathFilter::default().contains(&path("")));
    }

    #[test]
    fn a_directory_above_a_chosen_path_reaches_it() {
        let filter = PathFilter {
            only: vec![selection("/usr/lib")],
            ignore: vec![selection("/usr/lib/x")],
            ..PathFilter::default()
        };
        assert!(filter.reaches_below(&path("usr")) && filter.reaches_below(&path("usr/lib/y")));
        assert!(!filter.reaches_below(&path("etc")) && !filter.reaches_below(&path("usr/lib/x")));
    }
}
