//! Tests a mirror.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

use super::refusal::Refusal;
use super::{Error, Remote};
use crate::config::NamedMirror;
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
        let begin = Instant::now();
        let endpoint = match self.config.mirror(named) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                return Probe { passed: Step::Nothing, error: Some(error.into()), took: Duration::ZERO };
            }
        };
        let client = Arc::new(Client::new(endpoint));
        let mut passed = Step::Nothing;
        let trying = self.try_mirror(&client, image, &mut passed);
        let error = match tokio::time::timeout(LIMIT, trying).await {
            Ok(result) => result.err(),
            Err(_) => Some(timeout(named)),
        };
        if let Some(error) = &error {
            passed = passed.max(reached(error, named.mirror.scheme));
            self.dead_mirrors.failed(&client, error);
        } else {
            self.dead_mirrors.answered(&client);
        }
        Probe { passed, error, took: begin.elapsed() }
    }

    async fn try_mirror(
        &self,
        client: &Arc<Client>,
        image: Option<&Reference>,
        passed: &mut Step,
    ) -> Result<(), Error> {
        let answer = client.send(Request::get("/v2/"), None).await?;
        *passed = Step::Tls;
        if answer.status() != StatusCode::UNAUTHORIZED {
            answer.success().await?;
        }
        *passed = Step::Api;
        let Some(image) = image else { return Ok(()) };
        let naming = &client.endpoint().naming;
        let repository = naming.of(&image.name.repository).unwrap_or_else(|| image.name.repository.clone());
        let route = Route::Manifest { name: repository.clone(), selector: image.selector() };
        let accept = reqwest::header::HeaderValue::from_static(MediaType::ACCEPT_MANIFEST);
        let request = Request::head(route.to_string()).with(reqwest::header::ACCEPT, accept.clone());
        let scopes = Scopes::pull(&repository);
        let session = self.session(Arc::clone(client), Some(repository));
        let refused = match session.send(request, &scopes).await?.success().await.map_err(Error::from) {
            Err(error) if Refusal::of(&error).is_some() => true,
            answer => answer.map(|_| false)?,
        };
        if refused {
            let request = Request::get(route.to_string()).with(reqwest::header::ACCEPT, accept);
            session.send(request, &scopes).await?.success().await.map_err(Error::from)?;
        }
        *passed = Step::Manifest;
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

fn timeout(named: &NamedMirror) -> Error {
    let call = Call {
        method: Method::GET,
        url: format!("{}/v2/", named.mirror).into(),
        registry: named.mirror.registry.clone(),
    };
    let problem = Problem::Timeout { waiting_for: "answer", limit: LIMIT };
    http::Error::Transport { call, problem, answered_before: false, verdict: crate::retry::Verdict::Own }
        .into()
}
