//! Several hosts: network namespaces with an ssh server each, on one bridge.
//!
//! Call it within a namespace of the test's own ([`is_in_namespace`](super::is_in_namespace)). Files are those of this
//! machine, everything else a host has for itself is its network.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{Outcome, eventually, run};

/// How long an ssh server may take to begin.
const PATIENCE: Duration = Duration::from_secs(20);

/// The address of this side of the bridge.
pub(crate) const BRIDGE: &str = "10.77.0.1";

/// Hosts at 10.77.0.11 and so on. They end with this value.
pub(crate) struct Hosts {
    folder: TempDir,
    servers: Vec<std::process::Child>,
}

impl Hosts {
    /// Starts so many hosts.
    pub(crate) fn start(number: usize) -> Self {
        run("ip", ["link", "add", "bridge0", "type", "bridge"]).succeeds();
        run("ip", ["addr", "add", &format!("{BRIDGE}/24"), "dev", "bridge0"]).succeeds();
        run("ip", ["link", "set", "bridge0", "up"]).succeeds();
        let folder = tempfile::tempdir().unwrap();
        for key in ["host", "user"] {
            let path = folder.path().join(key).display().to_string();
            run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", &path]).succeeds();
        }
        // The server leaves its rights in a folder of that name, which the package's service makes.
        fs::create_dir_all("/run/sshd").unwrap();
        fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755)).unwrap();
        let mut hosts = Self { folder, servers: Vec::new() };
        (0..number).for_each(|host| hosts.add(host));
        for address in hosts.addresses() {
            let answers = || (hosts.ssh(&address, "true").code == 0).then_some(());
            eventually(PATIENCE, answers).unwrap_or_else(|| panic!("{address} does not answer"));
        }
        hosts
    }

    fn add(&mut self, host: usize) {
        let (outside, inside) = (format!("out{host}"), format!("in{host}"));
        let config = self.config(host);
        // The namespace has its link before the server begins.
        let script = format!(
            "while ! ip link show {inside} >/dev/null 2>&1; do sleep 0.05; done; ip link set lo up; \
             ip addr add {}/24 dev {inside}; ip link set {inside} up; exec /usr/sbin/sshd -D -e -f {}",
            address(host),
            config.display()
        );
        let mut command = super::command("unshare");
        let log = fs::File::create(self.folder.path().join(format!("log{host}"))).unwrap();
        command.args(["--net", "--", "sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let server = command.spawn().unwrap();
        let process = server.id().to_string();
        self.servers.push(server);
        run("ip", ["link", "add", &outside, "type", "veth", "peer", "name", &inside]).succeeds();
        let moved = || (run("ip", ["link", "set", &inside, "netns", &process]).code == 0).then_some(());
        eventually(PATIENCE, moved).expect("the link moves into the namespace");
        run("ip", ["link", "set", &outside, "master", "bridge0", "up"]).succeeds();
    }

    fn config(&self, host: usize) -> PathBuf {
        let folder = self.folder.path().display().to_string();
        let config = self.folder.path().join(format!("sshd{host}"));
        let text = format!(
            "ListenAddress {}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\nPidFile none\n\
             StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nMaxStartups 50\n",
            address(host)
        );
        fs::write(&config, text).unwrap();
        config
    }

    /// The addresses.
    pub(crate) fn addresses(&self) -> Vec<String> {
        (0..self.servers.len()).map(address).collect()
    }

    /// The command that logs in at a host without a question.
    pub(crate) fn ssh_command(&self) -> String {
        let key = self.folder.path().join("user");
        format!(
            "ssh -F none -i {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
             -o ConnectTimeout=5",
            key.display()
        )
    }

    fn ssh(&self, address: &str, command: &str) -> Outcome {
        let login = self.ssh_command();
        let words: Vec<&str> = login.split(' ').skip(1).chain([address, command]).collect();
        run("ssh", words)
    }

    /// A folder of theirs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn address(host: usize) -> String {
    format!("10.77.0.{}", 11 + host)
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // The processes of a host end with the namespace of the test.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
