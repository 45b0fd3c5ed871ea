//! What a terminal shows while a command works, and after it was interrupted.
//!
//! The pictures are in `screen/`; `REGCLI_UPDATE=1` writes them anew.

mod window;

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Fault, Fixture, Home, Kind, Proxy, Registry, eventually, missing};
use crate::terminal::Terminal;

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "D3",
        &[
            "reports::screen::d3_a_login_that_waits_for_its_password_dies_of_the_signal",
            "reports::screen::d3_a_command_whose_output_nobody_takes_dies_of_the_signal",
            "reports::stores::locks::d3_a_command_that_waits_for_a_lock_dies_of_the_signal",
            "crashes::frozen::d3_a_pull_into_a_store_that_hangs_dies_of_the_signal_and_leaves_nothing_half_done",
            "reports::screen::d3_a_script_stops_where_its_command_is_interrupted",
        ],
    ),
    (
        "U3",
        &[
            "ui::progress::rows::tests::u3_an_interrupt_leaves_the_rows_as_they_were_and_says_what_is_kept",
            "reports::screen::u3_a_prompt_that_is_interrupted_ends_its_line",
            "reports::screen::u3_screens_are_true_during_a_stall_after_an_interrupt_and_after_a_resume",
        ],
    ),
    (
        "U4",
        &[
            "ui::progress::waits::tests::u4_a_wait_says_its_cause_first_since_when_until_when_and_which_try",
            "ui::progress::waits::tests::u4_a_server_that_is_slow_for_a_moment_is_not_told_about",
            "ui::progress::waits::tests::u4_programs_get_a_wait_in_figures",
            "reports::screen::u4_a_silent_server_is_told_about_before_anything_is_known",
        ],
    ),
    (
        "U10",
        &[
            "ui::progress::canvas::tests::u10_rows_that_stay_are_written_over_and_others_are_taken_away",
            "ui::progress::canvas::tests::u10_a_narrower_terminal_has_broken_the_lines_and_a_wider_one_has_not_joined_them",
            "ui::progress::rows::tests::u10_a_narrow_terminal_gets_the_figures_that_it_has_room_for",
            "ui::progress::rows::tests::u10_a_layer_that_goes_on_shows_its_bytes_from_the_first_moment",
            "ui::progress::rows::tests::u10_all_rows_have_the_same_columns_whatever_their_figures_are",
            "ui::progress::rows::tests::u10_layers_of_several_platforms_are_told_apart",
            "ui::report::tests::u10_errors_are_broken_between_words_and_commands_are_not",
            "transfer::tests::u10_a_plan_says_which_platforms_a_blob_is_for",
            "reports::screen::u10_a_window_that_changes_its_size_keeps_no_rest_of_the_rows",
            "reports::screen::window::u10_no_row_is_doubled_or_lost_by_a_window_that_changes_its_size",
            "reports::screen::window::u10_a_copy_of_several_platforms_names_them_beside_their_layers",
        ],
    ),
    (
        "U11",
        &[
            "reports::screen::u11_errors_have_colours_where_a_terminal_knows_them",
            "ui::report::tests::u11_the_words_that_begin_an_error_and_a_hint_have_a_colour",
            "commands::doctor::tests::u11_what_was_left_out_for_one_reason_has_one_row",
            "cli::help::tests::the_short_help_says_where_the_rest_is",
        ],
    ),
    (
        "U14",
        &[
            "ui::progress::rows::tests::u14_the_last_word_of_a_layer_is_pull_complete_once_the_image_is_in_the_store",
            "reports::screen::u14_pull_complete_comes_last_and_only_if_the_image_is_there",
        ],
    ),
];

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) const SIGNALS: [Signal; 3] = [Signal::HUP, Signal::INT, Signal::TERM];

pub(super) fn regcli(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regcli"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("REGCLI_STORE", home.store())
        .stderr(Stdio::null());
    command
}

/// Sends a signal once the process has taken it, and asserts that it dies of it.
#[track_caller]
pub(super) fn dies_of(mut child: Child, signal: Signal, what: &str) {
    let pid = Pid::from_child(&child);
    let taken = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        (mask >> (signal.as_raw() - 1) & 1 == 1).then_some(())
    };
    eventually(PATIENCE, taken).unwrap_or_else(|| panic!("{what}: {signal:?} is not taken"));
    kill_process(pid, signal).unwrap();
    let ended = eventually(PATIENCE, || child.try_wait().unwrap());
    drop(child.kill());
    let ended = ended.unwrap_or_else(|| panic!("{what}: still there after {signal:?}"));
    assert_eq!(ended.signal(), Some(signal.as_raw()), "{what}: {ended}");
}

#[test]
fn d3_a_login_that_waits_for_its_password_dies_of_the_signal() {
    let home = Home::fresh();
    for flag in ["--password-stdin", "-p-"] {
        for signal in SIGNALS {
            let mut command = regcli(&home, &["login", "-u", "user1", flag, "127.0.0.1:1"]);
            let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
            // Standard input stays open.
            let _input = child.stdin.take();
            dies_of(child, signal, flag);
        }
    }
}

#[test]
fn d3_a_command_whose_output_nobody_takes_dies_of_the_signal() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:x:1"]).succeeds();
    for arguments in [&["df"][..], &["images"], &["inspect", "x:1"], &["verify"]] {
        for signal in SIGNALS {
            let (_reader, mut full) = std::io::pipe().unwrap();
            full.write_all(&vec![0; 1 << 16]).unwrap();
            let child = regcli(&home, arguments).stdin(Stdio::null()).stdout(full).spawn().unwrap();
            dies_of(child, signal, arguments[0]);
        }
    }
}

#[test]
fn d3_a_script_stops_where_its_command_is_interrupted() {
    let (registry, home) = (Kind::Embedded.with_password("user1", "s3cret"), Home::fresh());
    let regcli = env!("CARGO_BIN_EXE_regcli");
    let line = format!("bash -c '{regcli} login {}; echo went on'", registry.host());
    let mut terminal = Terminal::run(&home, &line);
    terminal.sees("Username: ").interrupts();
    let seen = terminal.ends(130);
    assert!(!seen.contains("went on"), "{seen:?}");
}

#[test]
fn u11_errors_have_colours_where_a_terminal_knows_them() {
    let home = Home::fresh();
    for (variables, expected) in [
        (&[("NO_COLOR", "")][..], "\u{1b}[1;31merror:\u{1b}[0m invalid reference format"),
        (&[("NO_COLOR", "1")], "error: invalid reference format"),
        (&[("NO_COLOR", ""), ("TERM", "dumb")], "error: invalid reference format"),
    ] {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, (*value).into())).collect();
        let seen = Terminal::with(&home, &variables, "regcli pull 'a b'").ends(125);
        assert!(seen.starts_with(expected), "{variables:?}: {seen:?}");
        assert_eq!(
            seen.contains("\u{1b}[32mhint:"),
            seen.contains("\u{1b}[1;31m") && seen.contains("hint:"),
            "{seen:?}"
        );
    }
    let piped = home.run(["pull", "a b"]).ends_with(125);
    assert!(!piped.stderr.contains('\u{1b}'), "{piped}");
}

#[test]
fn u3_a_prompt_that_is_interrupted_ends_its_line() {
    let (registry, home) = (Kind::Embedded.with_password("user1", "s3cret"), Home::fresh());
    let mut terminal = Terminal::run(&home, &format!("regcli login {}", registry.host()));
    terminal.sees("Username: ").types("user1").sees("Password: ").interrupts();
    let seen = terminal.ends(130);
    let after = seen.split("Password: ").nth(1).unwrap();
    assert!(after.trim_start_matches("^C").starts_with('\n'), "{seen:?}");
}

#[test]
fn u14_pull_complete_comes_last_and_only_if_the_image_is_there() {
    let scene = Scene::new();
    let layers: Vec<_> = scene.layers.iter().map(|layer| format!("{layer}: Pull complete")).collect();
    let image = scene.image();
    let outcome = scene.home.run(["pull", &image]).succeeds();
    let told: Vec<_> = outcome.stderr.lines().rev().take(layers.len()).collect();
    assert_eq!(told.into_iter().rev().collect::<Vec<_>>(), layers, "in the order of the image\n{outcome}");

    let scene = Scene::new();
    scene.proxy.fault("GET", &scene.large, Fault::Answer { status: 404, headers: Vec::new(), body: "" });
    let outcome = scene.home.run(["pull", &scene.image()]);
    assert!(outcome.code != 0 && !outcome.stderr.contains("Pull complete"), "{outcome}");
}

/// An image of a small and a large layer behind a line that can stall, and a home.
struct Scene {
    _registry: Registry,
    proxy: Proxy,
    home: Home,
    layers: Vec<String>,
    large: String,
    half: u64,
}

impl Scene {
    fn new() -> Self {
        let fixture = Fixture::heavy(1 << 20);
        let registry = Kind::Embedded.open();
        let home = Home::fresh();
        let target = format!("{}/app:1", registry.host());
        Home::fresh().run(["copy", "-q", &fixture.place(), &target]).succeeds();
        let proxy = Proxy::before(registry.host());
        let large = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
        let root: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
        let layers = root["layers"].as_array().unwrap().iter();
        let layers =
            layers.map(|layer| layer["digest"].as_str().unwrap()["sha256:".len()..][..12].to_owned());
        Self {
            layers: layers.collect(),
            large: large.digest.clone(),
            half: large.size / 2,
            _registry: registry,
            proxy,
            home,
        }
    }

    fn image(&self) -> String {
        format!("{}/app:1", self.proxy.host())
    }

    /// Lets half of the large layer through, and nothing after it.
    fn stall(&self) {
        self.proxy.fault("GET", &self.large, Fault::StallAnswer { after: self.half });
    }

    fn pull_in(&self, columns: usize) -> Tmux {
        Tmux::run(&self.home, columns, &format!("pull {}", self.image()))
    }

    /// A picture in which nothing varies from run to run.
    fn picture(&self, screen: &str) -> String {
        let host = self.proxy.host();
        let (_, port) = host.rsplit_once(':').unwrap();
        // Narrow terminals break the line within the host.
        let mut text = screen.replace(&host, "HOST").replace(&format!(":{port}"), ":PORT");
        for (number, layer) in self.layers.iter().enumerate() {
            text = text.replace(layer, &format!("LAYER-----{number:02}"));
        }
        text.lines().map(|line| steady(line) + "\n").collect::<String>().trim_end().to_owned() + "\n"
    }
}

/// A line without the figures that tell time.
fn steady(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let word = |(at, word): (usize, &&str)| {
        let is_time = words.get(at + 1).is_some_and(|next| next.trim_end_matches([',', ')']) == "s");
        match *word {
            word if is_time && word.parse::<f64>().is_ok() => "N".to_owned(),
            word if word.starts_with('(') && word.contains("B/s)") => {
                format!("(RATE{}", &word[word.find(')').unwrap()..])
            }
            word if word.starts_with("sha256:") => "DIGEST".to_owned(),
            word => word.to_owned(),
        }
    };
    words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// A terminal of this width in which regcli runs.
struct Tmux {
    socket: tempfile::TempDir,
}

impl Tmux {
    fn run(home: &Home, columns: usize, line: &str) -> Self {
        let tmux = Self { socket: tempfile::tempdir().unwrap() };
        let line = format!(
            "export HOME={home} TERM=screen; trap : INT; {regcli} --store {home}/store {line}; \
             echo \"[exit $?]\"; sleep 600",
            home = home.path().display(),
            regcli = env!("CARGO_BIN_EXE_regcli")
        );
        let columns = columns.to_string();
        tmux.tell(&["new-session", "-d", "-s", "it", "-x", &columns, "-y", "20", &line]);
        tmux
    }

    fn tell(&self, arguments: &[&str]) -> String {
        let mut command = crate::support::command("tmux");
        command.arg("-S").arg(self.socket.path().join("s")).args(["-f", "/dev/null"]).args(arguments);
        let output = command.env_remove("TMUX").env("LANG", "C.UTF-8").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.tell(&["capture-pane", "-p", "-t", "it"])
    }

    /// Waits for a screen of which this is true.
    #[track_caller]
    fn shows(&self, what: impl Fn(&str) -> bool) -> String {
        let found = eventually(PATIENCE, || Some(self.screen()).filter(|screen| what(screen)));
        found.unwrap_or_else(|| panic!("{}", self.screen()))
    }

    fn interrupt(&self) {
        self.tell(&["send-keys", "-t", "it", "C-c"]);
    }

    fn resize(&self, columns: usize) {
        self.tell(&["resize-window", "-t", "it", "-x", &columns.to_string(), "-y", "20"]);
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tell(&["kill-server"]);
    }
}

/// Compares pictures with those that are kept.
#[track_caller]
fn compare(name: &str, pictures: &[(&str, String)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reports/screen").join(name);
    let seen: String = pictures.iter().map(|(title, picture)| format!("--- {title}\n{picture}")).collect();
    if std::env::var_os("REGCLI_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &seen).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(seen == kept, "{}\n--- kept\n{kept}\n--- seen\n{seen}", path.display());
}

/// A screen on which nothing has come for so long that the rate is 0, and which says so.
fn stalls(screen: &str) -> bool {
    screen.contains("no data for")
        && !screen.contains("no data for 3 s")
        && !screen.contains("no data for 4 s")
        && !screen.contains("no data for 5 s")
}

#[test]
fn u3_screens_are_true_during_a_stall_after_an_interrupt_and_after_a_resume() {
    if missing("tmux") {
        return;
    }
    for columns in [40, 80, 120, 200] {
        let scene = Scene::new();
        scene.stall();
        let terminal = scene.pull_in(columns);
        let stalled = terminal.shows(stalls);
        terminal.interrupt();
        let interrupted = terminal.shows(|screen| screen.contains("[exit 130]"));
        let resumed = scene.pull_in(columns).shows(|screen| screen.contains("[exit 0]"));
        let pictures = [
            ("a stall", scene.picture(&stalled)),
            ("after ^C", scene.picture(&interrupted)),
            ("the same command again", scene.picture(&resumed)),
        ];
        compare(&format!("{columns}.txt"), &pictures);
    }
}

#[test]
fn u10_a_window_that_changes_its_size_keeps_no_rest_of_the_rows() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::new();
    scene.stall();
    let terminal = scene.pull_in(120);
    let mut pictures = vec![("120 columns", scene.picture(&terminal.shows(stalls)))];
    for (title, columns) in [("then 40", 40), ("then 200", 200), ("then 80", 80)] {
        terminal.resize(columns);
        let expected = columns >= 75;
        // Drawn for this width: a bar where there is room for one.
        // Two layers, the total and what is waited for: nothing is broken, nothing is left. The line above them may be out
        // of sight: tmux pushes it there while it breaks the old rows for the new width.
        let is_whole = |screen: &str| {
            let rows = screen.lines().filter(|line| !line.trim().is_empty());
            let has_layers = scene.layers.iter().all(|layer| screen.contains(layer.as_str()));
            has_layers && rows.filter(|line| !line.starts_with("1: Pulling from")).count() == 4
        };
        let drawn = |screen: &str| screen.contains("[==") == expected && is_whole(screen);
        let picture = scene.picture(&terminal.shows(drawn));
        pictures.push((title, picture.replace("1: Pulling from app\n", "")));
    }
    compare("resized.txt", &pictures);
}

#[test]
fn u4_a_silent_server_is_told_about_before_anything_is_known() {
    if missing("tmux") {
        return;
    }
    let scene = Scene::new();
    scene.proxy.fault("GET", "/manifests/", Fault::Delay(PATIENCE));
    let told = scene.pull_in(80).shows(stalls);
    compare("silent.txt", &[("before anything is known", scene.picture(&told))]);
}
