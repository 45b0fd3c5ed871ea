//! Standard input and output that are closed, full, or hold something else than expected.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Fixture, Home, Kind, Proxy, eventually};

use super::fails;

/// Runs a line of a shell in which `$REGCLI` is the program.
#[track_caller]
fn shell(home: &Home, line: &str) -> (i32, String, String) {
    let output = Command::new("sh")
        .args(["-c", line])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("REGCLI_STORE", home.store())
        .env("REGCLI", env!("CARGO_BIN_EXE_regcli"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn who_stops_reading_is_not_told_about_it() {
    let home = Home::fresh();
    let lines = "yes ubuntu | head -100000 >lines; $REGCLI reference - <lines | head -1";
    let line = format!("cd $HOME && {lines}");
    let (code, stdout, stderr) = shell(&home, &line);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "docker.io/library/ubuntu:latest\n", ""));
    let line = "cd $HOME && { $REGCLI reference - <lines; echo $? >&2; } | head -1";
    let (_, stdout, stderr) = shell(&home, line);
    assert_eq!((stdout.as_str(), stderr.as_str()), ("docker.io/library/ubuntu:latest\n", "141\n"));
    let (_, _, stderr) = shell(&home, "$REGCLI --help | head -1");
    assert_eq!(stderr, "");
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let home = Home::fresh();
    let registry = Kind::Embedded.open();
    let host = registry.host();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    home.run(["copy", "-q", &Fixture::small().place(), &format!("{host}/x:1")]).succeeds();
    home.run(["save", "-o", "x.tar", "x:1"]).succeeds();
    fs::create_dir_all(home.path().join(".config/regcli")).unwrap();
    let mirrors = format!("[registry.\"a.example\"]\nmirrors = [\"http://{host}\"]\n");
    fs::write(home.path().join(".config/regcli/config.toml"), mirrors).unwrap();
    for command in [
        "auth status",
        "auth status HOST",
        "catalog HOST",
        "completion bash",
        "config store:x:1",
        "copy store:x:1 store:copied:1",
        "copy --dry-run store:x:1 HOST/new:1",
        "digest HOST/x:1",
        "help",
        "--help",
        "history x:1",
        "history --remote HOST/x:1",
        "image --help",
        "image ls",
        "images",
        "images --format json",
        "images --tree",
        "images -q",
        "import x.tar imported:1",
        "inspect x:1",
        "load -i x.tar",
        "logout HOST",
        "manifest store:x:1",
        "mirror list",
        "mirror test",
        "pull HOST/x:1",
        "pull --dry-run HOST/x:1",
        "pull -q HOST/x:1",
        "reference x",
        "rmi copied:1",
        "save x:1",
        "search HOST/x",
        "tags HOST/x",
        "version",
        "--version",
    ] {
        let command = command.replace("HOST", host);
        let (code, _, stderr) = shell(&home, &format!("cd $HOME && $REGCLI {command} >/dev/full"));
        assert_eq!(code, 1, "{command}: {stderr}");
        let error =
            "error: cannot write to standard output\n  caused by: No space left on device (os error 28)\n";
        let told =
            stderr.lines().skip_while(|line| !line.starts_with("error: ")).collect::<Vec<_>>().join("\n");
        assert!(told + "\n" == error || command.starts_with("save"), "{command}: {stderr}");
    }
}

#[test]
fn messages_that_cannot_be_written_do_not_stop_the_work() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    let registry = Kind::Embedded.open();
    home.run(["tag", "x:1", &format!("{}/x:1", registry.host())]).succeeds();
    for stderr in ["2>/dev/full", "2>&-"] {
        let (code, stdout, _) = shell(&home, &format!("$REGCLI push {}/x:1 {stderr}", registry.host()));
        assert_eq!(code, 0);
        assert_eq!(stdout.lines().count(), 2, "{stdout}");
        let (code, _, _) = shell(&home, &format!("$REGCLI nosuch {stderr}"));
        assert_eq!(code, 125);
    }
}

#[test]
fn who_does_not_read_the_progress_stops_neither_the_transfer_nor_an_interrupt() {
    const LIMIT: Duration = Duration::from_secs(20);
    let fixture = Fixture::many_layers(160);
    let registry = Kind::Embedded.open();
    Home::fresh().run(["copy", "-q", &fixture.place(), &format!("{}/app:1", registry.host())]).succeeds();
    for progress in ["json", "plain"] {
        let proxy = Proxy::before(registry.host());
        let home = Home::fresh();
        // More than a pipe holds is written to it.
        let (_reader, writer) = std::io::pipe().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_regcli"))
            .args(["--progress", progress, "pull", &format!("{}/app:1", proxy.host())])
            .env_clear()
            .env("HOME", home.path())
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()
            .unwrap();
        let done = eventually(LIMIT, || (proxy.blob_bytes_taken() == fixture.blob_bytes()).then_some(()));
        if progress == "json" && child.try_wait().unwrap().is_none() {
            kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        }
        let ended = eventually(LIMIT, || child.try_wait().unwrap());
        // Whatever came about, nothing is left running.
        let _ = child.kill();
        assert!(done.is_some(), "{progress}: {} of {}", proxy.blob_bytes_taken(), fixture.blob_bytes());
        let how = |status: std::process::ExitStatus| {
            (status.code(), std::os::unix::process::ExitStatusExt::signal(&status))
        };
        let expected = if progress == "json" { (None, Some(Signal::INT.as_raw())) } else { (Some(0), None) };
        assert_eq!(ended.map(how), Some(expected), "{progress}");
    }
}

#[test]
fn login_with_a_closed_stdin_asks_nobody() {
    let home = Home::fresh();
    for (arguments, code, problem) in [
        ("", 4, "error: cannot perform an interactive login from a non-TTY device\n"),
        ("-u x", 4, "error: cannot perform an interactive login from a non-TTY device\n"),
        ("-u x --password-stdin", 125, "error: password is empty\n"),
    ] {
        for stdin in ["<&-", "</dev/null"] {
            let (ended, stdout, stderr) =
                shell(&home, &format!("$REGCLI login {arguments} registry.invalid {stdin}"));
            assert_eq!((ended, stdout.as_str()), (code, ""), "{stderr}");
            assert!(stderr.starts_with(problem), "{stderr}");
        }
    }
}

#[test]
fn a_password_that_is_no_text_is_refused_and_not_shown() {
    let home = Home::fresh();
    let arguments = ["login", "-u", "x", "--password-stdin", "registry.invalid"];
    let outcome = home.regcli(arguments).stdin(b"\xff\xfesecret").run();
    let outcome = fails(outcome, 1, "cannot read from standard input\n", "");
    assert!(!outcome.stderr.contains("secret"), "{outcome}");
}
