//! URLs: what may be shown, and where credentials may go.

use reqwest::Url;

use crate::digest::Digest;
use crate::reference::{Registry, RepositoryName, Scheme, Server, Tag};

/// Returns a URL that another server has sent in a form that may be shown: without user info, and without the
/// query, which may contain signatures and tokens.
pub fn redacted(url: &Url) -> String {
    with_query(url, None)
}

/// Returns a URL of a registry's API in a form that may be shown: its query has only known parameters with
/// plausible values.
pub(super) fn shown(url: &Url) -> String {
    let kept = url.query_pairs().filter(|(key, value)| is_of_the_api(key, value));
    let query: Vec<String> = kept.map(|(key, value)| format!("{key}={value}")).collect();
    with_query(url, (!query.is_empty()).then(|| query.join("&")).as_deref())
}

/// Returns the URL with this query, and without user info and fragment.
pub(super) fn with_query(url: &Url, query: Option<&str>) -> String {
    let mut shown = url.clone();
    // Both calls fail only for URLs that cannot have user info.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(query);
    shown.set_fragment(None);
    shown.to_string()
}

/// Reports whether a parameter belongs to the registry API, or to a search, and has a value of its kind.
fn is_of_the_api(key: &str, value: &str) -> bool {
    match key {
        "n" => value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit()),
        "last" => value.parse::<Tag>().is_ok() || value.parse::<RepositoryName>().is_ok(),
        "from" => value.parse::<RepositoryName>().is_ok(),
        "mount" | "digest" => value.parse::<Digest>().is_ok(),
        "ns" => Registry::from_server(value).is_ok(),
        "q" | "artifactType" => true,
        _ => false,
    }
}

/// Returns the server of a URL; `None` if it has no host.
pub(crate) fn server_of(url: &Url) -> Option<Server> {
    let scheme = if url.scheme() == "http" { Scheme::Http } else { Scheme::Https };
    Some(Server::new(scheme, &host_of(url)?))
}

/// Returns the `host[:port]` of a URL.
pub(super) fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Returns `url` without user and password, because those in a server's URL are not a login.
pub(super) fn without_user_info(url: &Url) -> Url {
    let mut bare = url.clone();
    // Both calls fail only for URLs that cannot have user info.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// Reports whether credentials for `one` may be sent to `other`: same scheme, host and port.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// Returns the `host:port` of a URL in Go's form.
pub(super) fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s11_nothing_secret_of_a_url_is_shown() {
        let url = Url::parse("https://me:pw@cdn.example/blob?X-Amz-Signature=abc&n=5&token=t#frag").unwrap();
        assert_eq!(shown(&url), "https://cdn.example/blob?n=5");
        assert_eq!(redacted(&url), "https://cdn.example/blob");
        let own = "https://r.example/v2/_catalog?n=5&last=team/app&ns=docker.io&q=x";
        assert_eq!(shown(&Url::parse(own).unwrap()), own);
        let odd = "https://r.example/?n=s3cret&last=s3%20cret&digest=s3cret&from=S3cret&mount=x&scope=s3cret&service=x";
        assert_eq!(shown(&Url::parse(odd).unwrap()), "https://r.example/");
    }

    #[test]
    fn another_port_is_another_origin() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(same_origin(&url("https://a.example/x"), &url("https://A.example:443/y")));
        assert!(!same_origin(&url("https://a.example"), &url("https://a.example:444")));
        assert!(!same_origin(&url("https://a.example"), &url("http://a.example")));
    }
}
