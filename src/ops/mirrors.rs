//! The configured mirrors, and tests of them.

use futures_util::{StreamExt as _, stream};

use crate::config::{Config, Mirror, MirrorError, MirrorList, NamedMirror};
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::{Reference, Registry};
use crate::remote::{self, Probe, Remote, Sample, Version};

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
    /// config.toml cannot be written.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
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
            Self::Config(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Config(error) => error.hint(),
            Self::None | Self::NoneOf(_) | Self::Address(_) => None,
        }
    }
}

/// Returns the mirrors to test: those of `registry`, if there is one, and among these the one
/// called `name`, by its address or its host. An address that is not configured counts as a mirror of that
/// registry, or else of Docker Hub.
///
/// # Errors
/// An error if there are none, or if `name` is not the address of a mirror.
pub fn choose_mirrors(
    config: &Config,
    name: Option<&str>,
    registry: Option<&Registry>,
) -> Result<Vec<NamedMirror>, MirrorsError> {
    let mut mirrors = match registry {
        Some(registry) => config.mirrors_of(registry),
        None => config.mirrors(),
    };
    let Some(name) = name else {
        let none = || registry.cloned().map_or(MirrorsError::None, MirrorsError::NoneOf);
        return if mirrors.is_empty() { Err(none()) } else { Ok(mirrors) };
    };
    let wanted = name.trim_end_matches('/');
    mirrors.retain(|named| {
        named.mirror.to_string() == wanted || named.to_string() == wanted || named.mirror.host == wanted
    });
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

/// A server of a registry, as it was compared with the others.
#[derive(Debug)]
pub struct Ranked {
    /// The registry.
    pub registry: Registry,
    /// The mirror; `None` for the registry itself.
    pub mirror: Option<NamedMirror>,
    /// How far the test got.
    pub probe: Probe,
    /// How fast the server sends, if there was a layer to measure that with.
    pub sample: Option<Sample>,
    /// The version of the image compared with the registry's.
    pub freshness: Freshness,
}

/// The version of an image at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The registry's own.
    Current,
    /// Another one. Both times are those of the builds, as the configs say.
    Other {
        /// When the version at this server was built, in RFC 3339.
        built: Option<String>,
        /// When the registry's own version was built.
        current: Option<String>,
    },
    /// Not compared: there is no image, or a server did not say its digest.
    Unknown,
}

/// Tests mirrors and their registries concurrently, compares the versions of the image, and measures how fast a
/// layer of it arrives. Content with another digest than it should have is an error of the server. Returns the servers of
/// each registry ranked: the fastest first, those with an error last.
///
/// Docker Hub itself is asked by `HEAD` only, and for a part of a layer that a mirror has named, because it counts pulls.
/// Other registries are also asked for the manifest and the config, if no mirror has the present version.
///
/// # Cancel safety
/// Dropping the future ends all requests.
pub async fn rank_mirrors(
    remote: &Remote,
    mirrors: Vec<NamedMirror>,
    image: Option<&Reference>,
) -> Vec<Ranked> {
    let mut registries: Vec<Registry> = mirrors.iter().map(|named| named.registry.clone()).collect();
    registries.dedup();
    let mut ranked = Vec::new();
    for registry in registries {
        let (own, _): (Vec<_>, Vec<_>) =
            mirrors.iter().cloned().partition(|named| named.registry == registry);
        let small: Reference = SMALL_IMAGE.parse().expect("it is a reference");
        let image = image.cloned().or_else(|| registry.is_hub().then_some(small));
        match image {
            Some(image) => ranked.extend(rank_with(remote, own, &image).await),
            None => {
                let tested = test_mirrors(remote, own, None).await.into_iter();
                let mut tested: Vec<_> = tested.map(|(named, probe)| untried(named, probe)).collect();
                tested.sort_by_key(rank);
                ranked.extend(tested);
            }
        }
    }
    ranked
}

/// Returns the row of a mirror that was tested without an image.
fn untried(named: NamedMirror, probe: Probe) -> Ranked {
    let registry = named.registry.clone();
    Ranked { registry, mirror: Some(named), probe, sample: None, freshness: Freshness::Unknown }
}

async fn rank_with(remote: &Remote, mirrors: Vec<NamedMirror>, image: &Reference) -> Vec<Ranked> {
    let (tested, mut origin) =
        tokio::join!(test_mirrors(remote, mirrors, Some(image)), remote.probe_registry(image));
    let present = &origin.digest.clone();
    let present = present.as_ref();
    let measuring = tested.into_iter().map(|(named, mut probe)| async move {
        let version = match &probe.digest {
            Some(digest) => genuine(remote.version(Some(&named), image, digest).await, &mut probe.error),
            None => None,
        };
        let layer = version.as_ref().and_then(|version| version.layer.as_ref());
        let sample = genuine(sample(remote, Some(&named), image, layer).await, &mut probe.error).flatten();
        let freshness = match (&probe.digest, present) {
            (Some(digest), Some(present)) if digest == present => Freshness::Current,
            (Some(_), Some(_)) => Freshness::Other { built: built(version.as_ref()), current: None },
            _ => Freshness::Unknown,
        };
        (Ranked { sample, freshness, ..untried(named, probe) }, version)
    });
    let mut measured: Vec<(Ranked, Option<Version>)> =
        stream::iter(measuring).buffered(CONCURRENT).collect().await;
    let current = current_version(remote, image, present, &measured).await;
    for (ranked, _) in &mut measured {
        if let Freshness::Other { current: known, .. } = &mut ranked.freshness {
            *known = built(current.as_ref());
        }
    }
    // Registries keep the layers of an old version for long.
    let any = || measured.iter().find_map(|(_, version)| version.as_ref()?.layer.clone());
    let layer = current.and_then(|version| version.layer).or_else(any);
    let freshness = if present.is_some() { Freshness::Current } else { Freshness::Unknown };
    let sample = genuine(sample(remote, None, image, layer.as_ref()).await, &mut origin.error).flatten();
    let registry = image.name.registry.clone();
    let origin = Ranked { registry, mirror: None, probe: origin, sample, freshness };
    let mut ranked: Vec<Ranked> = measured.into_iter().map(|(ranked, _)| ranked).chain([origin]).collect();
    ranked.sort_by_key(rank);
    ranked
}

/// Returns the registry's own version, from a mirror that has it, or else from the registry, unless that counts pulls.
async fn current_version(
    remote: &Remote,
    image: &Reference,
    present: Option<&Digest>,
    measured: &[(Ranked, Option<Version>)],
) -> Option<Version> {
    let at_mirror = measured.iter().find(|(ranked, _)| ranked.freshness == Freshness::Current);
    if let Some((_, Some(version))) = at_mirror {
        return Some(version.clone());
    }
    if image.name.registry.is_hub() {
        return None;
    }
    remote.version(None, image, present?).await.ok()
}

fn built(version: Option<&Version>) -> Option<String> {
    version.and_then(|version| version.created.clone())
}

async fn sample(
    remote: &Remote,
    named: Option<&NamedMirror>,
    image: &Reference,
    layer: Option<&Descriptor>,
) -> Result<Option<Sample>, remote::Error> {
    match layer {
        Some(layer) => remote.sample(named, image, layer).await,
        None => Ok(None),
    }
}

/// Returns what was read. If it has another digest than it should, the test of the server has failed.
fn genuine<T>(read: Result<T, remote::Error>, verdict: &mut Option<remote::Error>) -> Option<T> {
    let error = match read {
        Ok(read) => return Some(read),
        Err(error) => error,
    };
    if error.kind() == ErrorKind::Corrupt {
        verdict.get_or_insert(error);
    }
    None
}

/// Returns what servers are ordered by: those without an error first, those with another version last, then by speed and
/// by the time of the test. A mirror with another version would decide what a tag is.
fn rank(ranked: &Ranked) -> (bool, bool, std::cmp::Reverse<u64>, std::time::Duration) {
    let speed = ranked.sample.map_or(0, |sample| sample.per_second());
    let is_other = matches!(ranked.freshness, Freshness::Other { .. });
    (ranked.probe.error.is_some(), is_other, std::cmp::Reverse(speed), ranked.probe.took)
}

/// The lists in config.toml that have another order now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedLists {
    /// The registries whose tables have changed.
    pub registries: Vec<Registry>,
    /// The registry whose ranks have changed the list of every registry.
    pub general: Option<Registry>,
}

/// Orders the mirrors in config.toml as they are ranked. The list of every registry has the order of the first registry
/// whose mirrors are in it. Mirrors of other files stay as they are, and none is removed.
///
/// # Errors
/// [`MirrorsError::Config`] if the file cannot be read or written. Lists before the error may have changed.
pub fn write_ranks(config: &Config, ranked: &[Ranked]) -> Result<ChangedLists, MirrorsError> {
    let mut changed = ChangedLists::default();
    let mut registries: Vec<&Registry> = ranked.iter().map(|ranked| &ranked.registry).collect();
    registries.dedup();
    let mut is_general_ordered = false;
    for registry in registries {
        let of_registry = ranked.iter().filter(|ranked| ranked.registry == *registry);
        let order: Vec<_> = of_registry.filter_map(|ranked| ranked.mirror.clone()).collect();
        if config.order_mirrors(MirrorList::OfRegistry, registry, &order)? {
            changed.registries.push(registry.clone());
        }
        if !is_general_ordered && config.has_general_mirror(registry, &order) {
            is_general_ordered = true;
            let has_changed = config.order_mirrors(MirrorList::General, registry, &order)?;
            changed.general = has_changed.then(|| registry.clone());
        }
    }
    Ok(changed)
}
