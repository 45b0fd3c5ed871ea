//! Versions in tags, and ranges of versions.
//!
//! One language for what several programs write: `>=1.2 <2`, `>=1.2, <2`, `^1.2`, `~1.2`, `1.x`, `1.2 - 1.4`, `!=1.3`,
//! `^1.2 || ^2.1`. Each comparison becomes a [`Span`] of versions when it is parsed.

use std::fmt;

use semver::{BuildMetadata, Prerelease, Version};

use super::error::Problem;

/// A range of versions, such as `>=1.2 <2 || ^3.1`.
#[derive(Clone)]
pub struct Range {
    text: String,
    alternatives: Vec<Alternative>,
}

/// Whether a range contains pre-releases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prereleases {
    /// Only those alternatives of a range contain pre-releases that name one, as in `>=1.2.0-rc1`.
    #[default]
    Named,
    /// Every range contains them.
    All,
}

/// Comparisons that all have to hold.
#[derive(Clone)]
struct Alternative {
    comparisons: Vec<Comparison>,
    /// Whether one of them names a pre-release.
    names_prerelease: bool,
}

#[derive(Clone)]
enum Comparison {
    Inside(Span),
    Outside(Span),
}

/// The versions between two bounds. A missing bound is infinite.
#[derive(Clone, Default)]
struct Span {
    from: Option<Bound>,
    to: Option<Bound>,
}

#[derive(Clone)]
struct Bound {
    version: Version,
    is_included: bool,
}

/// A version with missing parts, such as `1.2` or `1.x`.
#[derive(Clone, Default)]
struct Partial {
    /// Major, minor and patch, as many as are given.
    numbers: Vec<u64>,
    prerelease: Prerelease,
    /// Whether it ends in `x` or `*`.
    is_open: bool,
}

/// The most parts of a version.
const PARTS: usize = 3;

/// The operators, those first that begin with another one.
const OPERATORS: &[&str] = &["!=", "==", ">=", "=>", "<=", "=<", "~>", "=", "!", ">", "<", "~", "^"];

impl Range {
    /// Parses a range.
    ///
    /// # Errors
    /// [`Problem::Range`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let alternatives = text.split("||").map(Alternative::parse).collect::<Result<_, _>>();
        let fail = |part: String| Problem::Range { text: text.to_owned(), part };
        Ok(Self { text: text.to_owned(), alternatives: alternatives.map_err(fail)? })
    }

    /// Returns the range, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reports whether the range contains a version.
    pub fn contains(&self, version: &Version, prereleases: Prereleases) -> bool {
        self.alternatives.iter().any(|alternative| alternative.contains(version, prereleases))
    }
}

impl PartialEq for Range {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Range {}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// Returns the version that a tag names: `1.2.3`, `v1.2.3`, `3.18`, `1.2.3-alpine`. Missing parts are zero.
pub fn version_of(tag: &str) -> Option<Version> {
    let partial = Partial::parse(tag)?;
    (!partial.is_open).then(|| partial.lowest())
}

impl Alternative {
    /// Parses comparisons that are separated by spaces or commas.
    ///
    /// # Errors
    /// The part that is not a comparison.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parsed = Self { comparisons: Vec::new(), names_prerelease: false };
        let mut rest = skip(text);
        while !rest.is_empty() {
            let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator)).copied();
            rest = rest[operator.map_or(0, str::len)..].trim_start();
            let (version, after) = parsed.version(rest)?;
            rest = after;
            let comparison = match (operator, after.trim_start().strip_prefix("- ")) {
                (None, Some(end)) => {
                    let (end, after) = parsed.version(end.trim_start())?;
                    rest = after;
                    Comparison::Inside(Span { from: version.from(), to: end.up_to() })
                }
                (operator, _) => Comparison::new(operator.unwrap_or("="), &version),
            };
            parsed.comparisons.push(comparison);
            rest = skip(rest);
        }
        if parsed.comparisons.is_empty() { Err(text.to_owned()) } else { Ok(parsed) }
    }

    /// Reads a version, and returns it with the text after it.
    fn version<'a>(&mut self, text: &'a str) -> Result<(Partial, &'a str), String> {
        let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        let version = Partial::parse(word).ok_or_else(|| word.to_owned())?;
        self.names_prerelease |= !version.prerelease.is_empty();
        Ok((version, after))
    }

    fn contains(&self, version: &Version, prereleases: Prereleases) -> bool {
        let is_candidate = version.pre.is_empty() || prereleases == Prereleases::All || self.names_prerelease;
        is_candidate
            && self.comparisons.iter().all(|comparison| match comparison {
                Comparison::Inside(span) => span.contains(version),
                Comparison::Outside(span) => !span.contains(version),
            })
    }
}

/// Returns the text without separators at its beginning.
fn skip(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == ',')
}

impl Comparison {
    fn new(operator: &str, version: &Partial) -> Self {
        let span = |from, to| Self::Inside(Span { from, to });
        match operator {
            "!=" | "!" => Self::Outside(Span { from: version.from(), to: version.up_to() }),
            ">" => match version.is_complete() {
                true => span(Some(Bound { version: version.lowest(), is_included: false }), None),
                // All versions after the last one that begins with these parts. After `*` there are none.
                false => span(Some(version.after().unwrap_or_else(Bound::unreachable)), None),
            },
            ">=" | "=>" => span(version.from(), None),
            "<" => span(None, Some(Bound { version: version.lowest(), is_included: false })),
            "<=" | "=<" => span(None, version.up_to()),
            "~" | "~>" => span(version.from(), version.shortened(2).next()),
            "^" => span(version.from(), version.significant().next()),
            _ => span(version.from(), version.up_to()),
        }
    }
}

impl Span {
    fn contains(&self, version: &Version) -> bool {
        let is_after = |from: &Bound| *version > from.version || from.is_included && *version == from.version;
        let is_before = |to: &Bound| *version < to.version || to.is_included && *version == to.version;
        self.from.as_ref().is_none_or(is_after) && self.to.as_ref().is_none_or(is_before)
    }
}

impl Bound {
    /// A lower bound that no version reaches.
    fn unreachable() -> Self {
        Self { version: Version::new(u64::MAX, u64::MAX, u64::MAX), is_included: false }
    }
}

impl Partial {
    /// Parses up to three numbers with an optional `v`, pre-release and build. `x` and `*` stand for missing parts.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(before, _)| before);
        let (numbers, prerelease) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
        let mut parsed = Self::default();
        let parts: Vec<&str> = numbers.split('.').collect();
        if parts.len() > PARTS {
            return None;
        }
        for part in parts {
            match part {
                "x" | "X" | "*" => parsed.is_open = true,
                _ if parsed.is_open || !part.bytes().all(|byte| byte.is_ascii_digit()) => return None,
                number => parsed.numbers.push(number.parse().ok()?),
            }
        }
        if let Some(prerelease) = prerelease {
            if prerelease.is_empty() || parsed.is_open {
                return None;
            }
            parsed.prerelease = Prerelease::new(prerelease).ok()?;
            parsed.numbers.resize(PARTS, 0);
        }
        Some(parsed)
    }

    fn is_complete(&self) -> bool {
        self.numbers.len() == PARTS
    }

    /// Returns the lowest version that begins with these parts.
    fn lowest(&self) -> Version {
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(0);
        Version {
            major: number(0),
            minor: number(1),
            patch: number(2),
            pre: self.prerelease.clone(),
            build: BuildMetadata::EMPTY,
        }
    }

    /// Returns the lower bound of the versions that begin with these parts.
    fn from(&self) -> Option<Bound> {
        let bound = || Bound { version: self.lowest(), is_included: true };
        (!self.numbers.is_empty()).then(bound)
    }

    /// Returns the upper bound of the versions that begin with these parts.
    fn up_to(&self) -> Option<Bound> {
        match self.is_complete() {
            true => self.from(),
            false => self.next(),
        }
    }

    /// Returns the first parts only.
    fn shortened(&self, parts: usize) -> Self {
        let numbers = self.numbers.iter().take(parts).copied().collect();
        Self { numbers, ..Self::default() }
    }

    /// Returns the parts up to the first that is not zero, which a compatible version does not change.
    fn significant(&self) -> Self {
        let zeros = self.numbers.iter().take_while(|number| **number == 0).count();
        self.shortened(zeros + 1)
    }

    /// Returns the bound before all versions with a higher last part, and before their pre-releases.
    fn next(&self) -> Option<Bound> {
        let mut bound = self.after()?;
        bound.version.pre = Prerelease::new("0").unwrap_or_default();
        bound.is_included = false;
        Some(bound)
    }

    /// Returns the lower bound of the versions with a higher last part.
    fn after(&self) -> Option<Bound> {
        let mut next = self.shortened(PARTS);
        let last = next.numbers.last_mut()?;
        *last = last.saturating_add(1);
        Some(Bound { version: next.lowest(), is_included: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(range: &str, tag: &str, prereleases: Prereleases) -> bool {
        let range = Range::parse(range).unwrap_or_else(|error| panic!("{range}: {error}"));
        version_of(tag).is_some_and(|version| range.contains(&version, prereleases))
    }

    #[test]
    fn ranges_contain_what_other_programs_say() {
        for (range, inside, outside) in [
            (">=1.2 <2", "1.2.0 v1.9.9 1.2 1.99", "1.1.9 2.0.0 2 latest"),
            (">=1.2, <2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
            (">= 1.2,<2 , != 1.3", "1.2.5 1.4.0", "1.3.0 1.3.7"),
            ("^1.2", "1.2.0 1.9.0", "1.1.9 2.0.0"),
            ("^1", "1.0.0 1.9", "2.0.0 0.9.0"),
            ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
            ("^0.0", "0.0.0 0.0.9", "0.1.0"),
            ("^0", "0.0.1 0.9.9", "1.0.0"),
            ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
            ("~1.2", "1.2.0 1.2.9", "1.3.0"),
            ("~1", "1.0.0 1.9.0", "2.0.0"),
            ("~> 1.2", "1.2.7", "1.3.0"),
            ("1.x", "1.0.0 1.9.9", "2.0.0"),
            ("1.2.*", "1.2.0 1.2.9", "1.3.0"),
            ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.0"),
            ("=1.2.3", "1.2.3 v1.2.3", "1.2.4"),
            ("==1.2.3", "1.2.3", "1.2.4"),
            ("*", "0.0.1 7 v3.18", "latest"),
            ("x", "0.0.1", "stable"),
            ("1.2 - 1.4", "1.2.0 1.4.9", "1.1.9 1.5.0"),
            ("1.2.3 - 1.4.5", "1.2.3 1.4.5", "1.2.2 1.4.6"),
            (">1.2", "1.3.0 2.0.0", "1.2.9 1.2.0"),
            (">1.2.3", "1.2.4", "1.2.3"),
            ("<1.2", "1.1.9", "1.2.0"),
            ("<=1.2", "1.2.9 1.0.0", "1.3.0"),
            ("=<1.2.3", "1.2.3", "1.2.4"),
            ("=>1.2.3", "1.2.3", "1.2.2"),
            ("<=*", "1.2.3", "latest"),
            ("!=1.2.3", "1.2.4 9.0.0", "1.2.3"),
            ("!1.2.x", "1.3.0", "1.2.9"),
            ("^1.2 || ^3", "1.5.0 3.7.0", "2.0.0 4.0.0"),
            ("1.2.3 || 2.x", "1.2.3 2.5.0", "1.2.4 3.0.0"),
            ("2024.01", "2024.1.5 2024.01.05", "2024.2.0"),
        ] {
            for tag in inside.split(' ') {
                assert!(contains(range, tag, Prereleases::Named), "{range} contains {tag}");
            }
            for tag in outside.split(' ') {
                assert!(!contains(range, tag, Prereleases::Named), "{range} does not contain {tag}");
            }
        }
        assert!(!contains(
            ">*",
            "18446744073709551615.18446744073709551615.18446744073709551615",
            Prereleases::All
        ));
    }

    #[test]
    fn prereleases_are_left_out_unless_the_range_names_one() {
        for (range, tag) in [
            (">=1.2.0-0", "1.3.0-rc1"),
            ("^1.2.0-rc1", "1.2.0-rc2"),
            (">=1.2.0-rc1 <2", "1.9.0-beta"),
            ("^3 || >=1.0.0-0 <2", "1.5.0-rc1"),
        ] {
            assert!(contains(range, tag, Prereleases::Named), "{range} {tag}");
        }
        for (range, tag) in [
            (">=1.2", "1.3.0-rc1"),
            ("*", "1.27-alpine"),
            ("^1.2.0-rc1", "2.0.0-rc1"),
            ("~1.2.0-rc1", "1.3.0-rc1"),
            ("^1 || >=3.0.0-0", "1.5.0-rc1"),
        ] {
            assert!(!contains(range, tag, Prereleases::Named), "{range} {tag}");
        }
        assert!(contains(">=1.2", "1.3.0-rc1", Prereleases::All));
        assert!(contains("<2.0.0", "2.0.0-rc1", Prereleases::All));
    }

    #[test]
    fn tags_are_versions_with_or_without_all_parts() {
        for (tag, version) in [
            ("1.2.3", "1.2.3"),
            ("v1.2", "1.2.0"),
            ("3", "3.0.0"),
            ("1.27-alpine", "1.27.0-alpine"),
            ("2024.01.09", "2024.1.9"),
            ("1.2.3-rc.1", "1.2.3-rc.1"),
        ] {
            assert_eq!(version_of(tag).map(|version| version.to_string()).as_deref(), Some(version), "{tag}");
        }
        for tag in [
            "latest",
            "",
            "v",
            "x",
            "1.x",
            "1.2.3.4",
            "1.2-",
            "1..2",
            "99999999999999999999",
            "1.2_3",
            "1.2-a_b",
        ] {
            assert_eq!(version_of(tag), None, "{tag}");
        }
    }

    #[test]
    fn what_is_not_a_range_is_refused_with_its_part() {
        for (range, wrong) in [
            ("", ""),
            ("^1 || ", " "),
            (">=abc", "abc"),
            (">= 1.2 <", ""),
            ("1.2.3.4", "1.2.3.4"),
            ("=>=1.2", "=1.2"),
            ("1.x.3", "1.x.3"),
            ("1.2 - ", ""),
        ] {
            let error = Range::parse(range).unwrap_err();
            assert_eq!(error, Problem::Range { text: range.to_owned(), part: wrong.to_owned() });
        }
    }
}
