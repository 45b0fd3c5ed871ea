//! Which proxy a request goes through, and who says so: the one place that decides.
//!
//! The rules are those of Go's `golang.org/x/net/http/httpproxy`, which Docker has. reqwest's own are others, so it is
//! told for each URL what was decided here, and `doctor` tells the same.

mod inquiry;
mod problem;
mod rules;

use reqwest::{ClientBuilder, StatusCode, Url};

pub use problem::{Proxy, ProxyProblem, ProxyTrouble};

use super::Error;
use crate::config::{Proxies, ProxyVariable};

/// Whether a server is asked through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyUse {
    /// No proxy is configured for it.
    Direct,
    /// `NO_PROXY` names it, or it is this machine; else it would be asked through this proxy.
    Excepted(Proxy),
    /// Through this proxy.
    Through(Proxy),
    /// This variable is set, but is no address of a proxy: nothing is sent.
    Broken(&'static str),
}

/// A proxy with what is needed to ask it. Its URL may hold a password, so that this has no Debug.
pub(super) struct Route {
    pub(super) proxy: Proxy,
    url: Url,
}

impl Route {
    /// What is wrong if an answer with this status came: only a proxy asks for credentials for itself.
    pub(super) fn refusal(&self, status: StatusCode) -> Option<ProxyProblem> {
        let trouble = ProxyTrouble::Refused { status, words: String::new() };
        let is_its_own = status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        is_its_own.then(|| ProxyProblem { proxy: self.proxy.clone(), trouble })
    }
}

/// A variable that names no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) variable: &'static str,
}

impl ProxyUse {
    /// The way to `url` where the environment says `proxies`.
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

/// The proxy through which `url` is asked; `None` if it is asked directly.
pub(super) fn route(url: &Url, proxies: &Proxies) -> Result<Option<Route>, Malformed> {
    match variable(url, proxies) {
        Some(variable) if !rules::is_excepted(url, &proxies.none) => read(variable).map(Some),
        _ => Ok(None),
    }
}

/// A client that asks as [`route`] says, and looks for no other proxies.
pub(super) fn routed(builder: ClientBuilder, proxies: &Proxies) -> ClientBuilder {
    let proxies = proxies.clone();
    let choose = move |url: &Url| route(url, &proxies).ok().flatten().map(|route| route.url);
    builder.no_proxy().proxy(reqwest::Proxy::custom(choose))
}

/// Whether the environment names this host as that of a proxy.
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

/// Reads what a variable holds: `[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]`, where no scheme means `http`.
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
    // What stands behind the host means nothing to a proxy.
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Ok(Route { proxy, url })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the environment says with these variables.
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
    fn r8_what_is_no_address_of_a_proxy_is_no_proxy() {
        for value in
            ["http://", "://x", "ftp://proxy.lab", "http://a b", "http://proxy.lab:99999", "x:port", "/"]
        {
            let variables = [("HTTPS_PROXY", value)];
            assert_eq!(used("https://r.lab/", &variables), ProxyUse::Broken("HTTPS_PROXY"), "{value}");
            let url = Url::parse("https://r.lab/").unwrap();
            assert!(route(&url, &proxies(&variables)).is_err(), "{value}");
            // Who is not asked through it does not mind.
            let excepted = proxies(&[variables[0], ("NO_PROXY", "r.lab")]);
            assert!(route(&url, &excepted).unwrap().is_none(), "{value}");
        }
    }
}
