//! How the Engine is reached, and what it means when it is not.

use std::error::Error as StdError;
use std::io::ErrorKind as Io;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Url};

use super::Error;
use super::answer::Answer;
use crate::config::{EngineAddress, EngineHost, Tls};
use crate::http::tls::Protocols;
use crate::http::trust::{Others, Trust};
use crate::http::{self, Problem, problem, tls};

/// How long a connection may take to be there.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the Engine may take to answer a question, and to say all of the answer.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How long nothing may come while the Engine works: before the first byte of an archive, Docker 20.10 writes
/// all of it to its disk, and after the last one it unpacks all layers.
pub(super) const WORK_LIMIT: Duration = Duration::from_secs(1800);

/// The way to one Engine.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    client: Client,
    base: String,
    /// The Engine, as messages name it.
    host: String,
    /// `host:port`, if it is not a socket.
    address: String,
}

impl Connection {
    pub(super) fn new(host: &EngineHost) -> Result<Self, Error> {
        // Docker's own program asks no proxy for a socket; an Engine behind one would be an Engine for everybody.
        let builder = Client::builder()
            .user_agent(tls::USER_AGENT)
            .connect_timeout(CONNECT_LIMIT)
            .http1_only()
            // A proxy before the socket may close what it has answered on, at the moment when it is used again. A
            // connection more costs nothing; whole archives cannot be sent twice.
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
        Ok(Self { client, base, host: host.name.clone(), address })
    }

    /// Begins a request. The path is what Docker takes: names stand in it as they are.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Error> {
        let url = Url::parse(&format!("{}{path}", self.base)).map_err(|_| self.not_an_engine())?;
        tracing::debug!(engine = self.host, %method, path, "request");
        Ok(self.client.request(method, url))
    }

    /// Asks something that is known at once.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, Error> {
        self.within(ANSWER_LIMIT, self.send(request)).await
    }

    /// Sends a request, however long its body takes, and answers when the answer begins.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let answer = request.send().await.map_err(|error| self.failed(&error))?;
        tracing::debug!(engine = self.host, status = %answer.status(), "answer");
        Ok(Answer::new(answer, self.clone()))
    }

    /// Waits for the Engine, but not for ever.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let late = |_| Err(self.lost(Problem::Timeout { waiting_for: "answer", limit }));
        tokio::time::timeout(limit, work).await.unwrap_or_else(late)
    }

    /// Explains why there is no answer, or no more of it.
    pub(super) fn failed(&self, error: &reqwest::Error) -> Error {
        let problem = problem::diagnose(error, &self.address, CONNECT_LIMIT);
        if !error.is_connect() {
            return self.lost(problem);
        }
        let host = self.host.clone();
        match io_kind(error) {
            Some(Io::PermissionDenied) => Error::NotAllowed { host },
            Some(Io::NotFound | Io::ConnectionRefused) => Error::NoDaemon { host, problem: None },
            _ => Error::NoDaemon { host, problem: Some(problem) },
        }
    }

    pub(super) fn lost(&self, problem: Problem) -> Error {
        Error::Lost { host: self.host.clone(), problem }
    }

    pub(super) fn not_an_engine(&self) -> Error {
        Error::NotAnEngine { host: self.host.clone() }
    }
}

/// Only the authorities that were given count, as with Docker's own program.
fn with_tls(builder: reqwest::ClientBuilder, tls: &Tls) -> Result<reqwest::ClientBuilder, Error> {
    Ok(tls::secured(builder, tls, Protocols::Http1, &Trust::new(Others::None))?)
}

/// What the system said about a connection.
fn io_kind(error: &reqwest::Error) -> Option<Io> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = current.source();
    }
    None
}
