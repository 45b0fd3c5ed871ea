//! The choice of some of an image's files.

use std::fmt;

use crate::filesystem::EntryPath;

use super::typed::{TypedPath, Walk};

/// The files to list, by their paths without symbolic links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The path itself and everything below it.
    Below(EntryPath),
    /// The same of a path that links decide about, because it has `..` or a slash at the end. It contains nothing before
    /// it is led there.
    Typed(TypedPath),
    /// The paths that match a pattern: `*` is any part of a name, `?` one byte of a name, and `**` any number of
    /// directories. A pattern without a slash matches names in all directories.
    Matching(Pattern),
}

/// A pattern of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Vec<u8>>,
}

impl Selection {
    /// Parses a path, or a pattern if it has a `*` or a `?`. Returns `None` for a path that Linux
    /// cannot have.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !text.iter().any(|byte| matches!(byte, b'*' | b'?')) {
            let typed = TypedPath::parse(text)?;
            return Some(typed.plain().map_or(Self::Typed(typed), Self::Below));
        }
        let mut parts: Vec<Vec<u8>> = text
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty() && *part != b".")
            .map(<[u8]>::to_vec)
            .collect();
        if !text.contains(&b'/') {
            parts.insert(0, ANY.to_vec());
        }
        Some(Self::Matching(Pattern { text: String::from_utf8_lossy(text).into_owned(), parts }))
    }

    /// Returns the walk to the directory that has all of it: the path itself, or the part of a pattern before the first
    /// `*` or `?`.
    pub(super) fn walk(&self) -> Walk {
        match self {
            Self::Below(path) => Walk::along(path.clone().into()),
            Self::Typed(path) => Walk::along(path.clone()),
            Self::Matching(pattern) => Walk::of_parts(pattern.fixed()),
        }
    }

    /// Returns the same selection in another directory than that where it [begins](Self::walk).
    pub(super) fn moved_to(&self, directory: EntryPath) -> Self {
        match self {
            Self::Below(_) | Self::Typed(_) => Self::Below(directory),
            Self::Matching(pattern) => {
                let rest = &pattern.parts[pattern.fixed().len()..];
                let parts = directory.components().map(<[u8]>::to_vec).chain(rest.iter().cloned()).collect();
                Self::Matching(Pattern { text: pattern.text.clone(), parts })
            }
        }
    }

    /// Reports whether a path that it contains is certainly meant, even if the image has links.
    pub fn is_direct(&self) -> bool {
        match self {
            Self::Below(_) => true,
            Self::Typed(_) => false,
            Self::Matching(pattern) => pattern.fixed().is_empty(),
        }
    }

    pub(super) fn is_pattern(&self) -> bool {
        matches!(self, Self::Matching(_))
    }

    /// Reports whether it contains `path`, or a directory above it.
    pub fn covers(&self, path: &EntryPath) -> bool {
        let mut above = Some(path.clone());
        while let Some(path) = above {
            if self.contains(&path) {
                return true;
            }
            above = path.parent().filter(|parent| !parent.is_root());
        }
        false
    }

    /// Reports whether it contains `path`.
    pub fn contains(&self, path: &EntryPath) -> bool {
        match self {
            Self::Below(folder) => path.below(folder).is_some(),
            Self::Typed(_) => false,
            Self::Matching(pattern) => {
                let parts: Vec<&[u8]> = path.components().collect();
                let pattern: Vec<&[u8]> = pattern.parts.iter().map(Vec::as_slice).collect();
                matches(&pattern, &parts, &|part| part == &ANY, &|pattern, name| {
                    let characters = |bytes: &[u8]| bytes.to_vec();
                    matches(
                        &characters(pattern),
                        &characters(name),
                        &|byte| *byte == b'*',
                        &|pattern, byte| *pattern == b'?' || pattern == byte,
                    )
                })
            }
        }
    }
}

impl Pattern {
    /// Returns the names at the beginning that stand for themselves.
    fn fixed(&self) -> &[Vec<u8>] {
        let is_fixed = |part: &&Vec<u8>| !part.iter().any(|byte| matches!(byte, b'*' | b'?'));
        &self.parts[..self.parts.iter().take_while(is_fixed).count()]
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(path) => path.fmt(f),
            Self::Typed(path) => path.fmt(f),
            Self::Matching(pattern) => f.write_str(&pattern.text),
        }
    }
}

/// Any number of directories.
const ANY: &[u8] = b"**";

/// Reports whether `items` match `pattern`, in which `is_any` stands for any number of items. Takes at most the product
/// of both lengths.
fn matches<P, T>(
    pattern: &[P],
    items: &[T],
    is_any: &dyn Fn(&P) -> bool,
    fits: &dyn Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut next) = (0, 0);
    // Where to continue after the last wildcard, if it takes one item more.
    let mut retry = None;
    while next < items.len() {
        match pattern.get(at) {
            Some(part) if is_any(part) => {
                retry = Some((at + 1, next));
                at += 1;
            }
            Some(part) if fits(part, &items[next]) => {
                at += 1;
                next += 1;
            }
            _ => match &mut retry {
                Some((after, taken)) => {
                    *taken += 1;
                    (at, next) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(is_any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(selection: &str, path: &str) -> bool {
        let path = EntryPath::clean(path.as_bytes()).unwrap();
        Selection::parse(selection.as_bytes()).unwrap().contains(&path)
    }

    #[test]
    fn a_path_selects_what_is_below_it() {
        assert!(contains("/etc", "etc") && contains("./etc", "etc/passwd") && contains("/", "etc"));
        assert!(!contains("/etc", "etcetera") && !contains("/etc/passwd", "etc"));
        assert!(contains("../etc", "etc"), "the root is its own parent");
    }

    #[test]
    fn a_pattern_covers_what_is_below_the_directories_that_it_selects() {
        let covers = |selection: &str, path: &str| {
            let path = EntryPath::clean(path.as_bytes()).unwrap();
            Selection::parse(selection.as_bytes()).unwrap().covers(&path)
        };
        assert!(covers("/us?", "usr") && covers("/us?", "usr/lib/a.so") && covers("/usr", "usr/lib"));
        assert!(!covers("/us?", "etc/usr") && !covers("/usr/lib", "usr"));
    }

    #[test]
    fn a_pattern_selects_names() {
        for (pattern, yes, no) in [
            ("*.so", "usr/lib/a.so", "usr/lib/a.so.1"),
            ("/usr/*", "usr/lib", "usr/lib/a"),
            ("usr/**/a?", "usr/x/y/ab", "usr/x/y/a"),
            ("usr/**", "usr/x/y", "etc/x"),
            ("**/b/*c*", "b/xcx", "b/d/xcx"),
            ("a*b*c", "x/aXbYbZc", "x/aXbYbZ"),
        ] {
            assert!(contains(pattern, yes), "{pattern} {yes}");
            assert!(!contains(pattern, no), "{pattern} {no}");
        }
    }
}
