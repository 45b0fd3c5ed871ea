//! Images: platforms, layers, and what differs.

use std::collections::HashMap;

use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::image::{Descriptor, Index, Manifest, Platform, RawManifest};
use regcli::ops::diff::{Compared, Pair, Strictness};
use regcli::ops::{self, Inspection, Place};
use regcli::reference::Reference;
use regcli::remote::Remote;

use super::courier::Courier;
use super::worker::Worker;
use crate::browse::columns::{LAYERS, PLATFORMS};
use crate::browse::entry::Entry;
use crate::browse::kind::{Kind, Subject};
use crate::browse::message::News;
use crate::browse::rows;
use crate::ui::format::charset::Charset;
use crate::ui::format::diff::{self, View};

/// The width of lines that describe a difference, on the smallest common terminal.
const WIDTH: usize = 78;

/// Shows the platforms of an index, or the layers of an image.
pub(super) async fn image(worker: &Worker<'_>, courier: &Courier, subject: &Subject) -> Result<(), Failure> {
    let root = match &subject.platform {
        None => Some(ops::read_manifest(worker.access(), &subject.place, None).await?),
        Some(_) => None,
    };
    if let Some(root) = root
        && let Manifest::Index(index) = root.parse()?
    {
        courier.bring(News::Columns(PLATFORMS));
        courier.bring(News::Header(vec![format!("index   {}", root.descriptor().digest)]));
        courier.bring(News::All(platforms(subject, &index, &HashMap::new())));
        if let Place::Registry(reference) = &subject.place {
            let sizes = sizes(&worker.context.remote, reference, root).await?;
            courier.bring(News::All(platforms(subject, &index, &sizes)));
        }
        return Ok(());
    }
    let inspection = inspect(worker, subject).await?;
    courier.bring(News::Columns(LAYERS));
    courier.bring(News::Header(rows::summary(&inspection)));
    courier.bring(News::All(rows::layers(subject, &inspection)));
    Ok(())
}

/// Returns the sizes of the images of an index, unless the registry limits pulls.
async fn sizes(
    remote: &Remote,
    reference: &Reference,
    root: RawManifest,
) -> Result<HashMap<Digest, u64>, Failure> {
    let limit = remote.repository(&reference.name)?.pull_limit();
    if limit.is_some_and(|limit| limit.window.is_some()) {
        return Ok(HashMap::new());
    }
    let images = ops::read_images_of(remote, reference, root).await?;
    let size = |(listed, manifest): (Descriptor, RawManifest)| match manifest.parse() {
        Ok(Manifest::Image(image)) => {
            Some((listed.digest, image.blobs().fold(0, |sum: u64, blob| sum.saturating_add(blob.size))))
        }
        Ok(Manifest::Index(_)) | Err(_) => None,
    };
    Ok(images.into_iter().filter_map(size).collect())
}

/// Returns the rows of an index.
fn platforms(subject: &Subject, index: &Index, sizes: &HashMap<Digest, u64>) -> Vec<Entry> {
    let row = |image: &Descriptor| {
        let platform = image.platform.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let entry = Entry::named(&platform).saying(image.digest.short());
        let entry = entry.sized(sizes.get(&image.digest).copied());
        if image.is_attestation() || !image.media_type.is_image_manifest() {
            return entry.saying(&format!("{} not an image", image.digest.short()));
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

/// Shows what differs between the documents of two images.
pub(super) async fn difference(
    worker: &Worker<'_>,
    courier: &Courier,
    [old, new]: &[Subject; 2],
) -> Result<(), Failure> {
    courier.bring(News::Header(vec![format!("- {}", old.place), format!("+ {}", new.place)]));
    // Images of indexes at registries are named by their digests.
    let platform =
        old.platform.as_ref().filter(|old| new.platform.as_ref() == Some(old) && !old.is_unknown());
    let text = match Pair::read(worker.access(), [&old.place, &new.place], platform).await? {
        Compared::Same(_) => "The images are the same.".to_owned(),
        Compared::Different(pair) => {
            let view = View { width: WIDTH, charset: Charset::of_locale() };
            diff::image::text(&pair, &pair.image(Strictness::Exact), view)
        }
    };
    courier.bring(News::All(text.lines().map(Entry::named).collect()));
    Ok(())
}
