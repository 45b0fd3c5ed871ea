//! Terminals that are narrow, change their width, know ASCII only, or are asked for colours.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::{Fixture, Home, Is, Kind, Screen, eventually, missing, tar};

use super::{Terminal, closing, decoded, layered, layers, slow};

#[test]
fn bars_stay_on_their_lines_however_narrow_the_terminal_is() {
    let fixture = Fixture::heavy(1 << 20);
    let (_registry, _proxy, image) = slow(&fixture);
    for columns in [20, 40, 60] {
        let home = Home::fresh();
        let line = format!("stty cols {columns}; regcli --store s{columns} pull {image}");
        let mut terminal = Terminal::run(&home, &line);
        terminal.sees("/2 layers ");
        let seen = terminal.ends(0);
        let screen = Screen::showing(&seen, columns, 30);
        let ended: String =
            layers(&fixture).iter().map(|layer| format!("{layer}: Pull complete\n")).collect();
        let left = format!("1: Pulling from app\n{ended}{}[exit 0]\n", closing(&fixture, &image));
        // A row of the screen is as wide as the terminal, so that longer lines are several.
        let joined = |text: &str| text.replace(['\n', ' '], "");
        let (rows, results) =
            joined(&screen.text()).split_once("Digest:").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        // Behind the layers is what was moved in which time.
        let end = rows.rfind("complete").unwrap() + "complete".len();
        assert_eq!(
            format!("{}Digest:{results}", &rows[..end]),
            joined(&left),
            "{columns}: nothing of bars and total is left"
        );
        assert!(!screen.text().contains("/2 layers"), "{columns}: {}", screen.text());
        assert_eq!(screen.reach(), 2, "{columns}: a row for each layer, and the total");
    }
}

#[test]
fn a_terminal_that_becomes_narrower_while_bars_are_drawn_keeps_no_rest_of_them() {
    if missing("tmux") {
        return;
    }
    let fixture = Fixture::heavy(1 << 20);
    let (_registry, _proxy, image) = slow(&fixture);
    let home = Home::fresh();
    let socket = home.path().join("tmux");
    let tmux = |arguments: &[&str]| {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&socket).args(["-f", "/dev/null"]).args(arguments).env_remove("TMUX");
        let output = command.env("LANG", "C.UTF-8").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let line = format!(
        "export HOME={home}; {regcli} --store {home}/store pull {image}; echo ended $?; sleep 30",
        home = home.path().display(),
        regcli = env!("CARGO_BIN_EXE_regcli")
    );
    tmux(&["new-session", "-d", "-s", "bars", "-x", "100", "-y", "24", &line]);
    let shows = |text: &str| {
        let screen =
            || Some(tmux(&["capture-pane", "-p", "-t", "bars"])).filter(|screen| screen.contains(text));
        eventually(Duration::from_secs(20), screen)
            .unwrap_or_else(|| tmux(&["capture-pane", "-p", "-t", "bars"]))
    };
    let bars = shows("Downloading [");
    assert!(bars.contains("Downloading ["), "{bars}");
    tmux(&["resize-window", "-t", "bars", "-x", "64", "-y", "24"]);
    let ended = shows("ended 0");
    // tmux may have moved what was at the top out of sight when it broke the lines anew.
    let all = tmux(&["capture-pane", "-p", "-S", "-", "-t", "bars"]);
    tmux(&["kill-server"]);
    for rest in ["Downloading", "B/s ", "layers"] {
        assert!(!ended.contains(rest), "{rest} is left of the bars:\n{ended}");
    }
    for layer in layers(&fixture) {
        assert_eq!(ended.matches(&format!("{layer}: Pull complete")).count(), 1, "{ended}");
    }
    assert_eq!(all.matches("1: Pulling from app").count(), 1, "{all}");
}

#[test]
fn a_terminal_without_utf_8_gets_ascii_only() {
    let fixture = Fixture::heavy(1 << 20);
    let (_registry, _proxy, image) = slow(&fixture);
    let home = Home::fresh();
    home.run(["copy", "-q", &layered().place(), "store:x:1"]).succeeds();
    home.run(["copy", "-q", &Fixture::multi_platform().place(), "store:registry.example.com/team/app:1"])
        .succeeds();
    let commands = [
        "regcli pull $IMAGE",
        "regcli history x:1",
        "stty cols 40; regcli images --tree",
        "regcli pull --help",
    ];
    for locale in ["LC_ALL=C", "LC_ALL=POSIX", "LC_ALL= LC_CTYPE= LANG="] {
        for command in commands {
            let line = format!("export {locale} IMAGE={image}; {command}");
            let seen = Terminal::run(&home, &line).ends(0);
            assert!(seen.is_ascii(), "{line}: {seen:?}");
        }
        home.run(["rmi", &image]).succeeds();
    }
}

#[test]
fn nobody_gets_colours_even_if_they_are_asked_for() {
    let home = Home::fresh();
    home.run(["copy", "-q", &layered().place(), "store:x:1"]).succeeds();
    for variables in ["CLICOLOR_FORCE=1", "CLICOLOR_FORCE=1 NO_COLOR=1", "FORCE_COLOR=3 CLICOLOR=1"] {
        for command in ["images", "history x:1", "--help", "nosuch", "-D images", "images --tree"] {
            for elsewhere in ["", " 2>&1 | cat; true"] {
                let line = format!("export {variables}; regcli {command}{elsewhere}; true");
                let seen = Terminal::run(&home, &line).ends(0);
                assert!(!seen.contains('\u{1b}'), "{line}: {seen:?}");
            }
        }
    }
}

#[test]
fn wide_characters_are_counted_as_two_columns() {
    let home = Home::fresh();
    let step = |command: &str| serde_json::json!({"created": "2026-09-21T08:30:00Z", "created_by": command});
    let config = serde_json::json!({
        "config": {},
        "history": [step(&"复制文件".repeat(20)), step(&format!("x{}", "复制文件".repeat(20)))],
    });
    let fixture = Fixture::with_config(config, &[vec![7; 10_000], vec![7; 1_000]]);
    home.run(["copy", "-q", &fixture.place(), "store:x:1"]).succeeds();
    let seen = decoded(&Terminal::run(&home, "regcli history x:1").ends(0));
    let columns = |line: &str| {
        line.chars().map(|c| if c.is_ascii() || "…█▏▎▍▌▋▊▉".contains(c) { 1 } else { 2 }).sum::<usize>()
    };
    let sizes: Vec<usize> =
        seen.lines().filter_map(|line| Some(columns(&line[..line.find("kB")?]))).collect();
    let [one, two] = sizes[..] else { panic!("{seen}") };
    assert!(one.abs_diff(two) == 1, "1kB and 10kB begin in one column:\n{seen}");
    assert!(seen.lines().all(|line| columns(line) <= 100), "{seen}");
}

#[test]
fn help_is_as_wide_as_the_terminal() {
    let home = Home::fresh();
    for columns in [20, 40, 60, 100] {
        let seen = Terminal::run(&home, &format!("stty cols {columns}; regcli rmi -h")).ends(0);
        let unbreakable = |line: &str| line.split_whitespace().count() <= 3;
        assert!(seen.lines().all(|line| line.len() <= columns || unbreakable(line)), "{columns}: {seen}");
        let most = seen.lines().map(str::len).max().unwrap();
        assert!(most <= columns.max(30), "{columns}: {seen}");
    }
    let file = home.path().join("help");
    Terminal::run(&home, "stty cols 40; regcli pull --help >help").ends(0);
    let widest = fs::read_to_string(file).unwrap().lines().map(str::len).max().unwrap();
    assert!((60..=80).contains(&widest), "what goes elsewhere is 80 columns wide, not {widest}");
}

#[test]
fn tables_stay_on_their_lines_and_pipes_get_everything() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let name = format!("{}/team/a-project-with-a-long-name/and-a-repository", registry.host());
    let images: Vec<_> = [
        "1.27.4-alpine-perl-of-the-nightly-build-20261130",
        "1.27.5-alpine-slim-of-the-nightly-build-20261130",
    ]
    .map(|tag| format!("{name}:{tag}"))
    .into();
    let step = serde_json::json!({"created_by": "RUN apt-get update && apt-get install --yes --no-install-recommends x"});
    let config = serde_json::json!({"config": {}, "history": [step]});
    let fixture = Fixture::with_config(config, &[tar(&[("etc/a", Is::File(b"a"))])]);
    for image in &images {
        home.run(["copy", "-q", &fixture.place(), image]).succeeds();
        home.run(["pull", "-q", image]).succeeds();
    }
    let own = home.path().join(".config/regcli");
    fs::create_dir_all(&own).unwrap();
    let mirrors =
        "mirrors = [\"http://127.0.0.1:1/an/accelerator/in/an/office\", \"http://127.0.0.1:2/far\"]";
    fs::write(own.join("config.toml"), format!("[registry.\"{}\"]\n{mirrors}\n", registry.host())).unwrap();
    let commands = [
        "check".to_owned(),
        format!("size {} {}", images[0], images[1]),
        "mirror list".to_owned(),
        format!("mirror test --image {}", images[0]),
        format!("tags -l {name}"),
        format!("search {}/repo", registry.host()),
        format!("files --layers {} /nothing", images[0]),
    ];
    for command in &commands {
        let mut shown = Vec::new();
        for columns in [60, 80, 120] {
            let line = format!("stty cols {columns}; regcli {command} 2>/dev/null; true");
            let seen = decoded(&Terminal::run(&home, &line).ends(0));
            assert!(seen.lines().all(|line| line.chars().count() <= columns), "{columns}: {command}\n{seen}");
            shown.push(seen);
        }
        let piped = decoded(&Terminal::run(&home, &format!("regcli {command} 2>/dev/null | cat")).ends(0));
        assert!(!piped.contains('…') || command.starts_with("files"), "{command}\n{piped}");
        let is_cut = shown[0].contains('…');
        assert!(is_cut, "the test has something to cut: {command}\n{}", shown[0]);
    }
}

#[test]
fn notes_and_hints_are_broken_between_words_and_their_commands_are_not() {
    let home = Home::fresh();
    let file = home.path().join("compose.yaml");
    fs::write(&file, "services: { web: { image: \"registry.example.com/team/web:$TAG\" } }\n").unwrap();
    for columns in [60, 80] {
        let line =
            format!("stty cols {columns}; regcli check compose.yaml; regcli tags 127.0.0.1:1/team/app; true");
        let seen = Terminal::run(&home, &line).ends(0);
        let fits = |line: &str| line.len() <= columns || line.trim_start().starts_with("regcli ");
        assert!(seen.lines().all(fits), "{columns}: {seen}");
        let start = "start one with regcli serve --addr 127.0.0.1:1";
        assert!(seen.replace("\n  ", " ").contains(start), "{seen}");
        assert!(seen.contains("regcli serve --addr 127.0.0.1:1"), "the command is whole: {seen}");
    }
}
