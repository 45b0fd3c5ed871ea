//! The proxy variables of the environment, unparsed. [`crate::http`] interprets them.

use super::Secret;

/// The variables that name proxies, and the list of hosts that are reached without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// `HTTPS_PROXY` or `https_proxy`: for HTTPS.
    pub https: Option<ProxyVariable>,
    /// `HTTP_PROXY` or `http_proxy`: for plain HTTP.
    pub http: Option<ProxyVariable>,
    /// `ALL_PROXY` or `all_proxy`: for schemes without a variable of their own. curl supports it, Docker does
    /// not.
    pub all: Option<ProxyVariable>,
    /// `NO_PROXY` or `no_proxy`: a list of hosts that are reached without a proxy.
    pub none: String,
}

/// A variable that names a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyVariable {
    /// The name of the variable, as it is set.
    pub name: &'static str,
    /// The value: a URL, which may contain a password.
    pub value: Secret,
}

impl Proxies {
    /// Reads the variables through `text`, which returns no empty ones. The upper-case spelling takes
    /// precedence, as in Go.
    pub(super) fn read(text: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |names: [&'static str; 2]| {
            let (name, value) = names.into_iter().find_map(|name| Some((name, text(name)?)))?;
            Some(ProxyVariable { name, value: value.into() })
        };
        Self {
            https: variable(["HTTPS_PROXY", "https_proxy"]),
            http: variable(["HTTP_PROXY", "http_proxy"]),
            all: variable(["ALL_PROXY", "all_proxy"]),
            none: text("NO_PROXY").or_else(|| text("no_proxy")).unwrap_or_default(),
        }
    }
}
