//! Which tags are newer versions of a tag.
//!
//! Tags of images are not semantic versions: `1.27-alpine` is a variant and not a version before 1.27. So a newer tag has
//! the same words around its numbers, and as many numbers: `1.28-alpine` is newer than `1.27-alpine`, and neither
//! `1.28` nor `1.28.1-alpine` is.

use crate::reference::Tag;

/// The most digits of a number. Longer ones are dates or hashes, which do not compare as versions.
const DIGITS_MAX: usize = 9;

/// The smallest number that is a date: a year with its month.
const DATE_MIN: u64 = 190_001;

/// Which number of a version may become larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// The third and later: 1.27.1 to 1.27.2.
    Patch,
    /// The second as well: 1.27 to 1.28.
    Minor,
    /// All: 1 to 2.
    #[default]
    Major,
}

impl Step {
    /// Returns how many of the first numbers must stay.
    fn fixed(self) -> usize {
        match self {
            Self::Patch => 2,
            Self::Minor => 1,
            Self::Major => 0,
        }
    }
}

/// Returns the newest of `tags` that is a newer version of `tag`, in the same variant.
pub fn newest<'a>(tag: &Tag, tags: impl IntoIterator<Item = &'a str>, step: Step) -> Option<Tag> {
    let current = Version::of(tag.as_str())?;
    let mut newest: Option<(Version<'a>, &'a str)> = None;
    for text in tags {
        let Some(version) = Version::of(text) else { continue };
        let known = newest.as_ref().map_or(&current, |(version, _)| version);
        let fixed = step.fixed().min(current.numbers.len());
        if version.before == current.before
            && version.after == current.after
            && version.numbers.len() == current.numbers.len()
            && version.numbers[..fixed] == current.numbers[..fixed]
            && version.is_date() == current.is_date()
            && version.numbers > known.numbers
        {
            newest = Some((version, text));
        }
    }
    newest?.1.parse().ok()
}

/// The numbers of a tag with the words around them.
struct Version<'a> {
    before: &'a str,
    numbers: Vec<u64>,
    after: &'a str,
}

impl<'a> Version<'a> {
    /// Reports whether the first number is a date, which is larger than the versions beside it: `20261130`.
    fn is_date(&self) -> bool {
        self.numbers.first().is_some_and(|first| *first >= DATE_MIN)
    }

    /// Reads a tag: words that end with a letter or a dash, numbers with dots between them, and the rest.
    fn of(tag: &'a str) -> Option<Self> {
        let start = tag.find(|c: char| c.is_ascii_digit())?;
        let rest = &tag[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (numbers, after) = rest.split_at(end);
        let digits = |part: &str| (1..=DIGITS_MAX).contains(&part.len()).then(|| part.parse().ok()).flatten();
        let numbers: Option<Vec<u64>> = numbers.split('.').map(digits).collect();
        // A release candidate is not a variant: its number is behind the words.
        let is_variant = !["rc", "alpha", "beta", "pre", "dev"]
            .iter()
            .any(|word| after.trim_start_matches(['-', '_']).to_ascii_lowercase().starts_with(word));
        // A hash is not a version: 7f3a2b.
        let is_hash = start == 0 && !after.is_empty() && after.starts_with(|c: char| c.is_ascii_alphabetic());
        (is_variant && !is_hash).then_some(())?;
        Some(Self { before: &tag[..start], numbers: numbers?, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest_of(tag: &str, tags: &[&str], step: Step) -> Option<String> {
        newest(&tag.parse().unwrap(), tags.iter().copied(), step).map(|tag| tag.to_string())
    }

    #[test]
    fn a_newer_version_has_the_same_shape() {
        let tags = [
            "latest",
            "1",
            "2",
            "1.27",
            "1.28",
            "1.28.1",
            "2.0",
            "1.28-alpine",
            "1.29-alpine",
            "1.30-alpine-slim",
            "v1.28",
            "v1.29",
            "1.31-rc1",
            "20261130",
            "7f3a2b9",
        ];
        for (tag, step, expected) in [
            ("1.27", Step::Major, Some("2.0")),
            ("1.27", Step::Minor, Some("1.28")),
            ("1.27", Step::Patch, None),
            ("1.28.0", Step::Patch, Some("1.28.1")),
            ("1.27-alpine", Step::Major, Some("1.29-alpine")),
            ("v1.28", Step::Major, Some("v1.29")),
            ("1", Step::Major, Some("2")),
            ("1", Step::Minor, None),
            ("2.0", Step::Major, None),
            ("latest", Step::Major, None),
            ("7f3a2b9", Step::Major, None),
            ("20261129", Step::Major, Some("20261130")),
        ] {
            assert_eq!(newest_of(tag, &tags, step).as_deref(), expected, "{tag} {step:?}");
        }
    }

    #[test]
    fn a_candidate_is_no_release() {
        assert_eq!(newest_of("1.1", &["1.2-rc1", "1.2-beta"], Step::Major), None);
        assert_eq!(newest_of("1.1-rc1", &["1.2-rc1", "1.1"], Step::Major), None);
        assert_eq!(newest_of("9999999999.1", &["9999999999.2", "1..2", "1."], Step::Major), None);
    }
}
