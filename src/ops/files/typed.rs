//! Paths as users spell them, and the walk along them.

use std::collections::VecDeque;
use std::fmt;

use crate::filesystem::{EntryPath, PATH_BYTES_MAX};

/// A path as a user spells it. As in Linux, `..` after a symbolic link is the directory above the link's target, the root
/// is its own parent, and what has a slash at the end has to be a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedPath(Components);

/// Names and `..`; at the end a `.` if the path has to be a directory.
type Components = VecDeque<Vec<u8>>;

impl TypedPath {
    /// Parses a path from the root. Returns `None` if it has a NUL or is longer than Linux allows.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parsed = components(text);
        while parsed.front().is_some_and(|first| !is_name(first)) {
            parsed.pop_front();
        }
        let is_possible = text.len() <= PATH_BYTES_MAX && !text.contains(&0);
        is_possible.then_some(Self(parsed))
    }

    /// Returns the path if links cannot change what it means.
    pub(super) fn plain(&self) -> Option<EntryPath> {
        let is_plain = self.0.iter().all(|component| is_name(component));
        is_plain.then(|| self.0.iter().fold(EntryPath::root(), |path, name| path.join(name)))
    }
}

impl From<EntryPath> for TypedPath {
    fn from(path: EntryPath) -> Self {
        Self(path.components().map(<[u8]>::to_vec).collect())
    }
}

impl fmt::Display for TypedPath {
    /// Writes the path with a slash at the beginning and none at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let components = self.0.iter().filter(|component| *component != b".");
        let parts: Vec<_> = components.map(|component| String::from_utf8_lossy(component)).collect();
        write!(f, "/{}", parts.join("/"))
    }
}

/// A walk along a path, with the links in it.
pub(super) struct Walk {
    /// A directory.
    reached: EntryPath,
    rest: Components,
}

impl Walk {
    pub(super) fn along(TypedPath(rest): TypedPath) -> Self {
        Self { reached: EntryPath::root(), rest }
    }

    /// Begins a walk along names and `..` from the root.
    pub(super) fn of_parts(parts: &[Vec<u8>]) -> Self {
        Self { reached: EntryPath::root(), rest: parts.iter().cloned().collect() }
    }

    /// Returns the path to look at: as far as the names lead.
    pub(super) fn next(&mut self) -> EntryPath {
        let climbs = self.rest.iter().take_while(|component| !is_name(component)).count();
        for component in self.rest.drain(..climbs) {
            if component == b".." {
                self.reached = self.reached.parent().unwrap_or_default();
            }
        }
        let names = self.rest.iter().take_while(|component| is_name(component));
        names.fold(self.reached.clone(), |path, name| path.join(name))
    }

    /// Reports whether the next path is known to be a directory.
    pub(super) fn is_there(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reports whether the walk ends at the next path, whatever is there.
    pub(super) fn is_last(&self) -> bool {
        self.rest.iter().all(|component| is_name(component))
    }

    /// Walks on from the next path, which is the directory `path`.
    pub(super) fn enter(&mut self, path: EntryPath) {
        let names = self.rest.iter().take_while(|component| is_name(component)).count();
        self.rest.drain(..names);
        self.reached = path;
    }

    /// Walks on from `link`, which is at the next path or above it.
    pub(super) fn follow(&mut self, link: &EntryPath, target: &[u8]) {
        let passed = link.depth().saturating_sub(self.reached.depth());
        let mut rest = components(target);
        let after = self.rest.iter().skip(passed).cloned();
        if self.rest.len() > passed && rest.back().is_some_and(|last| last == b".") {
            rest.pop_back();
        }
        rest.extend(after);
        self.rest = rest;
        self.reached =
            if target.starts_with(b"/") { EntryPath::root() } else { link.parent().unwrap_or_default() };
    }
}

fn is_name(component: &[u8]) -> bool {
    !matches!(component, b"." | b"..")
}

fn components(text: &[u8]) -> Components {
    let mut parsed: Components = Components::new();
    let mut ends_as_directory = false;
    for component in text.split(|byte| *byte == b'/') {
        ends_as_directory = matches!(component, b"" | b".");
        if !ends_as_directory {
            parsed.push_back(component.to_vec());
        }
    }
    if ends_as_directory && parsed.back().is_some_and(|last| is_name(last)) {
        parsed.push_back(b".".to_vec());
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> TypedPath {
        TypedPath::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn links_decide_only_what_has_a_parent_directory_or_a_slash_at_the_end() {
        for text in ["/a/b", "a//b", "./a/./b", "../../a/b"] {
            assert_eq!(typed(text).plain().map(|path| path.to_string()).as_deref(), Some("/a/b"), "{text}");
        }
        for text in ["", "/", "..", "./../"] {
            assert_eq!(typed(text).plain(), Some(EntryPath::root()), "{text}");
        }
        for text in ["a/", "a/.", "a/..", "a/../b"] {
            assert_eq!(typed(text).plain(), None, "{text}");
        }
        assert_eq!((TypedPath::parse(b"a\0"), TypedPath::parse(&[b'a'; 4097])), (None, None));
    }

    #[test]
    fn a_walk_goes_up_from_the_target_of_a_link() {
        let path = |text: &str| EntryPath::clean(text.as_bytes()).unwrap();
        let mut walk = Walk::along(typed("/bin/x/../../../zz/"));
        assert_eq!(walk.next(), path("bin/x"));
        walk.follow(&path("bin"), b"usr/bin/");
        assert_eq!((walk.next(), walk.is_last()), (path("usr/bin/x"), false));
        walk.enter(path("usr/bin/x"));
        assert_eq!((walk.next(), walk.is_last()), (path("zz"), false));
        walk.follow(&path("zz"), b"/etc/.");
        assert_eq!((walk.next(), walk.is_last(), walk.is_there()), (path("etc"), false, false));
        walk.enter(path("etc"));
        assert_eq!((walk.next(), walk.is_last(), walk.is_there()), (path("etc"), true, true));
    }
}
