//! Alternatives to an image that the registry does not have.

use std::time::Duration;

use crate::diagnose::Hint;
use crate::reference::{Name, Reference, Selector};
use crate::remote::{Remote, Repository};

use super::Error;

/// How long a registry may take to suggest alternatives, because the command has failed already.
const LIMIT: Duration = Duration::from_secs(2);

/// How many tags are suggested.
const NEAREST_MAX: usize = 3;

/// How many tags of a page are compared.
const COMPARED_MAX: usize = 1000;

impl Error {
    /// Explains why `reference` could not be read from its registry, and suggests alternatives.
    ///
    /// This takes one request, or two where `library/` may be missing. If they fail or take too long, the
    /// error has no suggestions.
    pub(super) async fn of_pull_advised(
        remote: &Remote,
        reference: &Reference,
        source: crate::remote::Error,
    ) -> Self {
        let mut error = Self::of_pull(reference, source);
        if let Self::ManifestNotFound { advice, .. } = &mut error {
            *advice = tokio::time::timeout(LIMIT, instead_of(remote, reference)).await.ok().flatten();
        }
        error
    }
}

async fn instead_of(remote: &Remote, reference: &Reference) -> Option<Hint> {
    let Selector::Tag(tag) = reference.selector() else { return None };
    let repository = remote.repository(&reference.name).ok()?;
    if let Some(tags) = tags(&repository).await {
        let nearest = nearest(tag.as_str(), &tags);
        return Some(Hint::SeeTags { repository: reference.name.familiar(), nearest });
    }
    // A copy of Docker Hub on this machine is asked; for other hosts the hint is given without asking.
    let is_copy = reference.name.registry.is_loopback() && !reference.name.repository.as_str().contains('/');
    if !is_copy {
        return None;
    }
    let library = format!("library/{}", reference.name.repository.as_str());
    let name = Name { repository: library.parse().ok()?, ..reference.name.clone() };
    let official = remote.repository(&name).ok()?;
    official.head_manifest(&reference.selector()).await.ok()??;
    Some(super::error::with_library(reference))
}

/// Returns the first tags of a repository; `None` if it does not exist or cannot be listed.
async fn tags(repository: &Repository) -> Option<Vec<String>> {
    repository.tags().next_page().await.ok()?.filter(|tags| !tags.is_empty())
}

/// Returns the `tags` that are most similar to `wanted`, the most similar first.
fn nearest(wanted: &str, tags: &[String]) -> Vec<String> {
    let compared = tags.iter().take(COMPARED_MAX).filter(|tag| is_tag(tag));
    let rated = compared.filter_map(|tag| {
        let distance = distance(wanted, tag);
        let is_near = distance * 2 <= wanted.len().max(tag.len());
        is_near.then_some((distance, tag))
    });
    let mut rated: Vec<_> = rated.collect();
    rated.sort();
    rated.into_iter().take(NEAREST_MAX).map(|(_, tag)| tag.clone()).collect()
}

/// Reports whether the text is a valid tag. Only valid tags are compared and shown, because the text is
/// untrusted.
fn is_tag(text: &str) -> bool {
    text.parse::<crate::reference::Tag>().is_ok()
}

/// Returns how many bytes have to be inserted, removed or changed to turn one text into the other
/// (Levenshtein).
pub(super) fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, byte) in one.bytes().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (index, with) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(byte != with);
            diagonal = row[index + 1];
            row[index + 1] = changed.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u6_the_nearest_tags_come_first_and_others_not_at_all() {
        let tags = |tags: &[&str]| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
        let there = tags(&["1.25", "1.26", "1.26-alpine", "latest", "\u{1b}[2J", "stable"]);
        assert_eq!(nearest("1.27", &there), ["1.25", "1.26"]);
        assert_eq!(nearest("lates", &there), ["latest"]);
        assert_eq!(nearest("nope", &there), [""; 0]);
        assert_eq!(nearest("1.2", &tags(&["1.5", "1.4", "1.3", "1.1"])), ["1.1", "1.3", "1.4"]);
    }

    #[test]
    fn u6_a_distance_counts_changes() {
        for (one, other, changes) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0), ("ab", "ba", 2)]
        {
            assert_eq!(distance(one, other), changes, "{one} {other}");
        }
    }
}
