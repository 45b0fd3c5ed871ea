//! Refuses requests that a web page makes instead of a registry client.
//!
//! A browser lets any page send requests to 127.0.0.1. A page whose name resolves to 127.0.0.1 later (DNS
//! rebinding) may even read the responses, but its requests still name its own host.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::uri::{Authority, Uri};

/// The header in which browsers describe how a request's page is related to the server (Fetch Metadata).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// The request is for a host that is not a name of this registry.
    Host(String),
    /// The request comes from a page of another origin.
    Page,
}

/// Decides which requests are accepted.
#[derive(Debug)]
pub(super) struct Guard {
    /// The accepted names in lower case, besides `localhost` and addresses. `None` accepts any name.
    names: Option<Vec<String>>,
}

impl Guard {
    /// Returns the guard of a registry that listens on `local` and has these names.
    pub(super) fn new(local: SocketAddr, names: &[String]) -> Self {
        let is_checked = local.ip().to_canonical().is_loopback() || !names.is_empty();
        Self { names: is_checked.then(|| names.iter().map(|name| plain(name)).collect()) }
    }

    /// Checks a request, and returns why it is refused.
    pub(super) fn check(&self, request: &Request) -> Result<(), Foreign> {
        let hosts = hosts_of(request)?;
        if let Some(names) = &self.names
            && let Some(other) = hosts.iter().find(|host| !is_known(host.host(), names))
        {
            return Err(Foreign::Host(other.host().to_owned()));
        }
        if comes_from_elsewhere(request.headers(), &hosts) { Err(Foreign::Page) } else { Ok(()) }
    }
}

/// Returns all hosts that a request names: in its target or `:authority`, and in the header `Host`. HTTP/1.0
/// requires none.
fn hosts_of(request: &Request) -> Result<Vec<Authority>, Foreign> {
    let mut hosts: Vec<_> = request.uri().authority().cloned().into_iter().collect();
    for value in request.headers().get_all(HOST).iter().filter(|value| !value.is_empty()) {
        let host = Authority::try_from(value.as_bytes()).ok();
        let invalid = || Foreign::Host(String::from_utf8_lossy(value.as_bytes()).into_owned());
        hosts.push(host.ok_or_else(invalid)?);
    }
    match hosts.iter().find(|host| host.as_str().contains('@')) {
        Some(host) => Err(Foreign::Host(host.to_string())),
        None => Ok(hosts),
    }
}

fn is_known(host: &str, names: &[String]) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    // No page can make an address its own by DNS.
    if address.parse::<IpAddr>().is_ok() {
        return true;
    }
    let host = plain(host);
    host == "localhost" || names.contains(&host)
}

/// Returns a host name in the form that is compared: in lower case, without the root dot.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Reports whether a browser says that a page of another origin makes the request. Other clients send neither
/// header.
fn comes_from_elsewhere(headers: &HeaderMap, hosts: &[Authority]) -> bool {
    let is_own = |site: &[u8]| matches!(site, b"same-origin" | b"none");
    if headers.get_all(FETCH_SITE).iter().any(|site| !is_own(site.as_bytes())) {
        return true;
    }
    headers.get_all(ORIGIN).iter().any(|origin| {
        let origin = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
        origin.is_none_or(|origin| !hosts.iter().any(|host| is_origin_of(&origin, host)))
    })
}

/// Reports whether a page of this origin was loaded from this host and port.
fn is_origin_of(origin: &Uri, host: &Authority) -> bool {
    let default = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let port = |port: Option<u16>| port.unwrap_or(default);
    origin.authority().is_some_and(|authority| {
        plain(authority.host()) == plain(host.host()) && port(authority.port_u16()) == port(host.port_u16())
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(target: &str, headers: &[(&str, &str)]) -> Request {
        let builder = Request::builder().uri(target);
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(Body::empty()).unwrap()
    }

    fn local(names: &[&str]) -> Guard {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Guard::new("127.0.0.1:5000".parse().unwrap(), &names)
    }

    #[test]
    fn s4_only_addresses_localhost_and_given_names_are_known_hosts() {
        let guard = local(&["Registry.Example.com"]);
        let good = [
            "127.0.0.1:5000",
            "127.0.0.1",
            "localhost",
            "LOCALHOST:5000",
            "localhost.:5000",
            "[::1]:5000",
            "[::1]",
            "10.0.0.7:1",
            "registry.example.com",
            "registry.example.COM:443",
        ];
        for host in good {
            assert_eq!(guard.check(&request("/v2/", &[("host", host)])), Ok(()), "{host}");
            let target = format!("http://{host}/v2/");
            assert_eq!(guard.check(&request(&target, &[])), Ok(()), "{target}");
        }
        assert_eq!(guard.check(&request("/v2/", &[])), Ok(()), "HTTP/1.0");
        let bad =
            ["evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example", "x@localhost", "a b"];
        for host in bad {
            let refused = guard.check(&request("/v2/", &[("host", host)]));
            assert!(matches!(refused, Err(Foreign::Host(_))), "{host}: {refused:?}");
        }
        let both = request("http://evil.example/v2/", &[("host", "localhost")]);
        assert!(guard.check(&both).is_err());
        let twice = request("/v2/", &[("host", "localhost"), ("host", "evil.example")]);
        assert!(guard.check(&twice).is_err());
    }

    #[test]
    fn s4_names_are_free_where_others_are_meant_to_reach_it() {
        let everywhere = Guard::new("0.0.0.0:5000".parse().unwrap(), &[]);
        assert_eq!(everywhere.check(&request("/v2/", &[("host", "registry.lan:5000")])), Ok(()));
        let page = request("/v2/", &[("host", "registry.lan:5000"), ("origin", "http://evil.example")]);
        assert_eq!(everywhere.check(&page), Err(Foreign::Page));
        let named = Guard::new("0.0.0.0:5000".parse().unwrap(), &["registry.lan".to_owned()]);
        assert_eq!(named.check(&request("/v2/", &[("host", "registry.lan:5000")])), Ok(()));
        assert!(named.check(&request("/v2/", &[("host", "other.lan:5000")])).is_err());
    }

    #[test]
    fn s4_pages_of_other_origins_are_told_by_what_browsers_send() {
        let guard = local(&[]);
        let check =
            |header: (&str, &str)| guard.check(&request("/v2/", &[("host", "localhost:5000"), header]));
        let own = [
            ("origin", "http://localhost:5000"),
            ("origin", "HTTP://LOCALHOST:5000"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", "same-origin"),
        ];
        for header in own {
            assert_eq!(check(header), Ok(()), "{header:?}");
        }
        let foreign = [
            ("origin", "http://evil.example"),
            ("origin", "http://localhost:3000"),
            ("origin", "https://localhost"),
            ("origin", "http://127.0.0.1:5000"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", "file://"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ];
        for header in foreign {
            assert_eq!(check(header), Err(Foreign::Page), "{header:?}");
        }
    }
}
