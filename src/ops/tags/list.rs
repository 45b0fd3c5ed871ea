//! Lists the tags of a repository with what is known about them.

use std::collections::HashSet;

use super::known::KnownDocuments;
use super::listed::ListedTags;
use super::options::TagsOptions;
use super::order;
use super::own::OwnTags;
use super::reading::Reading;
use crate::diagnose::Failure;
use crate::ops::Error;
use crate::protocol::listing::TagDetail;
use crate::reference::{Name, Tag};
use crate::remote::Remote;

/// Lists the tags of `name`.
///
/// # Errors
/// [`Error::RepositoryNotFound`], [`Error::PullDenied`], or an error if the registry cannot be asked;
/// [`Error::TooManyTags`].
///
/// # Cancel safety
/// Dropping the future changes nothing, except that what was read is read again the next time.
pub async fn list_tags(remote: &Remote, name: &Name, options: &TagsOptions) -> Result<ListedTags, Failure> {
    let mut own = match options.needs_facts() {
        true => OwnTags::read(remote, name, options).await?,
        false => OwnTags::default(),
    };
    let listed: HashSet<_> = own.tags.iter().filter(|detail| detail.digest.is_some()).map(tag_of).collect();
    own.add_the_rest(remote, name).await?;
    let OwnTags { mut tags, invalid, .. } = own;
    tags.retain(|detail| options.filter.keeps(detail.tag.as_str()));
    let documents = KnownDocuments::of(remote.config(), name);
    let repository = remote.repository(name).map_err(Error::from)?;
    let jobs = remote.config().jobs(&[&name.registry]);
    let mut reading = Reading::of(repository, options, documents).limited_to(jobs);
    reading.complete(&mut tags, |detail| options.facts_for_order(detail)).await?;
    let mut undated = 0;
    if let Some(since) = options.since {
        undated = tags.iter().filter(|detail| detail.date().is_none()).count();
        tags.retain(|detail| detail.date().is_some_and(|date| date >= since));
    }
    order::sort(&mut tags, options);
    tags.truncate(options.limit.unwrap_or(usize::MAX));
    reading.complete(&mut tags, |detail| options.facts_to_show(listed.contains(&detail.tag))).await?;
    Ok(ListedTags { tags, invalid, undated, ..reading.end() })
}

fn tag_of(detail: &TagDetail) -> Tag {
    detail.tag.clone()
}
