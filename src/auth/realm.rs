//! Which token services credentials may be sent to.

use std::net::IpAddr;

use reqwest::Url;

use super::Error;
use crate::http::redacted;
use crate::reference::{Registry, without_user_info};

/// Checks the `realm` of a challenge that came from `origin`, the registry's own URL.
///
/// It has to be an absolute URL without user info; HTTPS, or plain HTTP if the registry itself speaks
/// nothing else. A registry elsewhere cannot make this machine send credentials to itself, or to the address
/// at which clouds keep their secrets.
///
/// # Errors
/// [`Error::Realm`] with the reason.
pub fn trusted(realm: &str, origin: &Url, registry: &Registry) -> Result<Url, Error> {
    let parsed = Url::parse(realm);
    let shown = || parsed.as_ref().map_or_else(|_| without_user_info(realm).into_owned(), redacted);
    let refuse = |reason| Error::Realm { registry: registry.clone(), realm: shown(), reason };
    let url = parsed.clone().map_err(|_| refuse("it is no absolute URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it holds a user name"));
    }
    match (url.scheme(), origin.scheme()) {
        ("https", _) | ("http", "http") => {}
        ("http", _) => return Err(refuse("the registry speaks HTTPS, its token service does not")),
        _ => return Err(refuse("it is neither HTTPS nor HTTP")),
    }
    if url.host() != origin.host() && is_internal(&url) && !is_internal(origin) {
        return Err(refuse("it is at an address of this machine or its link"));
    }
    Ok(url)
}

/// Whether the host is written as an address that only this machine or its link can mean, or as `localhost`.
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
