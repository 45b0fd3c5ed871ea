//! Tests a mirror, or the registry itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

use super::refusal::Refusal;
use super::server::DIGEST_HEADER;
use super::{Error, Remote};
use crate::config::{NamedMirror, Transport};
use crate::digest::Digest;
use crate::http::{self, Call, Client, Problem, Request};
use crate::image::MediaType;
use crate::protocol::{Route, Scopes};
use crate::reference::{Reference, Scheme};

/// The time limit of the whole test.
const LIMIT: Duration = Duration::from_secs(15);

/// The steps of a test; each step needs the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The mirror is unreachable.
    Nothing,
    /// The mirror accepts connections.
    Connection,
    /// The mirror has a trusted certificate, or needs none.
    Tls,
    /// The mirror responds as a registry does.
    Api,
    /// The mirror has the image.
    Manifest,
}

/// The result of a test.
#[derive(Debug)]
pub struct Probe {
    /// The last step that succeeded.
    pub passed: Step,
    /// The error of the next step; `None` if all succeeded.
    pub error: Option<Error>,
    /// The duration.
    pub took: Duration,
    /// The digest that the image's tag points to, if the server says it.
    pub digest: Option<Digest>,
}

impl Probe {
    fn unusable(error: Error) -> Self {
        Self { passed: Step::Nothing, error: Some(error), took: Duration::ZERO, digest: None }
    }
}

impl Remote {
    /// Tests `named` once, as a pull of `image` would use it: whether it is reachable, is a registry, and has
    /// the image.
    ///
    /// The mirror's own credentials are used. If it is dead, that is recorded.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub async fn probe(&self, named: &NamedMirror, image: Option<&Reference>) -> Probe {
        let client = match self.config.mirror(named) {
            Ok(endpoint) => Arc::new(Client::new(endpoint)),
            Err(error) => return Probe::unusable(error.into()),
        };
        let probe = self.probe_at(&client, named.mirror.scheme, image).await;
        match &probe.error {
            Some(error) => self.dead_mirrors.failed(&client, error),
            None => self.dead_mirrors.answered(&client),
        }
        probe
    }

    /// Tests the registry of `image` itself, like [`probe`](Self::probe). An image is asked for by `HEAD`, which
    /// Docker Hub does not count as a pull.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request.
    pub async fn probe_registry(&self, image: &Reference) -> Probe {
        match self.config.host(&image.name.registry) {
            Ok(host) => {
                let plain = matches!(host.origin.transport, Transport::Http(_));
                let scheme = if plain { Scheme::Http } else { Scheme::Https };
                self.probe_at(&Arc::new(Client::new(host.origin)), scheme, Some(image)).await
            }
            Err(error) => Probe::unusable(error.into()),
        }
    }

    async fn probe_at(&self, client: &Arc<Client>, scheme: Scheme, image: Option<&Reference>) -> Probe {
        let begin = Instant::now();
        let mut probe = Probe { passed: Step::Nothing, error: None, took: Duration::ZERO, digest: None };
        let error = match tokio::time::timeout(LIMIT, self.try_server(client, image, &mut probe)).await {
            Ok(result) => result.err(),
            Err(_) => Some(timeout(client)),
        };
        if let Some(error) = &error {
            probe.passed = probe.passed.max(reached(error, scheme));
        }
        Probe { error, took: begin.elapsed(), ..probe }
    }

    async fn try_server(
        &self,
        client: &Arc<Client>,
        image: Option<&Reference>,
        probe: &mut Probe,
    ) -> Result<(), Error> {
        let answer = client.send(Request::get("/v2/"), None).await?;
        probe.passed = Step::Tls;
        if answer.status() != StatusCode::UNAUTHORIZED {
            answer.success().await?;
        }
        probe.passed = Step::Api;
        let Some(image) = image else { return Ok(()) };
        let naming = &client.endpoint().naming;
        let repository = naming.of(&image.name.repository).unwrap_or_else(|| image.name.repository.clone());
        let route = Route::Manifest { name: repository.clone(), selector: image.selector() };
        let accept = reqwest::header::HeaderValue::from_static(MediaType::ACCEPT_MANIFEST);
        let request = Request::head(route.to_string()).with(reqwest::header::ACCEPT, accept.clone());
        let scopes = Scopes::pull(&repository);
        let session = self.session(Arc::clone(client), Some(repository));
        let response = match session.send(request, &scopes).await?.success().await.map_err(Error::from) {
            Err(error) if Refusal::of(&error).is_some() => {
                let request = Request::get(route.to_string()).with(reqwest::header::ACCEPT, accept);
                session.send(request, &scopes).await?.success().await.map_err(Error::from)?
            }
            answer => answer?,
        };
        probe.digest = response.header(&DIGEST_HEADER).and_then(|digest| digest.parse().ok());
        probe.passed = Step::Manifest;
        Ok(())
    }

    /// Returns how long ago `named` failed to respond, if it is asked last because of that.
    pub fn dead_for(&self, named: &NamedMirror) -> Option<Duration> {
        let client = Client::new(self.config.mirror(named).ok()?);
        let since = self.dead_mirrors.since(&client)?;
        Some(Duration::from_secs(crate::cache::now().saturating_sub(since)))
    }
}

/// Returns the last step that succeeded before `error`.
fn reached(error: &Error, scheme: Scheme) -> Step {
    let connected = if scheme == Scheme::Https { Step::Tls } else { Step::Connection };
    let Error::Request(crate::auth::Error::Http(http::Error::Transport { problem, .. })) = error else {
        return if error.status().is_some() { connected } else { Step::Nothing };
    };
    match problem {
        Problem::NotTls
        | Problem::UnknownAuthority
        | Problem::WrongName { .. }
        | Problem::Expired(_)
        | Problem::BadCertificate(_)
        | Problem::Tls(_) => Step::Connection,
        Problem::Cut | Problem::Reset => Step::Connection,
        Problem::Timeout { waiting_for, .. } if *waiting_for != "connection" => connected,
        _ => Step::Nothing,
    }
}

fn timeout(client: &Client) -> Error {
    let endpoint = client.endpoint();
    let url = client.base().map_or_else(|_| endpoint.host.clone(), |base| format!("{base}v2/"));
    let call = Call { method: Method::GET, url: url.into(), registry: endpoint.credentials.clone() };
    let problem = Problem::Timeout { waiting_for: "answer", limit: LIMIT };
    http::Error::Transport { call, problem, answered_before: false, verdict: crate::retry::Verdict::Own }
        .into()
}
