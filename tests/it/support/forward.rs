//! Real proxies of other people, tinyproxy and squid: they forward, ask for a password, or refuse.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{Daemon, eventually, run};
use super::tools;

/// How long a proxy may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running proxy, on a free port of this machine.
pub(crate) struct Forward {
    port: u16,
    _daemon: Daemon,
    _folder: TempDir,
}

impl Forward {
    /// A tinyproxy that wants the password `hunter2` of the user `demo`, and lets nobody to `denied.test`.
    pub(crate) fn tinyproxy() -> Self {
        Self::start(|port, folder| {
            let [log, filter] = ["log", "filter"].map(|name| folder.join(name));
            fs::write(&filter, "denied\\.test\n").unwrap();
            let config = format!(
                "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogFile \"{}\"\nBasicAuth demo hunter2\nFilter \"{}\"\n",
                log.display(),
                filter.display()
            );
            fs::write(folder.join("conf"), config).unwrap();
            let mut command =
                Command::new(tools::find("tinyproxy").expect("the test has asked `missing` for it"));
            command.arg("-d").arg("-c").arg(folder.join("conf"));
            command
        })
    }

    /// A squid that knows the user `demo` with the password `hunter2@x:y`, has never heard of names but
    /// `registry.test`, which is this machine, and forbids `denied.test` to everybody.
    pub(crate) fn squid() -> Self {
        Self::start(|port, folder| {
            let file = |name: &str| folder.join(name).display().to_string();
            // As root it gives up its rights, and has to find its files all the same.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
            fs::write(file("hosts"), "127.0.0.1 registry.test\n").unwrap();
            run("htpasswd", ["-bc", &file("passwd"), "demo", "hunter2@x:y"]).succeeds();
            let config = format!(
                "http_port 127.0.0.1:{port}\npid_filename none\ncache_log /dev/null\naccess_log none\ncache deny all\n\
                 coredump_dir {dir}\nhosts_file {hosts}\nshutdown_lifetime 0 seconds\npinger_enable off\n\
                 dns_nameservers 127.0.0.1\ndns_timeout 1 seconds\nauth_param basic program {ncsa} {passwd}\n\
                 acl known proxy_auth REQUIRED\nacl bad dstdomain denied.test\nhttp_access deny bad\n\
                 http_access allow known\nhttp_access deny all\n",
                dir = folder.display(),
                hosts = file("hosts"),
                ncsa = "/usr/lib/squid/basic_ncsa_auth",
                passwd = file("passwd"),
            );
            fs::write(file("conf"), config).unwrap();
            let mut command =
                Command::new(tools::find("squid").expect("the test has asked `missing` for it"));
            command.args(["-N", "-f", &file("conf")]);
            command
        })
    }

    fn start(prepare: impl FnOnce(u16, &Path) -> Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Neither takes port 0.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let daemon = Daemon::start(prepare(port, folder.path()));
        let listens = || TcpStream::connect(("127.0.0.1", port)).ok();
        assert!(eventually(START_LIMIT, listens).is_some(), "the proxy does not listen:\n{}", daemon.log());
        Self { port, _daemon: daemon, _folder: folder }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The same with a user and a password.
    pub(crate) fn url_for(&self, user_info: &str) -> String {
        format!("http://{user_info}@{}", self.address())
    }
}
