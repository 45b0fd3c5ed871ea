//! A real Docker Engine, with folders and a socket of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{Daemon, Outcome, run};
use super::tools::missing;

/// How long it may take to answer.
const START_LIMIT: Duration = Duration::from_secs(45);

/// A running Docker Engine. It needs root, and a kernel that lets it mount.
pub(crate) struct Dockerd {
    daemon: Daemon,
    folder: TempDir,
}

impl Dockerd {
    /// Reports whether the test must end here, as [`missing`] does, because there can be no Docker Engine.
    #[track_caller]
    pub(crate) fn is_missing() -> bool {
        missing("dockerd") || missing("docker") || missing("root")
    }

    /// Starts it, without network for containers: nothing of this machine is changed.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("regcli-dockerd-").tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let mut command = super::command("dockerd");
        command
            .arg("--data-root")
            .arg(place("data"))
            .arg("--exec-root")
            .arg(place("exec"))
            .arg("--pidfile")
            .arg(place("pid"))
            .arg("--config-file")
            .arg(place("daemon.json"))
            .arg("--host")
            .arg(format!("unix://{}", place("socket").display()))
            .args(["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--bridge=none"])
            .args(["--storage-driver=vfs"]);
        std::fs::write(place("daemon.json"), "{}").unwrap();
        let daemon = Daemon::start(command);
        let mut started = Self { daemon, folder };
        let socket = started.socket();
        started.daemon.wait_until(START_LIMIT, |_| {
            let answer = run("docker", ["-H", &socket, "version", "--format", "{{.Server.Version}}"]);
            (answer.code == 0).then_some(())
        });
        started
    }

    /// Where it listens, as `DOCKER_HOST` has it.
    pub(crate) fn socket(&self) -> String {
        format!("unix://{}", self.folder.path().join("socket").display())
    }

    /// The folder of docker's configuration, empty at first.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Runs `docker ARGUMENTS` against it.
    #[track_caller]
    pub(crate) fn docker(&self, arguments: &[&str]) -> Outcome {
        let mut all: Vec<OsString> =
            vec!["--config".into(), self.config().into(), "-H".into(), self.socket().into()];
        all.extend(arguments.iter().map(Into::into));
        run("docker", all)
    }
}

impl Drop for Dockerd {
    /// Asked to stop, it ends its containerd and takes its mounts away; killed, it would leave them.
    fn drop(&mut self) {
        let ended = self.daemon.stop();
        if !std::thread::panicking() {
            assert!(ended.is_some(), "dockerd did not stop; its log:\n{}", self.daemon.log());
        }
    }
}
