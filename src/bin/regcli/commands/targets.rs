//! The arguments of `untag` and `delete`.

use std::collections::BTreeMap;

use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::ops::Place;
use regcli::ops::deletion::{Named, Selection, Target};
use regcli::reference::{Name, Tag};
use regcli::sync::Pattern;

use crate::cli::usage::{Usage, check_image};
use crate::ui::format::template::{Cell, Row};

/// Parses arguments, and puts those of one repository together.
///
/// # Errors
/// A usage error for an argument without a tag and a digest, or with an invalid one.
pub(super) fn by_repository(arguments: &[String]) -> Result<Vec<Named>, Failure> {
    let mut named: BTreeMap<Name, Vec<Selection>> = BTreeMap::new();
    for argument in arguments {
        let (name, selection) = parse(argument)?;
        named.entry(name).or_default().push(selection);
    }
    Ok(named.into_iter().map(|(name, selections)| Named { name, selections }).collect())
}

fn parse(argument: &str) -> Result<(Name, Selection), Failure> {
    if let Some((name, pattern)) = pattern(argument) {
        let name = Place::at_registry(name)?;
        let pattern = Pattern::glob(pattern).map_err(|error| Usage::failure(error.to_string()))?;
        return Ok((name.name, Selection::Matching(pattern)));
    }
    let reference = Place::at_registry(argument)?;
    check_image(&reference)?;
    match (reference.digest, reference.tag) {
        (Some(digest), _) => Ok((reference.name, Selection::Digest(digest))),
        (None, Some(tag)) => Ok((reference.name, Selection::Tag(tag))),
        (None, None) => {
            let name = reference.name.familiar();
            Err(Usage::failure(format!("name a tag, or a pattern: {name}:TAG or '{name}:*'")))
        }
    }
}

/// Returns the repository and the pattern of an argument with wildcards in its tag.
fn pattern(argument: &str) -> Option<(&str, &str)> {
    let slash = argument.rfind('/').map_or(0, |at| at + 1);
    let colon = slash + argument[slash..].find(':')?;
    let (name, pattern) = (&argument[..colon], &argument[colon + 1..]);
    (pattern.contains(['*', '?', '[', '{']) && !name.contains('@')).then_some((name, pattern))
}

/// A target of `--dry-run` as a row, with its fields for templates.
pub(super) struct TargetRow<'a> {
    /// The target.
    pub(super) target: &'a Target,
    /// What would be done with it.
    pub(super) action: &'static str,
}

impl Row for TargetRow<'_> {
    const TYPE: &'static str = "*registry.deletionContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Reference", "REFERENCE"),
        ("Digest", "DIGEST"),
        ("ID", "ID"),
        ("Action", "ACTION"),
        ("OtherTags", "OTHER TAGS"),
        ("Indexes", "INDEXES"),
        ("Referrers", "REFERRERS"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let Target { reference, digest, loss, .. } = self.target;
        let joined = |items: Vec<&str>| Cell::from(items.join(","));
        vec![
            reference.familiar().into(),
            digest.to_string().into(),
            digest.short().into(),
            self.action.into(),
            joined(loss.tags.iter().map(Tag::as_str).collect()),
            joined(loss.indexes.iter().map(|(index, _)| index.as_str()).collect()),
            joined(loss.referrers.iter().map(Digest::as_str).collect()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_in_the_tag_and_not_in_the_name() {
        assert_eq!(pattern("h:5000/a/app:pr-*"), Some(("h:5000/a/app", "pr-*")));
        assert_eq!(pattern("app:[0-9]"), Some(("app", "[0-9]")));
        for other in ["h:5000/app", "app:1", "app", "h/*", "app@sha256:*"] {
            assert_eq!(pattern(other), None, "{other}");
        }
    }

    #[test]
    fn a_repository_is_looked_at_once() {
        let named = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
            by_repository(&arguments)
        };
        let found = named(&["h/a:1", "h/b:1", "h/a:2", "h/a:x*"]).unwrap();
        assert_eq!(found.iter().map(|named| named.selections.len()).collect::<Vec<_>>(), [3, 1]);
        assert!(named(&["h/a"]).unwrap_err().to_string().contains("name a tag"));
        assert!(named(&["h/a:["]).is_err());
    }
}
