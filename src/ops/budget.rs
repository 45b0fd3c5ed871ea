//! Whether the images of one command fit into the pulls that their registries still allow.
//!
//! Docker Hub counts an image as one pull, or as one for each architecture that is read, but a `HEAD` of a manifest does
//! not count. The number of architectures is only known once the index is read, so each image is taken for one pull:
//! a command that fits is never refused. See <https://docs.docker.com/docker-hub/usage/pulls/>.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::open::Access;
use super::{Error, Place, Route};
use crate::content::Source as _;
use crate::digest::Digest;
use crate::protocol::PullLimit;
use crate::reference::{Reference, Registry};

/// How many images are looked up concurrently. Docker Hub also limits all requests of a minute, to some thousand.
const LOOKUPS: usize = 16;

/// How long the first request may take: all images wait for it. If the registry or a mirror is unreachable, the images
/// find that out together.
const ASK_LIMIT: Duration = Duration::from_secs(5);

/// The images that a command pulls, and what their registries allow. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<OnceLock<Vec<Quota>>>);

/// Images, with their destinations.
type Waiting = HashMap<Reference, Place>;

/// The images of one registry.
#[derive(Debug)]
struct Quota {
    registry: Registry,
    /// Set once the registry was asked, before the first image is read.
    first: OnceCell<()>,
    /// Set once it is decided whether the images fit.
    decided: OnceCell<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The images that were not read yet.
    waiting: Waiting,
    /// The latest limit that the registry has reported.
    limit: Option<PullLimit>,
    verdict: Verdict,
}

/// Whether the images fit into the limit. The decision is made once, before anything is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The registry has not reported a limit.
    Open,
    Fits,
    /// This many images have to be pulled.
    TooMany(usize),
}

impl Budget {
    /// Takes the images that the command is about to copy. Only the first call counts.
    pub fn expect(&self, routes: impl IntoIterator<Item = Route>) {
        let mut registries: BTreeMap<Registry, Waiting> = BTreeMap::new();
        for Route { source, destination } in routes {
            if let Place::Registry(image) = source {
                registries.entry(image.name.registry.clone()).or_default().insert(image, destination);
            }
        }
        self.0.get_or_init(|| {
            registries.into_iter().map(|(registry, waiting)| Quota::new(registry, waiting)).collect()
        });
    }

    /// Returns the latest limit of each registry that has reported one.
    pub fn limits(&self) -> Vec<(Registry, PullLimit)> {
        let limit = |quota: &Quota| Some((quota.registry.clone(), quota.state().limit?));
        self.0.get().into_iter().flatten().filter_map(limit).collect()
    }

    /// Runs `read`, which reads the manifest of the image at `source`, unless its registry allows too few pulls for all images.
    ///
    /// Docker Hub is asked before the first of several images is read, so that a command that does not fit spends no
    /// pull. Any other registry may report a limit with the first manifests.
    ///
    /// # Errors
    /// [`Error::PullLimit`] for each image of a registry that allows too few pulls; the errors of `read`.
    pub(super) async fn spend<T>(
        &self,
        access: Access<'_>,
        source: &Place,
        read: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut quotas = self.0.get().into_iter().flatten();
        let Place::Registry(image) = source else { return read.await };
        let Some(quota) = quotas.find(|quota| quota.registry == image.name.registry) else {
            return read.await;
        };
        if quota.registry.is_hub() && quota.state().waiting.len() > 1 {
            quota.first.get_or_init(|| quota.ask(access, image)).await;
        }
        quota.begin(image)?;
        let result = read.await?;
        // A manifest that was paid for is used, whatever becomes of the images that wait.
        quota.record(access, image).await;
        Ok(result)
    }
}

impl Quota {
    fn new(registry: Registry, waiting: Waiting) -> Self {
        let state = State { waiting, limit: None, verdict: Verdict::Open };
        Self { registry, first: OnceCell::new(), decided: OnceCell::new(), state: Mutex::new(state) }
    }

    /// Asks the registry for its limit, by a request that does not count. An error is left to the pull itself.
    async fn ask(&self, access: Access<'_>, image: &Reference) {
        let Ok(repository) = access.remote.repository(&image.name) else { return };
        let asked = timeout(ASK_LIMIT, repository.head_manifest(&image.selector())).await;
        if matches!(asked, Ok(Ok(_))) {
            self.record(access, image).await;
        }
    }

    /// Takes an image from those that wait.
    fn begin(&self, image: &Reference) -> Result<(), Error> {
        self.state().waiting.remove(image);
        self.check()
    }

    /// Records the limit in the last response of a repository, and decides whether the waiting images fit into it.
    async fn record(&self, access: Access<'_>, image: &Reference) {
        let limit = access.remote.repository(&image.name).ok().and_then(|repository| repository.pull_limit());
        // A limit without a window is one of requests, and waiting for it is the limiter's task.
        let Some(limit) = limit.filter(|limit| limit.window.is_some()) else { return };
        self.state().limit = Some(limit);
        self.decided.get_or_init(|| self.decide(access, limit.remaining)).await;
    }

    /// Decides whether the waiting images fit into `remaining` pulls.
    async fn decide(&self, access: Access<'_>, remaining: u64) {
        let waiting = self.state().waiting.clone();
        let needed = needed(access, &waiting, remaining).await;
        let fits = needed as u64 <= remaining;
        self.state().verdict = if fits { Verdict::Fits } else { Verdict::TooMany(needed) };
    }

    fn check(&self) -> Result<(), Error> {
        let state = self.state();
        match (state.verdict, state.limit) {
            (Verdict::TooMany(needed), Some(PullLimit { remaining, window, .. })) => {
                let registry = self.registry.to_string();
                Err(Error::PullLimit { registry, remaining, needed, window })
            }
            _ => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one call, so the state is consistent even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns how many of these images have to be pulled. The count may end early if all of them fit.
async fn needed(access: Access<'_>, waiting: &Waiting, remaining: u64) -> usize {
    let looks = waiting.iter().map(|(image, destination)| has_to_be_pulled(access, image, destination));
    let mut looks = stream::iter(looks).buffer_unordered(LOOKUPS);
    let (mut needed, mut unknown) = (0, waiting.len());
    while (needed + unknown) as u64 > remaining
        && let Some(is_needed) = looks.next().await
    {
        unknown -= 1;
        needed += usize::from(is_needed);
    }
    needed + unknown
}

/// Reports whether a copy would read the manifest of an image, and whether that counts.
async fn has_to_be_pulled(access: Access<'_>, image: &Reference, destination: &Place) -> bool {
    let Ok(repository) = access.remote.repository(&image.name) else { return false };
    let Ok(Some(there)) = repository.head_manifest(&image.selector()).await else { return false };
    // An image without the header does not count: its publisher pays for it.
    repository.pull_limit().is_some() && digest_at(access, destination).await != Some(there.digest)
}

/// Returns the digest of the image at a destination.
async fn digest_at(access: Access<'_>, destination: &Place) -> Option<Digest> {
    let found = match destination {
        Place::Registry(image) => {
            let repository = access.remote.repository(&image.name).ok()?.past_mirrors();
            repository.head_manifest(&image.selector()).await.ok()??
        }
        Place::Store(image) => {
            access.store().ok()?.repository(&image.name).resolve(&image.selector()).await.ok()?
        }
        _ => return None,
    };
    Some(found.digest)
}
