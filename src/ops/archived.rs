//! Archives as places to copy from and to, and Docker Engines, which give and take archives.

use std::path::PathBuf;

use crate::archive::{Archive, Input, Label, Output, Target, Writer};
use crate::config;
use crate::image::Descriptor;
use crate::remote::Remote;
use crate::store::Store;

use super::engine::connect;
use super::present::Present;
use super::{Error, Place};

/// The archive at a place, and the image in it that is meant. Of an index of which only one image is there,
/// it is that image, under its own digest: there is no more to copy.
///
/// # Errors
/// [`Error::Archive`], [`Error::Engine`]; that the place is no archive.
pub(super) async fn open_archive(
    remote: &Remote,
    store: Option<&Store>,
    place: &Place,
) -> Result<(Archive, Descriptor), Error> {
    let (file, name) = match place {
        Place::OciArchive { file, tag } => (file, tag.clone()),
        Place::DockerArchive { file, reference } => (file, reference.as_ref().map(ToString::to_string)),
        Place::DockerDaemon(reference) => {
            let archive = connect(remote.config()).await?.save(reference, scratch_for(store)).await?;
            let named = archive.find(Some(&reference.to_string()));
            // Of what was asked for by its ID or digest, the archive has no name.
            let root = named.or_else(|_| archive.find(None))?.descriptor.clone();
            return what_there_is(archive, root).await;
        }
        other => return Err(not_an_archive(other)),
    };
    let archive = Archive::open(Input::Path(file.clone()), scratch_for(store)).await?;
    let root = archive.find(name.as_deref())?.descriptor.clone();
    what_there_is(archive, root).await
}

async fn what_there_is(archive: Archive, root: Descriptor) -> Result<(Archive, Descriptor), Error> {
    let present = Present::of(&archive, &root, |blob| Ok(archive.holds(blob))).await?;
    match <[Descriptor; 1]>::try_from(present.images) {
        Ok([only]) if !present.whole => Ok((archive, only)),
        _ => Ok((archive, root)),
    }
}

/// An archive that is to be written at a place. Nothing is made before something is copied to it.
///
/// # Errors
/// [`Error::Archive`]; that the place is no archive.
pub(super) fn new_archive(place: &Place) -> Result<Target, Error> {
    let (file, label) = match place {
        Place::OciArchive { file, tag } => (file, tag.clone().map(Label::Text)),
        Place::DockerArchive { file, reference } => (file, reference.clone().map(Label::Reference)),
        other => return Err(not_an_archive(other)),
    };
    Ok(Writer::only_image(Output::file(file)?, label.unwrap_or(Label::Unnamed)))
}

/// Returns the folder where what is large lies for a while: an archive that has to be unpacked, a layer that is
/// packed. It is not the system's folder for temporary files, which may be small or in memory.
pub fn scratch(store: &Store) -> PathBuf {
    store.root().join("parts")
}

/// The same where there may be no store: then it is the system's folder after all.
fn scratch_for(store: Option<&Store>) -> PathBuf {
    store.map_or_else(std::env::temp_dir, scratch)
}

/// Returns the store, for an operation that needs it after all.
///
/// # Errors
/// [`config::Error::NoHome`]: a place for the store is missing only where there is no home.
pub(super) fn kept(store: Option<&Store>) -> Result<&Store, Error> {
    store.ok_or(Error::Config(config::Error::NoHome { what: config::STORE }))
}

fn not_an_archive(place: &Place) -> Error {
    Error::Invalid(format!("{place} is no archive"))
}
