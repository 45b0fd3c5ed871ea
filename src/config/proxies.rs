//! What the environment says about proxies, as it stands there. What it means is for [`crate::http`] to say.

use super::Secret;

/// The variables that name proxies, and those that name what is asked without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// `HTTPS_PROXY` or `https_proxy`: for HTTPS.
    pub https: Option<ProxyVariable>,
    /// `HTTP_PROXY` or `http_proxy`: for plain HTTP.
    pub http: Option<ProxyVariable>,
    /// `ALL_PROXY` or `all_proxy`: for what has no variable of its own. Docker does not know it, curl does.
    pub all: Option<ProxyVariable>,
    /// `NO_PROXY` or `no_proxy`: a list of what is asked without a proxy.
    pub none: String,
}

/// A variable that names a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyVariable {
    /// Its name, as it is set.
    pub name: &'static str,
    /// What it holds: a URL, which may have a password in it.
    pub value: Secret,
}

impl Proxies {
    /// Reads the variables through `text`, which knows no empty ones. Of both spellings the upper one counts, as in Go.
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
