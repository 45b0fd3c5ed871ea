//! What is told of a server that is waited for: in a log, on a terminal, to programs.

use serde_json::Value;

use crate::support::scripted::{Route, Scripted};
use crate::support::{Fixture, Home, Screen};
use crate::terminal::Terminal;

/// A registry with an image, which says for a while that it is unavailable whenever it is asked for this.
fn unavailable(route: Route, seconds: &str, times: usize) -> Scripted {
    let registry = Scripted::start();
    registry.seed("app", &Fixture::small(), "1");
    registry.on(route).status(503).header("Retry-After", seconds).times(times);
    registry
}

/// The number that follows these words.
#[track_caller]
fn number(line: &str, words: &str) -> u64 {
    let rest = line.split(words).nth(1).unwrap_or_else(|| panic!("{words} in {line}"));
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn u4_a_list_tells_a_log_what_it_waits_for_now_and_then() {
    let registry = unavailable(Route::Tags, "4", 4);
    let home = Home::fresh();
    let outcome = home.run(["--retry", "5", "tags", &registry.at("app")]).succeeds().prints("1\n");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    // After 3 s and 5 s more; the next one would come after 18 s.
    assert_eq!(lines.len(), 2, "{outcome}");
    for line in &lines {
        assert!(line.starts_with("503 Service Unavailable for "), "{outcome}");
        assert!(
            line.contains(" s, asking again in ") && line.ends_with(&format!(", {}", registry.host())),
            "{outcome}"
        );
    }
    let since = |line: &str| number(line, "Unavailable for ");
    assert!(since(lines[0]) == 3 && since(lines[1]) >= 8, "{outcome}");
    let next = |line: &str| number(line, " s (");
    // Waits are 4 s or a little longer, so the second line may stand in the second wait or the third.
    assert!(next(lines[0]) == 2 && next(lines[1]) > 2 && lines[0].contains(" of 6)"), "{outcome}");
}

#[test]
fn u4_nothing_is_told_to_those_who_want_no_progress() {
    let registry = unavailable(Route::Tags, "4", 1);
    let outcome = Home::fresh().run(["--progress", "none", "tags", &registry.at("app")]).succeeds();
    assert_eq!(outcome.stderr, "");
    let registry = unavailable(Route::Manifest, "4", 1);
    let outcome = Home::fresh().run(["pull", "-q", &registry.at("app:1")]).succeeds();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn u4_a_terminal_shows_what_a_list_waits_for_in_a_line_that_is_gone_afterwards() {
    let registry = unavailable(Route::Tags, "2", 1);
    let home = Home::fresh();
    let mut terminal = Terminal::run(&home, &format!("regcli tags {}", registry.at("app")));
    terminal.sees("503 Service Unavailable for 0 s, asking again in ").sees("(2 of 6)");
    let screen = Screen::showing(&terminal.ends(0), 100, 30);
    assert_eq!(screen.text(), "1\n[exit 0]\n");
}

#[test]
fn u4_programs_hear_of_waits_before_anything_is_planned() {
    let registry = unavailable(Route::Manifest, "4", 1);
    let outcome = Home::fresh().run(["--progress", "json", "pull", &registry.at("app:1")]).succeeds();
    let events: Vec<Value> = outcome.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (waits, rest): (Vec<_>, Vec<_>) = events.iter().partition(|event| event["event"] == "waiting");
    assert_eq!(rest[0]["event"], "planned", "{outcome}");
    assert!(waits.len() >= 2, "{outcome}");
    assert_eq!(waits[..], events.iter().take(waits.len()).collect::<Vec<_>>()[..], "{outcome}");
    for wait in &waits {
        assert_eq!(wait["server"], registry.host(), "{outcome}");
        assert_eq!(wait["cause"], "503 Service Unavailable", "{outcome}");
        assert_eq!((&wait["failed"], wait["image"] == registry.at("app:1")), (&1.into(), true), "{outcome}");
    }
    assert!(waits.is_sorted_by_key(|wait| wait["seconds"].as_u64()), "{outcome}");
}
