//! Who may ask: everybody, who has the password, or who has a token of the server's own service.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::message::{Answer, Head, parameter};
use super::route::{Route, TOKEN};

/// The user that a scripted registry knows.
pub(crate) const USER: &str = "demo";

/// That user's password. It is made of letters that occur nowhere else.
pub(crate) const PASSWORD: &str = "hunter2-xyzzy";

/// What a registry asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing.
    #[default]
    Nothing,
    /// User and password.
    Password,
    /// A token, of the service at this URL; the one at `/token` of the registry itself if it is empty.
    Token(String),
}

/// What it asks for, and what it gave.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) demand: Demand,
    /// Tokens with their users; an empty one is anybody.
    tokens: HashMap<String, String>,
    issued: usize,
}

impl Access {
    /// What somebody is answered who may not pass.
    pub(super) fn refuse(&self, head: &Head, own: &str) -> Option<Answer> {
        let route = Route::of(head);
        let challenge = match &self.demand {
            Demand::Nothing => return None,
            _ if matches!(route, Route::Token | Route::Other) => return None,
            Demand::Password if basic(head).as_deref() == Some(&known()) => return None,
            Demand::Password => "Basic realm=\"scripted\"".to_owned(),
            Demand::Token(_) if self.knows(head, route) => return None,
            Demand::Token(realm) => {
                let realm = if realm.is_empty() { format!("{own}{TOKEN}") } else { realm.clone() };
                let scope = scope(head, route).map(|scope| format!(",scope=\"{scope}\"")).unwrap_or_default();
                format!("Bearer realm=\"{realm}\",service=\"scripted\"{scope}")
            }
        };
        Some(Answer::error(401, "UNAUTHORIZED", "").with("WWW-Authenticate", challenge))
    }

    fn knows(&self, head: &Head, route: Route) -> bool {
        let token = head.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(user) = token.and_then(|token| self.tokens.get(token)) else { return false };
        let is_reading = matches!(
            route,
            Route::Manifest | Route::ManifestHead | Route::Blob | Route::Tags | Route::Catalog
        );
        is_reading || !user.is_empty()
    }

    /// Answers a request for a token.
    pub(super) fn issue(&mut self, head: &Head, body: &[u8]) -> Answer {
        let form = String::from_utf8_lossy(body).into_owned();
        let user = match (basic(head), parameter(&form, "refresh_token"), parameter(&form, "password")) {
            (Some(given), _, _) if given == known() => USER,
            (None, Some(token), _) if token == refresh_token() => USER,
            (None, None, Some(password)) if password == PASSWORD => USER,
            (None, None, None) => "",
            _ => return Answer::error(401, "UNAUTHORIZED", "wrong password"),
        };
        self.issued += 1;
        let token = format!("token-{}-{user}-plugh", self.issued);
        self.tokens.insert(token.clone(), user.to_owned());
        let mut answer = json!({"token": token, "expires_in": 300});
        if head.path.contains("offline_token=true") || form.contains("access_type=offline") {
            answer["refresh_token"] = json!(refresh_token());
        }
        Answer::new(200).with_body("application/json", answer.to_string())
    }

    /// No token that was issued until now is good any more.
    pub(super) fn revoke(&mut self) {
        self.tokens.clear();
    }
}

fn known() -> String {
    format!("{USER}:{PASSWORD}")
}

fn refresh_token() -> String {
    format!("refresh-{USER}-frobozz")
}

fn basic(head: &Head) -> Option<String> {
    let encoded = head.header("authorization")?.strip_prefix("Basic ")?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

fn scope(head: &Head, route: Route) -> Option<String> {
    let rest = head.place().strip_prefix("/v2/")?;
    let end = ["/manifests/", "/blobs/", "/tags/"].iter().filter_map(|part| rest.find(part)).min();
    let actions = match route {
        Route::Ping => return None,
        Route::Catalog => return Some("registry:catalog:*".to_owned()),
        Route::Manifest | Route::ManifestHead | Route::Blob | Route::BlobHead | Route::Tags => "pull",
        Route::ManifestDelete | Route::BlobDelete => "delete",
        _ => "pull,push",
    };
    Some(format!("repository:{}:{actions}", &rest[..end?]))
}
