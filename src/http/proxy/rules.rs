//! `NO_PROXY`, by the rules of Go's `golang.org/x/net/http/httpproxy`.

use std::net::IpAddr;

use reqwest::Url;

/// Reports whether `url` needs no proxy: this machine never does, nor do the hosts in the comma-separated
/// list `exceptions`.
///
/// An entry is `*` for all hosts; an address or a network (`10.0.0.0/8`); or a domain, which includes its
/// subdomains. With a leading dot or `*.` it means only the subdomains. All entries except networks may end
/// with a port.
pub(super) fn is_excepted(url: &Url, exceptions: &str) -> bool {
    let Some(host) = url.host_str() else { return true };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    let port = url.port_or_known_default().unwrap_or(0).to_string();
    let matches = |entry: &str| match (entry, address) {
        ("", _) => false,
        ("*", _) => true,
        (entry, Some(address)) => names_address(entry, address, &port),
        (entry, None) => names_domain(entry, &host, &port),
    };
    exceptions.split(',').map(|entry| entry.trim().to_lowercase()).any(|entry| matches(&entry))
}

fn names_address(entry: &str, address: IpAddr, port: &str) -> bool {
    if let Some((network, length)) = entry.split_once('/') {
        let parsed = network.parse::<IpAddr>().ok().zip(length.parse().ok());
        return parsed.is_some_and(|(network, length)| contains(network, length, address));
    }
    let (host, wanted) = split(entry);
    host.parse::<IpAddr>().is_ok_and(|named| named.to_canonical() == address) && suits(wanted, port)
}

fn names_domain(entry: &str, host: &str, port: &str) -> bool {
    let (domain, wanted) = split(entry);
    let domain = domain.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(domain);
    let named = match domain.strip_prefix('.') {
        Some(below) => is_below(host, &in_ascii(below)),
        None if domain.is_empty() => false,
        None => {
            let domain = in_ascii(domain);
            host == domain || is_below(host, &domain)
        }
    };
    named && suits(wanted, port)
}

/// Reports whether `host` is a subdomain of `domain`.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Reports whether the port matches; an entry without a port matches every port.
fn suits(wanted: &str, port: &str) -> bool {
    wanted.is_empty() || wanted == port
}

/// Splits host and port like Go's `SplitHostPort`; returns the whole entry without a port where that fails.
fn split(entry: &str) -> (&str, &str) {
    if let Some((host, port)) = entry.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        return (host, port);
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, port),
        _ => (entry, ""),
    }
}

/// Returns a name in the form of URLs.
fn in_ascii(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let url = Url::parse(&format!("http://{name}/")).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| name.to_owned())
}

/// Reports whether the first `length` bits of two addresses of the same kind are equal.
fn contains(network: IpAddr, length: u32, address: IpAddr) -> bool {
    let (one, other, bits) = match (network, address) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits().into(), other.to_bits().into(), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return false,
    };
    let differs: u128 = one ^ other;
    length <= bits && (length == 0 || differs >> (bits - length) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excepted(exceptions: &str, url: &str) -> bool {
        is_excepted(&Url::parse(url).unwrap(), exceptions)
    }

    /// The table of Go's own tests for `NO_PROXY=foobar.com, .barbaz.net, *.quux.com, ...`, with what follows
    /// from it.
    #[test]
    fn r4_exceptions_mean_what_they_mean_to_go() {
        let list = "foobar.com, .barbaz.net, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, \
                    2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64";
        for (host, is_asked_through_proxy) in [
            ("localhost", false),
            ("127.0.0.1", false),
            ("127.0.0.2", false),
            ("[::1]", false),
            ("[::2]", true),
            ("barbaz.net", true),
            ("www.barbaz.net", false),
            ("foobar.com", false),
            ("www.foobar.com", false),
            ("foofoobar.com", true),
            ("baz.com", true),
            ("localhost.net", true),
            ("local.localhost", true),
            ("barbarbaz.net", true),
            ("192.168.1.1", false),
            ("192.168.1.2", true),
            ("192.168.1.3", false),
            ("192.168.1.4", true),
            ("10.0.0.2", false),
            ("10.0.0.4", true),
            ("[2001:db8::52:0:1]", false),
            ("[2001:db8::52:0:2]", true),
            ("[2001:db8::52:0:3]", false),
            ("[2002:db8:a::123]", false),
            ("[fe80::424b:c8be:1643:a1b6]", true),
        ] {
            assert_eq!(!excepted(list, &format!("http://{host}/")), is_asked_through_proxy, "{host}");
        }
    }

    #[test]
    fn r4_ports_wildcards_and_case_count() {
        for (list, url, is_excepted) in [
            ("r.lab:5000", "https://r.lab:5000/", true),
            ("r.lab:5000", "https://r.lab/", false),
            ("r.lab:443", "https://r.lab/", true),
            ("r.lab:", "https://r.lab:5000/", true),
            ("10.1.2.3:5000", "http://10.1.2.3:5000/", true),
            ("10.1.2.3:5000", "http://10.1.2.3/", false),
            ("10.1.2.3:5000", "http://10.1.2.3:5001/", false),
            ("*.lab", "https://r.lab/", true),
            ("*.lab", "https://lab/", false),
            ("*.lab:5000", "https://r.lab:5000/", true),
            ("*.lab:5000", "https://r.lab/", false),
            (".lab", "https://r.lab/", true),
            ("*", "https://r.lab/", true),
            ("x,*", "https://10.1.2.3/", true),
            ("*", "https://[2001:db8::1]/", true),
            ("*lab", "https://r.lab/", false),
            ("R.LAB", "https://r.lab/", true),
            ("r.lab", "https://R.Lab/", true),
            ("bücher.lab", "https://bücher.lab/", true),
            ("0.0.0.0/0", "https://8.8.8.8/", true),
            ("10.0.0.0/33", "https://10.0.0.1/", false),
            ("10.0.0.0/8", "https://ten.lab/", false),
            ("::ffff:10.0.0.1", "https://10.0.0.1/", true),
            (":80,,  ,[],]:", "http://r.lab/", false),
            ("", "http://r.lab/", false),
            ("", "http://[::ffff:127.0.0.1]/", true),
        ] {
            assert_eq!(excepted(list, url), is_excepted, "{list} {url}");
        }
    }
}
