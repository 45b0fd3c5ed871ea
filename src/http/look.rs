//! Looking at a server without telling it anything: for people who want to know why it does not work.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::certificate::Certificate;
use super::client::Client;
use super::error::Error;
use super::{probe, tls, url};

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
    /// `None` if it shows none within `limit`, whatever comes after that.
    ///
    /// # Errors
    /// [`Error::Setup`].
    pub async fn look(&self, limit: Duration) -> Result<Option<Shown>, Error> {
        let url = self.base()?.join("/v2/").expect("a path can be joined to a root");
        let witness = Arc::new(Witness::new());
        let asking = tls::looking_client(self.endpoint(), Arc::<Witness>::clone(&witness))?.head(url).send();
        // What is answered does not matter: what matters was shown before.
        drop(tokio::time::timeout(limit, asking).await);
        Ok(witness.seen())
    }

    /// Finds out, past any proxy, whether the server speaks TLS; `None` if it cannot be reached or says nothing. Nothing
    /// is said to it besides a greeting.
    pub async fn greet(&self) -> Option<Spoken> {
        match probe::scheme(&url::address(&self.base().ok()?), self.endpoint().patience).await? {
            "https" => Some(Spoken::Tls),
            _ => Some(Spoken::Other),
        }
    }
}

/// Takes any certificate, and remembers it. Nothing may be said to whom it lets through that is not for everybody.
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

/// Connects to an address and hangs up; answers how long that took.
///
/// # Errors
/// What the system says.
pub async fn knock(address: SocketAddr) -> std::io::Result<Duration> {
    let begun = Instant::now();
    drop(tokio::net::TcpStream::connect(address).await?);
    Ok(begun.elapsed())
}
