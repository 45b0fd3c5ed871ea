//! The images in the store.

use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::digest::Digest;
use crate::image::{ImageConfig, Platform};
use crate::reference::Reference;
use crate::store::{self, Details, Image, Store};

use super::Error;

/// An image under one of its names, with the details that a list shows: a store may have thousands of images,
/// and their configs would take most of the memory.
#[derive(Debug)]
pub struct ListedImage {
    /// The name, and the manifest or index.
    pub image: Arc<Image>,
    /// The image ID, as in [`Details`].
    pub id: Digest,
    /// The creation time in its config, RFC 3339.
    pub created: String,
    /// The size of all its blobs in the store, in bytes.
    pub size: u64,
    /// Why the details are incomplete.
    pub problem: Option<store::Error>,
}

impl ListedImage {
    fn of(image: &Arc<Image>, details: Details) -> Self {
        let Details { id, config, size, problem, .. } = details;
        Self { image: Arc::clone(image), id, created: config.created, size, problem }
    }
}

fn created(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A filter of images. Docker's words: `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageFilter {
    /// `dangling=true`: only images without a name, or only images with one.
    Dangling(bool),
    /// `label=KEY` or `label=KEY=VALUE`.
    Label(String, Option<String>),
    /// `label!=KEY` or `label!=KEY=VALUE`: images without the label.
    NoLabel(String, Option<String>),
    /// `before=IMAGE`: older than this image.
    Before(String),
    /// `since=IMAGE`: newer than this image.
    Since(String),
    /// `reference=PATTERN`: the pattern matches the familiar name, with or without its tag.
    Reference(String),
    /// `until=TIME`: older than this time, in RFC 3339.
    Until(Timestamp),
}

impl FromStr for ImageFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("bad format of filter (expected name=value)")?;
        let pair = || match value.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (value.to_owned(), None),
        };
        let invalid = || format!("invalid filter '{key}={value}'");
        match key.trim().to_lowercase().as_str() {
            "dangling" => match value.to_lowercase().as_str() {
                "true" | "1" | "t" => Ok(Self::Dangling(true)),
                "false" | "0" | "f" => Ok(Self::Dangling(false)),
                _ => Err(invalid()),
            },
            "label" => Ok(Self::Label(pair().0, pair().1)),
            "label!" => Ok(Self::NoLabel(pair().0, pair().1)),
            "before" => Ok(Self::Before(value.to_owned())),
            "since" => Ok(Self::Since(value.to_owned())),
            "reference" => Ok(Self::Reference(value.to_owned())),
            "until" => value.parse().map(Self::Until).map_err(|_| invalid()),
            _ => Err(format!("invalid filter '{key}'")),
        }
    }
}

/// Returns the images that pass all filters, the newest first; images of the same age are sorted by name.
///
/// As in Docker, one of several filters with the same key has to match: `reference=a*` and `reference=b*`
/// list both.
///
/// # Errors
/// An error if the store cannot be read, or if a filter names an image that does not exist.
pub fn list_images(store: &Store, filters: &[ImageFilter]) -> Result<Vec<ListedImage>, Error> {
    let host = Platform::host_with_level();
    let catalog = store.catalog()?;
    let bounds = bounds(store, filters, &host)?;
    let listed = catalog.images().filter_map(|image| {
        let details = store.details(image, &host);
        fits(image, &details.config, filters, &bounds).then(|| ListedImage::of(image, details))
    });
    let mut listed: Vec<_> = listed.collect();
    listed.sort_by_cached_key(|listed| {
        (
            std::cmp::Reverse(created(&listed.created)),
            listed.image.reference.as_ref().map(Reference::familiar),
        )
    });
    Ok(listed)
}

/// The time range of images.
struct Bounds {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

fn bounds(store: &Store, filters: &[ImageFilter], host: &Platform) -> Result<Bounds, Error> {
    let created = |needle: &str| -> Result<Timestamp, Error> {
        Ok(created(&store.details(&store.find(needle)?, host).config.created))
    };
    let mut bounds = Bounds { after: None, before: None };
    for filter in filters {
        match filter {
            ImageFilter::Since(needle) => bounds.after = Some(created(needle)?),
            ImageFilter::Before(needle) => bounds.before = Some(created(needle)?),
            ImageFilter::Until(time) => bounds.before = Some(*time),
            _ => {}
        }
    }
    Ok(bounds)
}

fn fits(image: &Image, config: &ImageConfig, filters: &[ImageFilter], bounds: &Bounds) -> bool {
    let created = created(&config.created);
    let in_time = bounds.after.is_none_or(|after| created > after)
        && bounds.before.is_none_or(|before| created < before);
    let mut references = filters.iter().filter_map(|filter| match filter {
        ImageFilter::Reference(pattern) => Some(pattern.as_str()),
        _ => None,
    });
    let named = references.clone().next().is_none()
        || references.any(|pattern| image.reference.as_ref().is_some_and(|r| matches(r, pattern)));
    in_time && named && filters.iter().all(|filter| fits_one(image, config, filter))
}

fn fits_one(image: &Image, config: &ImageConfig, filter: &ImageFilter) -> bool {
    let labels = &config.config.labels;
    let labelled = |key: &String, value: &Option<String>| {
        labels.get(key).is_some_and(|actual| value.as_ref().is_none_or(|value| value == actual))
    };
    match filter {
        ImageFilter::Dangling(dangling) => image.reference.is_none() == *dangling,
        ImageFilter::Label(key, value) => labelled(key, value),
        ImageFilter::NoLabel(key, value) => !labelled(key, value),
        _ => true,
    }
}

/// Reports whether a pattern matches the familiar name of a reference, with or without its tag.
fn matches(reference: &Reference, pattern: &str) -> bool {
    glob(pattern, &reference.familiar()) || glob(pattern, &reference.name.familiar())
}

/// Matches like Go's `path.Match`: `*` and `?` do not match a `/`, `[a-c]` is a set, `\` escapes the next
/// character. An invalid pattern matches nothing.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pattern_chars = pattern.chars();
    match pattern_chars.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_chars.as_str();
            let reach = text.find('/').unwrap_or(text.len());
            (0..=reach).filter(|end| text.is_char_boundary(*end)).any(|end| glob(rest, &text[end..]))
        }
        Some(first) => {
            let mut text_chars = text.chars();
            let Some(c) = text_chars.next() else { return false };
            let rest = match first {
                '?' if c != '/' => Some(pattern_chars.as_str()),
                '[' => set(pattern_chars.as_str(), c),
                '\\' => (pattern_chars.next() == Some(c)).then_some(pattern_chars.as_str()),
                _ => (first == c).then_some(pattern_chars.as_str()),
            };
            rest.is_some_and(|rest| glob(rest, text_chars.as_str()))
        }
    }
}

/// Looks for `c` in the set at the start of `pattern`. Returns the rest of the pattern if the set contains
/// it.
fn set(pattern: &str, c: char) -> Option<&str> {
    let (members, rest) = pattern.split_once(']')?;
    let (negated, members) = match members.strip_prefix('^') {
        Some(members) => (true, members),
        None => (false, members),
    };
    let members: Vec<char> = members.chars().collect();
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        let range = members.get(at + 1) == Some(&'-') && at + 2 < members.len();
        let last = if range { members[at + 2] } else { members[at] };
        found |= (members[at]..=last).contains(&c);
        at += if range { 3 } else { 1 };
    }
    (found != negated && c != '/').then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_do_not_go_past_a_slash() {
        assert!(glob("ubu*", "ubuntu"));
        assert!(glob("*/*", "lab/app"));
        assert!(!glob("*", "lab/app"));
        assert!(!glob("*:1", "lab/app:1"));
        assert!(glob("[a-c]?", "bx"));
        assert!(glob("[^a-c]", "x"));
        assert!(glob("*版*", "我的版本"));
        assert!(!glob("[", "["));
        assert!(!glob("a*b*c*d*e", &"ab".repeat(20)));
    }

    #[test]
    fn filters_are_read_in_dockers_words() {
        assert_eq!("dangling=true".parse(), Ok(ImageFilter::Dangling(true)));
        assert_eq!("label=a=b=c".parse(), Ok(ImageFilter::Label("a".into(), Some("b=c".into()))));
        assert_eq!("label!=a".parse(), Ok(ImageFilter::NoLabel("a".into(), None)));
        assert_eq!("nope=1".parse::<ImageFilter>(), Err("invalid filter 'nope'".into()));
        assert_eq!("dangling=maybe".parse::<ImageFilter>(), Err("invalid filter 'dangling=maybe'".into()));
        assert_eq!("stars".parse::<ImageFilter>(), Err("bad format of filter (expected name=value)".into()));
    }

    #[test]
    fn a_pattern_fits_a_name_with_or_without_its_tag() {
        let reference: Reference = "ubuntu:latest".parse().unwrap();
        for pattern in ["ubuntu", "ubuntu:latest", "ubu*:*", "*:latest"] {
            assert!(matches(&reference, pattern), "{pattern}");
        }
        assert!(!matches(&reference, "ubuntu:2*"));
        assert!(!matches(&reference, "library/ubuntu"));
    }
}
