//! `regcli serve`

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::serve;
use tokio::net::TcpListener;

use crate::context::Context;
use crate::signals;

/// Run a registry in a folder
#[derive(Args, Debug)]
#[command(
    after_help = "It runs until ^C. There is no access control: whoever reaches the port may do everything.\n\n\
    Examples:\n  \
    regcli serve\n  \
    regcli serve --root /opt/registry\n  \
    regcli serve --addr 127.0.0.1:0"
)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one, and the first line tells which
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:5000", value_parser = address)]
    addr: SocketAddr,

    /// Folder of the registry, made if it is not there; beside the image store if none is given
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// An address, or a name of this machine as `localhost:5000`.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or("an address and a port are expected, as 127.0.0.1:5000")
}

/// The port cannot be had.
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

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let root = match self.root {
            Some(root) => root,
            None => context.config.store()?.with_file_name("registry"),
        };
        // Before the first line: whoever reads it may send the signal.
        let stop = signals::listen();
        let registry = serve::Registry::open(&root).await?;
        let listener = TcpListener::bind(self.addr).await;
        let listener = listener.map_err(|source| CannotListen { addr: self.addr, source })?;
        let addr = listener.local_addr().map_err(|source| CannotListen { addr: self.addr, source })?;
        if !addr.ip().is_loopback() {
            context.ui.warn(&format!("everybody who reaches {addr} may read, write and delete"));
        }
        context.ui.note(&format!("Serving {}, ^C stops", root.display()));
        context.ui.line(&format!("Listening on http://{addr}"))?;
        let shutdown = async move {
            stop.await;
        };
        Ok(serve::run(listener, registry, shutdown).await?)
    }
}
