//! The scripts in the shells they are for, on a terminal: somebody types, and presses Tab and Enter.

use std::path::PathBuf;
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::support::{Fixture, Home, Kind, missing};

use super::{know, with_tags};

/// How long anything may take to be seen, in milliseconds.
const PATIENCE: u64 = 20_000;

/// A shell that completes, with nobody's own settings.
struct Shell {
    session: PtySession,
}

impl Shell {
    /// Starts one and gives it its script.
    fn start(home: &Home, name: &str) -> Self {
        let (flags, load): (&[&str], _) = match name {
            "bash" => (&["--norc", "--noprofile", "-i"], "source <(regcli completion bash)"),
            "zsh" => {
                (&["-f", "-i"], "autoload -Uz compinit; compinit -u -D; source <(regcli completion zsh)")
            }
            "fish" => (&["--no-config", "-i"], "regcli completion fish | source"),
            other => panic!("how is {other} started?"),
        };
        let mut command = Command::new(name);
        command
            .args(flags)
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::join_paths(folders(home)).unwrap())
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .env("REGCLI_STORE", home.store());
        let mut shell = Self { session: spawn_command(command, Some(PATIENCE)).unwrap() };
        shell.enters(load);
        shell.enters("echo rea''dy").sees("ready");
        shell
    }

    /// Types this; `\t` is the key that completes.
    fn types(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
        self
    }

    fn enters(&mut self, keys: &str) -> &mut Self {
        self.types(keys).types("\r")
    }

    #[track_caller]
    fn sees(&mut self, text: &str) -> &mut Self {
        if let Err(error) = self.session.exp_string(text) {
            panic!("never saw {text:?}: {error}");
        }
        self
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Whoever waits for an answer does not mind.
        let _ = self.session.send("\u{3}\rexit\r");
        let _ = self.session.flush();
    }
}

/// The folders of programs, with one that has `regcli`.
fn folders(home: &Home) -> Vec<PathBuf> {
    let own = home.path().join("programs");
    if !own.exists() {
        std::fs::create_dir(&own).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_regcli"), own.join("regcli")).unwrap();
    }
    let others = std::env::var_os("PATH").unwrap();
    std::iter::once(own).chain(std::env::split_paths(&others)).collect()
}

/// What is typed in each shell, and what the command on the completed line says then.
fn completes(name: &str) {
    if missing(name) {
        return;
    }
    let registry = Kind::Embedded.open();
    with_tags(&registry, None);
    let (host, digest) = (registry.host(), Fixture::small().root.digest);
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:lab/base:1.0"]).succeeds();
    let mut shell = Shell::start(&home, name);

    shell.enters(&format!("regcli digest {host}/team/app:l\t")).sees(&digest);
    shell.enters(&format!("regcli digest {host}/team/app:1\t")).sees(&digest);
    shell.enters(&format!("regcli digest {host}/te\t:la\t")).sees(&digest);
    shell.enters("regcli vers\t").sees("regcli version");
    shell.enters("regcli reference la\t").sees("docker.io/lab/base:1.0");
    shell.enters("regcli images --filter dang\ttr\t -q; echo en''ded").sees("ended");
    shell.enters("regcli images --filter=dang\tf\t -q").sees(&home_id(&home));
    shell.enters("regcli rmi lab/base:\t").sees("Untagged: lab/base:1.0");
}

fn home_id(home: &Home) -> String {
    home.run(["images", "-q"]).succeeds().stdout.trim().to_owned()
}

#[test]
fn bash_completes() {
    completes("bash");
}

#[test]
fn zsh_completes() {
    completes("zsh");
}

#[test]
fn fish_completes() {
    completes("fish");
}

#[test]
fn bash_completes_within_quotes_and_in_the_middle() {
    let registry = Kind::Embedded.open();
    with_tags(&registry, None);
    let (host, digest) = (registry.host(), Fixture::small().root.digest);
    let home = Home::fresh();
    std::fs::write(home.path().join("an image.tar"), "").unwrap();
    let mut shell = Shell::start(&home, "bash");
    shell.enters(&format!("regcli digest \"{host}/team/app:l\t")).sees(&digest);
    shell.enters(&format!("regcli digest '{host}/team/app:l\t")).sees(&digest);
    shell.enters(&format!("echo | regcli digest docker://{host}/team/app:l\t")).sees(&digest);
    // An argument in the middle, with one behind it.
    shell.types(&format!("regcli digest {host}/team/app:l --nosuch")).types("\u{2}".repeat(9).as_str());
    shell.enters("\t").sees("unknown flag: --nosuch");
    shell.enters("regcli load -qi an\t").sees("an image.tar");
}

#[test]
fn bash_is_asked_nothing_and_told_nothing_while_it_completes() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    know(&home, "{ broken");
    let mut shell = Shell::start(&home, "bash");
    shell.types(&format!("echo {{ ; regcli pull {}/team/app:\t\t", registry.host()));
    shell.types("\u{15}").enters("echo not''hing");
    let seen = shell.session.exp_string("nothing").unwrap();
    for word in ["error", "WARNING", "Username", "config.json"] {
        assert!(!seen.contains(word), "{seen}");
    }
}
