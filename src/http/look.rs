//! Inspects a server for diagnosis without sending it any secrets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::certificate::Certificate;
use super::client::{Client, builder};
use super::error::Error;
use super::{probe, url};

/// What a server presents to a TLS client. None of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `TLS 1.3`; `None` if it is unknown.
    pub version: Option<&'static str>,
    /// The server's own certificate; `None` if it cannot be parsed.
    pub certificate: Option<Certificate>,
}

/// The protocol that a server speaks in response to a TLS greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// TLS.
    Tls,
    /// Another protocol, or the connection was closed.
    Other,
}

impl Client {
    /// Requests `/v2/` to get the server's certificate, whatever that is. The request has no credentials,
    /// configured headers or client certificate, so that it may reach any server.
    ///
    /// Returns `None` if the server presents no certificate within `limit`, whatever comes after that.
    ///
    /// # Errors
    /// [`Error::Setup`].
    pub async fn look(&self, limit: Duration) -> Result<Option<Shown>, Error> {
        let url = self.base()?.join("/v2/").expect("a path can be joined to a root");
        let witness = Arc::new(Witness::new());
        let asking =
            builder::looking_client(self.endpoint(), Arc::<Witness>::clone(&witness))?.head(url).send();
        // The response does not matter, because the certificate was presented before.
        drop(tokio::time::timeout(limit, asking).await);
        Ok(witness.seen())
    }

    /// Reports which protocol the server speaks, without any proxy; `None` if it is unreachable or silent.
    /// Only a greeting is sent.
    pub async fn greet(&self) -> Option<Spoken> {
        match probe::scheme(&url::address(&self.base().ok()?), self.endpoint().patience).await? {
            "https" => Some(Spoken::Tls),
            _ => Some(Spoken::Other),
        }
    }
}

/// Accepts any certificate, and keeps it. Only public data may be sent over such a connection.
#[derive(Debug)]
pub(super) struct Witness {
    provider: CryptoProvider,
    seen: Mutex<Option<Shown>>,
}

impl Witness {
    fn new() -> Self {
        Self { provider: rustls::crypto::aws_lc_rs::default_provider(), seen: Mutex::default() }
    }

    fn seen(&self) -> Option<Shown> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn signed(&self, version: &'static str) -> HandshakeSignatureValid {
        if let Some(shown) = &mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner) {
            shown.version = Some(version);
        }
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Shown { version: None, certificate: Certificate::parse(certificate) };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(self.signed("TLS 1.2"))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(self.signed("TLS 1.3"))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Connects to an address, closes the connection, and returns how long that took.
///
/// # Errors
/// The error of the system.
pub async fn knock(address: SocketAddr) -> std::io::Result<Duration> {
    let begun = Instant::now();
    drop(tokio::net::TcpStream::connect(address).await?);
    Ok(begun.elapsed())
}
