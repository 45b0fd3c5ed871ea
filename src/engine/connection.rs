//! The HTTP connection to an Engine, by socket or TCP, with or without TLS.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Url};

use super::Error;
use super::answer::Answer;
use super::daemon::{ANSWER_LIMIT, CONNECT_LIMIT, Daemon};
use crate::config::{EngineAddress, EngineHost, Tls};
use crate::http::tls::Protocols;
use crate::http::trust::{Others, Trust};
use crate::http::{self, tls};

/// The connection to one Engine.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    client: Client,
    base: String,
    daemon: Daemon,
}

impl Connection {
    pub(super) fn new(host: &EngineHost) -> Result<Self, Error> {
        // Docker's own program uses no proxy for a socket. An Engine behind a proxy would be open to all
        // users of the proxy.
        let builder = Client::builder()
            .user_agent(http::USER_AGENT)
            .connect_timeout(CONNECT_LIMIT)
            .http1_only()
            // A proxy in front of the socket may close an idle connection at the moment when it is used
            // again. Another connection costs nothing, and a whole archive cannot be sent twice.
            .pool_max_idle_per_host(0)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy();
        let (builder, base, address) = match &host.address {
            EngineAddress::Socket(path) => {
                let builder = builder.tls_certs_only([]).unix_socket(path.as_path());
                (builder, "http://localhost".to_owned(), host.name.clone())
            }
            EngineAddress::Tcp { host, prefix, tls: None } => {
                (builder.tls_certs_only([]), format!("http://{host}{prefix}"), host.clone())
            }
            EngineAddress::Tcp { host, prefix, tls: Some(tls) } => {
                (with_tls(builder, tls)?, format!("https://{host}{prefix}"), host.clone())
            }
        };
        let client = builder.build().map_err(http::Error::Setup)?;
        let daemon = Daemon { host: host.name.clone(), address };
        Ok(Self { client, base, daemon })
    }

    /// Returns the daemon at the other end.
    pub(super) fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Creates a request. The path must be in Docker's form: names are not encoded.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Error> {
        let url = Url::parse(&format!("{}{path}", self.base)).map_err(|_| self.daemon.not_an_engine())?;
        tracing::debug!(engine = self.daemon.host, %method, path, "request");
        Ok(self.client.request(method, url))
    }

    /// Sends a request to which the Engine responds immediately.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, Error> {
        self.daemon.within(ANSWER_LIMIT, self.send(request)).await
    }

    /// Sends a request, whose body may take any time, and returns when the response begins.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let answer = request.send().await.map_err(|error| self.daemon.failed(&error))?;
        tracing::debug!(engine = self.daemon.host, status = %answer.status(), "answer");
        Ok(Answer::new(answer, self.daemon.clone()))
    }
}

/// Sets up TLS. Only the configured authorities are trusted, as with Docker's own program.
fn with_tls(builder: reqwest::ClientBuilder, tls: &Tls) -> Result<reqwest::ClientBuilder, Error> {
    Ok(tls::secured(builder, tls, Protocols::Http1, &Trust::new(Others::None))?)
}
