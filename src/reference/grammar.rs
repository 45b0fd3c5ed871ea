//! The grammar: scanners that pass once from left to right, without regular expressions and without look-back.
//!
//! Each scanner takes the bytes from an offset and returns where its part ends, or at which byte it fails.

/// The registry that a reference without a host means.
pub const HUB: &str = "docker.io";

/// The namespace of Docker Hub's official images.
pub(super) const OFFICIAL: &str = "library/";

/// The longest path of a repository, in bytes, `library/` included.
pub(super) const PATH_MAX: usize = 255;

/// The longest tag, in bytes.
const TAG_MAX: usize = 128;

/// The fewest hexadecimal characters that Docker's grammar takes for a digest's.
const DIGEST_HEX_MIN: usize = 32;

/// Where a scanner stopped: the end of its part, or the byte at which it failed.
type Scan = Result<usize, usize>;

/// Reports whether a text is a `host[:port]` of the grammar.
pub(super) fn is_domain(text: &str) -> bool {
    scan_domain(text.as_bytes()) == Ok(text.len())
}

/// Reports whether a path without a registry means this path on Docker Hub.
pub(super) fn means_the_hub(path: &str) -> bool {
    split_domain(path) == (HUB, path) && !is_identifier(path)
}

/// Whether a text would be mistaken for the ID of an image.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Splits off the registry: the part before the first slash, if it can only be a host.
pub(super) fn split_domain(input: &str) -> (&str, &str) {
    let (domain, rest) = match input.split_once('/') {
        Some((first, rest)) if names_a_host(first) => (first, rest),
        _ => (HUB, input),
    };
    (if domain == "index.docker.io" { HUB } else { domain }, rest)
}

fn names_a_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first_uppercase(first).is_some()
}

/// The offset of the first character that lower case would change, in all of Unicode, as Docker looks.
pub(super) fn first_uppercase(text: &str) -> Option<usize> {
    text.char_indices().find(|(_, c)| !c.to_lowercase().eq([*c])).map(|(at, _)| at)
}

/// Where the parts of `path[:tag][@digest]` lie.
pub(super) struct Parts {
    pub(super) path_end: usize,
    pub(super) tag: Option<(usize, usize)>,
    pub(super) digest_start: Option<usize>,
}

pub(super) fn scan_rest(text: &[u8]) -> Result<Parts, usize> {
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
pub(super) fn scan_path(text: &[u8], mut at: usize) -> Scan {
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
pub(super) fn scan_tag(text: &[u8], start: usize) -> Scan {
    some(text, start, |b| b.is_ascii_alphanumeric() || b == b'_')?;
    let end = many(text, start, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if end - start > TAG_MAX { Err(start + TAG_MAX) } else { Ok(end) }
}

/// `algorithm ":" [0-9a-fA-F]{32,}`; whether it really is one is for [`Digest`] to say.
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
pub(super) fn scan_domain(text: &[u8]) -> Scan {
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

/// The end of the run of bytes from `at` that fit.
fn many(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    at + text[at..].iter().take_while(|byte| fits(**byte)).count()
}

/// The same, but at least one has to fit.
fn some(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> Scan {
    let end = many(text, at, fits);
    if end == at { Err(at) } else { Ok(end) }
}
