//! Paths in an image's file system.

use std::cmp::Ordering;
use std::fmt;

/// Maximum length of a path in bytes: `PATH_MAX` of Linux, so that every listed path can be opened in a container.
pub(crate) const PATH_BYTES_MAX: usize = 4096;

/// A path relative to the root of an image: components of any bytes except `/` and NUL, none of them `.` or `..`.
///
/// Ordered by components, so that the content of a directory follows it directly. The root is the empty path.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct EntryPath(Vec<u8>);

impl EntryPath {
    /// Returns the root.
    pub fn root() -> Self {
        Self::default()
    }

    /// Cleans a foreign path: `./a//b/../c/` and `/a/c` become `a/c`. Links are not followed.
    ///
    /// Returns `None` for a hostile path, which leads out of the root, contains a NUL or is longer than Linux allows.
    pub fn clean(path: &[u8]) -> Option<Self> {
        if path.contains(&0) {
            return None;
        }
        let mut cleaned = Self::root();
        for component in path.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => cleaned = cleaned.parent()?,
                name => cleaned.push(name),
            }
        }
        (cleaned.0.len() <= PATH_BYTES_MAX).then_some(cleaned)
    }

    /// Returns the path without a leading slash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reports whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the last component; empty for the root.
    pub fn name(&self) -> &[u8] {
        self.components().next_back().unwrap_or_default()
    }

    /// Returns the directory that contains the path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(Self(self.0[..end].to_vec()))
    }

    /// Returns the components, the outermost first.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|component| !component.is_empty())
    }

    /// Returns the number of components.
    pub fn depth(&self) -> usize {
        self.components().count()
    }

    /// Returns the path of `name` in this directory. `name` is one component of a clean path.
    pub(crate) fn join(&self, name: &[u8]) -> Self {
        let mut joined = self.clone();
        joined.push(name);
        joined
    }

    /// Returns what follows `directory` in this path; `None` if the path is not below it. Empty for the
    /// directory itself.
    pub fn below(&self, directory: &Self) -> Option<&[u8]> {
        let rest = self.0.strip_prefix(&*directory.0)?;
        match rest {
            _ if directory.is_root() => Some(rest),
            [] => Some(rest),
            [b'/', rest @ ..] => Some(rest),
            _ => None,
        }
    }

    /// Appends one component.
    fn push(&mut self, name: &[u8]) {
        if !self.is_root() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }
}

impl Ord for EntryPath {
    fn cmp(&self, other: &Self) -> Ordering {
        // A slash ranks below every byte of a name, so that `a/b` precedes `a-b`.
        let rank = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
        self.0.iter().map(rank).cmp(other.0.iter().map(rank))
    }
}

impl PartialOrd for EntryPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for EntryPath {
    /// Writes the path with a leading slash. Bytes that are not UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(path: &str) -> Option<String> {
        EntryPath::clean(path.as_bytes()).map(|path| path.to_string())
    }

    #[test]
    fn a_path_has_one_spelling() {
        for spelling in ["a/b", "/a/b", "./a//b/", "//a/./b/.", "a/x/../b"] {
            assert_eq!(clean(spelling).as_deref(), Some("/a/b"), "{spelling}");
        }
        for root in ["", "/", ".", "./", "a/.."] {
            assert_eq!(clean(root).as_deref(), Some("/"), "{root}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_root_is_hostile() {
        for hostile in ["..", "../a", "a/../../b", "/../etc", "a\0b"] {
            assert_eq!(clean(hostile), None, "{hostile}");
        }
        assert_eq!(clean(&"a/".repeat(PATH_BYTES_MAX)), None);
    }

    #[test]
    fn the_content_of_a_directory_follows_it() {
        let mut paths: Vec<_> = ["a-b", "a/z", "a", "a/b/c", "a.b", "", "a/b"]
            .map(|path| EntryPath::clean(path.as_bytes()).unwrap())
            .into();
        paths.sort();
        let sorted: Vec<_> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["/", "/a", "/a/b", "/a/b/c", "/a/z", "/a-b", "/a.b"]);
    }

    #[test]
    fn a_path_knows_what_is_below_it() {
        let path = |text: &str| EntryPath::clean(text.as_bytes()).unwrap();
        assert_eq!(path("a/b/c").below(&path("a")), Some(&b"b/c"[..]));
        assert_eq!(path("a").below(&path("a")), Some(&b""[..]));
        assert_eq!(path("ab").below(&path("a")), None);
        assert_eq!(path("ab").below(&path("")), Some(&b"ab"[..]));
        assert_eq!((path("a/b").name(), path("a/b").parent()), (&b"b"[..], Some(path("a"))));
        assert_eq!((path("a").parent(), path("").parent(), path("a/b").depth()), (Some(path("")), None, 2));
    }
}
