//! `regcli serve`

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::serve;
use tokio::net::TcpListener;

use super::run::Run;
use crate::context::Context;
use crate::signals;
use crate::ui::Ui;
use crate::ui::format::safe::safe_start;
use crate::ui::format::units;

/// The usual port of registries.
const PORT: u16 = 5000;

/// The maximum length of a logged client name, in characters.
const AGENT_MAX: usize = 200;

/// The maximum length of a logged path, in characters. Valid paths of registries are shorter.
const PATH_MAX: usize = 1000;

/// Serve a directory as a registry
#[derive(Args, Debug)]
#[command(
    after_help = "Runs until ^C. Open requests then have five seconds to finish; another ^C cuts them.\n\
    There is no access control: anyone who can reach the port can do everything.\n\
    Requests from web pages are refused. On a loopback address, only requests for addresses,\n\
    localhost, the name in --addr and the names in --allow-host are served: use --allow-host\n\
    for the name of a proxy, or for host.docker.internal.\n\n\
    Examples:\n  \
    regcli serve\n  \
    regcli serve --root /opt/registry --access-log\n  \
    regcli serve --addr :5000\n  \
    regcli serve --allow-host registry.example.com\n  \
    regcli serve --addr 127.0.0.1:0"
)]
pub(crate) struct Serve {
    /// Listen on this address: HOST[:PORT], PORT, or :PORT for all interfaces; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5000", value_parser = address)]
    addr: Address,

    /// Directory of the registry [default: beside the image store]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Also serve requests for this host name; repeatable
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    allow_host: Vec<String>,

    /// Log each request to standard error (combined log format)
    #[arg(long)]
    access_log: bool,
}

/// The address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    socket: SocketAddr,
    /// The host name as typed.
    name: Option<String>,
}

/// Parses an address or a name of this machine, a port, or both: `127.0.0.1:5000`, `localhost`, `5000`,
/// `:5000`.
fn address(text: &str) -> Result<Address, &'static str> {
    const EXPECTED: &str = "must be an address and a port, such as 127.0.0.1:5000";
    let at = |ip: IpAddr, port| Address { socket: SocketAddr::new(ip, port), name: None };
    if let Ok(port) = text.parse() {
        return Ok(at(Ipv4Addr::LOCALHOST.into(), port));
    }
    if let Some(port) = text.strip_prefix(':').and_then(|port| port.parse().ok()) {
        return Ok(at(Ipv4Addr::UNSPECIFIED.into(), port));
    }
    if let Ok(socket) = text.parse() {
        return Ok(Address { socket, name: None });
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse() {
        return Ok(at(ip, PORT));
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().map_err(|_| EXPECTED)?),
        None => (text, PORT),
    };
    let name = host_name(name).map_err(|_| EXPECTED)?;
    // A number that is not a valid port is not a host either.
    if name.chars().all(|c| c.is_ascii_digit()) {
        return Err(EXPECTED);
    }
    let found: Vec<_> = (name.as_str(), port).to_socket_addrs().map_err(|_| EXPECTED)?.collect();
    // Clients try both kinds of addresses, but some tools do not support IPv6.
    let socket = found.iter().find(|socket| socket.is_ipv4()).or(found.first()).copied();
    Ok(Address { socket: socket.ok_or(EXPECTED)?, name: Some(name) })
}

/// Parses a host name without a port, as clients send it.
fn host_name(text: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if text.is_empty() || !text.chars().all(fits) {
        return Err("must be a host name without scheme and port, such as registry.example.com");
    }
    Ok(text.to_owned())
}

/// The port is not available.
#[derive(Debug, thiserror::Error)]
#[error("listen tcp {addr}")]
struct CannotListen {
    addr: SocketAddr,
    #[source]
    source: std::io::Error,
}

impl Diagnose for CannotListen {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }

    fn hint(&self) -> Option<Hint> {
        Some(Hint::ChooseAddress)
    }
}

#[async_trait(?Send)]
impl Run for Serve {
    fn stops_by_itself(&self) -> bool {
        true
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let root = match self.root {
            Some(root) => root,
            None => context.config.store()?.with_file_name("registry"),
        };
        // Before the first line, because its reader may send the signal.
        let stop = signals::listen();
        let registry = serve::Registry::open(&root).await?;
        let asked = self.addr.socket;
        let listener = TcpListener::bind(asked).await;
        let listener = listener.map_err(|source| CannotListen { addr: asked, source })?;
        let addr = listener.local_addr().map_err(|source| CannotListen { addr: asked, source })?;
        if !addr.ip().is_loopback() {
            context
                .ui
                .warn(&format!("no access control: anyone who can reach {addr} can read, write and delete"));
        }
        context.ui.note(&format!("Serving {}, stop with ^C", root.display()));
        context.ui.line(&format!("Listening on http://{addr}"))?;
        let options = serve::Options {
            // On other addresses, a list of names would restrict requests to them, which the typed name
            // does not ask for.
            hosts: match addr.ip().is_loopback() {
                true => self.allow_host.into_iter().chain(self.addr.name).collect(),
                false => self.allow_host,
            },
            on_access: self.access_log.then(|| access_log(&context.ui)),
            on_stop: Some(stop_line(&context.ui)),
        };
        let shutdown = async move {
            stop.await;
        };
        Ok(serve::run(listener, registry, options, shutdown).await?)
    }
}

/// Returns a callback that writes each request to standard error.
fn access_log(ui: &Ui) -> serve::OnAccess {
    let ui = ui.clone();
    Arc::new(move |access| ui.note(&log_line(access, &jiff::Zoned::now())))
}

/// Returns a callback that says what the stop waits for.
fn stop_line(ui: &Ui) -> serve::OnStop {
    let ui = ui.clone();
    Arc::new(move |stop| {
        let (requests, seconds) = (units::count(stop.requests, "request"), stop.limit.as_secs());
        ui.note(&format!("Stopping: waiting up to {seconds} s for {requests}; press ^C again to stop now"));
    })
}

/// Formats a line of the combined log format as registry:2 does, without queries and referrers.
fn log_line(access: &serve::Access, now: &jiff::Zoned) -> String {
    let quoted = |text: &str, limit| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        safe_start(&text, limit).into_owned()
    };
    format!(
        r#"{} - - [{}] "{} {} {}" {} {} "-" "{}""#,
        access.peer.ip().to_canonical(),
        now.strftime("%d/%b/%Y:%H:%M:%S %z"),
        quoted(&access.method, AGENT_MAX),
        quoted(&access.path, PATH_MAX),
        access.version,
        // As in nginx: the client closed the connection before the response.
        access.status.unwrap_or(499),
        access.bytes,
        quoted(access.agent.as_deref().unwrap_or("-"), AGENT_MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u8_an_address_is_taken_as_people_type_it() {
        let socket = |text: &str| address(text).unwrap().socket.to_string();
        for (text, expected) in [
            ("5000", "127.0.0.1:5000"),
            (":5001", "0.0.0.0:5001"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1", "127.0.0.1:5000"),
            ("0.0.0.0", "0.0.0.0:5000"),
            ("::1", "[::1]:5000"),
            ("[::1]", "[::1]:5000"),
            ("[::1]:80", "[::1]:80"),
            ("localhost", "127.0.0.1:5000"),
            ("localhost:80", "127.0.0.1:80"),
        ] {
            assert_eq!(socket(text), expected, "{text}");
        }
        assert_eq!(address("localhost:80").unwrap().name.as_deref(), Some("localhost"));
        for text in ["", ":", "70000", ":70000", "localhost:", "http://localhost:5000", "localhost:x", "-"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn s4_a_host_name_has_neither_scheme_nor_port() {
        assert!(host_name("registry.example.com").is_ok());
        for text in ["", "http://a", "a:5000", "a/b", "*"] {
            assert!(host_name(text).is_err(), "{text}");
        }
    }
}
