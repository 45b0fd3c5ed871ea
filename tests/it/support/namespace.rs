//! Networks with addresses and names of the whole world, for one test alone.
//!
//! Public, private and internal addresses at once are to be had in a network namespace only: the test runs itself in
//! one, where they all are this machine's own. Nothing of it reaches, or changes, any other network.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::authority::Identity;
use super::process::run;
use super::tools::{missing, refused};

/// Set within the namespace.
const INSIDE: &str = "REGCLI_TEST_IN_NAMESPACE";

/// How long a catcher waits for what a client says.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the test of this name within a network namespace; `true` within it, where these names have these addresses.
pub(crate) fn is_in_namespace(test: &str, hosts: &[(&str, &str)]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        move_in(hosts);
        return true;
    }
    let is_root = rustix::process::geteuid().is_root();
    let options = if is_root { &["--net", "--mount"][..] } else { &["--map-root-user", "--net", "--mount"] };
    if missing("ip") || no_namespaces(options) {
        return false;
    }
    let program = std::env::current_exe().unwrap();
    let mut command = super::command("unshare");
    let inside = command.args(options).arg("--").arg(program).env(INSIDE, "1");
    let output = inside.args(["--exact", "--nocapture", test]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// Reports whether the test must end here because this machine gives this user no namespaces as these options of
/// `unshare` ask for, which containers and some distributions refuse.
#[track_caller]
pub(crate) fn no_namespaces(options: &[&str]) -> bool {
    if missing("unshare") {
        return true;
    }
    let are_refused = run("unshare", options.iter().chain(&["--", "true"])).code != 0;
    if are_refused {
        refused("namespaces");
    }
    are_refused
}

/// Gives this machine all addresses, and names for them.
fn move_in(hosts: &[(&str, &str)]) {
    run("ip", ["link", "set", "lo", "up"]).succeeds();
    let mut addresses: Vec<&str> = hosts.iter().map(|(_, address)| *address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    for address in addresses.into_iter().filter(|address| *address != "127.0.0.1") {
        run("ip", ["addr", "add", &format!("{address}/32"), "dev", "lo"]).succeeds();
    }
    let names = tempfile::NamedTempFile::new().unwrap();
    let lines: String = hosts.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
    fs::write(names.path(), lines).unwrap();
    run("mount", ["--bind", names.path().to_str().unwrap(), "/etc/hosts"]).succeeds();
}

/// A server that writes down the first thing that each client says, and hangs up.
pub(crate) struct Catcher {
    heard: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Catcher {
    /// Hears the bytes that come to `address` as they are; port 0 is a free one.
    pub(crate) fn raw(address: (&str, u16)) -> Self {
        Self::open(address, |mut client| hear(&mut client))
    }

    /// Hears what comes to `address` by TLS. Who does not take the certificate is not heard.
    pub(crate) fn tls(address: (&str, u16), identity: &Identity) -> Self {
        let config = identity.server_config();
        Self::open(address, move |client| {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).ok()?;
            hear(&mut rustls::StreamOwned::new(session, client))
        })
    }

    fn open(address: (&str, u16), hear: impl Fn(TcpStream) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let catcher = Self { heard: Arc::clone(&heard), port };
        // It ends with the process, which is this test's own.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                heard.lock().unwrap().extend(hear(client));
            }
        });
        catcher
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What was heard until now.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// The first bytes that come, if any do.
fn hear(client: &mut (impl Read + Write)) -> Option<String> {
    let mut bytes = [0; 4096];
    let length = client.read(&mut bytes).ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

/// Leads everybody who comes to a free port of `address` to `to`; returns the port.
pub(crate) fn relay(address: &str, to: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let (port, to) = (listener.local_addr().unwrap().port(), to.to_owned());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&to).unwrap();
            let (from_client, to_client) = (client.try_clone().unwrap(), client);
            let (from_server, to_server) = (server.try_clone().unwrap(), server);
            thread::spawn(move || pass(from_client, to_server));
            thread::spawn(move || pass(from_server, to_client));
        }
    });
    port
}

/// Passes bytes on until their end, and passes the end on, too.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Whoever breaks off has no use for more.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
}
