//! Credentials for a registry, and its verdict on them.

use reqwest::StatusCode;

use super::registry::Greeting;
use super::report::{Advice, Check, Finding, Status, Subject, told};
use super::visit::Visit;
use crate::auth::{self, Authorization, Credential, Session};
use crate::config::Warning;
use crate::diagnose::{Diagnose as _, ErrorKind, Hint};
use crate::http::Request;
use crate::protocol::{Action, Scopes};

impl Visit<'_> {
    /// Looks for credentials in all places, in their usual order.
    pub(super) async fn credentials(&mut self) -> Option<Credential> {
        let (registry, repository) = (&self.options.registry, self.options.repository.as_ref());
        let Some(lookup) = self.time.within(self.keychain.find(registry, repository)).await else {
            let finding = Finding::Silent(super::time::STEP_LIMIT);
            self.note(Check::ok(Subject::Credentials, finding).but(Advice::Known(Hint::TryLater)));
            return None;
        };
        let warning = self.keychain.warnings().iter().chain(&lookup.warnings).next();
        let told = warning.map(ToString::to_string);
        let advice = warning.and_then(Warning::hint).map(Advice::Known);
        let finding = match (&lookup.found, told) {
            (Some(found), warning) => Finding::Credentials {
                user: found.credential.username().map(str::to_owned),
                kind: kind(&found.credential),
                place: found.place.clone(),
                warning,
            },
            (None, Some(warning)) => Finding::Error(warning),
            (None, None) => Finding::NoCredentials,
        };
        let mut check = Check::ok(Subject::Credentials, finding);
        if warning.is_some() {
            check.status = Status::Warn;
            check.advice = advice.or(Some(self.log_in()));
        }
        self.note(check);
        lookup.found.map(|found| found.credential)
    }

    /// Checks what the registry says to the credentials. They are sent only once, because some registries
    /// lock an account after a few wrong passwords.
    pub(super) async fn token(
        &mut self,
        greeting: &Greeting,
        session: &Session,
        credential: Option<&Credential>,
    ) -> Option<()> {
        if !greeting.asks {
            self.note(Check::ok(Subject::Token, Finding::NotNeeded));
            return Some(());
        }
        let scopes = self.options.repository.as_ref().map_or_else(Scopes::none, Scopes::pull);
        let asked = self.time.within(self.authorize(session, &scopes)).await;
        let check = match asked {
            None => {
                let finding = Finding::Silent(super::time::STEP_LIMIT);
                Check::new(Subject::Token, Status::Fail(ErrorKind::Unreachable), finding)
                    .advise(Advice::AskAdministrator)
            }
            Some(Ok(authorization)) => self.judge(authorization.as_ref(), credential),
            // Some registries refuse an anonymous token without a scope, but grant one for public
            // repositories.
            Some(Err(error)) if self.may_be_public(&error, credential) => {
                let check = Check::ok(Subject::Token, Finding::Error(told(&error)));
                check.but(Advice::Known(Hint::LogIn { registry: self.options.registry.to_string() }))
            }
            Some(Err(error)) => Check::error(Subject::Token, &error),
        };
        if matches!(check.status, Status::Fail(_)) {
            return self.stop(check);
        }
        self.note(check);
        Some(())
    }

    /// Gets the authorization that the registry asks for, and presents it.
    async fn authorize(
        &self,
        session: &Session,
        scopes: &Scopes,
    ) -> Result<Option<Authorization>, auth::Error> {
        let ping = || Request::get("/v2/");
        let Some(authorization) = session.authorize(ping(), scopes).await? else { return Ok(None) };
        let value = authorization.value();
        let Ok(mut header) = reqwest::header::HeaderValue::from_str(value.expose()) else {
            return Ok(Some(authorization));
        };
        header.set_sensitive(true);
        let answer = self.client.send(ping(), Some(&header)).await?;
        // An anonymous token need not be valid for this request.
        if answer.status() == StatusCode::UNAUTHORIZED && !session.is_anonymous() {
            answer.success().await?;
        }
        Ok(Some(authorization))
    }

    fn judge(&self, authorization: Option<&Authorization>, credential: Option<&Credential>) -> Check {
        let Some(authorization) = authorization else { return Check::ok(Subject::Token, Finding::NotNeeded) };
        if let Some(repository) = &self.options.repository
            && !authorization.withheld(repository, &[Action::Pull]).is_empty()
        {
            let finding = Finding::Withheld { repository: repository.to_string() };
            let advice = match credential {
                Some(_) => Advice::Known(Hint::CheckAccess {
                    registry: self.options.registry.to_string(),
                    repository: Some(repository.to_string()),
                }),
                None => self.log_in(),
            };
            return Check::new(Subject::Token, Status::Fail(ErrorKind::Denied), finding).advise(advice);
        }
        let finding = match authorization {
            Authorization::Basic(_) => Finding::Accepted,
            Authorization::Bearer { lifetime, .. } => {
                Finding::Token { anonymous: credential.is_none(), lifetime: *lifetime }
            }
        };
        Check::ok(Subject::Token, finding)
    }

    fn may_be_public(&self, error: &auth::Error, credential: Option<&Credential>) -> bool {
        let own = || self.client.base().map(|base| format!("{base}v2/")).unwrap_or_default();
        let is_refusal = match error {
            auth::Error::Http(error) => {
                error.kind() == ErrorKind::Denied
                    && error.status().is_some_and(|status| !status.call.url.starts_with(&own()))
            }
            auth::Error::Service(error) => error.is_status(StatusCode::BAD_REQUEST),
            _ => false,
        };
        credential.is_none() && self.options.repository.is_none() && is_refusal
    }

    fn log_in(&self) -> Advice {
        Advice::Known(Hint::LogIn { registry: self.options.registry.to_string() })
    }
}

fn kind(credential: &Credential) -> &'static str {
    match credential {
        Credential::Basic { .. } => "password",
        Credential::IdentityToken { .. } => "identity token",
        Credential::RegistryToken(_) => "registry token",
    }
}
