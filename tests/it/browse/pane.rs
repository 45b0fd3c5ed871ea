//! A terminal in tmux, in which regcli runs.

use std::time::Duration;

use tempfile::TempDir;

use crate::support::{Home, command, eventually};

/// How long anything may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A button of the mouse, as SGR 1006 encodes it.
#[derive(Clone, Copy)]
pub(super) enum MouseButton {
    Left = 0,
    WheelUp = 64,
    WheelDown = 65,
}

/// A terminal of 80 columns and 24 lines. Its first line is from before the program.
pub(super) struct Pane {
    socket: TempDir,
}

impl Pane {
    /// Runs regcli with these arguments, without colours.
    pub(super) fn run(home: &Home, arguments: &str) -> Self {
        Self::run_line(home, &format!("regcli {arguments}"))
    }

    /// Runs a line of the shell, in which `regcli` is the program.
    pub(super) fn run_line(home: &Home, line: &str) -> Self {
        let pane = Self { socket: tempfile::tempdir().unwrap() };
        let script = format!(
            "export HOME={home} NO_COLOR=1 LANG=C.UTF-8 REGCLI_STORE={home}/store; \
             regcli() {{ '{regcli}' \"$@\"; }}; echo earlier output; {line}; echo \"[exit $?]\"; \
             stty -a | grep -o '[-]*icanon'; exec sleep 600",
            home = home.path().display(),
            regcli = env!("CARGO_BIN_EXE_regcli")
        );
        pane.tmux(&["new-session", "-d", "-s", "it", "-x", "80", "-y", "24", &script]);
        pane
    }

    /// Runs a command of tmux, and returns what it prints.
    pub(super) fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = command("tmux");
        command.arg("-S").arg(self.socket.path().join("s")).args(["-f", "/dev/null"]).args(arguments);
        let output = command.env_remove("TMUX").env("LANG", "C.UTF-8").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Presses keys, by tmux's names.
    pub(super) fn types(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "it"], keys].concat());
    }

    /// Presses a button of the mouse at a row of the screen, from 0, or turns its wheel. The terminal encodes that as SGR
    /// 1006 (xterm's "Control Sequences", Mouse Tracking), once the program has asked for it.
    #[track_caller]
    pub(super) fn presses(&self, button: MouseButton, row: usize) {
        let asked =
            || self.tmux(&["display-message", "-p", "-t", "it", "#{mouse_any_flag}#{mouse_sgr_flag}"]);
        assert_eq!(asked().trim(), "11", "the program asks for the mouse");
        let (code, row) = (button as u8, row + 1);
        let sequence = format!("\u{1b}[<{code};6;{row}M\u{1b}[<{code};6;{row}m");
        self.tmux(&["send-keys", "-t", "it", "-l", &sequence]);
    }

    pub(super) fn resizes(&self, columns: usize, lines: usize) {
        self.tmux(&["resize-window", "-t", "it", "-x", &columns.to_string(), "-y", &lines.to_string()]);
    }

    /// Waits for a screen for which this is true.
    #[track_caller]
    pub(super) fn looks(&self, what: impl Fn(&str) -> bool) -> String {
        let screen = || self.tmux(&["capture-pane", "-p", "-t", "it"]);
        eventually(PATIENCE, || Some(screen()).filter(|screen| what(screen)))
            .unwrap_or_else(|| panic!("{}", screen()))
    }

    /// Waits until this is on the screen.
    #[track_caller]
    pub(super) fn shows(&self, text: &str) -> String {
        self.looks(|screen| screen.contains(text))
    }

    /// Waits until this is no longer on the screen.
    #[track_caller]
    pub(super) fn hides(&self, text: &str) -> String {
        self.looks(|screen| !screen.contains(text))
    }

    /// Presses a key that ends the program, and waits until the terminal is as it was before.
    #[track_caller]
    pub(super) fn ends_with(&self, key: &str, code: i32) {
        self.types(&[key]);
        self.is_restored(code);
    }

    /// Waits until the program has ended, and the terminal is as it was before.
    #[track_caller]
    pub(super) fn is_restored(&self, code: i32) {
        let screen = self.looks(|screen| screen.contains("icanon"));
        assert!(screen.starts_with(&format!("earlier output\n[exit {code}]\nicanon\n")), "{screen}");
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
