//! The Docker Engine of the current user.

use std::time::Duration;

use crate::config::Config;
use crate::engine::Engine;
use crate::reference::Reference;
use crate::store;

use super::Error;

/// How long a Docker Engine may be asked for a missing image. The user did not request this, so it has to be
/// short.
const LOOK_LIMIT: Duration = Duration::from_secs(1);

/// Where a missing image was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// At its registry, under this name.
    AtRegistry(&'a Reference),
    /// In the store.
    InStore,
}

/// Adds the location to an error about a missing image, if a Docker Engine has the image.
///
/// Any other error is returned unchanged. So is this one if the Engine does not respond within a second.
/// Nothing is asked if there is no sign of an Engine.
///
/// # Cancel safety
/// Dropping the future leaves nothing behind.
pub async fn look_in_engine(config: &Config, missing: Error, wanted: Wanted<'_>) -> Error {
    let reference = match (&missing, wanted) {
        (Error::NothingToPush(_) | Error::NoSuchTag(_), Wanted::AtRegistry(reference)) => {
            Some(reference.clone())
        }
        (
            Error::Store(store::Error::NoSuchImage(name))
            | Error::NoSuchReference(store::Error::NoSuchImage(name)),
            Wanted::InStore,
        ) => name.parse().ok(),
        _ => None,
    };
    let Some(reference) = reference.map(Reference::or_latest) else { return missing };
    if !tokio::time::timeout(LOOK_LIMIT, engine_has(config, &reference)).await.unwrap_or_default() {
        return missing;
    }
    let image = reference.familiar();
    let to = match wanted {
        Wanted::AtRegistry(_) => image.clone(),
        Wanted::InStore => format!("store:{image}"),
    };
    Error::OnlyInEngine { missing: Box::new(missing), image, to }
}

async fn engine_has(config: &Config, image: &Reference) -> bool {
    let Ok(host) = config.engine() else { return false };
    if !host.seems_there() {
        return false;
    }
    let answer = async { Engine::connect(&host).await?.has(image).await };
    answer.await.unwrap_or_else(|error| {
        tracing::debug!("the Docker Engine could not be asked: {error}");
        false
    })
}

/// Connects to the Engine and waits for its first response.
pub(super) async fn connect(config: &Config) -> Result<Engine, Error> {
    Ok(Engine::connect(&config.engine()?).await?)
}

/// Rejects a name that an Engine cannot give to an image. The words are Docker's.
pub(super) fn check_name(reference: &Reference) -> Result<(), Error> {
    if reference.digest.is_some() {
        return Err(Error::Invalid("refusing to create a tag with a digest reference".to_owned()));
    }
    if reference.name.familiar() == "sha256" {
        let words = "refusing to create an ambiguous tag using digest algorithm as name";
        return Err(Error::Invalid(words.to_owned()));
    }
    Ok(())
}
