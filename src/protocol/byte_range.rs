//! Ranges of a blob: `Range`, `Content-Range`, and the form that uploads use.

use std::fmt;
use std::ops::Range;

/// The part of a blob that a `Range` header asks for. Displayed as the header's value, `bytes=7-41`.
///
/// One part only: RFC 9110 §14.2 lets a server ignore a header that asks for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From the first offset to the last, both included.
    Between(u64, u64),
    /// From this offset to the end.
    From(u64),
    /// This number of bytes at the end.
    Last(u64),
}

/// Why a range cannot be served or accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// No byte of the blob is in the range.
    #[error("range is outside the {size} bytes of the blob")]
    Unsatisfiable {
        /// The size of the blob.
        size: u64,
    },
    /// The header does not have the form of a content range.
    #[error("not a content range")]
    Format,
}

impl ByteRange {
    /// Returns the range of exactly these bytes, or `None` if it is empty, because a header cannot express
    /// that.
    pub fn of(range: &Range<u64>) -> Option<Self> {
        (range.start < range.end).then(|| Self::Between(range.start, range.end - 1))
    }

    /// Parses a `Range` header. Returns `None` for one that must be ignored: several parts, another unit, or
    /// an invalid range.
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, range) = value.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        match (first, last) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// Returns the offsets that the range means in a blob of `size` bytes, with an exclusive end.
    ///
    /// # Errors
    /// [`RangeError::Unsatisfiable`] if the range has no byte of the blob.
    pub fn resolve(self, size: u64) -> Result<Range<u64>, RangeError> {
        let range = match self {
            Self::Between(first, last) => first..last.saturating_add(1).min(size),
            Self::From(first) => first..size,
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        if range.is_empty() { Err(RangeError::Unsatisfiable { size }) } else { Ok(range) }
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Between(first, last) => write!(f, "bytes={first}-{last}"),
            Self::From(first) => write!(f, "bytes={first}-"),
            Self::Last(count) => write!(f, "bytes=-{count}"),
        }
    }
}

/// The range that a response holds or a request brings.
///
/// Downloads write `bytes 7-41/100`, or `bytes */100` with a 416 (RFC 9110 §14.4). Uploads write `7-41`, with
/// neither unit nor size (distribution specification, "Pushing a blob in chunks").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The offsets with an exclusive end, or `None` for `*`.
    pub range: Option<Range<u64>>,
    /// The size of the whole, if it was given.
    pub size: Option<u64>,
}

impl ContentRange {
    /// Returns the header for the bytes `range` of a blob of `size` bytes.
    pub fn part(range: Range<u64>, size: u64) -> Self {
        Self { range: Some(range), size: Some(size) }
    }

    /// Returns the header for no byte of a blob of `size` bytes.
    pub fn none_of(size: u64) -> Self {
        Self { range: None, size: Some(size) }
    }

    /// Parses the header in either form.
    ///
    /// # Errors
    /// [`RangeError::Format`] for everything else, including a range beyond the size.
    pub fn parse(value: &str) -> Result<Self, RangeError> {
        Self::read(value.trim()).filter(Self::is_sound).ok_or(RangeError::Format)
    }

    fn read(value: &str) -> Option<Self> {
        let value = match value.split_once(' ') {
            Some((unit, rest)) => unit.eq_ignore_ascii_case("bytes").then_some(rest.trim_start())?,
            // Some clients write `bytes=0-9` here as well.
            None => value.strip_prefix("bytes=").unwrap_or(value),
        };
        let (range, size) = match value.split_once('/') {
            Some((range, "*")) => (range, None),
            Some((range, size)) => (range, Some(number(size)?)),
            None => (value, None),
        };
        if range == "*" {
            return size.map(Self::none_of);
        }
        let (first, last) = range.split_once('-')?;
        let range = number(first)?..number(last)?.checked_add(1)?;
        Some(Self { range: Some(range), size })
    }

    fn is_sound(&self) -> bool {
        let Some(range) = &self.range else { return true };
        !range.is_empty() && self.size.is_none_or(|size| range.end <= size)
    }

    /// Returns the value of the `Range` header that reports the progress of an upload: `0-41` for 42 bytes.
    ///
    /// "None" cannot be expressed: as in registry:2, `0-0` means either none or one byte.
    pub fn progress(offset: u64) -> String {
        format!("0-{}", offset.saturating_sub(1))
    }

    /// Returns the `Content-Range` of a chunk of an upload, or `None` if it is empty, because a header cannot
    /// express that.
    pub fn chunk(range: &Range<u64>) -> Option<String> {
        (range.start < range.end).then(|| format!("{}-{}", range.start, range.end - 1))
    }
}

/// Displayed as the header of a download.
impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.range {
            Some(range) => write!(f, "bytes {}-{}", range.start, range.end.saturating_sub(1))?,
            None => f.write_str("bytes *")?,
        }
        match self.size {
            Some(size) => write!(f, "/{size}"),
            None => f.write_str("/*"),
        }
    }
}

/// Parses digits and nothing else: no sign, no space.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_resolved_against_the_size() {
        let resolve = |value: &str, size| ByteRange::parse(value).unwrap().resolve(size);
        for (value, range) in [
            ("bytes=1-2", 1..3),
            ("bytes=1-", 1..5),
            ("bytes=-2", 3..5),
            ("bytes=-9", 0..5),
            ("Bytes=4-99", 4..5),
            ("bytes=0-18446744073709551615", 0..5),
        ] {
            assert_eq!(resolve(value, 5), Ok(range), "{value}");
        }
        for value in ["bytes=5-", "bytes=9-10", "bytes=-0"] {
            assert_eq!(resolve(value, 5), Err(RangeError::Unsatisfiable { size: 5 }), "{value}");
        }
        assert!(resolve("bytes=0-", 0).is_err());
    }

    #[test]
    fn anything_but_a_single_range_is_ignored() {
        for value in [
            "",
            "junk",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=2-1",
            "bytes=1-2,3-4",
            "lines=1-2",
            "bytes=+1-2",
            "bytes=1--2",
            "bytes=18446744073709551616-",
            "bytes=é-",
        ] {
            assert_eq!(ByteRange::parse(value), None, "{value}");
        }
    }

    #[test]
    fn both_forms_of_a_content_range_are_read() {
        for value in ["1-2", "bytes 1-2/*", "bytes=1-2", " bytes 1-2/* "] {
            assert_eq!(
                ContentRange::parse(value),
                Ok(ContentRange { range: Some(1..3), size: None }),
                "{value}"
            );
        }
        assert_eq!(ContentRange::parse("bytes 1-2/5"), Ok(ContentRange::part(1..3, 5)));
        assert_eq!(ContentRange::parse("bytes */5"), Ok(ContentRange::none_of(5)));
        for value in
            ["", "junk", "2-1", "1-", "-1", "*", "bytes */*", "bytes 1-5/5", "0-18446744073709551615", "a-b"]
        {
            assert_eq!(ContentRange::parse(value), Err(RangeError::Format), "{value}");
        }
    }

    #[test]
    fn an_upload_says_how_far_it_is_as_registry_2_does() {
        assert_eq!([0, 1, 5].map(ContentRange::progress), ["0-0", "0-0", "0-4"]);
        assert_eq!(ContentRange::chunk(&(5..9)).as_deref(), Some("5-8"));
        assert_eq!(ContentRange::chunk(&(5..5)), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(first in 0..u64::MAX / 2, length in 1..u64::MAX / 4, more in 0..u64::MAX / 4) {
            let range = first..first + length;
            let asked = ByteRange::of(&range).unwrap();
            prop_assert_eq!(ByteRange::parse(&asked.to_string()), Some(asked));
            prop_assert_eq!(asked.resolve(range.end + more), Ok(range.clone()));
            let answer = ContentRange::part(range.clone(), range.end + more);
            prop_assert_eq!(ContentRange::parse(&answer.to_string()), Ok(answer));
            let chunk = ContentRange::parse(&ContentRange::chunk(&range).unwrap()).unwrap();
            prop_assert_eq!(chunk.range, Some(range));
        }

        #[test]
        fn no_header_makes_them_panic(value in "\\PC{0,30}|(bytes[= ])?[0-9*]{0,22}-?[0-9*]{0,22}/?[0-9*]{0,5}") {
            if let Some(range) = ByteRange::parse(&value) {
                let _ = range.resolve(7);
            }
            let _ = ContentRange::parse(&value);
        }
    }
}
