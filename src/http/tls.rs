//! The HTTP clients of a server: for the server itself, and for wherever it redirects to.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::tls::Version;
use reqwest::{Certificate, ClientBuilder, Identity};

use super::error::Error;
use super::look::Witness;
use super::proxy::routed;
use super::reach::{GuardedResolver, OwnResolver, Reach};
use crate::config::{Endpoint, Tls, Transport};

/// How this program names itself to servers.
pub(crate) const USER_AGENT: &str = concat!("regcli/", env!("CARGO_PKG_VERSION"));

/// The most header fields of an answer; hyper's own limit is lower than what some CDNs send.
const HEADERS_MAX: usize = 256;

/// What a client may agree upon with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocols {
    /// HTTP/1.1, or HTTP/2 where it is offered.
    All,
    /// HTTP/1.1 alone: as many connections as requests.
    Http1,
    /// TLS 1.2 and nothing newer.
    OldTls,
}

/// The client for the server itself: its certificates, its proxy.
pub(super) fn own_client(endpoint: &Endpoint, protocols: Protocols) -> Result<reqwest::Client, Error> {
    let mut builder = base(endpoint).dns_resolver(Arc::new(OwnResolver));
    builder = match protocols {
        Protocols::All => builder,
        Protocols::Http1 => builder.http1_only(),
        Protocols::OldTls => builder.tls_version_max(Version::TLS_1_2),
    };
    builder = routed(builder, &endpoint.proxies);
    if endpoint.transport == Transport::Http {
        return build(builder.tls_certs_only([]));
    }
    verified_by(builder, &endpoint.tls)
}

/// The client for places that the server redirects to: nothing of the server's own is known there. What comes
/// from there are blobs, so it speaks HTTP/1.1.
pub(super) fn foreign_client(endpoint: &Endpoint, reach: &Arc<Reach>) -> Result<reqwest::Client, Error> {
    let resolver = GuardedResolver(Arc::clone(reach));
    let builder = base(endpoint).http1_only().dns_resolver(Arc::new(resolver));
    let builder = routed(builder, &endpoint.proxies);
    // A server without TLS, or without a trusted certificate, redirects to others of its kind.
    let tls = Tls { identity: None, ..endpoint.tls.clone() };
    verified_by(builder, &tls)
}

/// A client that takes any certificate and lets `witness` see it. Nothing of the server's own goes with it.
pub(super) fn looking_client(endpoint: &Endpoint, witness: Arc<Witness>) -> Result<reqwest::Client, Error> {
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
        .connect_timeout(super::connect_limit(endpoint))
        .http1_max_headers(HEADERS_MAX)
        .redirect(Policy::none())
        .referer(false)
}

fn verified_by(mut builder: ClientBuilder, tls: &Tls) -> Result<reqwest::Client, Error> {
    if let Some(pair) = &tls.identity {
        builder = builder.identity(identity(&pair.certificate, &pair.key)?);
    }
    if !tls.verify {
        return build(builder.tls_danger_accept_invalid_certs(true));
    }
    for path in &tls.authorities {
        builder = builder.tls_certs_merge(authorities(path)?);
    }
    build(builder.tls_certs_merge(fallback_roots()))
}

fn build(builder: ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(Error::Setup)
}

/// Reads the certificates of authorities, PEM.
pub(crate) fn authorities(path: &Path) -> Result<Vec<Certificate>, Error> {
    let unusable = |reason: String| Error::Certificate { path: path.to_owned(), reason };
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable("it holds no PEM certificate".to_owned()));
    }
    Ok(certificates)
}

/// Reads a client certificate and its key, PEM.
pub(crate) fn identity(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let read = |path: &Path| {
        fs::read(path)
            .map_err(|error| Error::Certificate { path: path.to_owned(), reason: error.to_string() })
    };
    let mut pem = read(key)?;
    pem.push(b'\n');
    pem.extend(read(certificate)?);
    Identity::from_pem(&pem).map_err(|_| Error::Certificate {
        path: certificate.to_owned(),
        reason: "it and its key are no PEM certificate and key".to_owned(),
    })
}

/// Mozilla's roots, where the system has none, as in an image made from scratch.
fn fallback_roots() -> Vec<Certificate> {
    if SYSTEM_ROOTS.iter().any(|place| Path::new(place).exists()) || cfg!(not(target_os = "linux")) {
        return Vec::new();
    }
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    roots.filter_map(|der| Certificate::from_der(der).ok()).collect()
}

/// Where Linux systems keep their certificate authorities.
const SYSTEM_ROOTS: [&str; 6] = [
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem",
    "/system/etc/security/cacerts",
];
