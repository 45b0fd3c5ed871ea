//! How `browse` ends, and where it does not begin.

use std::fs;
use std::time::Duration;

use super::Scene;
use super::pane::Pane;
use crate::support::{Home, Kind, eventually, missing, run};

#[test]
fn every_signal_gives_the_terminal_back() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let line = format!(
            "sh -c 'echo $$ > pid.tmp; mv pid.tmp {signal}; exec {} browse {}'",
            env!("CARGO_BIN_EXE_regcli"),
            scene.image("team/app")
        );
        let pane = Pane::run_line(&scene.home, &format!("cd ~; {line} 2>/dev/null"));
        pane.shows("  stable");
        let pid =
            eventually(Duration::from_secs(10), || fs::read_to_string(scene.home.path().join(signal)).ok());
        run("kill", ["-s", signal, pid.unwrap().trim()]).succeeds();
        let screen = pane.shows("icanon");
        let ended = format!("[exit {code}]");
        assert!(screen.starts_with("earlier output\n") && screen.contains(&ended), "{signal}:\n{screen}");
        assert!(!screen.contains("-icanon") && !screen.contains("stable"), "{signal}:\n{screen}");
    }
}

#[test]
fn a_suspended_program_gives_the_terminal_back_until_it_continues() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::of(Kind::Embedded);
    let pane = Pane::run_line(&scene.home, "bash --norc -i");
    let line = format!("{} browse {}", env!("CARGO_BIN_EXE_regcli"), scene.image("team/app"));
    pane.types(&[&line, "Enter"]);
    pane.shows("  stable");
    pane.types(&["C-z"]);
    let stopped = pane.shows("Stopped");
    assert!(stopped.starts_with("earlier output") && !stopped.contains("  stable"), "{stopped}");
    pane.types(&["fg", "Enter"]);
    pane.shows("  stable");
    pane.types(&["Down"]);
    pane.shows("> 2.0");
    pane.types(&["q"]);
    pane.hides("> 2.0");
    pane.types(&["exit", "Enter"]);
    pane.shows("icanon");
}

#[test]
fn an_interrupt_from_the_keyboard_quits_and_says_so_in_the_exit_code() {
    if missing("tmux") {
        return;
    }
    let pane = Scene::of(Kind::Embedded).browse("docker.io");
    pane.shows("/_");
    pane.ends_with("C-c", 130);
}

#[test]
fn without_a_terminal_nothing_is_drawn() {
    let home = Home::fresh();
    let outcome = home.run(["browse"]).ends_with(125);
    outcome.complains("browse needs a terminal").prints("");
    for bad in ["Upper", "a b", "http://lab:5000", ""] {
        home.run(["browse", bad]).ends_with(125);
    }
    if missing("tmux") {
        return;
    }
    let pane = Pane::run_line(&home, "TERM=dumb; export TERM; regcli browse");
    pane.shows("browse needs a terminal that can do more than TERM=dumb");
}
