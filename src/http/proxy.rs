//! Which proxy a request goes through, and who says so.
//!
//! reqwest reads the variables itself. Its own matcher is asked here, so that what is told is what is done.

use std::fmt;

use axum::http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

/// Whether a server is asked through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyUse {
    /// No proxy is configured for it.
    Direct,
    /// `NO_PROXY` names it; else it would be asked through this proxy.
    Excepted(Proxy),
    /// Through this proxy.
    Through(Proxy),
    /// This variable is set, but is no address of a proxy: it has no effect.
    Broken(&'static str),
}

/// A proxy, without the password that may be in its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// `http`, `https`, `socks5`, …
    pub scheme: String,
    /// Its host; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The variable that names it; `None` if the system's own settings do.
    pub variable: Option<&'static str>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, .. } = self;
        if host.contains(':') {
            return write!(f, "{scheme}://[{host}]:{port}");
        }
        write!(f, "{scheme}://{host}:{port}")
    }
}

/// The variables for HTTPS and for HTTP, each group before the next, and within one the first that is set.
const FOR_HTTPS: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];
const FOR_HTTP: [[&str; 2]; 2] = [["HTTP_PROXY", "http_proxy"], ["ALL_PROXY", "all_proxy"]];

impl ProxyUse {
    /// The way to `url` for a client that may use a proxy.
    pub fn to(url: &Url) -> Self {
        Self::find(url, &Matcher::from_system(), |name| std::env::var(name).ok())
    }

    fn find(url: &Url, matcher: &Matcher, variable: impl Fn(&str) -> Option<String>) -> Self {
        let Ok(target) = url.as_str().parse::<Uri>() else { return Self::Direct };
        let groups = if url.scheme() == "https" { FOR_HTTPS } else { FOR_HTTP };
        let set: Vec<(&'static str, String)> = groups
            .into_iter()
            .filter_map(|names| names.into_iter().find_map(|name| Some((name, variable(name)?))))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let named = set.iter().find_map(|(name, value)| {
            let uri = Matcher::builder().all(value.as_str()).build().intercept(&target)?.uri().clone();
            Some((uri.clone(), proxy(&uri, Some(name))?))
        });
        match (matcher.intercept(&target), named, set.first()) {
            (Some(used), Some((uri, named)), _) if *used.uri() == uri => Self::Through(named),
            (Some(used), _, _) => proxy(used.uri(), None).map_or(Self::Direct, Self::Through),
            (None, Some((_, named)), _) => Self::Excepted(named),
            (None, None, Some((name, _))) => Self::Broken(name),
            (None, None, None) => Self::Direct,
        }
    }
}

fn proxy(uri: &Uri, variable: Option<&'static str>) -> Option<Proxy> {
    let scheme = uri.scheme_str().unwrap_or("http").to_owned();
    let port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => 1080,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    Some(Proxy { host, port: uri.port_u16().unwrap_or(port), scheme, variable })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way to `url` in an environment.
    fn route(url: &str, variables: &[(&str, &str)]) -> ProxyUse {
        let get = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let first = |names: [&str; 2]| names.into_iter().find_map(get).unwrap_or_default();
        let matcher = Matcher::builder()
            .all(first(["ALL_PROXY", "all_proxy"]))
            .http(first(["HTTP_PROXY", "http_proxy"]))
            .https(first(["HTTPS_PROXY", "https_proxy"]))
            .no(first(["NO_PROXY", "no_proxy"]))
            .build();
        ProxyUse::find(&Url::parse(url).unwrap(), &matcher, |name| get(name).map(str::to_owned))
    }

    fn through(route: &ProxyUse) -> (String, Option<&'static str>) {
        let ProxyUse::Through(proxy) = route else { panic!("{route:?}") };
        (proxy.to_string(), proxy.variable)
    }

    #[test]
    fn the_variable_is_named_and_its_password_is_not() {
        let variables =
            [("HTTPS_PROXY", "http://me:hunter2@proxy.lab:3128"), ("ALL_PROXY", "socks5://[::1]")];
        let https = route("https://r.lab/", &variables);
        assert_eq!(through(&https), ("http://proxy.lab:3128".to_owned(), Some("HTTPS_PROXY")));
        assert!(!format!("{https:?}").contains("hunter2"));
        let http = route("http://r.lab/", &variables);
        assert_eq!(through(&http), ("socks5://[::1]:1080".to_owned(), Some("ALL_PROXY")));
        let lower = route("https://r.lab/", &[("https_proxy", "proxy.lab")]);
        assert_eq!(through(&lower), ("http://proxy.lab:80".to_owned(), Some("https_proxy")));
    }

    #[test]
    fn an_exception_a_nonsense_and_nothing_are_told_apart() {
        let proxy = ("HTTPS_PROXY", "http://proxy.lab:1");
        let excepted = route("https://r.lab/", &[proxy, ("NO_PROXY", ".lab,10.0.0.0/8")]);
        assert!(matches!(&excepted, ProxyUse::Excepted(proxy) if proxy.host == "proxy.lab"), "{excepted:?}");
        assert_eq!(route("https://r.lab/", &[("HTTPS_PROXY", "http://")]), ProxyUse::Broken("HTTPS_PROXY"));
        assert_eq!(route("https://r.lab/", &[("HTTP_PROXY", "http://proxy.lab:1")]), ProxyUse::Direct);
        assert_eq!(route("https://r.lab/", &[("HTTPS_PROXY", ""), ("NO_PROXY", "*")]), ProxyUse::Direct);
    }
}
