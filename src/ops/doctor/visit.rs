//! The diagnosis of one registry, step by step. Each step needs the steps before it.

use std::sync::Arc;

use super::options::{Options, Parts};
use super::report::{Check, Finding, Reason, Status, Subject};
use super::time::Time;
use crate::auth::{Credential, Keychain, Session};
use crate::config::Settings;
use crate::http::{Client, Response};
use crate::protocol::PullLimit;

/// What is known about the registry so far.
pub(super) struct Visit<'a> {
    pub(super) options: &'a Options,
    pub(super) settings: Settings,
    pub(super) client: Arc<Client>,
    pub(super) keychain: &'a Arc<Keychain>,
    pub(super) time: Time,
    pub(super) limits: Option<PullLimit>,
    checks: Vec<Check>,
}

impl<'a> Visit<'a> {
    /// Runs all steps that are possible. The others are skipped, with the reason.
    pub(super) async fn run(parts: Parts<'a>, options: &'a Options, time: Time) -> Vec<Check> {
        let mut checks = match parts.config.host(&options.registry) {
            Err(error) => vec![Check::error(Subject::Settings, &error)],
            Ok(host) => {
                let settings = parts.config.settings(&host);
                let client = Arc::new(Client::new(host.origin));
                let checks =
                    vec![Check::ok(Subject::Settings, Finding::Settings(Box::new(settings.clone())))];
                let keychain = parts.keychain;
                let mut visit = Self { options, settings, client, keychain, time, limits: None, checks };
                visit.walk().await;
                // Credentials are independent of whether the registry is reachable.
                let unknown = visit.checks.iter().all(|check| check.subject != Subject::Credentials);
                if unknown && !time.is_up() {
                    visit.credentials().await;
                }
                visit.checks
            }
        };
        skip_the_rest(&mut checks, time);
        checks
    }

    async fn walk(&mut self) -> Option<()> {
        let target = self.proxy()?;
        let addresses = self.addresses(&target).await?;
        self.in_time()?;
        self.connection(&target, addresses).await?;
        self.in_time()?;
        let answer = self.tls().await?;
        let greeting = self.registry(answer).await?;
        self.clock(&greeting);
        self.challenge(&greeting)?;
        self.in_time()?;
        let credential = self.credentials().await;
        let session = self.session(credential.clone());
        self.in_time()?;
        self.token(&greeting, &session, credential.as_ref()).await?;
        self.in_time()?;
        let first = self.catalog(&session).await;
        self.in_time()?;
        let sample = self.ranges(&session, first).await;
        self.in_time()?;
        self.upload(&session, sample).await;
        self.in_time()?;
        self.rate_limit(&session).await;
        Some(())
    }

    /// Records a check.
    pub(super) fn note(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Records a check that ends the diagnosis.
    pub(super) fn stop<T>(&mut self, check: Check) -> Option<T> {
        self.checks.push(check);
        None
    }

    fn in_time(&self) -> Option<()> {
        (!self.time.is_up()).then_some(())
    }

    fn session(&self, credential: Option<Credential>) -> Session {
        let repository = self.options.repository.clone();
        let session = Session::new(Arc::clone(&self.client), repository, Arc::clone(self.keychain));
        match credential {
            Some(credential) => session.with_credential(credential),
            None => session.anonymous(),
        }
    }

    /// Records the rate limit that a response reports.
    pub(super) fn note_limits(&mut self, answer: &Response) {
        let header = |name| answer.header(&reqwest::header::HeaderName::from_static(name));
        self.limits = PullLimit::read(header).or(self.limits);
    }
}

/// Skips the remaining checks because of the last failure or the time limit.
fn skip_the_rest(checks: &mut Vec<Check>, time: Time) {
    let failed = checks.iter().rev().find(|check| matches!(check.status, Status::Fail(_)));
    let reason = match failed {
        Some(failed) => Reason::After(failed.subject),
        None if time.is_up() => Reason::NoTime,
        None => return,
    };
    let missing =
        Subject::OF_REGISTRY.into_iter().filter(|subject| checks.iter().all(|c| c.subject != *subject));
    let skipped: Vec<Check> = missing.map(|subject| Check::skip(subject, reason)).collect();
    checks.extend(skipped);
    checks.sort_by_key(|check| check.subject);
}
