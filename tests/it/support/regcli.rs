//! regcli as a person runs it: with a home, a store, an environment.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::{Outcome, Started};
use super::secrets;

/// A home folder that nobody has used before, with a store of its own.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes one.
    pub(crate) fn fresh() -> Self {
        Self { folder: tempfile::Builder::new().prefix("regcli-home-").tempdir().unwrap() }
    }

    /// The home folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// How many files and folders there are in it, apart from caches, which a command may leave at any time.
    pub(crate) fn entries(&self) -> usize {
        let names = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name != ".cache").count()
    }

    /// Where regcli keeps images.
    pub(crate) fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    /// Where Docker's configuration lies.
    pub(crate) fn docker_config(&self) -> PathBuf {
        self.path().join(".docker/config.json")
    }

    /// Prepares `regcli ARGUMENTS` in this home.
    pub(crate) fn regcli<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Regcli {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regcli"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("REGCLI_STORE", self.store());
        Regcli { command, stdin: Vec::new() }
    }

    /// Runs `regcli ARGUMENTS` in this home.
    #[track_caller]
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.regcli(arguments).run()
    }
}

impl Drop for Home {
    /// What regcli keeps for itself holds no secret; Docker's files do.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for folder in [".cache", ".local/share/regcli"] {
                secrets::assert_none_below(&self.path().join(folder));
            }
        }
    }
}

/// Runs `regcli ARGUMENTS` in a home that is thrown away.
#[track_caller]
pub(crate) fn regcli<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Outcome {
    Home::fresh().run(arguments)
}

/// One run of regcli that has not begun.
pub(crate) struct Regcli {
    command: Command,
    stdin: Vec<u8>,
}

impl Regcli {
    /// What it reads from standard input; nothing if not said.
    pub(crate) fn stdin(mut self, content: impl AsRef<[u8]>) -> Self {
        content.as_ref().clone_into(&mut self.stdin);
        self
    }

    /// A variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs a copy of the program that lies elsewhere.
    pub(crate) fn from(self, program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(self.command.get_args());
        self.in_place_of(command)
    }

    /// Runs it by another program, such as `setpriv` or `strace` with their options.
    pub(crate) fn under<A: AsRef<OsStr>>(self, program: &str, options: impl IntoIterator<Item = A>) -> Self {
        let mut command = super::command(program);
        command.args(options).arg(self.command.get_program()).args(self.command.get_args());
        self.in_place_of(command)
    }

    /// The same folder and environment for another command.
    fn in_place_of(self, mut command: Command) -> Self {
        command.env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.command.get_current_dir().unwrap_or(Path::new(".")));
        Self { command, ..self }
    }

    /// Several variables.
    pub(crate) fn envs<V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Starts it and leaves it running.
    #[track_caller]
    pub(crate) fn start(self) -> Started {
        Started::spawn(self.command, &self.stdin)
    }
}
