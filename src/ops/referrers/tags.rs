//! The tags by which artifacts belong to images, as cosign sets them before its version 3.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::digest::{Algorithm, Digest};
use crate::image::Descriptor;
use crate::reference::{Name, Selector, Tag, attached_tags};
use crate::remote::{Error, Repository};

/// The maximum number of pages of tags that are read, of 1000 tags each. In a larger repository it is cheaper to
/// request the three tags of each manifest.
const PAGES_MAX: usize = 10;

/// The tags that name digests in the repositories of one command. Each repository is listed at most once; clones share
/// the lists.
#[derive(Clone, Debug, Default)]
pub struct RelatedTags(Arc<Mutex<HashMap<Name, Listed>>>);

/// The tags of a repository that name digests. `None` if they are too many, or the registry does not list them.
type Listed = Arc<OnceCell<Option<HashSet<String>>>>;

impl RelatedTags {
    /// Returns the tags of artifacts that belong to `subject`, with the manifests that they point to.
    pub(super) async fn of(
        &self,
        repository: &Repository,
        subject: &Digest,
    ) -> Result<Vec<(Tag, Descriptor)>, Error> {
        let listed = self.list(repository).await;
        let mut found = Vec::new();
        for tag in attached_tags(subject) {
            let is_possible = listed
                .get()
                .is_none_or(|known| known.as_ref().is_none_or(|known| known.contains(tag.as_str())));
            if is_possible && let Some(there) = repository.head_manifest(&Selector::Tag(tag.clone())).await? {
                found.push((tag, there));
            }
        }
        Ok(found)
    }

    async fn list(&self, repository: &Repository) -> Listed {
        let listed = {
            // Each change is one call, so the map is consistent even after a panic elsewhere.
            let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lists.entry(repository.name().clone()).or_default())
        };
        listed.get_or_init(|| read(repository)).await;
        listed
    }
}

/// Reads the tags that name digests. A registry that refuses the list may still have such tags.
async fn read(repository: &Repository) -> Option<HashSet<String>> {
    let mut pages = repository.tags();
    let mut found = HashSet::new();
    for _ in 0..PAGES_MAX {
        match pages.next_page().await {
            Ok(Some(page)) => found.extend(page.into_iter().filter(|tag| names_digest(tag))),
            Ok(None) => return Some(found),
            Err(error) => {
                tracing::debug!("tags are requested one by one: {error}");
                return None;
            }
        }
    }
    None
}

fn names_digest(tag: &str) -> bool {
    tag.split_once('-').is_some_and(|(start, _)| Algorithm::ALL.iter().any(|known| known.name() == start))
}
