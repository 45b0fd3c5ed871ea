//! What manifests and configs say about some tags of a repository.

use std::collections::BTreeSet;

use super::filter::TagFilter;
use super::known::KnownDocuments;
use super::listed::ListedTags;
use super::options::TagsOptions;
use super::reading::Reading;
use crate::diagnose::Failure;
use crate::image::Platform;
use crate::ops::Error;
use crate::protocol::listing::{Fact, TagDetail};
use crate::reference::Name;
use crate::remote::Remote;

/// Adds what `tags` lack: digests, platforms, dates, and the size of the image for `platform`.
///
/// Each document is read once for all of them, and none that the cache knows.
///
/// # Errors
/// An error if the registry is unreachable or refuses to resolve a tag.
///
/// # Cancel safety
/// Dropping the future changes nothing, except that what was read is read again the next time.
pub async fn describe_tags(
    remote: &Remote,
    name: &Name,
    mut tags: Vec<TagDetail>,
    platform: &Platform,
) -> Result<ListedTags, Failure> {
    let options = TagsOptions {
        filter: TagFilter::default(),
        since: None,
        order: None,
        is_reversed: false,
        limit: None,
        wanted: BTreeSet::new(),
        needed: [Fact::Digest, Fact::Size, Fact::Platforms, Fact::Created].into(),
        platform: platform.clone(),
    };
    let documents = KnownDocuments::of(remote.config(), name);
    let repository = remote.repository(name).map_err(Error::from)?;
    let jobs = remote.config().jobs(&[&name.registry]);
    let mut reading = Reading::of(repository, &options, documents).limited_to(jobs);
    reading.complete(&mut tags, |_| options.needed.clone()).await?;
    Ok(ListedTags { tags, ..reading.end() })
}
