//! All tags of a repository.

use super::open::Access;
use super::push::tags_in_store;
use super::tags::InvalidTags;
use super::{Error, Place, Route};
use crate::image::REF_NAME;
use crate::reference::{Name, Reference, Tag};
use crate::remote::Remote;
use crate::store::Store;

/// The maximum number of tags that one command reads of a repository: all are kept in memory, some 20 MB.
pub(super) const TAGS_MAX: usize = 100_000;

/// Returns all tags of a repository, in the order of the registry.
///
/// # Errors
/// [`Error::RepositoryNotFound`], [`Error::PullDenied`], or an error if the registry cannot be asked;
/// [`Error::TooManyTags`] before anything is pulled.
pub async fn all_tags(remote: &Remote, name: &Name) -> Result<Vec<Reference>, Error> {
    let tags = sift_tags(remote, name, &mut InvalidTags::default()).await?;
    Ok(tags.into_iter().map(|tag| Reference::tagged(name.clone(), tag)).collect())
}

/// Returns all tags of a repository like [`all_tags`], and adds the names that are not valid tags to `invalid`.
///
/// # Errors
/// As [`all_tags`].
pub(super) async fn sift_tags(
    remote: &Remote,
    name: &Name,
    invalid: &mut InvalidTags,
) -> Result<Vec<Tag>, Error> {
    let mut pages = remote.repository(name)?.tags();
    let mut tags = Vec::new();
    while let Some(page) = pages.next_page().await.map_err(|error| Error::of_tags(name, error))? {
        tags.extend(page.into_iter().filter_map(|tag| invalid.sift(tag)));
        if tags.len() > TAGS_MAX {
            return Err(Error::TooManyTags { name: name.clone(), limit: TAGS_MAX });
        }
    }
    Ok(tags)
}

/// Returns one route for each tag of the source. Both ends name a repository without a tag, or an OCI layout.
///
/// # Errors
/// [`Error::NoTags`] if there is none, and the errors of [`all_tags`]; [`Error::Invalid`] if an end holds one image.
pub async fn routes_of_all_tags(access: Access<'_>, ends: &Route) -> Result<Vec<Route>, Error> {
    let Route { source, destination } = ends;
    let of_references =
        |found: Vec<Reference>| found.into_iter().filter_map(|reference| reference.tag).collect();
    let tags: Vec<Tag> = match source {
        Place::Registry(named) => of_references(all_tags(access.remote, &named.name).await?),
        Place::Store(named) => of_references(tags_in_store(access.store()?, &named.name)?),
        Place::Layout { folder, .. } => {
            let catalog = Store::open_layout(folder)?.catalog()?;
            let name =
                |annotations: &std::collections::BTreeMap<_, String>| annotations.get(REF_NAME)?.parse().ok();
            catalog.images().filter_map(|image| name(&image.descriptor.annotations)).collect()
        }
        _ => Vec::new(),
    };
    if tags.is_empty() {
        return Err(Error::NoTags(source.clone()));
    }
    let at = |place: &Place, tag: &Tag| {
        place.tagged(tag).ok_or_else(|| Error::Invalid(format!("{place} is one image, not a repository")))
    };
    let route = |tag| Ok(Route { source: at(source, &tag)?, destination: at(destination, &tag)? });
    tags.into_iter().map(route).collect()
}
