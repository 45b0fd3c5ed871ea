//! Decides which proxy a request goes through, and by which variable. No other code decides that.
//!
//! The rules are those of Go's `golang.org/x/net/http/httpproxy`, as in Docker. The rules of reqwest differ,
//! so it is given the decision for each URL; `doctor` shows the same decision.

mod inquiry;
mod problem;
mod rules;

use reqwest::header::{HeaderMap, PROXY_AUTHENTICATE};
use reqwest::{ClientBuilder, StatusCode, Url};

pub use problem::{Proxy, ProxyProblem, ProxyTrouble};

use super::{Error, Problem};
use crate::config::{Proxies, ProxyVariable};
use problem::excerpt;

/// Whether requests to a server go through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyUse {
    /// No proxy is configured.
    Direct,
    /// `NO_PROXY` names the server, or it is this machine; otherwise this proxy would be used.
    Excepted(Proxy),
    /// Requests go through this proxy.
    Through(Proxy),
    /// This variable is set, but not to the address of a proxy: nothing is sent.
    Broken(&'static str),
}

/// A proxy and the data for using it. Its URL may contain a password, so this type has no `Debug`.
pub(super) struct Route {
    pub(super) proxy: Proxy,
    url: Url,
}

impl Route {
    /// Reports whether the proxy receives the requests for `url` themselves, and may respond in place of the
    /// server. For TLS it only makes a connection.
    fn forwards(&self, url: &Url) -> bool {
        url.scheme() == "http" && self.proxy.scheme.starts_with("http")
    }

    /// Returns the problem if the proxy itself has made this response: only a proxy asks for credentials for
    /// itself, and forwarding proxies identify themselves in their errors.
    pub(super) fn refusal(&self, url: &Url, answer: &reqwest::Response) -> Option<Problem> {
        let problem = self.refused(url, answer.status(), answer.headers());
        problem.map(|problem| Problem::Proxy(Box::new(problem)))
    }

    fn refused(&self, url: &Url, status: StatusCode, headers: &HeaderMap) -> Option<ProxyProblem> {
        let is_error = status.is_client_error() || status.is_server_error();
        let is_made = is_error && self.forwards(url) && !is_of_a_registry(headers) && is_of_a_proxy(headers);
        if status != StatusCode::PROXY_AUTHENTICATION_REQUIRED && !is_made {
            return None;
        }
        let reason = status.canonical_reason().unwrap_or_default();
        let detail = headers.get(SQUID_ERROR).and_then(|value| value.to_str().ok());
        let words = detail.map(|detail| format!("{reason} ({})", excerpt(detail))).unwrap_or_default();
        let trouble = ProxyTrouble::Refused { status, words };
        Some(ProxyProblem { proxy: self.proxy.clone(), trouble })
    }

    /// Returns the proxy that a response came through, if either the proxy or the server may have made it.
    pub(super) fn doubtful(self, url: &Url, headers: &HeaderMap) -> Option<Proxy> {
        (self.forwards(url) && !is_of_a_registry(headers)).then_some(self.proxy)
    }
}

/// The header in which squid gives the reason of its own response: `ERR_CONNECT_FAIL 111`.
const SQUID_ERROR: &str = "x-squid-error";

/// Reports whether headers are those of a registry, which marks its responses; proxies forward the mark.
fn is_of_a_registry(headers: &HeaderMap) -> bool {
    headers.contains_key("docker-distribution-api-version")
}

/// Reports whether headers are those of a proxy's own response. `Via` says nothing, because forwarded
/// responses have it, too.
fn is_of_a_proxy(headers: &HeaderMap) -> bool {
    let says = |name: &str, test: fn(&str) -> bool| {
        let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.any(|value| test(&value.to_ascii_lowercase()))
    };
    headers.contains_key(PROXY_AUTHENTICATE)
        || headers.contains_key(SQUID_ERROR)
        || says("server", |name| name.starts_with("squid") || name.starts_with("tinyproxy"))
        // RFC 9209, section 2.1.1.
        || says("proxy-status", |status| status.split(';').any(|part| part.trim().starts_with("error=")))
}

/// A variable that does not name a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) variable: &'static str,
}

impl ProxyUse {
    /// Returns the proxy use for `url` with these proxy variables.
    pub fn of(url: &Url, proxies: &Proxies) -> Self {
        let Some(variable) = variable(url, proxies) else { return Self::Direct };
        match (read(variable), rules::is_excepted(url, &proxies.none)) {
            (Ok(route), true) => Self::Excepted(route.proxy),
            (Err(_), true) => Self::Direct,
            (Ok(route), false) => Self::Through(route.proxy),
            (Err(Malformed { variable }), false) => Self::Broken(variable),
        }
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Proxy { variable: malformed.variable }
    }
}

/// Returns the proxy for `url`; `None` if it is reached directly.
pub(super) fn route(url: &Url, proxies: &Proxies) -> Result<Option<Route>, Malformed> {
    match variable(url, proxies) {
        Some(variable) if !rules::is_excepted(url, &proxies.none) => read(variable).map(Some),
        _ => Ok(None),
    }
}

/// Configures a client to use the result of [`route`], and no other proxies.
pub(super) fn routed(builder: ClientBuilder, proxies: &Proxies) -> ClientBuilder {
    let proxies = proxies.clone();
    let choose = move |url: &Url| route(url, &proxies).ok().flatten().map(|route| route.url);
    builder.no_proxy().proxy(reqwest::Proxy::custom(choose))
}

/// Reports whether the environment names this host as a proxy.
pub(super) fn is_proxy(host: &str, proxies: &Proxies) -> bool {
    let variables = [&proxies.https, &proxies.http, &proxies.all].into_iter().flatten();
    variables
        .filter_map(|variable| read(variable).ok())
        .any(|route| route.proxy.host.eq_ignore_ascii_case(host))
}

fn variable<'a>(url: &Url, proxies: &'a Proxies) -> Option<&'a ProxyVariable> {
    let own = if url.scheme() == "https" { &proxies.https } else { &proxies.http };
    own.as_ref().or(proxies.all.as_ref())
}

/// Parses the value of a variable: `[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]`, where the scheme defaults to
/// `http`.
fn read(variable: &ProxyVariable) -> Result<Route, Malformed> {
    let malformed = Malformed { variable: variable.name };
    let text = variable.value.expose().trim();
    let given = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
    let mut url = given.map_err(|_| malformed)?;
    let default = match url.scheme() {
        "http" => 80,
        "https" => 443,
        "socks4" | "socks4a" | "socks5" | "socks5h" => 1080,
        _ => return Err(malformed),
    };
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(malformed)?;
    let host = host.trim_matches(['[', ']']).to_owned();
    let port = url.port().unwrap_or(default);
    let proxy = Proxy { scheme: url.scheme().to_owned(), host, port, variable: variable.name };
    // A proxy's address has no path and no query.
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Ok(Route { proxy, url })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy settings of an environment with these variables.
    fn proxies(variables: &[(&'static str, &str)]) -> Proxies {
        let get = |name: &str| Some((*variables.iter().find(|(key, _)| *key == name)?.1).to_owned());
        let variable = |name: &'static str| Some(ProxyVariable { name, value: get(name)?.into() });
        Proxies {
            https: variable("HTTPS_PROXY").or(variable("https_proxy")),
            http: variable("HTTP_PROXY"),
            all: variable("ALL_PROXY"),
            none: get("NO_PROXY").unwrap_or_default(),
        }
    }

    fn used(url: &str, variables: &[(&'static str, &str)]) -> ProxyUse {
        ProxyUse::of(&Url::parse(url).unwrap(), &proxies(variables))
    }

    fn through(used: &ProxyUse) -> (String, &'static str) {
        let ProxyUse::Through(proxy) = used else { panic!("{used:?}") };
        (proxy.to_string(), proxy.variable)
    }

    #[test]
    fn the_variable_is_named_and_its_password_is_not() {
        let variables =
            [("HTTPS_PROXY", "http://me:hunter2@proxy.lab:3128/x?y"), ("ALL_PROXY", "socks5://[::1]")];
        let https = used("https://r.lab/", &variables);
        assert_eq!(through(&https), ("http://proxy.lab:3128".to_owned(), "HTTPS_PROXY"));
        assert!(!format!("{https:?} {:?}", proxies(&variables)).contains("hunter2"));
        let http = used("http://r.lab/", &variables);
        assert_eq!(through(&http), ("socks5://[::1]:1080".to_owned(), "ALL_PROXY"));
        let lower = used("https://r.lab/", &[("https_proxy", "proxy.lab")]);
        assert_eq!(through(&lower), ("http://proxy.lab:80".to_owned(), "https_proxy"));
        let port = used("https://r.lab/", &[("https_proxy", "u:hunter2@proxy.lab:8080")]);
        assert_eq!(through(&port).0, "http://proxy.lab:8080");
    }

    #[test]
    fn an_exception_a_nonsense_and_nothing_are_told_apart() {
        let proxy = ("HTTPS_PROXY", "http://proxy.lab:1");
        let excepted = used("https://r.lab/", &[proxy, ("NO_PROXY", ".lab,10.0.0.0/8")]);
        assert!(matches!(&excepted, ProxyUse::Excepted(proxy) if proxy.host == "proxy.lab"), "{excepted:?}");
        assert_eq!(used("https://r.lab/", &[("HTTP_PROXY", "http://proxy.lab:1")]), ProxyUse::Direct);
        assert_eq!(used("https://r.lab/", &[("NO_PROXY", "*")]), ProxyUse::Direct);
    }

    #[test]
    fn r8_an_answer_is_the_proxys_if_it_says_so_and_no_registry_does() {
        let told = |url: &str, status: u16, headers: &[(&'static str, &'static str)]| {
            let url = Url::parse(url).unwrap();
            let route = route(&url, &proxies(&[("ALL_PROXY", "http://proxy.lab:1")])).unwrap().unwrap();
            let values = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let refusal = route.refused(&url, StatusCode::from_u16(status).unwrap(), &values.collect());
            refusal.map(|problem| problem.trouble.to_string())
        };
        let (plain, secure) = ("http://r.lab/v2/", "https://r.lab/v2/");
        let squid = [("X-Squid-Error", "ERR_CONNECT_FAIL 111")];
        let words = "503 Service Unavailable (ERR_CONNECT_FAIL 111)";
        assert_eq!(told(plain, 503, &squid).as_deref(), Some(words));
        for headers in [
            ("server", "tinyproxy/1.11.1"),
            ("Server", "Squid/5.7"),
            ("Proxy-Status", "lab; received-status=1;error=dns_error"),
            ("Proxy-Authenticate", "Basic"),
        ] {
            assert_eq!(told(plain, 403, &[headers]).as_deref(), Some("403 Forbidden"), "{headers:?}");
            assert_eq!(told(plain, 200, &[headers]), None, "{headers:?}");
            assert_eq!(
                told(secure, 403, &[headers]),
                None,
                "the response is the server's, whatever its headers are"
            );
            let registry = ("Docker-Distribution-Api-Version", "registry/2.0");
            assert_eq!(told(plain, 403, &[headers, registry]), None, "{headers:?}");
        }
        assert_eq!(told(plain, 403, &[("Via", "1.1 proxy.lab (squid/5.7)"), ("Proxy-Status", "lab")]), None);
        assert_eq!(told(secure, 407, &[]).as_deref(), Some("407 Proxy Authentication Required"));
    }

    #[test]
    fn r8_what_is_no_address_of_a_proxy_is_no_proxy() {
        for value in
            ["http://", "://x", "ftp://proxy.lab", "http://a b", "http://proxy.lab:99999", "x:port", "/"]
        {
            let variables = [("HTTPS_PROXY", value)];
            assert_eq!(used("https://r.lab/", &variables), ProxyUse::Broken("HTTPS_PROXY"), "{value}");
            let url = Url::parse("https://r.lab/").unwrap();
            assert!(route(&url, &proxies(&variables)).is_err(), "{value}");
            // An invalid variable does not matter to a server that is not reached through it.
            let excepted = proxies(&[variables[0], ("NO_PROXY", "r.lab")]);
            assert!(route(&url, &excepted).unwrap().is_none(), "{value}");
        }
    }
}
