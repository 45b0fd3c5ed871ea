//! The Docker Engine of this user.

use std::time::Duration;

use crate::config::Config;
use crate::engine::Engine;
use crate::reference::Reference;
use crate::store;

use super::Error;

/// How long may be looked whether a Docker Engine has what is missing here: nobody has asked for that.
const LOOK_LIMIT: Duration = Duration::from_secs(1);

/// Where an image was wanted that is not in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// At its registry, under this name.
    AtRegistry(&'a Reference),
    /// In the store.
    InStore,
}

/// Adds to the error that an image is not in the store where it is, if a Docker Engine is there that has it.
///
/// Any other error stays as it is; so does this one if the Engine does not answer within a second. Nothing is
/// asked where there is no sign of an Engine.
///
/// # Cancel safety
/// There is nothing to be left behind.
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

/// The Engine, once it has answered.
pub(super) async fn connect(config: &Config) -> Result<Engine, Error> {
    Ok(Engine::connect(&config.engine()?).await?)
}

/// Refuses what is no name for an image in an Engine. Docker's words.
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
