//! The response of a registry: whether it is one, which software, its clock, and its authentication.

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, WWW_AUTHENTICATE};

use super::network::Answer;
use super::report::{Advice, Check, Finding, Status, Subject};
use super::visit::Visit;
use crate::auth::{self, trusted_realm};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::http::Response;
use crate::protocol::{API_VERSION_HEADER, Challenge};
use crate::remote::{Signs, Software};

/// How many seconds two clocks may differ: tokens are valid for minutes, starting immediately.
const SKEW_MAX: u64 = 60;

/// What a registry says without authentication.
pub(super) struct Greeting {
    pub(super) challenges: Vec<Challenge>,
    /// Whether it asks for authentication.
    pub(super) asks: bool,
    /// How many seconds its clock is ahead.
    skew: Option<i64>,
}

impl Visit<'_> {
    /// Checks what has responded.
    pub(super) async fn registry(&mut self, answer: Answer) -> Option<Greeting> {
        let Answer { response, came } = answer;
        let status = response.status();
        let busy = matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
        if busy || status.is_server_error() {
            let check = match self.time.within(response.into_error()).await {
                Some(error) => Check::error(Subject::Registry, &error),
                None => {
                    let finding = Finding::Silent(super::time::STEP_LIMIT);
                    Check::new(Subject::Registry, Status::Fail(ErrorKind::Unreachable), finding)
                }
            };
            return self.stop(check);
        }
        self.note_limits(&response);
        let challenges: Vec<Challenge> =
            response.headers(&WWW_AUTHENTICATE).flat_map(Challenge::parse_all).collect();
        let check = self.recognise(&response, &challenges);
        if matches!(check.status, Status::Fail(_)) {
            return self.stop(check);
        }
        self.note(check);
        let skew = response.header(&DATE).and_then(|date| ahead(date, came));
        Some(Greeting { challenges, asks: status == StatusCode::UNAUTHORIZED, skew })
    }

    fn recognise(&self, response: &Response, challenges: &[Challenge]) -> Check {
        let header = |name: &'static str| response.header(&HeaderName::from_static(name)).map(str::to_owned);
        let host = self.options.registry.host();
        let (software, version) = Signs { host, header: &header, challenges }.read();
        let kind = header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"));
        let says_so = header(API_VERSION_HEADER).is_some();
        let bearer = challenges.iter().any(|challenge| challenge.scheme() == "bearer");
        let known = Check::ok(Subject::Registry, Finding::Software { software, version });
        match response.status() {
            StatusCode::UNAUTHORIZED if says_so || bearer || software != Software::Unknown => known,
            StatusCode::UNAUTHORIZED => {
                Check::ok(Subject::Registry, Finding::Perhaps).but(Advice::FindRegistry)
            }
            StatusCode::OK if says_so || is_json => known,
            StatusCode::OK if !kind.starts_with("text/html") => {
                Check::ok(Subject::Registry, Finding::Perhaps).but(Advice::FindRegistry)
            }
            status => {
                let finding = Finding::NoRegistry {
                    status: status.as_u16(),
                    content_type: Some(kind).filter(|kind| !kind.is_empty()),
                    elsewhere: self.elsewhere(response),
                };
                Check::new(Subject::Registry, Status::Fail(ErrorKind::Other), finding)
                    .advise(Advice::FindRegistry)
            }
        }
    }

    /// Returns the host that responded, if the registry has redirected there.
    pub(super) fn elsewhere(&self, response: &Response) -> Option<String> {
        let url = response.url();
        if self.client.is_own(url) { None } else { url.host_str().map(str::to_owned) }
    }

    /// Compares the registry's clock with the clock of this machine.
    pub(super) fn clock(&mut self, greeting: &Greeting) {
        let check = match greeting.skew {
            None => Check::ok(Subject::Clock, Finding::NoClock),
            Some(skew) if skew.unsigned_abs() > SKEW_MAX => {
                Check::ok(Subject::Clock, Finding::Clock(skew)).but(Advice::SetClock)
            }
            Some(skew) => Check::ok(Subject::Clock, Finding::Clock(skew)),
        };
        self.note(check);
    }

    /// Checks which authentication the registry asks for, and whether regcli may use it.
    pub(super) fn challenge(&mut self, greeting: &Greeting) -> Option<()> {
        if !greeting.asks {
            self.note(Check::ok(Subject::Challenge, Finding::Open));
            return Some(());
        }
        let named = |scheme| greeting.challenges.iter().find(move |challenge| challenge.scheme() == scheme);
        let denied = Status::Fail(ErrorKind::Denied);
        let check = if let Some(bearer) = named("bearer") {
            self.bearer(bearer)
        } else if named("basic").is_some() {
            Check::ok(Subject::Challenge, Finding::Challenge { scheme: "Basic", realm: None, service: None })
        } else {
            let schemes = greeting.challenges.iter().map(|challenge| challenge.scheme().to_owned()).collect();
            Check::new(Subject::Challenge, denied, Finding::OtherSchemes(schemes))
                .advise(Advice::AskAdministrator)
        };
        if check.status == Status::Ok {
            self.note(check);
            return Some(());
        }
        self.stop(check)
    }

    fn bearer(&self, challenge: &Challenge) -> Check {
        let realm = challenge.parameter("realm").unwrap_or_default();
        let trusted = match self.client.base() {
            Ok(base) => trusted_realm(realm, &base, &self.options.registry),
            Err(error) => Err(error.into()),
        };
        match trusted {
            Ok(_) => {
                let service = challenge.parameter("service").map(str::to_owned);
                let realm = Some(place(realm));
                Check::ok(Subject::Challenge, Finding::Challenge { scheme: "Bearer", realm, service })
            }
            Err(auth::Error::Realm { reason, .. }) => {
                let finding = Finding::UntrustedRealm { realm: place(realm), reason: reason.to_owned() };
                Check::new(Subject::Challenge, Status::Fail(ErrorKind::Denied), finding)
                    .advise(Advice::AskAdministrator)
            }
            Err(error) => Check::new(
                Subject::Challenge,
                Status::Fail(error.kind()),
                Finding::Error(super::report::told(&error)),
            )
            .advise(Advice::AskAdministrator),
        }
    }
}

/// Returns the location of a realm without user name, query and fragment, which may hold secrets.
fn place(realm: &str) -> String {
    let end = realm.find(['?', '#']).unwrap_or(realm.len());
    let bare = &realm[..end];
    let Some((scheme, rest)) = bare.split_once("://") else { return bare.to_owned() };
    let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
    let rest = authority.rfind('@').map_or(rest, |at| &rest[at + 1..]);
    format!("{scheme}://{rest}")
}

/// Returns how many seconds a `Date` header is after `now` (RFC 9110, section 6.6.1).
fn ahead(date: &str, now: Timestamp) -> Option<i64> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date.trim()).ok()?;
    Some(date.duration_since(now).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_of_a_realm_is_shown() {
        for (realm, shown) in [
            ("https://auth.docker.io/token", "https://auth.docker.io/token"),
            ("https://me:pw@auth.lab/token?key=secret#x", "https://auth.lab/token"),
            ("https://auth.lab?key=a/b@c", "https://auth.lab"),
            ("token?x", "token"),
            ("", ""),
        ] {
            assert_eq!(place(realm), shown);
        }
    }

    #[test]
    fn a_date_is_compared_in_seconds() {
        let now = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(ahead("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(60));
        assert_eq!(ahead("Sun, 06 Nov 1994 08:39:37 GMT", now), Some(-600));
        assert_eq!(ahead("yesterday", now), None);
    }
}
