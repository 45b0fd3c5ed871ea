//! Creates the HTTP clients of a server: for the server itself, and for hosts that it redirects to.

use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use rustls::client::danger::ServerCertVerifier;

use crate::config::{Endpoint, Tls, Transport};
use crate::http::limits::connect_limit;
use crate::http::proxy::routed;
use crate::http::reach::{GuardedResolver, OwnResolver, Reach};
use crate::http::tls::{Protocols, secured};
use crate::http::trust::Trust;
use crate::http::{Error, USER_AGENT};

/// The maximum number of header fields in a response; hyper's own limit is lower than some CDNs need.
const HEADERS_MAX: usize = 256;

/// Whether the certificate of a server is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Verification {
    On,
    Off,
}

/// Creates the client for the server itself, with its certificates and its proxy.
pub(in crate::http) fn own_client(
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
    build(secured(builder, &endpoint.tls, protocols, trust)?)
}

/// Creates the client for hosts that the server redirects to, without the server's own settings. These hosts
/// send blobs, so it uses HTTP/1.1.
pub(in crate::http) fn foreign_client(
    endpoint: &Endpoint,
    reach: &Arc<Reach>,
    verification: Verification,
    trust: &Trust,
) -> Result<reqwest::Client, Error> {
    let resolver = GuardedResolver(Arc::clone(reach));
    let builder = base(endpoint).http1_only().dns_resolver(Arc::new(resolver));
    let builder = routed(builder, &endpoint.proxies);
    let unverified = endpoint.tls.unverified.filter(|_| verification == Verification::Off);
    let tls = Tls { unverified, identity: None, ..endpoint.tls.clone() };
    build(secured(builder, &tls, Protocols::Http1, trust)?)
}

/// Creates a client that passes the server's certificate only to `witness`. It has none of the server's own
/// settings.
pub(in crate::http) fn looking_client(
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

fn build(builder: ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(Error::Setup)
}
