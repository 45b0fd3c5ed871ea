//! The connection to a registry: proxy, addresses, TCP, TLS.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;

use super::report::{Advice, Check, Finding, Status, Subject};
use super::visit::Visit;
use crate::config::{Permission, Transport};
use crate::diagnose::{Diagnose, ErrorKind, Hint, ProxyAdvice};
use crate::http::{Error, Problem, Proxy, ProxyUse, Request, Response, Shown, Spoken, knock, look_up};

/// How many addresses of one name are tried.
const ADDRESSES_MAX: usize = 8;

/// How long to wait for the other addresses after the first connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// From how many remaining days on a certificate's expiry is not a problem.
const DAYS_ENOUGH: i64 = 14;

/// The host to connect to.
pub(super) struct Peer {
    host: String,
    port: u16,
    proxy: Option<Proxy>,
}

/// The response to the first request, and its time.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) came: Timestamp,
}

impl Visit<'_> {
    /// Checks whether a proxy is used, and returns the host to connect to.
    pub(super) fn proxy(&mut self) -> Option<Peer> {
        let url = self.client.base().ok();
        let url = url.as_ref();
        let direct = Peer {
            host: url.and_then(|url| url.host_str()).unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: url.and_then(reqwest::Url::port_or_known_default).unwrap_or(443),
            proxy: None,
        };
        let Some(url) = url.filter(|_| self.client.endpoint().proxy) else {
            self.note(Check::ok(Subject::Proxy, Finding::NoProxyForLoopback));
            return Some(direct);
        };
        let used = ProxyUse::of(url, &self.client.endpoint().proxies);
        let check = Check::ok(Subject::Proxy, Finding::Proxy(used.clone()));
        match used {
            ProxyUse::Through(proxy) => {
                self.note(check);
                Some(Peer { host: proxy.host.clone(), port: proxy.port, proxy: Some(proxy) })
            }
            ProxyUse::Broken(variable) => self.stop(Check::error(Subject::Proxy, &Error::Proxy { variable })),
            ProxyUse::Direct | ProxyUse::Excepted(_) => {
                self.note(check);
                Some(direct)
            }
        }
    }

    /// Looks up the addresses of that host.
    pub(super) async fn addresses(&mut self, peer: &Peer) -> Option<Vec<IpAddr>> {
        if let Ok(address) = peer.host.parse() {
            self.note(Check::ok(Subject::Addresses, Finding::Literal(address)));
            return Some(vec![address]);
        }
        let (begun, host) = (Instant::now(), peer.host.clone());
        let failed = |finding| {
            let check = Check::new(Subject::Addresses, Status::Fail(ErrorKind::Unreachable), finding);
            check.advise(self.where_to(peer))
        };
        let check = match self.time.within(look_up(&host)).await {
            None => failed(Finding::Silent(begun.elapsed())),
            Some(Err(error)) => failed(Finding::NoAddress { host, reason: error.to_string() }),
            Some(Ok(addresses)) if addresses.is_empty() => {
                failed(Finding::NoAddress { host, reason: "no such host".to_owned() })
            }
            Some(Ok(addresses)) => {
                let finding =
                    Finding::Addresses { host, addresses: addresses.clone(), took: begun.elapsed() };
                self.note(Check::ok(Subject::Addresses, finding));
                return Some(addresses);
            }
        };
        self.stop(check)
    }

    /// Connects to all addresses concurrently; one connection is enough.
    pub(super) async fn connection(&mut self, peer: &Peer, addresses: Vec<IpAddr>) -> Option<()> {
        let begun = Instant::now();
        let addresses: Vec<SocketAddr> =
            addresses.into_iter().take(ADDRESSES_MAX).map(|ip| SocketAddr::new(ip, peer.port)).collect();
        let Knocks { first, failed, silent } = knock_at(&addresses, self.time.step()).await;
        let Some((address, took)) = first else {
            let failed = failed.into_iter().map(|(address, error)| (address, reason(&error))).collect();
            let finding = Finding::Unconnected { failed, silent, waited: begun.elapsed() };
            let status = Status::Fail(ErrorKind::Unreachable);
            let check = Check::new(Subject::Connection, status, finding);
            let advice = self.where_to(peer);
            return self.stop(check.advise(advice));
        };
        let failed = failed.into_iter().map(|(address, _)| address).collect();
        let slows = !silent.is_empty();
        let check = Check::ok(Subject::Connection, Finding::Connected { address, took, failed, silent });
        self.note(if slows { check.but(Advice::AskAdministrator) } else { check });
        Some(())
    }

    /// Sends the first request, and reads the certificate meanwhile.
    pub(super) async fn tls(&mut self) -> Option<Answer> {
        let (begun, limit) = (Instant::now(), self.time.step());
        if self.speaks_tls_unexpectedly().await {
            let permission = self.settings.plain_http;
            let status = Status::Fail(ErrorKind::Unreachable);
            let check = Check::new(Subject::Tls, status, Finding::SpeaksTls(permission));
            return self.stop(check.advise(Advice::SpeakTls(permission)));
        }
        // If TLS is not detected in time, the first request has to show the problem.
        let _ = tokio::time::timeout(limit, self.client.settled_id()).await;
        let limit = limit.saturating_sub(begun.elapsed());
        let ping = async {
            let asking = self.client.send(Request::get("/v2/").patient(limit), None);
            (tokio::time::timeout(limit, asking).await, Timestamp::now())
        };
        let ((answer, came), shown) = tokio::join!(ping, self.looked(limit));
        match answer {
            Err(_) => self.fell_silent(shown),
            Ok(Err(error)) => self.tls_or_answer_failed(&error, shown),
            Ok(Ok(response)) => {
                let check = self.encryption(shown);
                self.note(check);
                Some(Answer { response, came })
            }
        }
    }

    /// Records that there was no response. A certificate in `shown` means that TLS was established.
    fn fell_silent<T>(&mut self, shown: Option<Shown>) -> Option<T> {
        let mut subject = Subject::Tls;
        if shown.is_some() || !self.is_https() {
            let check = self.encryption(shown);
            self.note(check);
            subject = Subject::Registry;
        }
        let status = Status::Fail(ErrorKind::Unreachable);
        let check = Check::new(subject, status, Finding::Silent(super::time::STEP_LIMIT));
        self.stop(check.advise(Advice::AskAdministrator))
    }

    /// Returns the certificate that the server presents.
    async fn looked(&self, limit: Duration) -> Option<Shown> {
        if !self.is_https() {
            return None;
        }
        self.client.look(limit).await.ok().flatten()
    }

    fn is_https(&self) -> bool {
        self.client.base().is_ok_and(|base| base.scheme() == "https")
    }

    /// Reports whether the server speaks TLS although plain HTTP is configured. Behind a proxy that cannot be
    /// detected.
    async fn speaks_tls_unexpectedly(&self) -> bool {
        let (endpoint, base) = (self.client.endpoint(), self.client.base());
        let proxied =
            base.is_ok_and(|base| matches!(ProxyUse::of(&base, &endpoint.proxies), ProxyUse::Through(_)));
        matches!(endpoint.transport, Transport::Http(_))
            && !proxied
            && self.client.greet().await == Some(Spoken::Tls)
    }

    /// Attributes a missing response to TLS, or to what follows it.
    fn tls_or_answer_failed<T>(&mut self, error: &Error, shown: Option<Shown>) -> Option<T> {
        let Error::Transport { problem, .. } = error else {
            let is_file = matches!(error, Error::Certificate { .. } | Error::Setup(_));
            if !is_file {
                let check = self.encryption(shown);
                self.note(check);
            }
            return self.stop(Check::error(if is_file { Subject::Tls } else { Subject::Registry }, error));
        };
        if let Problem::Proxy(_) = problem {
            return self.stop(Check::error(Subject::Tls, error));
        }
        let is_later =
            matches!(problem, Problem::Timeout { waiting_for, .. } if *waiting_for != "connection");
        if is_later || !self.is_https() {
            let check = self.encryption(shown);
            self.note(check);
            return self.stop(Check::error(Subject::Registry, error));
        }
        let advice = tls_advice(problem, shown.as_ref()).or(error.hint().map(Advice::Known));
        let finding = Finding::BadTls { problem: problem.clone(), shown };
        let check = Check::new(Subject::Tls, Status::Fail(error.kind()), finding);
        self.stop(check.advise(advice.unwrap_or(Advice::AskAdministrator)))
    }

    /// Returns the check of the encryption of requests that succeeded.
    fn encryption(&self, shown: Option<Shown>) -> Check {
        if !self.is_https() {
            let permission = self.settings.plain_http;
            let check = Check::ok(Subject::Tls, Finding::PlainHttp(permission));
            let open = !self.options.registry.is_loopback();
            return if open { check.but(Advice::Encrypt) } else { check };
        }
        let unverified = self.settings.unverified;
        let certificate = shown.as_ref().and_then(|shown| shown.certificate.as_ref());
        let days_left = certificate.map(|certificate| {
            certificate.not_after.duration_since(Timestamp::now()).as_secs().div_euclid(24 * 60 * 60)
        });
        let check = Check::ok(Subject::Tls, Finding::Certificate { shown, unverified, days_left });
        match unverified {
            Some(permission @ (Permission::Flag | Permission::Own | Permission::Daemon)) => {
                check.but(Advice::Verify(permission))
            }
            _ if days_left.is_some_and(|days| days < DAYS_ENOUGH) => check.but(Advice::RenewCertificate),
            _ => check,
        }
    }

    /// Returns whom to ask about an unreachable host.
    fn where_to(&self, peer: &Peer) -> Advice {
        match &peer.proxy {
            Some(proxy) => {
                Advice::Known(Hint::Proxy { variable: proxy.variable, advice: ProxyAdvice::Check })
            }
            None => Advice::Known(Hint::CheckAddress { registry: self.options.registry.to_string() }),
        }
    }
}

/// The results of connections to several addresses.
struct Knocks {
    first: Option<(SocketAddr, Duration)>,
    failed: Vec<(SocketAddr, std::io::Error)>,
    silent: Vec<SocketAddr>,
}

/// Connects to all addresses concurrently. After the first connection the others have little time left.
async fn knock_at(addresses: &[SocketAddr], limit: Duration) -> Knocks {
    let mut knocks: FuturesUnordered<_> =
        addresses.iter().map(|address| async move { (*address, knock(*address).await) }).collect();
    let mut found = Knocks { first: None, failed: Vec::new(), silent: addresses.to_vec() };
    let mut end = tokio::time::Instant::now() + limit;
    while let Ok(Some((address, result))) = tokio::time::timeout_at(end, knocks.next()).await {
        found.silent.retain(|waiting| *waiting != address);
        match result {
            Err(error) => found.failed.push((address, error)),
            Ok(took) if found.first.is_none() => {
                found.first = Some((address, took));
                end = end.min(tokio::time::Instant::now() + PATIENCE);
            }
            Ok(_) => {}
        }
    }
    found
}

/// Returns why a connection failed, without the error number of the system.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => {
            "no route to host".to_owned()
        }
        std::io::ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string(),
    }
}

/// Returns the advice for a rejected certificate, as far as the certificate allows one.
fn tls_advice(problem: &Problem, shown: Option<&Shown>) -> Option<Advice> {
    let certificate = shown.and_then(|shown| shown.certificate.as_ref());
    match problem {
        Problem::Expired(_) if certificate.is_some_and(|known| Timestamp::now() < known.not_before) => {
            Some(Advice::SetClock)
        }
        Problem::Expired(_) | Problem::BadCertificate(_) => Some(Advice::RenewCertificate),
        Problem::WrongName { .. } => {
            Some(Advice::UseName(certificate.map(|known| known.names.clone()).unwrap_or_default()))
        }
        _ => None,
    }
}
