//! Saves images from the store to an archive.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::archive::{Label, Writer};
use crate::image::{Descriptor, Platform};
use crate::reference::{Reference, Tag};
use crate::store::{Image, LocalRepository, Store};
use crate::transfer::{self, Ends, Jobs, Observer, Plan};

use super::Error;
use super::copy::plan_for;
use super::present::plan_present;

/// The options of saving.
#[derive(Clone)]
pub struct SaveOptions {
    /// Saves only the images for these platforms; all images in the store if empty.
    pub platforms: Vec<Platform>,
    /// The options of the transfer. Its platforms and jobs are ignored.
    pub transfer: transfer::Options,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// Finds the images to save: one for each name or ID, all tags of a name without one. An image appears once
/// for each of its names.
///
/// # Errors
/// [`Error::NoSuchReference`] for the first that does not exist.
pub fn images_to_save(store: &Store, names: &[String]) -> Result<Vec<Image>, Error> {
    let all = store.images()?;
    let mut chosen: Vec<Image> = Vec::new();
    for name in names {
        for image in named(store, &all, name)? {
            if !chosen.contains(&image) {
                chosen.push(image);
            }
        }
    }
    Ok(chosen)
}

fn named(store: &Store, all: &[Image], name: &str) -> Result<Vec<Image>, Error> {
    if let Ok(bare) = name.parse::<Reference>()
        && bare.is_name_only()
    {
        let is_tag = |reference: &Reference| reference.name == bare.name && reference.tag.is_some();
        let tags = all.iter().filter(|image| image.reference.as_ref().is_some_and(is_tag));
        let mut tags: Vec<Image> = tags.cloned().collect();
        if !tags.is_empty() {
            tags.sort_by(|a, b| a.reference.cmp(&b.reference));
            return Ok(tags);
        }
    }
    let mut found = store.find(name).map_err(Error::of_local)?;
    // An ID means the image under any name.
    let is_meant =
        |reference: &Reference| name.parse::<Reference>().is_ok_and(|typed| typed.name == reference.name);
    found.reference = found.reference.filter(is_meant);
    Ok(vec![found])
}

/// Writes one image to an archive: by default all of it that is in the store; for one platform, that image
/// alone under its own digest. If several, but not all images of an index are written, a new index is written
/// that lists only them. An index with a single image in the store stays unchanged.
///
/// # Errors
/// [`Error::LostBlob`] if one of the images is damaged; every [`transfer::Error`], after which the archive is
/// incomplete and cannot be finished.
///
/// # Cancel safety
/// Dropping the future leaves an incomplete archive that cannot be finished.
pub async fn save(
    store: &Store,
    image: &Image,
    writer: &Writer,
    options: SaveOptions,
) -> Result<Descriptor, Error> {
    let source = store.layout(None);
    let plan = plan(&source, image, &options.platforms).await?;
    let label = image.reference.clone().map_or(Label::Unnamed, Label::Reference);
    let ends =
        Ends { source: Arc::new(source), target: Arc::new(writer.image(label)), observer: options.observer };
    let one = transfer::Options { jobs: Jobs::Fixed(NonZeroUsize::MIN), ..options.transfer };
    let outcome = transfer::copy(ends, plan, &Tag::latest().into(), &one).await?;
    Ok(outcome.root)
}

async fn plan(source: &LocalRepository, image: &Image, platforms: &[Platform]) -> Result<Plan, Error> {
    let root = &image.descriptor;
    let check = |part: &Descriptor| match source.lost_blob(part)? {
        Some(blob) => Err(Error::LostBlob { image: image.called(), blob }),
        None => Ok(()),
    };
    let plan = if platforms.is_empty() {
        // A damaged image must not be left out silently.
        check(root)?;
        let blobs = source.store().blobs();
        plan_present(source, root, |blob| Ok(blobs.contains(blob)?)).await?
    } else {
        let plan = plan_for(source, root.clone(), platforms).await?;
        plan.images.iter().try_for_each(check)?;
        plan
    };
    // After a pull of one platform, the image keeps its digest when it is saved and loaded.
    Ok(if plan.images.len() > 1 { plan.narrowed()? } else { plan })
}
