//! What a command waits for, in words: the cause first, and so short that it fits a narrow terminal.

use std::time::{Duration, Instant};

use regcli::retry::{Cause, Wait};
use serde_json::{Value, json};

use crate::ui::format::safe;

/// How long a server may send nothing before anything is said about it.
const UNNOTICED: Duration = Duration::from_secs(3);

/// How much of a cause is shown, in characters.
const CAUSE_MAX: usize = 40;

/// Returns the wait that is worth a line: the longest one, once it has lasted for a moment.
pub(super) fn worth_telling(waits: &[Wait], now: Instant) -> Option<&Wait> {
    waits.iter().find(|wait| match wait.cause {
        Cause::Silent => now.saturating_duration_since(wait.since) >= UNNOTICED,
        Cause::Failed(_) => true,
    })
}

/// `no data for 12 s, asking again in 18 s (2 of 6), registry.example.com`
pub(super) fn line(wait: &Wait, now: Instant) -> String {
    format!("{}, {}", words(wait, now), safe::safe(&wait.server))
}

/// As much of [`line`] as there is room for.
pub(super) fn row(wait: &Wait, now: Instant, columns: usize) -> String {
    let (line, words) = (line(wait, now), words(wait, now));
    [line, words, short(wait, now)]
        .into_iter()
        .find(|text| text.len() <= columns)
        .unwrap_or_else(|| cause(wait, now))
}

/// The wait as programs get it.
pub(super) fn object(wait: &Wait, now: Instant) -> Value {
    json!({
        "event": "waiting",
        "server": wait.server,
        "cause": match &wait.cause {
            Cause::Silent => "no data",
            Cause::Failed(cause) => cause,
        },
        "seconds": seconds_since(wait, now),
        "again": wait.until.map(|until| seconds_until(until, now)),
        "failed": wait.failed,
        "limit": wait.limit,
    })
}

fn words(wait: &Wait, now: Instant) -> String {
    let again = match (wait.until, is_last(wait)) {
        (Some(until), true) => format!(", giving up in {} s", seconds_until(until, now)),
        (Some(until), false) => format!(", asking again in {} s", seconds_until(until, now)),
        (None, _) => String::new(),
    };
    let tries = match wait.limit {
        Some(limit) if !is_last(wait) => format!(" ({} of {limit})", next(wait)),
        _ => String::new(),
    };
    cause(wait, now) + &again + &tries
}

/// `no data for 12 s, again in 18 s (2/6)`
fn short(wait: &Wait, now: Instant) -> String {
    let again = wait.until.map(|until| format!(", again in {} s", seconds_until(until, now)));
    let tries = wait.limit.filter(|_| !is_last(wait)).map(|limit| format!(" ({}/{limit})", next(wait)));
    cause(wait, now) + &again.unwrap_or_default() + &tries.unwrap_or_default()
}

fn cause(wait: &Wait, now: Instant) -> String {
    let seconds = seconds_since(wait, now);
    match &wait.cause {
        Cause::Silent => format!("no data for {seconds} s"),
        Cause::Failed(cause) => format!("{} for {seconds} s", safe::safe_start(cause, CAUSE_MAX)),
    }
}

/// The number of the next request: a silent server has one that has not failed yet.
fn next(wait: &Wait) -> u32 {
    match wait.cause {
        Cause::Silent => wait.failed.saturating_add(2),
        Cause::Failed(_) => wait.failed.saturating_add(1),
    }
}

fn is_last(wait: &Wait) -> bool {
    wait.limit.is_some_and(|limit| next(wait) > limit)
}

fn seconds_since(wait: &Wait, now: Instant) -> u64 {
    now.saturating_duration_since(wait.since).as_secs()
}

/// Rounded up: nothing is asked before.
fn seconds_until(until: Instant, now: Instant) -> u64 {
    until.saturating_duration_since(now).as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(cause: Cause, (since, until): (u64, u64), failed: u32) -> (Wait, Instant) {
        let begun = Instant::now();
        let wait = Wait {
            server: "registry.example.com".to_owned(),
            cause,
            since: begun,
            until: Some(begun + Duration::from_secs(since + until)),
            failed,
            limit: Some(6),
        };
        (wait, begun + Duration::from_secs(since))
    }

    #[test]
    fn u4_a_wait_says_its_cause_first_since_when_until_when_and_which_try() {
        let (silent, now) = wait(Cause::Silent, (12, 18), 0);
        let words = "no data for 12 s, asking again in 18 s (2 of 6)";
        assert_eq!(row(&silent, now, 80), format!("{words}, registry.example.com"));
        assert_eq!(row(&silent, now, 60), words);
        assert_eq!(row(&silent, now, 40), "no data for 12 s, again in 18 s (2/6)");
        assert_eq!(row(&silent, now, 20), "no data for 12 s");
        let refused = Cause::Failed("connection refused\u{1b}[2J".to_owned());
        let (refused, now) = wait(refused, (40, 5), 3);
        let words = "connection refused\\u{1b}[2J for 40 s, asking again in 5 s (4 of 6)";
        assert_eq!(row(&refused, now, 70), words);
        let (last, now) = wait(Cause::Silent, (12, 18), 5);
        assert_eq!(row(&last, now, 50), "no data for 12 s, giving up in 18 s");
    }

    #[test]
    fn u4_a_server_that_is_slow_for_a_moment_is_not_told_about() {
        let (silent, now) = wait(Cause::Silent, (2, 28), 0);
        assert_eq!(worth_telling(std::slice::from_ref(&silent), now), None);
        let later = now + Duration::from_secs(1);
        assert_eq!(worth_telling(std::slice::from_ref(&silent), later), Some(&silent));
        let (refused, now) = wait(Cause::Failed("no".to_owned()), (0, 1), 1);
        assert_eq!(worth_telling(&[silent, refused.clone()], now), Some(&refused));
    }

    #[test]
    fn u4_programs_get_a_wait_in_figures() {
        let (silent, now) = wait(Cause::Silent, (12, 18), 1);
        let expected = json!({
            "event": "waiting", "server": "registry.example.com", "cause": "no data", "seconds": 12, "again": 18,
            "failed": 1, "limit": 6,
        });
        assert_eq!(object(&silent, now), expected);
    }
}
