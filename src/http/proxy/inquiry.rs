//! Finds out why a proxy has refused a connection, because reqwest only reports that it failed.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{StatusCode, Url};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Route;
use super::problem::{BAD_LOGIN, NO_LOGIN, Proxy, ProxyProblem, ProxyTrouble, excerpt};
use crate::http::limits::REFUSAL_LIMIT;
use crate::http::resolve::look_up;
use crate::http::{Problem, probe};
use crate::protocol::percent_decode;

/// The maximum number of bytes of a proxy's response that are read: its first line.
const LINE_MAX: usize = 1024;

/// The first byte of a TLS record that is an alert, RFC 8446, section 5.1.
const TLS_ALERT: u8 = 21;

impl Problem {
    /// Replaces the problem of a request through a proxy by the proxy's own problem, if it has one.
    pub(in crate::http) async fn through(self, route: Option<&Route>, url: &Url) -> Self {
        let Some(route) = route else { return self };
        match self {
            Self::Refused(_)
            | Self::Lookup(_)
            | Self::NoRoute(_)
            | Self::Timeout { waiting_for: "connection", .. }
            | Self::Cut
            | Self::Reset
            | Self::NotTls
            | Self::Tls(_)
            | Self::Other(_) => match inquire(route, url, REFUSAL_LIMIT).await {
                Some(problem) => Self::Proxy(Box::new(problem)),
                None => self,
            },
            _ => self,
        }
    }
}

/// Asks the proxy for a connection to `target`, and closes it; returns `None` if the proxy makes one, or if
/// its problem cannot be found.
async fn inquire(route: &Route, target: &Url, limit: Duration) -> Option<ProxyProblem> {
    let trouble = match tokio::time::timeout(limit, ask(route, target)).await {
        Ok(trouble) => trouble?,
        Err(_) => ProxyTrouble::Silent(limit),
    };
    Some(ProxyProblem { proxy: route.proxy.clone(), trouble })
}

async fn ask(route: &Route, target: &Url) -> Option<ProxyTrouble> {
    let Proxy { host, port, scheme, .. } = &route.proxy;
    let mut connection = match TcpStream::connect((host.as_str(), *port)).await {
        Ok(connection) => connection,
        Err(error) => return Some(unreachable(&route.proxy, &error).await),
    };
    let answer = match scheme.as_str() {
        "https" => {
            drop(connection);
            return is_not_tls(&route.proxy).await;
        }
        "http" if target.scheme() == "https" => tunnel(&mut connection, route, target).await,
        "socks5" | "socks5h" => socks(&mut connection, route, target).await,
        // This kind of proxy forwards requests, and its responses are responses to them.
        _ => return None,
    };
    answer.unwrap_or(Some(ProxyTrouble::HungUp))
}

async fn unreachable(proxy: &Proxy, error: &io::Error) -> ProxyTrouble {
    let address = proxy.address();
    let why = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "connect: no route to host",
        _ if look_up(&proxy.host).await.is_err() => {
            return ProxyTrouble::Unreachable(format!("dial tcp: lookup {}: no such host", proxy.host));
        }
        _ => return ProxyTrouble::Unreachable(format!("dial tcp {address}: {error}")),
    };
    ProxyTrouble::Unreachable(format!("dial tcp {address}: {why}"))
}

async fn is_not_tls(proxy: &Proxy) -> Option<ProxyTrouble> {
    match probe::scheme(&proxy.address(), probe::LIMIT).await {
        Some("https") | None => None,
        Some(_) => Some(ProxyTrouble::NotTls),
    }
}

/// `CONNECT`, RFC 9110, section 9.3.6.
async fn tunnel(connection: &mut TcpStream, route: &Route, target: &Url) -> io::Result<Option<ProxyTrouble>> {
    let place = crate::http::url::address(target);
    let authorization = match user_info(&route.url) {
        Some((user, password)) => {
            let basic = STANDARD.encode(format!("{user}:{password}"));
            format!("Proxy-Authorization: Basic {basic}\r\n")
        }
        None => String::new(),
    };
    let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n");
    connection.write_all(request.as_bytes()).await?;
    let line = first_line(connection).await?;
    Ok(match read_status(&line) {
        _ if line.first() == Some(&TLS_ALERT) => Some(ProxyTrouble::IsTls),
        _ if line.is_empty() => Some(ProxyTrouble::HungUp),
        None => Some(ProxyTrouble::OtherProtocol("an HTTP proxy")),
        Some((status, _)) if status.is_success() => None,
        Some((status, words)) => Some(ProxyTrouble::Refused { status, words }),
    })
}

/// Reads until the first line break, the maximum, or the end.
async fn first_line(connection: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while line.len() < LINE_MAX {
        let mut bytes = [0; 256];
        let read = match connection.read(&mut bytes).await {
            Ok(read) => read,
            // The proxy has sent its message before.
            Err(_) if !line.is_empty() => break,
            Err(error) => return Err(error),
        };
        line.extend_from_slice(&bytes[..read]);
        if read == 0 || line.first() == Some(&TLS_ALERT) || bytes[..read].contains(&b'\n') {
            break;
        }
    }
    Ok(line)
}

/// `HTTP/1.1 407 Proxy Authentication Required`
fn read_status(line: &[u8]) -> Option<(StatusCode, String)> {
    let text = String::from_utf8_lossy(line);
    let mut parts = text.lines().next()?.splitn(3, ' ');
    parts.next().filter(|version| version.starts_with("HTTP/"))?;
    let status = StatusCode::from_bytes(parts.next()?.as_bytes()).ok()?;
    Some((status, excerpt(parts.next().unwrap_or_default())))
}

/// Returns user and password of the proxy's URL.
fn user_info(url: &Url) -> Option<(String, String)> {
    let decoded = |text: &str| percent_decode(text).unwrap_or_else(|| text.to_owned());
    let (user, password) = (url.username(), url.password());
    (!user.is_empty() || password.is_some()).then(|| (decoded(user), decoded(password.unwrap_or_default())))
}

/// Requests a connection by SOCKS 5, [RFC 1928](https://www.rfc-editor.org/rfc/rfc1928).
async fn socks(connection: &mut TcpStream, route: &Route, target: &Url) -> io::Result<Option<ProxyTrouble>> {
    let credentials = user_info(&route.url);
    let method = if credentials.is_some() { 2 } else { 0 };
    connection.write_all(&[5, 1, method]).await?;
    let mut choice = [0; 2];
    connection.read_exact(&mut choice).await?;
    match (choice, &credentials) {
        ([5, 0], _) => {}
        ([5, 2], Some((user, password))) if user.len() < 256 && password.len() < 256 => {
            // RFC 1929.
            let lengths = [user, password].map(|text| u8::try_from(text.len()).unwrap_or(u8::MAX));
            let sent = [&[1, lengths[0]], user.as_bytes(), &[lengths[1]], password.as_bytes()].concat();
            connection.write_all(&sent).await?;
            connection.read_exact(&mut choice).await?;
            if choice[1] != 0 {
                return Ok(Some(ProxyTrouble::Socks(BAD_LOGIN)));
            }
        }
        ([5, _], _) => return Ok(Some(ProxyTrouble::Socks(NO_LOGIN))),
        _ => return Ok(Some(ProxyTrouble::OtherProtocol("a SOCKS 5 proxy"))),
    }
    let host = target.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = target.port_or_known_default().unwrap_or(443).to_be_bytes();
    let length = u8::try_from(host.len()).unwrap_or(u8::MAX);
    connection.write_all(&[&[5, 1, 0, 3, length], host.as_bytes(), &port].concat()).await?;
    let mut reply = [0; 2];
    connection.read_exact(&mut reply).await?;
    Ok(match reply[1] {
        0 => None,
        code => Some(ProxyTrouble::Socks(socks_reply(code))),
    })
}

/// Returns the meaning of a SOCKS 5 reply, RFC 1928, section 6.
fn socks_reply(code: u8) -> &'static str {
    match code {
        2 => "connection not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "general failure",
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::config::{Proxies, ProxyVariable};

    /// Returns the problem of a proxy at `scheme://[user@]HERE` that sends these responses, one to each read.
    async fn asked(scheme: &str, answers: &'static [&'static [u8]]) -> Option<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                for answer in answers {
                    if client.read(&mut [0; 1024]).is_err() || client.write_all(answer).is_err() {
                        break;
                    }
                }
            }
        });
        let variable = ProxyVariable { name: "ALL_PROXY", value: format!("{scheme}{address}").into() };
        let proxies = Proxies { all: Some(variable), ..Proxies::default() };
        let url = Url::parse("https://r.lab/v2/").unwrap();
        let route = super::super::route(&url, &proxies).unwrap().unwrap();
        let problem = inquire(&route, &url, Duration::from_secs(10)).await?;
        let own = format!("{} (from ALL_PROXY): ", route.proxy);
        Some(problem.to_string().strip_prefix(&format!("proxy {own}")).unwrap().to_owned())
    }

    #[tokio::test]
    async fn r8_what_a_proxy_answers_is_told() {
        let told = |text: &str| Some(text.to_owned());
        let auth: &[&[u8]] =
            &[b"HTTP/1.0 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"];
        assert_eq!(asked("http://", auth).await, told("407 Proxy Authentication Required"));
        assert_eq!(asked("http://", &[b"HTTP/1.1 403 Filtered\r\n\r\n"]).await, told("403 Filtered"));
        assert_eq!(asked("http://", &[b"HTTP/1.1 502\r\n\r\n"]).await, told("502 Bad Gateway"));
        assert_eq!(asked("http://", &[b"HTTP/1.1 200 Connection established\r\n\r\n"]).await, None);
        let other = "it does not answer as an HTTP proxy does";
        assert_eq!(asked("http://", &[b"SSH-2.0-OpenSSH\r\n"]).await, told(other));
        assert_eq!(asked("http://", &[b"\x15\x03\x03\x00\x02\x02\x0a"]).await, told("it speaks TLS"));
        let hung_up = told("it closes the connection without an answer");
        assert_eq!(asked("http://", &[b""]).await, hung_up);
        assert_eq!(
            asked("https://", &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]).await,
            told("it does not speak TLS")
        );
    }

    #[tokio::test]
    async fn r8_what_a_socks_proxy_answers_is_told() {
        let told = |text: &str| Some(text.to_owned());
        let user = "socks5h://me:hunter2@";
        assert_eq!(asked("socks5h://", &[b"\x05\xff"]).await, told("socks: authentication required"));
        let other = "it does not answer as a SOCKS 5 proxy does";
        assert_eq!(asked("socks5://", &[b"HTTP/1.1 400\r\n\r\n"]).await, told(other));
        assert_eq!(
            asked(user, &[b"\x05\x02", b"\x01\x01"]).await,
            told("socks: user name or password refused")
        );
        let no_host: &[&[u8]] = &[b"\x05\x02", b"\x01\x00", b"\x05\x04\x00\x01"];
        assert_eq!(asked(user, no_host).await, told("socks: host unreachable"));
        assert_eq!(asked("socks5h://", &[b"\x05\x00", b"\x05\x00\x00\x01"]).await, None);
    }
}
