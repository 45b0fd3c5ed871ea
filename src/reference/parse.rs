//! The parser of references and their parts, with the byte at which a text is wrong.

use std::str::FromStr;

use super::grammar::{
    self, HUB, OFFICIAL, PATH_MAX, first_uppercase, is_domain, is_identifier, scan_domain, split_domain,
};
use super::{Error, Name, Problem, Reference, Registry, RepositoryName, Tag};
use crate::digest::{self, Digest};

impl FromStr for Reference {
    type Err = Error;

    fn from_str(input: &str) -> Result<Self, Error> {
        let fail = |position, problem| Err(Error::new(input, position, problem));
        if is_identifier(input) {
            return fail(0, Problem::Identifier { name: input.to_owned() });
        }
        let (domain, rest) = split_domain(input);
        // Where `rest` begins in what was typed, for the caret.
        let base = input.len() - rest.len();
        let prefix = if domain == HUB && !rest.contains('/') { OFFICIAL } else { "" };

        let path_text = &rest[..rest.find(':').unwrap_or(rest.len())];
        if let Some(upper) = first_uppercase(path_text) {
            return fail(base + upper, Problem::Uppercase { path: format!("{prefix}{path_text}") });
        }
        if domain != HUB && !is_domain(domain) {
            return fail(scan_domain(domain.as_bytes()).unwrap_or_else(|at| at), Problem::Format);
        }
        let parts = match grammar::scan_rest(rest.as_bytes()) {
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
}

impl FromStr for RepositoryName {
    type Err = Error;

    /// Parses a path as the registry API has it: lower-case components joined by `/`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match grammar::scan_path(text.as_bytes(), 0) {
            Ok(end) if end == text.len() && end <= PATH_MAX => Ok(RepositoryName(text.into())),
            Ok(end) if end == text.len() => Err(Error::new(text, PATH_MAX, Problem::TooLong)),
            Ok(at) | Err(at) => Err(Error::new(text, at, Problem::Format)),
        }
    }
}

impl FromStr for Tag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match grammar::scan_tag(text.as_bytes(), 0) {
            Ok(end) if end == text.len() => Ok(Tag(text.into())),
            Ok(at) | Err(at) => Err(Error::new(text, at, Problem::Format)),
        }
    }
}

/// Docker's digests are checked after the grammar; the caret stands where the eye should go.
fn digest_position(input: &str, error: &digest::Error) -> usize {
    let start = input.rfind('@').map_or(0, |at| at + 1);
    let hex = start + input[start..].find(':').map_or(0, |colon| colon + 1);
    match error {
        digest::Error::UnsupportedAlgorithm => start,
        digest::Error::Format => hex + input[hex..].find(|c: char| c.is_ascii_uppercase()).unwrap_or(0),
        _ => input.len(),
    }
}
