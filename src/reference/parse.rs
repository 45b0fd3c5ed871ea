//! The parser: one pass from left to right, no regular expressions, no look-back.
//!
//! Each scanner starts at an offset and returns where its part ends, or the byte at which it fails.

use super::{Error, HUB, Name, OFFICIAL, Problem, Reference, Registry, RepositoryName, Tag};
use crate::digest::{self, Digest};

/// Maximum length of a repository's path in bytes, including `library/`.
const PATH_MAX: usize = 255;

/// Maximum length of a tag, in bytes.
const TAG_MAX: usize = 128;

/// Minimum number of hexadecimal characters of a digest in Docker's grammar.
const DIGEST_HEX_MIN: usize = 32;

/// Where a scanner stopped: the end of its part, or the byte at which it failed.
type Scan = Result<usize, usize>;

pub(super) fn reference(input: &str) -> Result<Reference, Error> {
    let fail = |position, problem| Err(Error::new(input, position, problem));
    if is_identifier(input) {
        return fail(0, Problem::Identifier { name: input.to_owned() });
    }
    let (domain, rest) = split_domain(input);
    // The offset of `rest` in the typed text, for the caret.
    let base = input.len() - rest.len();
    let prefix = if domain == HUB && !rest.contains('/') { OFFICIAL } else { "" };

    let path_text = &rest[..rest.find(':').unwrap_or(rest.len())];
    if let Some(upper) = first_uppercase(path_text) {
        return fail(base + upper, Problem::Uppercase { path: format!("{prefix}{path_text}") });
    }
    if domain != HUB && !is_domain(domain) {
        return fail(scan_domain(domain.as_bytes()).unwrap_or_else(|at| at), Problem::Format);
    }
    let parts = match scan_rest(rest.as_bytes()) {
        Ok(parts) => parts,
        Err(at) => return fail(base + at, Problem::Format),
    };
    let path = format!("{prefix}{}", &rest[..parts.path_end]);
    if path.len() > PATH_MAX {
        return fail(base + PATH_MAX - prefix.len(), Problem::TooLong);
    }
    let digest = match parts.digest_start.map(|start| rest[start..].parse::<Digest>()).transpose() {
        Ok(digest) => digest,
        Err(error) => return fail(digest_position(input, &error), Problem::Digest(error)),
    };
    let tag = parts.tag.map(|(start, end)| Tag(rest[start..end].into()));
    let name = Name { registry: Registry(domain.into()), repository: RepositoryName(path.into()) };
    Ok(Reference { name, tag, digest })
}

pub(super) fn repository_name(text: &str) -> Result<RepositoryName, Error> {
    match scan_path(text.as_bytes(), 0) {
        Ok(end) if end == text.len() && end <= PATH_MAX => Ok(RepositoryName(text.into())),
        Ok(end) if end == text.len() => Err(Error::new(text, PATH_MAX, Problem::TooLong)),
        Ok(at) | Err(at) => Err(Error::new(text, at, Problem::Format)),
    }
}

pub(super) fn tag(text: &str) -> Result<Tag, Error> {
    match scan_tag(text.as_bytes(), 0) {
        Ok(end) if end == text.len() => Ok(Tag(text.into())),
        Ok(at) | Err(at) => Err(Error::new(text, at, Problem::Format)),
    }
}

pub(super) fn is_domain(text: &str) -> bool {
    scan_domain(text.as_bytes()) == Ok(text.len())
}

/// Reports whether a path without a registry means this path on Docker Hub.
pub(super) fn means_the_hub(path: &str) -> bool {
    split_domain(path) == (HUB, path) && !is_identifier(path)
}

/// Reports whether a text would be mistaken for the ID of an image.
fn is_identifier(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Splits off the registry: the part before the first slash, if it can only be a host.
fn split_domain(input: &str) -> (&str, &str) {
    let (domain, rest) = match input.split_once('/') {
        Some((first, rest)) if names_a_host(first) => (first, rest),
        _ => (HUB, input),
    };
    (if domain == "index.docker.io" { HUB } else { domain }, rest)
}

fn names_a_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first_uppercase(first).is_some()
}

/// Returns the offset of the first character that lower case would change. Docker, too, considers all of
/// Unicode.
fn first_uppercase(text: &str) -> Option<usize> {
    text.char_indices().find(|(_, c)| !c.to_lowercase().eq([*c])).map(|(at, _)| at)
}

/// Returns the position of the caret. Docker checks digests after the grammar, so the error has no offset of
/// its own.
fn digest_position(input: &str, error: &digest::Error) -> usize {
    let start = input.rfind('@').map_or(0, |at| at + 1);
    let hex = start + input[start..].find(':').map_or(0, |colon| colon + 1);
    match error {
        digest::Error::UnsupportedAlgorithm => start,
        digest::Error::Format => hex + input[hex..].find(|c: char| c.is_ascii_uppercase()).unwrap_or(0),
        _ => input.len(),
    }
}

/// The positions of the parts of `path[:tag][@digest]`.
struct Parts {
    path_end: usize,
    tag: Option<(usize, usize)>,
    digest_start: Option<usize>,
}

fn scan_rest(text: &[u8]) -> Result<Parts, usize> {
    let path_end = scan_path(text, 0)?;
    let mut at = path_end;
    let mut parts = Parts { path_end, tag: None, digest_start: None };
    if text.get(at) == Some(&b':') {
        let end = scan_tag(text, at + 1)?;
        parts.tag = Some((at + 1, end));
        at = end;
    }
    if text.get(at) == Some(&b'@') {
        parts.digest_start = Some(at + 1);
        at = scan_digest(text, at + 1)?;
    }
    if at == text.len() { Ok(parts) } else { Err(at) }
}

/// `component ( "/" component )*`
fn scan_path(text: &[u8], mut at: usize) -> Scan {
    loop {
        at = scan_component(text, at)?;
        if text.get(at) != Some(&b'/') {
            return Ok(at);
        }
        at += 1;
    }
}

/// `[a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*`
fn scan_component(text: &[u8], start: usize) -> Scan {
    let mut at = some(text, start, is_lower_alphanumeric)?;
    loop {
        let separator = at;
        match text.get(at) {
            Some(b'.') => at += 1,
            Some(b'_') => at = many(text, at, |b| b == b'_').min(at + 2),
            Some(b'-') => at = many(text, at, |b| b == b'-'),
            _ => return Ok(separator),
        }
        at = some(text, at, is_lower_alphanumeric)?;
    }
}

/// `[A-Za-z0-9_] [A-Za-z0-9_.-]{0,127}`
fn scan_tag(text: &[u8], start: usize) -> Scan {
    some(text, start, |b| b.is_ascii_alphanumeric() || b == b'_')?;
    let end = many(text, start, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if end - start > TAG_MAX { Err(start + TAG_MAX) } else { Ok(end) }
}

/// `algorithm ":" [0-9a-fA-F]{32,}`. [`Digest`] decides whether it is a valid digest.
fn scan_digest(text: &[u8], start: usize) -> Scan {
    let mut at = start;
    loop {
        if !text.get(at).is_some_and(u8::is_ascii_alphabetic) {
            return Err(at);
        }
        at = many(text, at, |b| b.is_ascii_alphanumeric());
        match text.get(at) {
            Some(b'-' | b'_' | b'+' | b'.') => at += 1,
            Some(b':') => break,
            _ => return Err(at),
        }
    }
    let end = many(text, at + 1, |b| b.is_ascii_hexdigit());
    if end - (at + 1) < DIGEST_HEX_MIN { Err(end) } else { Ok(end) }
}

/// `( name ( "." name )* | "[" ipv6 "]" ) ( ":" [0-9]+ )?`
fn scan_domain(text: &[u8]) -> Scan {
    let host_end = if text.first() == Some(&b'[') {
        let end = some(text, 1, |b| b.is_ascii_hexdigit() || b == b':')?;
        if text.get(end) != Some(&b']') {
            return Err(end);
        }
        end + 1
    } else {
        scan_host_name(text)?
    };
    match text.get(host_end) {
        Some(b':') => some(text, host_end + 1, |b| b.is_ascii_digit()),
        _ => Ok(host_end),
    }
}

/// Components of letters, digits and inner dashes, joined by dots.
fn scan_host_name(text: &[u8]) -> Scan {
    let mut at = 0;
    loop {
        let start = at;
        at = some(text, at, |b| b.is_ascii_alphanumeric() || b == b'-')?;
        if text[start] == b'-' {
            return Err(start);
        }
        if text[at - 1] == b'-' {
            return Err(at - 1);
        }
        if text.get(at) != Some(&b'.') {
            return Ok(at);
        }
        at += 1;
    }
}

fn is_lower_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Returns the end of the run of bytes from `at` that `fits` accepts.
fn many(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    at + text[at..].iter().take_while(|byte| fits(**byte)).count()
}

/// Like [`many`], but requires at least one byte.
fn some(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> Scan {
    let end = many(text, at, fits);
    if end == at { Err(at) } else { Ok(end) }
}
