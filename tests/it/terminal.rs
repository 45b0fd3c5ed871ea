//! What a person sees: regcli on a real terminal, with prompts, bars and `^C`.

mod narrow;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::{PtySession, spawn_command};

use crate::support::{Fixture, Home, Hub, Kind, Proxy, Screen, eventually, no_secret_in};

/// How long anything may take to be seen, in milliseconds.
const PATIENCE: u64 = 20_000;

/// A terminal of 100 columns on which a shell runs one line. Afterwards the shell says how the line ended and
/// whether the terminal shows what is typed.
pub(crate) struct Terminal {
    session: PtySession,
    seen: String,
}

impl Terminal {
    /// Runs a line in which `regcli` is the program.
    pub(crate) fn run(home: &Home, line: &str) -> Self {
        Self::with(home, &[], line)
    }

    pub(crate) fn with(home: &Home, variables: &[(&str, PathBuf)], line: &str) -> Self {
        let script = format!(
            "regcli() {{ '{}' \"$@\"; }}; stty echo cols 100 rows 30; trap : INT; {line}; echo \"[exit $?]\"; \
             stty -a | grep -o '[-]*echo ' | head -1",
            env!("CARGO_BIN_EXE_regcli")
        );
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env("NO_COLOR", "1")
            .env("REGCLI_STORE", home.store())
            .envs(variables.iter().map(|(name, value)| (name, value)));
        let session = spawn_command(command, Some(PATIENCE)).unwrap();
        Self { session, seen: String::new() }
    }

    /// Waits until this is on the terminal.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        match self.session.exp_string(text) {
            Ok(before) => self.seen += &(before + text),
            Err(error) => panic!("never saw {text:?} after:\n{}\n{error}", self.seen),
        }
        self
    }

    /// Types this and Enter.
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        self.session.send_line(text).unwrap();
        self
    }

    /// Types ^C twice, too fast for anything to happen in between.
    pub(crate) fn interrupts_twice(&mut self) -> &mut Self {
        self.session.send("\u{3}\u{3}").unwrap();
        self.session.flush().unwrap();
        self
    }

    pub(crate) fn interrupts(&mut self) -> &mut Self {
        self.session.send_control('c').unwrap();
        self
    }

    /// Types ^D.
    pub(crate) fn ends_input(&mut self) -> &mut Self {
        self.session.send_control('d').unwrap();
        self
    }

    /// Waits for the end; all that was on the terminal, lines ended by `\n`. A secret may not be there.
    #[track_caller]
    pub(crate) fn ends(&mut self, code: i32) -> String {
        self.sees(&format!("[exit {code}]"));
        let rest = self.session.exp_eof().unwrap();
        let echo = rest.split_whitespace().next();
        assert_eq!(echo, Some("echo"), "the terminal shows again what is typed: {rest:?}\n{}", self.seen);
        let seen = std::mem::take(&mut self.seen).replace("\r\n", "\n");
        no_secret_in(&seen, || seen.clone());
        seen
    }
}

#[test]
fn transcript_02_login_shows_the_name_that_is_typed_and_not_the_password() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli login {}", registry.host()));
    terminal.sees("Username: ").types("user1").sees("Password: ").types("s3cret");
    let expected = format!(
        "Username: user1\nPassword: \n\nWARNING! Your credentials are stored unencrypted in '{}'.\n\
         Configure a credential helper to remove this warning. See\n\
         https://docs.docker.com/go/credential-store/\n\nLogin Succeeded\n[exit 0]",
        home.docker_config().display()
    );
    assert_eq!(terminal.ends(0), expected);

    let mut terminal = Terminal::run(&home, &format!("regcli login {}", registry.host()));
    let again = "Authenticating with existing credentials... [Username: user1]\n\n \
                 Info -> To login with a different account, run 'regcli logout' followed by 'regcli login'\n\n\n\
                 Login Succeeded\n[exit 0]";
    assert_eq!(terminal.ends(0), again);
}

#[test]
fn transcript_02_what_is_left_empty_is_required() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let login = format!("regcli login {}", registry.host());
    let mut terminal = Terminal::run(&home, &login);
    terminal.sees("Username: ").types("");
    assert_eq!(terminal.ends(4), "Username: \nerror: username is required\n[exit 4]");
    let mut terminal = Terminal::run(&home, &login);
    terminal.sees("Username: ").types("user1").sees("Password: ").types("");
    assert_eq!(terminal.ends(4), "Username: user1\nPassword: \nerror: password is required\n[exit 4]");
    assert!(!home.docker_config().exists());
}

#[test]
fn transcript_02_a_name_on_the_command_line_is_not_asked_for() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli login -u user1 {}", registry.host()));
    terminal.sees("Password: ").types("mistyped");
    let seen = terminal.ends(4);
    let refused =
        format!("Password: \nerror: {} refused user user1: wrong name or password", registry.host());
    assert!(seen.starts_with(&refused), "{seen}");
    assert!(!seen.contains("mistyped") && !seen.contains("Username"), "{seen}");
}

#[test]
fn u7_an_open_registry_is_told_of_before_anything_is_typed() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli login {}", registry.host()));
    terminal.sees("does not ask for credentials; no login is needed").sees("Username: ").interrupts();
    terminal.ends(130);

    let mut terminal = Terminal::run(&home, "regcli login 127.0.0.1:1");
    let seen = terminal.ends(5);
    assert!(!seen.contains("Username"), "nobody answers there, so nothing is asked for: {seen}");
}

#[test]
fn transcript_02_stored_credentials_that_are_wrong_now_offer_their_name() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    std::fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    let old = format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjE6b2xk"}}}}}}"#, registry.host());
    std::fs::write(home.docker_config(), old).unwrap();
    let mut terminal = Terminal::run(&home, &format!("regcli login {}", registry.host()));
    terminal.sees("Login did not succeed, error: login attempt to ").sees("401 Unauthorized");
    terminal.sees("Username (user1): ").types("").sees("Password: ").types("s3cret").sees("Login Succeeded");
    terminal.ends(0);
    assert!(std::fs::read_to_string(home.docker_config()).unwrap().contains("dXNlcjE6czNjcmV0"));
}

#[test]
fn transcript_02_an_interrupt_at_a_prompt_leaves_the_terminal_as_it_was() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let login = format!("regcli login {}", registry.host());
    let mut terminal = Terminal::run(&home, &login);
    terminal.sees("Username: ").interrupts();
    terminal.ends(130);
    let mut terminal = Terminal::run(&home, &login);
    terminal.sees("Username: ").types("user1").sees("Password: ");
    std::thread::sleep(Duration::from_millis(200));
    terminal.interrupts();
    let seen = terminal.ends(130);
    assert!(!seen.contains("error"), "who interrupts knows it: {seen}");
    assert!(!home.docker_config().exists());
}

#[test]
fn transcript_04_docker_hub_tells_what_to_log_in_with() {
    let registry = Kind::Embedded.open();
    let hub = Hub::before(registry.host());
    let home = Home::fresh();
    let prologue = "Log in with your Docker ID or email address to push and pull images from Docker Hub. If you \
                    don't have a Docker ID, head over to https://hub.docker.com/ to create one.\n";
    let token = "You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT \
                 grants better security and is required for organizations using SSO. Learn more at \
                 https://docs.docker.com/go/access-tokens/\n\n";
    for (hints, expected) in [("true", format!("{prologue}{token}")), ("false", prologue.to_owned())] {
        let [proxy, authority] = hub.env();
        let variables = [proxy, authority, ("DOCKER_CLI_HINTS", hints.into())];
        let mut terminal = Terminal::with(&home, &variables, "regcli logout >/dev/null; regcli login");
        terminal.sees("Username: ").types("demo").sees("Password: ").types("hunter2");
        let seen = terminal.ends(0);
        let note = "\n Info -> A Personal Access Token (PAT) can be used instead.\n         To create a PAT, visit \
                    https://app.docker.com/settings\n         \n         \n";
        let expected = format!("{expected}Username: demo\n{note}Password: \n");
        assert!(seen.starts_with(&expected), "{seen}");
        assert!(seen.ends_with("Login Succeeded\n[exit 0]"), "{seen}");
    }
}

/// A registry that has an image of about a megabyte, behind a line that takes about a second for it.
fn slow(fixture: &Fixture) -> (crate::support::Registry, Proxy, String) {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    home.run(["copy", "-q", &fixture.place(), &format!("{}/app:1", registry.host())]).succeeds();
    let proxy = Proxy::before(registry.host());
    proxy.slow_down(1 << 20);
    let image = format!("{}/app:1", proxy.host());
    (registry, proxy, image)
}

/// The first twelve characters of the layers' digests, the lowest first.
fn layers(fixture: &Fixture) -> Vec<String> {
    let root: serde_json::Value = serde_json::from_slice(&fixture.content(&fixture.root.digest)).unwrap();
    let layers = root["layers"].as_array().unwrap().iter();
    layers.map(|layer| layer["digest"].as_str().unwrap()["sha256:".len()..][..12].to_owned()).collect()
}

/// The same without the line that says what was moved: `1.1MB in 1.0 s (1.1MB/s)`.
fn without_summary(seen: &str) -> String {
    let is_summary = |line: &&str| line.contains("B in ") && line.contains(" s (");
    seen.split_inclusive('\n').filter(|line| !is_summary(line)).collect()
}

/// The image's closing lines on stdout.
fn closing(fixture: &Fixture, image: &str) -> String {
    let digest = &fixture.root.digest;
    format!("Digest: {digest}\nStatus: Downloaded newer image for {image}\n{image}\n")
}

#[test]
fn transcript_06_a_pull_shows_bars_and_leaves_a_line_for_each_layer() {
    let fixture = Fixture::heavy(1 << 20);
    let (_registry, _proxy, image) = slow(&fixture);
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli pull {image}"));
    terminal.sees("1: Pulling from app").sees(": Downloading [").sees("=").sees(">").sees("kB/1.1");
    terminal.sees("/2 layers ").sees("=").sees("kB/1.1").sees("B/s");
    let seen = terminal.ends(0);
    assert!(seen.contains("\u{1b}["), "bars move the cursor: {seen:?}");
    let layers: String = layers(&fixture).iter().map(|layer| format!("{layer}: Pull complete\n")).collect();
    let left = format!("{layers}{}[exit 0]", closing(&fixture, &image));
    assert!(without_summary(&seen).ends_with(&left), "bars are gone, lines stay: {seen:?}");
    let screen = Screen::showing(&seen, 100, 30);
    assert_eq!(
        without_summary(&screen.text()),
        format!("1: Pulling from app\n{left}\n"),
        "nothing of bars and total is left"
    );
    assert_eq!(screen.reach(), 2, "a row for each layer, and the total");

    let mut terminal = Terminal::run(&home, &format!("regcli pull {image}"));
    let seen = terminal.ends(0);
    let expected = closing(&fixture, &image).replace("Downloaded newer image", "Image is up to date");
    assert_eq!(seen, format!("1: Pulling from app\n{expected}[exit 0]"), "nothing moves, nothing is drawn");
}

#[test]
fn more_layers_than_lines_stay_within_the_terminal_and_leave_a_line_each() {
    let fixture = Fixture::many_layers(60);
    let (_registry, proxy, image) = slow(&fixture);
    proxy.slow_down(8 << 10);
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli pull {image}"));
    terminal.sees("/60 layers ").sees("B/s");
    let seen = terminal.ends(0);
    let screen = Screen::showing(&seen, 100, 30);
    let layers: String = layers(&fixture).iter().map(|layer| format!("{layer}: Pull complete\n")).collect();
    let left = format!("1: Pulling from app\n{layers}{}[exit 0]\n", closing(&fixture, &image));
    assert_eq!(without_summary(&screen.text()), left);
    assert_eq!(screen.reach(), 28, "one line is left for what stands above");
}

#[test]
fn transcript_05_a_push_shows_bars_too() {
    let fixture = Fixture::heavy(1 << 20);
    let (_registry, _proxy, image) = slow(&fixture);
    let home = Home::fresh();
    let target = image.replace("app:1", "pushed:1");
    home.run(["copy", "-q", &fixture.place(), &format!("store:{target}")]).succeeds();
    let mut terminal = Terminal::run(&home, &format!("regcli push {target}"));
    terminal.sees("The push refers to repository [").sees(": Pushing").sees(": Pushed");
    let seen = terminal.ends(0);
    let last = format!("1: digest: {} size: {}\n[exit 0]", fixture.root.digest, fixture.root.size);
    assert!(seen.ends_with(&last), "{seen:?}");
}

#[test]
fn transcript_09_an_archive_is_neither_written_to_a_terminal_nor_read_from_one() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::small().place(), "store:lab/base:1"]).succeeds();
    let seen = Terminal::run(&home, "regcli save lab/base:1").ends(1);
    assert_eq!(seen, "error: cowardly refusing to save to a terminal. Use the -o flag or redirect\n[exit 1]");
    let seen = Terminal::run(&home, "regcli load").ends(1);
    assert_eq!(seen, "error: requested load from stdin, but stdin is empty\n[exit 1]");
}

#[test]
fn transcript_09_a_load_shows_bars_and_a_save_does_too() {
    let home = Home::fresh();
    let fixture = Fixture::heavy(60 << 20);
    home.run(["copy", "-q", &fixture.place(), "store:lab/app:1"]).succeeds();
    let ended = |word: &str| -> String {
        layers(&fixture).iter().map(|layer| format!("{layer}: {word} complete\n")).collect()
    };
    let mut terminal = Terminal::run(&home, "regcli --limit-rate 60M save -o s.tar lab/app:1");
    terminal.sees(": Saving layer [").sees("=").sees(">");
    let seen = terminal.ends(0);
    assert!(without_summary(&seen).ends_with(&format!("{}[exit 0]", ended("Save"))), "{seen:?}");
    let mut terminal =
        Terminal::run(&home, "regcli --limit-rate 60M --store fresh load -i s.tar | cat; true");
    terminal.sees(": Loading layer [").sees("=").sees(">");
    let seen = terminal.ends(0);
    assert!(seen.contains("Loaded image: lab/app:1\n"), "{seen:?}");
    assert!(seen.contains(&ended("Load")), "{seen:?}");
    let mut terminal = Terminal::run(&home, "regcli --store again load -q -i s.tar");
    assert_eq!(terminal.ends(0), "Loaded image: lab/app:1\n[exit 0]");
}

#[test]
fn results_that_go_elsewhere_are_clean_while_bars_are_on_the_terminal() {
    let fixture = Fixture::heavy(1 << 20);
    let (_registry, _proxy, image) = slow(&fixture);
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli pull {image} >result"));
    terminal.sees(": Downloading [");
    terminal.ends(0);
    let result = std::fs::read_to_string(home.path().join("result")).unwrap();
    assert_eq!(result, format!("1: Pulling from app\n{}", closing(&fixture, &image)));
}

#[test]
fn a_terminal_that_can_do_nothing_gets_lines_and_nobody_gets_colours() {
    let fixture = Fixture::small();
    let (_registry, _proxy, image) = slow(&fixture);
    for variable in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let home = Home::fresh();
        let mut terminal = Terminal::with(
            &home,
            &[(variable.0, variable.1.into())],
            &format!("regcli pull {image}; regcli --help; regcli nosuch; regcli pull {image}:A"),
        );
        let seen = terminal.ends(125);
        assert!(seen.contains(": Pull complete") && seen.contains(&closing(&fixture, &image)), "{seen:?}");
        if variable.0 == "TERM" {
            assert!(!seen.contains('\u{1b}'), "{seen:?}");
            assert!(seen.contains(": Pulling fs layer\n"), "{seen:?}");
        }
        // Sequences that end in `m` are about colours and typefaces.
        let coloured = seen
            .split('\u{1b}')
            .skip(1)
            .any(|rest| rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).starts_with('m'));
        assert!(!coloured, "{seen:?}");
    }
}

#[test]
fn an_interrupt_ends_a_pull_at_once_and_the_next_one_goes_on() {
    let fixture = Fixture::heavy(8 << 20);
    let (_registry, proxy, image) = slow(&fixture);
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli pull {image}"));
    terminal.sees(": Downloading [").sees("=>");
    let start = Instant::now();
    terminal.interrupts();
    let seen = terminal.ends(130);
    assert!(start.elapsed() < Duration::from_secs(3), "took {:?}", start.elapsed());
    assert!(!seen.contains("error"), "{seen:?}");
    home.run(["images", "-q"]).succeeds().prints("");
    proxy.slow_down(0);
    proxy.forget();
    home.run(["pull", "-q", &image]).succeeds();
    assert!(proxy.blob_bytes_taken() < fixture.blob_bytes(), "what had come is not taken again");
}

/// A registry with an image of three megabytes behind a line that takes three seconds for it, and a small image;
/// and the command that pulls both.
fn two_images() -> (crate::support::Registry, Proxy, String) {
    let (registry, proxy, image) = slow(&Fixture::heavy(3 << 20));
    let other = format!("{}/other:1", registry.host());
    Home::fresh().run(["copy", "-q", &Fixture::many_layers(3).place(), &other]).succeeds();
    (registry, proxy, format!("regcli pull {image} {other}"))
}

#[test]
fn the_total_of_several_images_has_all_of_them_and_each_summary_the_time_of_its_own_image() {
    let (_registry, _proxy, pull) = two_images();
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &pull);
    terminal.sees("1: Pulling from app").sees("/5 layers ").sees("Status: ").sees("1: Pulling from other");
    let seen = terminal.ends(0);
    let seconds: Vec<f64> = seen
        .lines()
        .filter_map(|line| line.split_once("B in ")?.1.split_once(" s (")?.0.parse().ok())
        .collect();
    let [slow, fast] = seconds[..] else { panic!("two summaries: {seen:?}") };
    assert!(fast < slow, "the small image was there long before its line was printed: {seen:?}");
}

#[test]
fn an_interrupt_says_how_many_of_several_images_are_done_and_what_is_kept() {
    let (_registry, _proxy, pull) = two_images();
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &pull);
    terminal.sees("/5 layers ");
    let is_there = || (!home.run(["images", "-q"]).stdout.is_empty()).then_some(());
    eventually(Duration::from_secs(20), is_there).expect("the small image is there first");
    terminal.sees("/5 layers ").interrupts();
    let seen = terminal.ends(130);
    let last = seen.lines().rev().find(|line| line.contains("Interrupted")).unwrap_or_default();
    assert!(last.starts_with("Interrupted with 1 of 2 images done: "), "{seen:?}");
    assert!(last.ends_with("MB kept; the same command resumes from there"), "{seen:?}");
}

#[test]
fn documents_of_others_cannot_steer_the_terminal() {
    let home = Home::fresh();
    let layout = home.path().join("layout");
    home.run(["copy", "-q", &Fixture::small().place(), "oci:layout:1"]).succeeds();
    // A name that would clear the screen, as any layout may hold it.
    let index = std::fs::read_to_string(layout.join("index.json")).unwrap();
    let hostile = index.replace("\"1\"", "\"\\u001b[2J\\u009b31m\"");
    assert_ne!(index, hostile);
    std::fs::write(layout.join("index.json"), hostile).unwrap();
    let mut terminal =
        Terminal::run(&home, "regcli copy oci:layout:nosuch store:x; regcli --store layout images");
    let seen = terminal.ends(0);
    assert!(!seen.contains('\u{1b}') && !seen.contains('\u{9b}'), "{seen:?}");
}

/// What a terminal shows to one who reads UTF-8: rexpect takes each byte for a character.
pub(crate) fn decoded(seen: &str) -> String {
    String::from_utf8(seen.chars().map(|c| u8::try_from(c).unwrap()).collect()).unwrap()
}

/// An image of two layers, one ten times as large as the other, with a step that is no friend of terminals.
fn layered() -> Fixture {
    let step = |command: &str| serde_json::json!({"created": "2026-09-21T08:30:00Z", "created_by": command});
    let config = serde_json::json!({
        "config": {"Labels": {"evil": "\u{1b}[2J\u{202e}"}},
        "history": [step("COPY large /"), step("RUN \u{1b}[31m small")],
    });
    Fixture::with_config(config, &[vec![7; 10_000], vec![7; 1_000]])
}

#[test]
fn a_terminal_with_room_shows_a_bar_for_each_layer_and_a_pipe_none() {
    let home = Home::fresh();
    home.run(["copy", "-q", &layered().place(), "store:x:1"]).succeeds();
    let bars = decoded(&Terminal::run(&home, "regcli history x:1").ends(0));
    assert!(bars.contains(r"RUN \u{1b}[31m small"), "{bars}");
    for bar in ["1kB    █  ", "10kB   ██████████   "] {
        assert!(bars.contains(bar), "{bars}");
    }
    let ascii = Terminal::run(&home, "LC_ALL=C regcli history x:1").ends(0);
    assert!(ascii.contains("1kB    #  ") && ascii.contains("10kB   ##########   "), "{ascii}");
    for line in [
        "regcli history x:1 | cat",
        "stty cols 60; regcli history x:1",
        "regcli history --no-trunc x:1",
        "regcli history --format table\\ {{.Size}}\\ {{.CreatedBy}} x:1",
    ] {
        let seen = decoded(&Terminal::run(&home, line).ends(0));
        assert!(seen.contains("10kB") && !seen.contains(['█', '#']), "{line}: {seen}");
    }
}

#[test]
fn what_an_image_says_of_itself_does_not_reach_the_terminal_as_it_is() {
    let home = Home::fresh();
    home.run(["copy", "-q", &layered().place(), "store:x:1"]).succeeds();
    let template = "regcli inspect -f '{{index .Config.Labels \"evil\"}}|{{.Config.Labels}}' x:1";
    let seen = Terminal::run(&home, template).ends(0);
    assert!(seen.starts_with(r"\u{1b}[2J\u{202e}|map[evil:\u{1b}[2J\u{202e}]"), "{seen}");
    let json = Terminal::run(&home, "regcli inspect x:1").ends(0);
    assert!(json.contains(r#""evil": "\u001b[2J\u202e""#) && !json.contains('\u{1b}'), "{json}");
}

#[test]
fn a_tree_fits_narrow_terminals() {
    let home = Home::fresh();
    home.run(["copy", "-q", &Fixture::multi_platform().place(), "store:registry.example.com/team/app:1"])
        .succeeds();
    for columns in [10, 20, 40, 60, 80] {
        let seen = Terminal::run(&home, &format!("stty cols {columns}; regcli images --tree")).ends(0);
        let seen = decoded(&seen);
        let tree: Vec<&str> = seen.lines().filter(|line| !line.starts_with("[exit")).collect();
        assert_eq!(tree.len(), 5, "{seen}");
        assert!(tree.iter().all(|line| line.chars().count() <= columns), "{columns}: {seen}");
    }
}
