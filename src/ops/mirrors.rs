//! Which mirrors there are, and whether they are any good.

use futures_util::{StreamExt as _, stream};

use crate::config::{Config, Mirror, MirrorError, NamedMirror};
use crate::diagnose::{Diagnose, ErrorKind};
use crate::reference::{Reference, Registry};
use crate::remote::{Probe, Remote};

/// How many mirrors are asked at once.
const AT_ONCE: usize = 8;

/// What a mirror of Docker Hub is asked for if nothing else is said: small, official, and always there.
const SMALL_IMAGE: &str = "docker.io/library/hello-world:latest";

/// Why no mirror can be tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorsError {
    /// There is none.
    #[error("no mirror is configured")]
    None,
    /// There is none for this registry.
    #[error("no mirror of {0} is configured")]
    NoneOf(Registry),
    /// It is neither a configured mirror nor an address of one.
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

/// The mirrors to try: those of `image`'s registry, if there is one, and of these the one called `name`, by its
/// address or its host. An address that is not configured stands for a mirror of that registry, else of Docker Hub.
///
/// # Errors
/// That there are none, or that `name` is no mirror's address.
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
        mirrors.push(NamedMirror { registry, mirror, namespace: false, source: None });
    }
    Ok(mirrors)
}

/// Tries mirrors, several at once; the order stays. Without an `image`, Docker Hub's are asked for a small one and the
/// others only whether they are registries.
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
    stream::iter(tests).buffered(AT_ONCE).collect().await
}
