//! URLs: safe to show, and safe to join.

use reqwest::Url;

use crate::reference::{Scheme, Server};

/// `url` as it may be shown: without user info, and without the query, which may hold signatures and tokens.
pub(super) fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    // Both calls fail only for URLs that cannot have user info, which then have none to hide.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let kept = url.query_pairs().filter(|(key, _)| SHOWN_PARAMETERS.contains(&key.as_ref()));
    let query: Vec<String> = kept.map(|(key, value)| format!("{key}={value}")).collect();
    shown.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
    shown.set_fragment(None);
    shown.to_string()
}

/// Query parameters of the registry API, which hold nothing secret.
const SHOWN_PARAMETERS: [&str; 10] =
    ["n", "last", "mount", "from", "digest", "ns", "scope", "service", "q", "artifactType"];

/// The server that a URL leads to; `None` if it has no host.
pub(crate) fn server_of(url: &Url) -> Option<Server> {
    let scheme = if url.scheme() == "http" { Scheme::Http } else { Scheme::Https };
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => Server::new(scheme, &format!("{host}:{port}")),
        None => Server::new(scheme, host),
    })
}

/// Whether credentials for `one` may be sent to `other`: same scheme, host and port.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_of_a_url_is_shown() {
        let url = Url::parse("https://me:pw@cdn.example/blob?X-Amz-Signature=abc&n=5&token=t#frag").unwrap();
        assert_eq!(redacted(&url), "https://cdn.example/blob?n=5");
    }

    #[test]
    fn another_port_is_another_origin() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(same_origin(&url("https://a.example/x"), &url("https://A.example:443/y")));
        assert!(!same_origin(&url("https://a.example"), &url("https://a.example:444")));
        assert!(!same_origin(&url("https://a.example"), &url("http://a.example")));
    }
}
