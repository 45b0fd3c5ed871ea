//! T: standard input, standard output and terminals that are not there, closed, or interrupted.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Fixture, Home, Kind};
use crate::terminal::Terminal;

/// A registry with `x:1`, and a home that has it, too.
fn furnished() -> (crate::support::Registry, Home) {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    home.run(["copy", "-q", &Fixture::small().place(), &format!("{}/x:1", registry.host())]).succeeds();
    fs::create_dir_all(home.path().join(".config/regcli")).unwrap();
    let mirrors = format!("[registry.\"a.example\"]\nmirrors = [\"http://{}\"]\n", registry.host());
    fs::write(home.path().join(".config/regcli/config.toml"), mirrors).unwrap();
    (registry, home)
}

#[test]
fn t01_who_lists_for_nobody_ends_quietly() {
    let (registry, home) = furnished();
    for command in [
        "auth status HOST",
        "catalog HOST",
        "completion bash",
        "config store:x:1",
        "df",
        "history x:1",
        "history --remote HOST/x:1",
        "images",
        "images --format json",
        "images --format {{.ID}}",
        "images --tree",
        "images -q",
        "inspect x:1",
        "inspect -f {{.Id}} x:1",
        "manifest HOST/x:1",
        "mirror list",
        "mirror test",
        "pull --dry-run HOST/x:1",
        "reference x",
        "save x:1",
        "search HOST/x",
        "search --format {{.Name}} HOST/x",
        "tags HOST/x",
        "version",
        "--help",
        "help images",
    ] {
        let command = command.replace("HOST", registry.host());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_regcli"))
            .args(command.split(' '))
            .env_clear()
            .env("HOME", home.path())
            .env("REGCLI_STORE", home.store())
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(141), ""), "{command}");
    }
}

#[test]
fn t03_without_a_terminal_nothing_is_drawn() {
    let (registry, home) = furnished();
    let image = format!("{}/new:1", registry.host());
    home.run(["tag", "x:1", &image]).succeeds();
    for arguments in [
        &["push", &image][..],
        &["rmi", &image],
        &["pull", &image],
        &["images"],
        &["history", &image],
        &["--help"],
    ] {
        for variables in [[("TERM", "xterm-256color")], [("CLICOLOR_FORCE", "1")]] {
            let outcome = home.regcli(arguments).envs(variables).run();
            let drawn = |text: &str| text.contains(['\u{1b}', '\r', '\u{8}']);
            assert!(!drawn(&outcome.stdout) && !drawn(&outcome.stderr), "{outcome}");
        }
    }
}

#[test]
fn t06_the_end_of_input_at_a_prompt_is_an_answer_too() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let login = format!("regcli login {}", registry.host());
    let mut terminal = Terminal::run(&home, &login);
    terminal.sees("Username: ").ends_input();
    assert!(terminal.ends(4).contains("error: username is required\n"));
    let mut terminal = Terminal::run(&home, &login);
    terminal.sees("Username: ").types("user1").sees("Password: ").ends_input();
    assert!(terminal.ends(4).contains("error: password is required\n"));
    assert!(!home.docker_config().exists());
}

#[test]
fn t07_two_interrupts_end_a_login_and_a_pull_and_leave_the_terminal_as_it_was() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli login {}", registry.host()));
    terminal.sees("Username: ").types("user1").sees("Password: ").interrupts_twice();
    terminal.ends(130);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("{}/x:1", silent.local_addr().unwrap());
    let mut terminal = Terminal::run(&home, &format!("regcli pull {image}"));
    let _asked = silent.accept().unwrap();
    let begun = Instant::now();
    terminal.interrupts_twice();
    terminal.ends(130);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
