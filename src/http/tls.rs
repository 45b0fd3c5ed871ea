//! The TLS settings of a client: the certificates that it trusts and shows, and the versions that it offers.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use reqwest::tls::Version;
use reqwest::{ClientBuilder, Identity};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::Error;
use super::trust::Trust;
use crate::config::Tls;

/// The protocols that a client offers to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// HTTP/1.1, and HTTP/2 if the server supports it.
    All,
    /// Only HTTP/1.1: as many connections as requests.
    Http1,
    /// TLS 1.2 and no newer version.
    OldTls,
}

/// Configures a client for servers that `tls` trusts, or for all servers if `tls` allows that.
pub(crate) fn secured(
    builder: ClientBuilder,
    tls: &Tls,
    protocols: Protocols,
    trust: &Trust,
) -> Result<ClientBuilder, Error> {
    if !tls.is_verified() {
        let builder = builder.tls_danger_accept_invalid_certs(true);
        let builder =
            if protocols == Protocols::OldTls { builder.tls_version_max(Version::TLS_1_2) } else { builder };
        return Ok(match &tls.identity {
            Some(pair) => builder.identity(identity(&pair.certificate, &pair.key)?),
            None => builder,
        });
    }
    let versions =
        if protocols == Protocols::OldTls { &[&rustls::version::TLS12][..] } else { rustls::ALL_VERSIONS };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("the provider has what TLS 1.2 and 1.3 need")
        .dangerous()
        .with_custom_certificate_verifier(trust.verifier(tls)?);
    let mut config = match &tls.identity {
        Some(pair) => {
            let (chain, key) = chain_and_key(&pair.certificate, &pair.key)?;
            let unusable = |_| unusable(&pair.certificate, NO_PAIR.to_owned());
            config.with_client_auth_cert(chain, key).map_err(unusable)?
        }
        None => config.with_no_client_auth(),
    };
    let offered: &[&[u8]] =
        if protocols == Protocols::Http1 { &[b"http/1.1"] } else { &[b"h2", b"http/1.1"] };
    config.alpn_protocols = offered.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(builder.tls_backend_preconfigured(config))
}

/// The problem of an unusable client certificate.
const NO_PAIR: &str = "it and its key are not a PEM certificate and key";

fn unusable(path: &Path, reason: String) -> Error {
    Error::Certificate { path: path.to_owned(), reason }
}

/// Reads a client certificate with its chain, and its key, in PEM.
fn chain_and_key(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let read = |path: &Path| fs::read(path).map_err(|error| unusable(path, error.to_string()));
    let (chain, key) = (read(certificate)?, read(key)?);
    let no_pair = || unusable(certificate, NO_PAIR.to_owned());
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&chain).collect::<Result<_, _>>().map_err(|_| no_pair())?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| no_pair())?;
    if chain.is_empty() { Err(no_pair()) } else { Ok((chain, key)) }
}

/// Reads a client certificate and its key, in PEM.
fn identity(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let read = |path: &Path| fs::read(path).map_err(|error| unusable(path, error.to_string()));
    let mut pem = read(key)?;
    pem.push(b'\n');
    pem.extend(read(certificate)?);
    Identity::from_pem(&pem).map_err(|_| unusable(certificate, NO_PAIR.to_owned()))
}
