//! A registry that dies and comes back at the same address with what it had.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::Daemon;
use super::registry::{Kind, address};
use super::tools;

/// How long it may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A registry in a process that can be killed and started again.
pub(crate) struct Restarting {
    kind: Kind,
    daemon: Option<Daemon>,
    host: String,
    folder: TempDir,
}

impl Restarting {
    /// Starts one that lets everybody in.
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = tempfile::Builder::new().prefix("regcli-restarting-").tempdir().unwrap();
        let mut daemon = daemon(kind, folder.path(), "127.0.0.1:0");
        let host = listening(&mut daemon);
        Self { kind, daemon: Some(daemon), host, folder }
    }

    /// `127.0.0.1:PORT`, for references.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Where it keeps everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills it. From now on its port refuses connections.
    pub(crate) fn kill(&mut self) {
        self.daemon = None;
    }

    /// Starts it again where it was.
    pub(crate) fn start_again(&mut self) {
        let mut daemon = daemon(self.kind, self.folder.path(), &self.host);
        listening(&mut daemon);
        self.daemon = Some(daemon);
    }
}

fn daemon(kind: Kind, folder: &Path, address: &str) -> Daemon {
    let mut command = match kind {
        Kind::Embedded => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_regcli"));
            command.args(["serve", "--addr", address, "--root"]).arg(folder.join("data"));
            command.env_clear();
            command
        }
        Kind::Docker => {
            let config = format!(
                "version: 0.1\nlog:\n  level: info\nhttp:\n  addr: {address}\n\
                 storage:\n  filesystem:\n    rootdirectory: {}\n",
                folder.join("data").display()
            );
            let file = folder.join("config.yml");
            fs::write(&file, config).unwrap();
            let mut command =
                Command::new(tools::find("docker-registry").expect("the test has asked for it"));
            command.arg("serve").arg(file);
            command
        }
    };
    command.env("HOME", folder).current_dir(folder);
    Daemon::start(command)
}

fn listening(daemon: &mut Daemon) -> String {
    // docker-registry prints other lines before; regcli serve says nothing else.
    let is_it = |line: &&str| line.contains("listening on ") || line.contains("http://");
    daemon.wait_until(START_LIMIT, |log| log.lines().filter(is_it).find_map(address))
}
