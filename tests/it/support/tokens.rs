//! A token service as Docker Hub has one: passwords and refresh tokens in, signed bearer tokens out.
//!
//! See <https://distribution.github.io/distribution/spec/auth/token/> and `oauth/` beside it. The tokens are
//! those that docker-registry accepts: JWTs signed with ES256, the certificate in the header's `x5c`.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::flow::read_body;
use super::gate::{Gate, basic};
use super::web::WebServer;

/// What repositories anybody may pull from.
const PUBLIC: &str = "library/";

/// Its name in challenges.
const SERVICE: &str = "regcli.test";

/// A running token service. It knows the user `demo` with the password `hunter2`.
pub(crate) struct TokenService {
    server: WebServer,
    issuer: Arc<Issuer>,
    folder: TempDir,
}

/// What somebody asked it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    /// `GET` or `POST`.
    pub(crate) method: String,
    /// The user by whose password or refresh token it was asked; empty for anonymous.
    pub(crate) user: String,
    /// The form's `grant_type`; `None` for GET.
    pub(crate) grant: Option<String>,
    /// The scopes asked for, each as it came, in their order.
    pub(crate) scopes: Vec<String>,
    pub(crate) service: String,
    pub(crate) client_id: String,
    pub(crate) offline: bool,
    /// The answer's.
    pub(crate) status: u16,
}

impl TokenService {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let issuer = Arc::new(Issuer::new());
        let answering = Arc::clone(&issuer);
        let server = WebServer::start(Arc::new(move |request| {
            let issuer = Arc::clone(&answering);
            Box::pin(async move { issuer.answer(request).await })
        }));
        issuer.settings.lock().unwrap().realm = format!("http://{}/token", server.host());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tokens.crt"), &issuer.certificate).unwrap();
        Self { server, issuer, folder }
    }

    /// From now on challenges name it by another host, at the same port.
    pub(crate) fn move_to(&self, host: &str) {
        let port = self.server.host().rsplit(':').next().unwrap().to_owned();
        self.issuer.set_realm(&format!("http://{host}:{port}/token"));
    }

    /// A gate that lets its tokens through, for registries that cannot check them themselves.
    pub(crate) fn gate(&self) -> Gate {
        Gate::Token(Arc::clone(&self.issuer))
    }

    /// Its URL, for challenges.
    pub(crate) fn realm(&self) -> String {
        self.issuer.realm()
    }

    /// Its name, for challenges.
    pub(crate) fn service(&self) -> &'static str {
        SERVICE
    }

    /// The certificate that its tokens are signed with, a PEM file: docker-registry's `rootcertbundle`.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("tokens.crt")
    }

    /// What was asked for until now.
    pub(crate) fn requests(&self) -> Vec<TokenRequest> {
        self.issuer.requests.lock().unwrap().clone()
    }

    /// Forgets what was asked for until now.
    pub(crate) fn forget(&self) {
        self.issuer.requests.lock().unwrap().clear();
    }

    /// How long the tokens issued from now on are good, as their `expires_in` says.
    pub(crate) fn set_lifetime(&self, lifetime: Duration) {
        self.issuer.settings.lock().unwrap().lifetime = lifetime;
    }

    /// From now on a login gives a refresh token (an identity token) besides.
    pub(crate) fn give_identity_tokens(&self) {
        self.issuer.settings.lock().unwrap().identity_tokens = true;
    }

    /// From now on POST is unknown here, as it is to old token services.
    pub(crate) fn refuse_post(&self) {
        self.issuer.settings.lock().unwrap().refuses_post = true;
    }

    /// From now on users get no more rights than anybody has.
    pub(crate) fn grant_nothing_private(&self) {
        self.issuer.settings.lock().unwrap().grants_nothing_private = true;
    }

    /// Revokes all tokens after so many more requests have passed its gates.
    pub(crate) fn revoke_after(&self, requests: usize) {
        self.issuer.settings.lock().unwrap().revoke_after = Some(requests);
    }
}

/// A right that a token may have: `repository:a/b:pull,push`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Access {
    kind: String,
    name: String,
    actions: Vec<String>,
}

impl Access {
    pub(super) fn new(kind: &str, name: &str, actions: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            actions: actions.split(',').map(ToOwned::to_owned).collect(),
        }
    }

    fn parse(scope: &str) -> Option<Self> {
        let (kind, rest) = scope.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        Some(Self::new(kind, name, actions))
    }

    fn covers(&self, other: &Self) -> bool {
        let has = |action: &String| self.actions.iter().any(|own| own == action || own == "*");
        (&self.kind, &self.name) == (&other.kind, &other.name) && other.actions.iter().all(has)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.kind, self.name, self.actions.join(","))
    }
}

/// What a token is worth.
pub(super) enum Validity {
    Good,
    /// A good token, but not for this.
    Insufficient,
    /// Unknown, expired or revoked.
    Invalid,
}

struct Settings {
    realm: String,
    lifetime: Duration,
    identity_tokens: bool,
    refuses_post: bool,
    grants_nothing_private: bool,
    revoke_after: Option<usize>,
}

/// What issues tokens and knows those it has issued.
pub(crate) struct Issuer {
    key: EcdsaKeyPair,
    certificate: String,
    chain: String,
    settings: Mutex<Settings>,
    issued: Mutex<HashMap<String, (Vec<Access>, Instant)>>,
    refresh_tokens: Mutex<HashMap<String, String>>,
    pub(super) requests: Mutex<Vec<TokenRequest>>,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap();
        let signing =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der()).unwrap();
        Self {
            key: signing,
            certificate: certificate.pem(),
            chain: STANDARD.encode(certificate.der()),
            settings: Mutex::new(Settings {
                realm: String::new(),
                lifetime: Duration::from_secs(300),
                identity_tokens: false,
                refuses_post: false,
                grants_nothing_private: false,
                revoke_after: None,
            }),
            issued: Mutex::default(),
            refresh_tokens: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    pub(super) fn realm(&self) -> String {
        self.settings.lock().unwrap().realm.clone()
    }

    pub(super) fn set_realm(&self, realm: &str) {
        realm.clone_into(&mut self.settings.lock().unwrap().realm);
    }

    pub(super) fn service(&self) -> &'static str {
        SERVICE
    }

    /// What `token` is worth for a request that needs these rights.
    pub(super) fn validity(&self, token: &str, needed: &[Access]) -> Validity {
        self.count_down();
        let issued = self.issued.lock().unwrap();
        match issued.get(token) {
            Some((rights, end)) if *end > Instant::now() => {
                let covered = |need: &Access| rights.iter().any(|right| right.covers(need));
                if needed.iter().all(covered) { Validity::Good } else { Validity::Insufficient }
            }
            _ => Validity::Invalid,
        }
    }

    fn count_down(&self) {
        let mut settings = self.settings.lock().unwrap();
        match &mut settings.revoke_after {
            Some(0) => {
                settings.revoke_after = None;
                self.issued.lock().unwrap().clear();
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }

    /// Answers a request for a token, and notes it.
    pub(super) async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let form = match parts.method {
            Method::POST => String::from_utf8(read_body(body.into_data_stream()).await).unwrap(),
            _ => parts.uri.query().unwrap_or_default().to_owned(),
        };
        let form = Form::parse(&form);
        let user = match parts.method {
            Method::POST => self.user_of_form(&form),
            _ => user_of_password(basic(&parts.headers).as_deref()),
        };
        let refused = parts.method == Method::POST && self.settings.lock().unwrap().refuses_post;
        let (status, answer) = match &user {
            _ if refused => (StatusCode::NOT_FOUND, json!({})),
            None => (StatusCode::UNAUTHORIZED, json!({"details": "incorrect username or password"})),
            Some(user) => (StatusCode::OK, self.issue(user, &form)),
        };
        self.requests.lock().unwrap().push(TokenRequest {
            method: parts.method.to_string(),
            user: user.unwrap_or_default(),
            grant: form.get("grant_type").map(ToOwned::to_owned),
            scopes: form.scopes(),
            service: form.get("service").unwrap_or_default().to_owned(),
            client_id: form.get("client_id").unwrap_or_default().to_owned(),
            offline: form.get("offline_token") == Some("true") || form.get("access_type") == Some("offline"),
            status: status.as_u16(),
        });
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(answer.to_string()))
            .unwrap()
    }

    fn user_of_form(&self, form: &Form) -> Option<String> {
        match form.get("grant_type")? {
            "refresh_token" => self.refresh_tokens.lock().unwrap().get(form.get("refresh_token")?).cloned(),
            "password" => {
                user_of_password(Some(&format!("{}:{}", form.get("username")?, form.get("password")?)))
            }
            _ => None,
        }
    }

    /// The answer to somebody who is known, with a new token.
    fn issue(&self, user: &str, form: &Form) -> Value {
        let (lifetime, gives_identity, grants_as) = {
            let settings = self.settings.lock().unwrap();
            let grants_as = if settings.grants_nothing_private { "" } else { user };
            (settings.lifetime, settings.identity_tokens, grants_as)
        };
        let asked = form.scopes();
        let rights: Vec<Access> = asked
            .iter()
            .filter_map(|scope| Access::parse(scope))
            .filter_map(|access| granted(grants_as, access))
            .collect();
        let token = self.sign(user, &rights, lifetime);
        self.issued.lock().unwrap().insert(token.clone(), (rights, Instant::now() + lifetime));
        let mut answer = json!({"token": token, "access_token": token, "expires_in": lifetime.as_secs()});
        if gives_identity && !user.is_empty() && form.get("offline_token") == Some("true") {
            let mut refresh_tokens = self.refresh_tokens.lock().unwrap();
            let refresh_token = format!("refresh-{user}-{}", refresh_tokens.len());
            answer["refresh_token"] = json!(refresh_token);
            refresh_tokens.insert(refresh_token, user.to_owned());
        }
        answer
    }

    fn sign(&self, user: &str, rights: &[Access], lifetime: Duration) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let number = self.issued.lock().unwrap().len();
        let access: Vec<Value> = rights
            .iter()
            .map(|right| json!({"type": right.kind, "name": right.name, "actions": right.actions}))
            .collect();
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.chain]});
        let claims = json!({
            "iss": SERVICE, "sub": user, "aud": SERVICE, "jti": format!("{now}-{number}"),
            "iat": now, "nbf": now, "exp": now + lifetime.as_secs(), "access": access,
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let payload = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.key.sign(&SystemRandom::new(), payload.as_bytes()).unwrap();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Who has this `user:password`: nobody is anonymous, a wrong one is `None`.
fn user_of_password(credentials: Option<&str>) -> Option<String> {
    match credentials {
        None => Some(String::new()),
        Some("demo:hunter2") => Some("demo".to_owned()),
        Some(_) => None,
    }
}

/// What of a right that was asked for somebody gets.
fn granted(user: &str, mut asked: Access) -> Option<Access> {
    if user.is_empty() {
        asked.actions.retain(|action| action == "pull" && asked.name.starts_with(PUBLIC));
    }
    (!asked.actions.is_empty()).then_some(asked)
}

/// The fields of a query or of a form.
struct Form(Vec<(String, String)>);

impl Form {
    fn parse(text: &str) -> Self {
        let url = reqwest::Url::parse(&format!("http://form/?{text}")).unwrap();
        Self(url.query_pairs().into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Several may come in one field, with spaces between, or in a field each.
    fn scopes(&self) -> Vec<String> {
        let values = self.0.iter().filter(|(key, _)| key == "scope").map(|(_, value)| value);
        values.flat_map(|value| value.split(' ')).filter(|s| !s.is_empty()).map(ToOwned::to_owned).collect()
    }
}
