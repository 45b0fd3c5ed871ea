//! Who gets through a proxy: everybody, who has a password, or who has a token.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::tokens::{Access, Issuer, Validity};

/// What a proxy asks for.
#[derive(Clone)]
pub(crate) enum Gate {
    /// Nothing.
    Open,
    /// `user:password` by HTTP Basic.
    Password(String),
    /// A token of this service by HTTP Bearer; made by [`TokenService::gate`](super::TokenService::gate).
    Token(Arc<Issuer>),
}

impl Gate {
    /// Lets those in who know the password.
    pub(crate) fn password(user: &str, password: &str) -> Self {
        Self::Password(format!("{user}:{password}"))
    }

    /// What a request is answered that may not pass; `None` if it may.
    pub(super) fn refuse(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        match self {
            Self::Open => None,
            Self::Password(expected) => refuse_password(expected, headers),
            Self::Token(issuer) => refuse_token(issuer, &needed(method, uri), headers),
        }
    }
}

fn refuse_password(expected: &str, headers: &HeaderMap) -> Option<Response> {
    if basic(headers).as_deref() == Some(expected) {
        return None;
    }
    Some(refusal(StatusCode::UNAUTHORIZED, r#"Basic realm="regcli tests""#))
}

fn refuse_token(issuer: &Issuer, needed: &[Access], headers: &HeaderMap) -> Option<Response> {
    let token = credentials(headers, "Bearer");
    let error = match token.map(|token| issuer.validity(token, needed)) {
        Some(Validity::Good) => return None,
        Some(Validity::Insufficient) => r#",error="insufficient_scope""#,
        Some(Validity::Invalid) => r#",error="invalid_token""#,
        None => "",
    };
    let scopes: Vec<String> = needed.iter().map(ToString::to_string).collect();
    let scope = if scopes.is_empty() { String::new() } else { format!(r#",scope="{}""#, scopes.join(" ")) };
    let challenge =
        format!(r#"Bearer realm="{}",service="{}"{scope}{error}"#, issuer.realm(), issuer.service());
    Some(refusal(StatusCode::UNAUTHORIZED, &challenge))
}

fn refusal(status: StatusCode, challenge: &str) -> Response {
    Response::builder()
        .status(status)
        .header(header::WWW_AUTHENTICATE, challenge)
        .header(header::CONTENT_TYPE, "application/json")
        .header("Docker-Distribution-Api-Version", "registry/2.0")
        .body(Body::from(
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}"#,
        ))
        .unwrap()
}

/// What follows the scheme in the `Authorization` header.
pub(super) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)?.strip_prefix(' ')
}

/// The `user:password` of HTTP Basic.
pub(super) fn basic(headers: &HeaderMap) -> Option<String> {
    let decoded = STANDARD.decode(credentials(headers, "Basic")?).ok()?;
    String::from_utf8(decoded).ok()
}

/// What a request needs the right to, as docker-registry asks for it.
fn needed(method: &Method, uri: &Uri) -> Vec<Access> {
    let path = uri.path().strip_prefix("/v2/").unwrap_or_default();
    if path == "_catalog" {
        return vec![Access::new("registry", "catalog", "*")];
    }
    let end =
        ["/manifests/", "/blobs/", "/tags/", "/referrers/"].iter().filter_map(|part| path.find(part)).min();
    let Some(repository) = end.map(|end| &path[..end]) else { return Vec::new() };
    let actions = match *method {
        Method::GET | Method::HEAD if !path.contains("/blobs/uploads/") => "pull",
        Method::DELETE if !path.contains("/blobs/uploads/") => "delete",
        _ => "pull,push",
    };
    let mut needed = vec![Access::new("repository", repository, actions)];
    let from = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("from=")));
    if let Some(from) = from.filter(|_| *method == Method::POST) {
        needed.push(Access::new("repository", &from.replace("%2F", "/").replace("%2f", "/"), "pull"));
    }
    needed
}

#[test]
fn a_request_needs_the_rights_that_docker_registry_asks_for() {
    let scopes = |method: Method, uri: &'static str| -> Vec<String> {
        needed(&method, &Uri::from_static(uri)).iter().map(ToString::to_string).collect()
    };
    assert_eq!(scopes(Method::GET, "/v2/"), [""; 0]);
    assert_eq!(scopes(Method::GET, "/v2/_catalog?n=2"), ["registry:catalog:*"]);
    assert_eq!(scopes(Method::HEAD, "/v2/a/b/manifests/latest"), ["repository:a/b:pull"]);
    assert_eq!(scopes(Method::PATCH, "/v2/a/blobs/uploads/1"), ["repository:a:pull,push"]);
    assert_eq!(scopes(Method::DELETE, "/v2/a/manifests/sha256:0"), ["repository:a:delete"]);
    assert_eq!(
        scopes(Method::POST, "/v2/a/blobs/uploads/?mount=sha256:0&from=b%2Fc"),
        ["repository:a:pull,push", "repository:b/c:pull"]
    );
}
