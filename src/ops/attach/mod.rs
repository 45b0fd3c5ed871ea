//! Attaches files to an image as an artifact that refers to it.

mod files;
mod media_types;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

pub use media_types::{AttachedFile, is_media_type};

use super::Error;
use super::open::Access;
use super::read::{read_chosen, read_to_refer};
use crate::image::{Descriptor, NewArtifact, Platform};
use crate::reference::{Reference, Selector};
use crate::remote::ListedBy;
use crate::transfer::{self, Ends, Layers, Observer, Plan, Platforms, SharedOptions, Sharing};
use files::Files;

/// The maximum number of files of one artifact. Readers limit the size of manifests, and each file takes some 300
/// bytes of it.
const FILES_MAX: usize = 1_000;

/// The files to attach.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The artifact type, such as `application/spdx+json`.
    pub artifact_type: String,
    /// The files. Each is a layer with the name of the file as its title.
    pub files: Vec<AttachedFile>,
    /// The annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// The image of an index to which the files belong. By default it is the index.
    pub platform: Option<Platform>,
}

/// The options of the transfer.
pub struct AttachOptions {
    /// The options of the copy. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent copies share.
    pub sharing: Sharing,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// An artifact that was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The manifest of the artifact.
    pub artifact: Descriptor,
    /// The manifest that it refers to.
    pub subject: Descriptor,
    /// The source of the list that has it now.
    pub listed_by: ListedBy,
    /// How many bytes of blobs were moved.
    pub moved: u64,
}

/// Attaches files to an image at its registry: uploads them, then a manifest that names the image as its subject. Where
/// the registry has no API for referrers, the manifest is added to the index under the tag that takes its place.
///
/// The same files give the same manifest, so that a repeated call changes nothing.
///
/// # Errors
/// [`Error::File`] if a file cannot be read; [`Error::Invalid`] if it is not a file or two have the same name; an error
/// if there is no such image, or the registry refuses the artifact.
///
/// # Cancel safety
/// Dropping the future leaves at most blobs that nothing refers to, or an artifact that is not listed.
pub async fn attach(
    access: Access<'_>,
    image: &Reference,
    attachment: Attachment,
    options: AttachOptions,
) -> Result<Attached, Error> {
    let Attachment { artifact_type, files, annotations, platform } = attachment;
    check(&files)?;
    let repository = access.remote.repository(&image.name)?.past_mirrors();
    let subject = match &platform {
        // What an index lists is read by its digest.
        Some(platform) => read_chosen(&repository, image, Some(platform)).await?,
        None => read_to_refer(&repository, image).await?,
    };
    let subject = subject.descriptor().clone();
    let layers = files::measured(files).await?;
    let artifact = NewArtifact {
        artifact_type,
        subject: subject.clone(),
        layers: layers.iter().map(|(descriptor, _)| descriptor.clone()).collect(),
        annotations,
    };
    let source = Files::new(artifact.build(), layers);
    let root = source.manifest().descriptor().clone();
    let entry = source.manifest().as_referrer()?;
    let plan = Plan::make(&source, &root, &Platforms::All).await?;
    let target = Arc::new(repository.clone());
    let ends = Ends { source: Arc::new(source), target, observer: options.observer };
    let transfer = transfer::Options { layers: Layers::AsTheyAre, ..options.transfer };
    let shared = SharedOptions { options: &transfer, sharing: options.sharing };
    let outcome = transfer::copy_sharing(ends, plan, &Selector::Digest(root.digest.clone()), shared).await?;
    // The list also shows whether the registry noticed the subject.
    let listed = repository.list_referrers(&subject.digest).await?;
    if listed.listed_by == ListedBy::Tag {
        repository.add_referrers(&subject.digest, &[entry]).await?;
    }
    Ok(Attached { artifact: root, subject, listed_by: listed.listed_by, moved: outcome.moved })
}

fn check(files: &[AttachedFile]) -> Result<(), Error> {
    if files.len() > FILES_MAX {
        return Err(Error::Invalid(format!("more than {FILES_MAX} files in one artifact")));
    }
    let mut seen = HashSet::new();
    for file in files {
        let name = file.title()?;
        if !seen.insert(name.clone()) {
            return Err(Error::Invalid(format!("two files have the name {name}")));
        }
    }
    Ok(())
}
