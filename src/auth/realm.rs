//! The check of the token services that credentials may be sent to.

use std::net::IpAddr;

use reqwest::Url;

use super::Error;
use crate::http::redacted;
use crate::reference::{Registry, without_user_info};

/// Checks the `realm` of a challenge that came from `origin`, the registry's own URL.
///
/// It has to be an absolute URL without user info, with HTTPS, or with plain HTTP if the registry itself uses
/// plain HTTP. A remote registry cannot make this machine send credentials to this machine, or to the address
/// at which clouds keep their secrets.
///
/// # Errors
/// [`Error::Realm`] with the reason.
pub fn trusted(realm: &str, origin: &Url, registry: &Registry) -> Result<Url, Error> {
    let parsed = Url::parse(realm);
    let shown = || parsed.as_ref().map_or_else(|_| without_user_info(realm).into_owned(), redacted);
    let refuse = |reason| Error::Realm { registry: registry.clone(), realm: shown(), reason };
    let url = parsed.clone().map_err(|_| refuse("it is not an absolute URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it contains a user name"));
    }
    match (url.scheme(), origin.scheme()) {
        ("https", _) | ("http", "http") => {}
        ("http", _) => return Err(refuse("the registry speaks HTTPS, its token service does not")),
        _ => return Err(refuse("it is neither HTTPS nor HTTP")),
    }
    if url.host() != origin.host() && is_internal(&url) && !is_internal(origin) {
        return Err(refuse("it is at a loopback or link-local address"));
    }
    Ok(url)
}

/// Removes `service` and `scope` from the query of `realm`, and returns the service. The request has its own,
/// but many token services read the first of two values: a realm must not choose what a token is for.
pub(super) fn take_service(realm: &mut Url) -> Option<String> {
    let query = realm.query()?.to_owned();
    let mut service = None;
    let mut piece = realm.clone();
    // Some servers accept semicolons as separators, too.
    let is_kept = |text: &&str| {
        piece.set_query(Some(text));
        piece.query_pairs().all(|(name, value)| match &*name {
            "service" => {
                service.get_or_insert_with(|| value.into_owned());
                false
            }
            name => name != "scope",
        })
    };
    let kept: Vec<_> = query.split(['&', ';']).filter(is_kept).collect();
    if kept.len() < query.split(['&', ';']).count() {
        realm.set_query(Some(&*kept.join("&")).filter(|kept| !kept.is_empty()));
    }
    service
}

/// Reports whether the host is a loopback or link-local address, or `localhost`.
fn is_internal(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(realm: &str, origin: &str) -> Result<Url, Error> {
        trusted(realm, &Url::parse(origin).unwrap(), &Registry::hub())
    }

    #[test]
    fn a_token_service_on_another_host_is_trusted() {
        check("https://auth.docker.io/token", "https://registry-1.docker.io/").unwrap();
        check(
            "https://dockerauth.cn-hangzhou.aliyuncs.com/auth",
            "https://registry.cn-shanghai.aliyuncs.com/",
        )
        .unwrap();
        check("http://127.0.0.1:5001/token", "http://127.0.0.1:5000/").unwrap();
        check("https://10.0.0.5/service/token", "https://harbor.corp/").unwrap();
    }

    #[test]
    fn s9_a_realm_does_not_choose_what_a_token_is_for() {
        for (query, left, service) in [
            ("", "", None),
            ("?a=1;b&c=%20x", "?a=1;b&c=%20x", None),
            ("?service=a&service=b", "", Some("a")),
            ("?x=1&%73ervice=a+b&scope=repository:victim:pull", "?x=1", Some("a b")),
            ("?x=1;scope=y;service=a&services=b", "?x=1&services=b", Some("a")),
        ] {
            let mut realm = Url::parse(&format!("https://auth.example/token{query}")).unwrap();
            assert_eq!(take_service(&mut realm).as_deref(), service, "{query}");
            assert_eq!(realm.as_str(), format!("https://auth.example/token{left}"));
        }
    }

    #[test]
    fn credentials_do_not_leave_encryption_nor_go_to_internal_addresses() {
        for realm in [
            "token",
            "/token",
            "ftp://auth.example/token",
            "http://auth.example/token",
            "https://me:pw@auth.example/token",
            "https://169.254.169.254/latest",
            "https://[::ffff:169.254.169.254]/latest",
            "https://0.0.0.0/token",
            "https://[::1]/token",
            "https://localhost/token",
            "https://127.0.0.2/token",
        ] {
            assert!(matches!(check(realm, "https://registry.example/"), Err(Error::Realm { .. })), "{realm}");
        }
    }
}
