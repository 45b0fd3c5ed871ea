//! The HTTP clients of a server: for the server itself, and for hosts that it redirects to.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::tls::Version;
use reqwest::{ClientBuilder, Identity};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::Error;
use super::limits::connect_limit;
use super::proxy::routed;
use super::reach::{GuardedResolver, OwnResolver, Reach};
use super::trust::Trust;
use crate::config::{Endpoint, Tls, Transport};

/// The name of this program in requests.
pub(crate) const USER_AGENT: &str = concat!("regcli/", env!("CARGO_PKG_VERSION"));

/// The maximum number of header fields in a response; hyper's own limit is lower than some CDNs need.
const HEADERS_MAX: usize = 256;

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

/// Whether the certificate of a server is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    On,
    Off,
}

/// Creates the client for the server itself, with its certificates and its proxy.
pub(super) fn own_client(
    endpoint: &Endpoint,
    protocols: Protocols,
    trust: &Trust,
) -> Result<reqwest::Client, Error> {
    let mut builder = base(endpoint).dns_resolver(Arc::new(OwnResolver));
    builder = match protocols {
        Protocols::Http1 => builder.http1_only(),
        Protocols::All | Protocols::OldTls => builder,
    };
    builder = routed(builder, &endpoint.proxies);
    if matches!(endpoint.transport, Transport::Http(_)) {
        return build(builder.tls_certs_only([]));
    }
    verified_by(builder, &endpoint.tls, protocols, trust)
}

/// Creates the client for hosts that the server redirects to, without the server's own settings. These hosts
/// send blobs, so it uses HTTP/1.1.
pub(super) fn foreign_client(
    endpoint: &Endpoint,
    reach: &Arc<Reach>,
    verification: Verification,
    trust: &Trust,
) -> Result<reqwest::Client, Error> {
    let resolver = GuardedResolver(Arc::clone(reach));
    let builder = base(endpoint).http1_only().dns_resolver(Arc::new(resolver));
    let builder = routed(builder, &endpoint.proxies);
    let unverified = endpoint.tls.unverified.filter(|_| verification == Verification::Off);
    verified_by(builder, &Tls { unverified, identity: None, ..endpoint.tls.clone() }, Protocols::Http1, trust)
}

/// Creates a client that passes the server's certificate only to `witness`. It has none of the server's own
/// settings.
pub(super) fn looking_client(
    endpoint: &Endpoint,
    witness: Arc<dyn ServerCertVerifier>,
) -> Result<reqwest::Client, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has what TLS 1.2 and 1.3 need")
        .dangerous()
        .with_custom_certificate_verifier(witness)
        .with_no_client_auth();
    let builder = base(endpoint).tls_backend_preconfigured(config);
    build(routed(builder, &endpoint.proxies))
}

fn base(endpoint: &Endpoint) -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(connect_limit(endpoint))
        .http1_max_headers(HEADERS_MAX)
        .redirect(Policy::none())
        .referer(false)
}

/// Configures a client for servers that `tls` trusts, or for all servers if `tls` allows that.
fn verified_by(
    builder: ClientBuilder,
    tls: &Tls,
    protocols: Protocols,
    trust: &Trust,
) -> Result<reqwest::Client, Error> {
    build(secured(builder, tls, protocols, trust)?)
}

/// Does the same for a caller with its own builder.
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

fn build(builder: ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(Error::Setup)
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
