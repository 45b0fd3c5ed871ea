//! nginx in front of a registry, as many people run theirs.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::authority::Identity;
use super::process::Daemon;
use super::tools;

/// How long it may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How often another port is tried, because somebody has taken the free one meanwhile.
const PORTS_TRIED: usize = 10;

/// A running nginx; the test has asked [`missing`](super::missing) for it.
pub(crate) struct Nginx {
    host: String,
    _daemon: Daemon,
    _folder: TempDir,
}

impl Nginx {
    /// Starts one that passes all requests on to `registry`, a `host:port`, with these directives more.
    pub(crate) fn before(registry: &str, directives: &str) -> Self {
        Self::start(registry, None, directives)
    }

    /// The same, which speaks TLS.
    pub(crate) fn tls_before(registry: &str, identity: &Identity, directives: &str) -> Self {
        Self::start(registry, Some(identity), directives)
    }

    fn start(registry: &str, identity: Option<&Identity>, directives: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("regcli-nginx-").tempdir().unwrap();
        let file = folder.path().join("nginx.conf");
        for _ in 0..PORTS_TRIED {
            // nginx takes no port 0.
            let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
            fs::write(&file, config(&folder, (&host, registry), (identity, directives))).unwrap();
            let mut command = Command::new(tools::find("nginx").expect("the test has asked for it"));
            command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
            let mut daemon = Daemon::start(command);
            let is_up = daemon.wait_until(START_LIMIT, |log| {
                let up = log.contains("event method").then_some(true);
                up.or_else(|| log.contains("Address already in use").then_some(false))
            });
            if is_up {
                return Self { host, _daemon: daemon, _folder: folder };
            }
        }
        panic!("no port stays free");
    }

    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// `127.0.0.1:PORT/NAME`
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.host)
    }
}

fn config(
    folder: &TempDir,
    (host, registry): (&str, &str),
    (identity, directives): (Option<&Identity>, &str),
) -> String {
    let folder = folder.path().display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.iter().map(|kind| format!("{kind}_temp_path {folder}/{kind};\n")).collect();
    let tls = identity.map(|identity| {
        let (certificate, key) = (identity.certificate.display(), identity.key.display());
        format!("ssl_certificate {certificate};\nssl_certificate_key {key};\n")
    });
    let speech = if tls.is_some() { " ssl" } else { "" };
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr notice;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}client_max_body_size 0;\nserver {{\nlisten {host}{speech};\n{}\
         location / {{\nproxy_pass http://{registry};\nproxy_request_buffering off;\n{directives}\n}}\n}}\n}}\n",
        tls.unwrap_or_default(),
    )
}
