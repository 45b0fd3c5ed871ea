//! References and their parts, which become paths and URLs: registries, repositories, tags, digests, platforms.

use std::fmt;
use std::str::FromStr;

use regcli::diagnose::{Diagnose, Hint};
use regcli::digest::Digest;
use regcli::image::Platform;
use regcli::reference::{Reference, Registry, RepositoryName, Tag};

/// A displayed value parses to the same value, and no parsed value leads out of its directory.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    reference(text);
    registry(text);
    if let Some(name) = same_again::<RepositoryName>(text) {
        repository(&name);
    }
    if let Some(tag) = same_again::<Tag>(text) {
        is_path_component(tag.as_str());
    }
    if let Some(found) = same_again::<Digest>(text) {
        digest(&found);
    }
    if let Some(platform) = same_again::<Platform>(text) {
        assert!(platform.runs(&platform));
    }
}

fn reference(text: &str) {
    let reference = match text.parse::<Reference>() {
        Ok(reference) => reference,
        Err(error) => {
            // The program shows a caret at this position.
            assert!(text.is_char_boundary(error.position));
            if let Some(Hint::Lowercase { suggestion }) = error.hint() {
                assert!(suggestion.parse::<Reference>().is_ok());
            }
            return;
        }
    };
    assert_eq!(reference.to_string().parse().as_ref(), Ok(&reference));
    assert_eq!(reference.familiar().parse().as_ref(), Ok(&reference));
    assert!(!reference.clone().or_latest().is_name_only());
    repository(&reference.name.repository);
    is_host(&reference.name.registry);
    reference.tag.iter().for_each(|tag| is_path_component(tag.as_str()));
    reference.digest.iter().for_each(digest);
}

fn registry(text: &str) {
    let Ok(registry) = Registry::from_server(text) else { return };
    assert_eq!(Registry::from_server(registry.as_str()).as_ref(), Ok(&registry));
    is_host(&registry);
}

fn is_host(registry: &Registry) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    assert!(!registry.as_str().is_empty() && registry.as_str().bytes().all(fits));
    assert!(!registry.host().is_empty());
    let _ = (registry.port(), registry.is_loopback());
}

fn repository(name: &RepositoryName) {
    assert!(name.as_str().len() <= 255);
    name.as_str().split('/').for_each(is_path_component);
}

fn digest(digest: &Digest) {
    assert_eq!(digest.hex().len(), digest.algorithm().hex_len());
    assert!(digest.hex().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(digest.as_str(), format!("{}:{}", digest.algorithm(), digest.hex()));
}

fn is_path_component(text: &str) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    assert!(!text.is_empty() && text.len() <= 255 && text.bytes().all(fits));
    assert!(!text.starts_with(['.', '-']));
}

fn same_again<T: FromStr<Err: fmt::Debug> + PartialEq + fmt::Debug + fmt::Display>(text: &str) -> Option<T> {
    let parsed = text.parse::<T>().ok()?;
    assert_eq!(parsed.to_string().parse::<T>().as_ref().ok(), Some(&parsed));
    Some(parsed)
}
