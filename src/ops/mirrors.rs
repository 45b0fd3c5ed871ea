//! The configured mirrors, and tests of them.

use futures_util::{StreamExt as _, stream};

use crate::config::{Config, Mirror, MirrorError, NamedMirror};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::reference::{Reference, Registry};
use crate::remote::{Probe, Remote};

/// How many mirrors are tested concurrently.
const CONCURRENT: usize = 8;

/// The image that mirrors of Docker Hub are tested with by default: small, official, and always available.
const SMALL_IMAGE: &str = "docker.io/library/hello-world:latest";

/// Why no mirror can be tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorsError {
    /// No mirror is configured.
    #[error("no mirror is configured")]
    None,
    /// No mirror is configured for this registry.
    #[error("no mirror of {0} is configured")]
    NoneOf(Registry),
    /// The name is neither a configured mirror nor the address of one.
    #[error(transparent)]
    Address(#[from] MirrorError),
}

impl Diagnose for MirrorsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::None | Self::NoneOf(_) => ErrorKind::Other,
            Self::Address(_) => ErrorKind::Usage,
        }
    }
}

/// Returns the mirrors to test: those of `image`'s registry, if there is an image, and among these the one
/// called `name`, by its address or its host. An address that is not configured counts as a mirror of that
/// registry, or else of Docker Hub.
///
/// # Errors
/// An error if there are none, or if `name` is not the address of a mirror.
pub fn choose_mirrors(
    config: &Config,
    name: Option<&str>,
    image: Option<&Reference>,
) -> Result<Vec<NamedMirror>, MirrorsError> {
    let registry = image.map(|image| &image.name.registry);
    let mut mirrors = match registry {
        Some(registry) => config.mirrors_of(registry),
        None => config.mirrors(),
    };
    let Some(name) = name else {
        let none = || registry.cloned().map_or(MirrorsError::None, MirrorsError::NoneOf);
        return if mirrors.is_empty() { Err(none()) } else { Ok(mirrors) };
    };
    let wanted = name.trim_end_matches('/');
    mirrors.retain(|named| named.mirror.to_string() == wanted || named.mirror.host == wanted);
    if mirrors.is_empty() {
        let mirror: Mirror = name.parse()?;
        let registry = registry.cloned().unwrap_or_else(Registry::hub);
        mirrors.push(NamedMirror::typed(&mirror, registry));
    }
    Ok(mirrors)
}

/// Tests mirrors concurrently; the order is kept. Without an `image`, mirrors of Docker Hub are asked for a
/// small image, and the others only whether they are registries.
///
/// # Cancel safety
/// Dropping the future ends all requests.
pub async fn test_mirrors(
    remote: &Remote,
    mirrors: Vec<NamedMirror>,
    image: Option<&Reference>,
) -> Vec<(NamedMirror, Probe)> {
    let small: Reference = SMALL_IMAGE.parse().expect("it is a reference");
    let small = &small;
    let tests = mirrors.into_iter().map(|named| async move {
        let image = image.or(if named.registry.is_hub() { Some(small) } else { None });
        let probe = remote.probe(&named, image).await;
        (named, probe)
    });
    stream::iter(tests).buffered(CONCURRENT).collect().await
}
