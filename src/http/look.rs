//! Looking at a server without telling it anything: for people who want to know why it does not work.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use reqwest::tls::{TlsInfo, Version};

use super::certificate::Certificate;
use super::error::{Call, Error, Problem};
use super::{Client, probe, problem, tls};

/// What a server shows to whoever comes by TLS. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `TLS 1.3`; `None` if that cannot be told.
    pub version: Option<&'static str>,
    /// The server's own certificate; `None` if it cannot be read.
    pub certificate: Option<Certificate>,
}

/// What a server that was greeted as a TLS server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// TLS.
    Tls,
    /// Something else, or it hangs up.
    Other,
}

impl Client {
    /// Asks the server for its certificate, whatever that is, and for `/v2/`: without credentials, without the headers
    /// and the client certificate that are configured for it, so that it does not matter who answers.
    ///
    /// # Errors
    /// [`Error::Transport`] if there is no answer within `limit`.
    pub async fn look(&self, limit: Duration) -> Result<Shown, Error> {
        let url = self.base()?.join("/v2/").expect("a path can be joined to a root");
        let call = Call::new(&reqwest::Method::HEAD, &url, &self.endpoint().credentials);
        let failed = |problem| Error::Transport { call: call.clone(), problem, answered_before: false };
        let asking = tls::looking_client(self.endpoint())?.head(url.clone()).send();
        let answer = tokio::time::timeout(limit, asking)
            .await
            .map_err(|_| failed(Problem::Timeout { waiting_for: "answer", limit }))?
            .map_err(|error| failed(problem::diagnose(&error, &super::address(&url), limit)))?;
        let info = answer.extensions().get::<TlsInfo>();
        Ok(Shown {
            version: info.and_then(TlsInfo::version).and_then(version_name),
            certificate: info.and_then(TlsInfo::peer_certificate).and_then(Certificate::parse),
        })
    }

    /// Finds out, past any proxy, whether the server speaks TLS; `None` if it cannot be reached or says nothing. Nothing
    /// is said to it besides a greeting.
    pub async fn greet(&self) -> Option<Spoken> {
        match probe::scheme(&super::address(&self.base().ok()?)).await? {
            "https" => Some(Spoken::Tls),
            _ => Some(Spoken::Other),
        }
    }
}

fn version_name(version: Version) -> Option<&'static str> {
    match version {
        Version::TLS_1_2 => Some("TLS 1.2"),
        Version::TLS_1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// The addresses of a host, as the system knows them, each once.
///
/// # Errors
/// What the system says, if it knows none.
pub async fn look_up(host: &str) -> std::io::Result<Vec<IpAddr>> {
    let mut found: Vec<IpAddr> = Vec::new();
    for address in tokio::net::lookup_host((host, 0)).await? {
        if !found.contains(&address.ip()) {
            found.push(address.ip());
        }
    }
    Ok(found)
}

/// Connects to an address and hangs up; answers how long that took.
///
/// # Errors
/// What the system says.
pub async fn knock(address: SocketAddr) -> std::io::Result<Duration> {
    let begun = Instant::now();
    drop(tokio::net::TcpStream::connect(address).await?);
    Ok(begun.elapsed())
}
