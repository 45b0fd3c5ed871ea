//! Images: platforms, layers, and what differs.

use futures_util::future::try_join;
use regcli::diagnose::Failure;
use regcli::image::{Descriptor, Index, Manifest, Platform};
use regcli::ops::{self, Inspection, Place};
use regcli::reference::Reference;

use super::courier::Courier;
use super::worker::Worker;
use crate::browse::columns::{LAYERS, PLATFORMS};
use crate::browse::compare::compare;
use crate::browse::entry::Entry;
use crate::browse::kind::{Kind, Subject};
use crate::browse::message::News;
use crate::browse::rows;
use crate::ui::format::units;

/// Shows the platforms of an index, or the layers of an image.
pub(super) async fn image(worker: &Worker<'_>, courier: &Courier, subject: &Subject) -> Result<(), Failure> {
    let root = match &subject.platform {
        None => Some(ops::read_manifest(worker.access(), &subject.place, None).await?),
        Some(_) => None,
    };
    let digest = root.as_ref().map(|root| root.descriptor().digest.clone());
    if let Some(Manifest::Index(index)) = root.map(|root| root.parse()).transpose()? {
        courier.bring(News::Columns(PLATFORMS));
        let kind = units::count(index.manifests.len(), "image");
        courier
            .bring(News::Header(digest.iter().map(|digest| format!("index    {digest}, {kind}")).collect()));
        courier.bring(News::All(platforms(subject, &index)));
        return Ok(());
    }
    let inspection = inspect(worker, subject).await?;
    courier.bring(News::Columns(LAYERS));
    courier.bring(News::Header(rows::summary(&inspection)));
    courier.bring(News::All(rows::layers(subject, &inspection)));
    Ok(())
}

/// Returns the rows of an index.
fn platforms(subject: &Subject, index: &Index) -> Vec<Entry> {
    let row = |image: &Descriptor| {
        let platform = image.platform.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let entry = Entry::named(&platform).saying(image.digest.short());
        if image.is_attestation() || !image.media_type.is_image_manifest() {
            return entry.saying(&format!("{} {}", image.digest.short(), "not an image"));
        }
        let place = match &subject.place {
            // Two images of an index may be for the same platform.
            Place::Registry(reference) => {
                Place::Registry(Reference::digested(reference.name.clone(), image.digest.clone()))
            }
            other => other.clone(),
        };
        entry.opening(Kind::Image(Subject { place, platform: image.platform.clone() }))
    };
    index.manifests.iter().map(row).collect()
}

/// Reads the manifest and the config of an image; of an index, those of the image for this machine.
async fn inspect(worker: &Worker<'_>, subject: &Subject) -> Result<Inspection, Failure> {
    // With its scheme, an image at a registry is not looked for in the store.
    let text = match &subject.place {
        Place::Registry(reference) => format!("docker://{reference}"),
        other => other.to_string(),
    };
    let wanted = subject.platform.as_ref().filter(|platform: &&Platform| !platform.is_unknown());
    Ok(ops::inspect(worker.access(), &text.parse()?, wanted).await?)
}

/// Shows what differs in two images.
///
/// A comparison by files, once there is one, belongs here.
pub(super) async fn difference(
    worker: &Worker<'_>,
    courier: &Courier,
    subjects: &[Subject; 2],
) -> Result<(), Failure> {
    let [first, second] = subjects;
    let (one, other) = try_join(inspect(worker, first), inspect(worker, second)).await?;
    let name = |subject: &Subject| subject.place.to_string();
    courier.bring(News::Header(vec![format!("- {}", name(first)), format!("+ {}", name(second))]));
    courier.bring(News::All(compare(&one, &other)));
    Ok(())
}
