//! What a command waits for, in words: the cause first, and so short that it fits a narrow terminal.

use std::time::{Duration, Instant};

use regcli::retry::{Cause, Wait};
use serde_json::{Value, json};

use crate::ui::format::safe;

/// How long a server may send nothing before anything is said about it.
const UNNOTICED: Duration = Duration::from_secs(3);

/// How much of a cause is shown on a terminal, in characters. A log has room for all of it.
const CAUSE_MAX: usize = 40;

/// How long a log waits before it repeats a wait: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// When a log reports a wait: once it has lasted for a moment, and then less and less often.
#[derive(Default)]
pub(crate) struct Pace {
    /// When it was reported last, and how long it is until it is reported again.
    told: Option<(Instant, Duration)>,
}

impl Pace {
    /// Returns the line that is due, if one is.
    pub(crate) fn line(&mut self, waits: &[Wait], now: Instant) -> Option<String> {
        let is_long = |wait: &&Wait| now.saturating_duration_since(wait.since) >= UNNOTICED;
        let Some(wait) = worth_telling(waits, now).filter(is_long) else {
            self.told = None;
            return None;
        };
        let (first, most) = AGAIN;
        let next = match self.told {
            None => first,
            Some((told, again)) if now.saturating_duration_since(told) >= again => (again * 2).min(most),
            Some(_) => return None,
        };
        self.told = Some((now, next));
        Some(line(wait, now, usize::MAX))
    }
}

/// Returns the wait that is worth a line: the longest one, once it has lasted for a moment.
pub(crate) fn worth_telling(waits: &[Wait], now: Instant) -> Option<&Wait> {
    waits.iter().find(|wait| match wait.cause {
        Cause::Silent => now.saturating_duration_since(wait.since) >= UNNOTICED,
        Cause::Failed(_) => true,
    })
}

/// `no data for 12 s, asking again in 18 s (2 of 6), registry.example.com`, or `…, giving up in 4 min, …`
fn line(wait: &Wait, now: Instant, most: usize) -> String {
    let end = wait.gives_up.map(|end| format!(", giving up in {}", minutes(seconds_until(end, now))));
    format!("{}{}, {}", words(wait, now, most), end.unwrap_or_default(), safe::safe(&wait.server))
}

/// As much of [`line`] as there is room for.
pub(crate) fn row(wait: &Wait, now: Instant, columns: usize) -> String {
    let line = line(wait, now, CAUSE_MAX);
    let nameless = line.strip_suffix(&format!(", {}", safe::safe(&wait.server))).unwrap_or(&line).to_owned();
    [line, nameless, words(wait, now, CAUSE_MAX), short(wait, now)]
        .into_iter()
        .find(|text| text.len() <= columns)
        .unwrap_or_else(|| cause(wait, now, CAUSE_MAX))
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
        "gives_up": wait.gives_up.map(|end| seconds_until(end, now)),
    })
}

fn words(wait: &Wait, now: Instant, most: usize) -> String {
    let again = match (wait.until, is_last(wait)) {
        (Some(until), true) => format!(", giving up {}", soon(until, now)),
        (Some(until), false) => format!(", asking again {}", soon(until, now)),
        (None, _) => String::new(),
    };
    let tries = match wait.limit {
        Some(limit) if !is_last(wait) => format!(" ({} of {limit})", next(wait)),
        _ => String::new(),
    };
    cause(wait, now, most) + &again + &tries
}

/// `no data for 12 s, again in 18 s (2/6)`
fn short(wait: &Wait, now: Instant) -> String {
    let again = wait.until.map(|until| format!(", again {}", soon(until, now)));
    let tries = wait.limit.filter(|_| !is_last(wait)).map(|limit| format!(" ({}/{limit})", next(wait)));
    cause(wait, now, CAUSE_MAX) + &again.unwrap_or_default() + &tries.unwrap_or_default()
}

fn cause(wait: &Wait, now: Instant, most: usize) -> String {
    let seconds = seconds_since(wait, now);
    match &wait.cause {
        Cause::Silent => format!("no data for {seconds} s"),
        Cause::Failed(cause) => format!("{} for {seconds} s", safe::safe_start(without_time(cause), most)),
    }
}

/// Returns the cause without its own time at the end, because the time of the whole wait follows: `no answer`
/// for `no answer for 2 s`.
fn without_time(cause: &str) -> &str {
    let time = cause.rsplit_once(" for ").and_then(|(rest, time)| Some((rest, time.strip_suffix(" s")?)));
    match time {
        Some((rest, seconds)) if seconds.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => cause,
    }
}

/// `in 18 s`, or `now`
fn soon(until: Instant, now: Instant) -> String {
    match seconds_until(until, now) {
        0 => "now".to_owned(),
        seconds => format!("in {seconds} s"),
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

/// `90 s`, `4 min`
fn minutes(seconds: u64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
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

    fn wait(cause: Cause, since: u64, until: u64, failed: u32) -> (Wait, Instant) {
        let begun = Instant::now();
        let wait = Wait {
            server: "registry.example.com".to_owned(),
            cause,
            since: begun,
            until: Some(begun + Duration::from_secs(since + until)),
            failed,
            limit: Some(6),
            gives_up: None,
        };
        (wait, begun + Duration::from_secs(since))
    }

    #[test]
    fn u4_a_wait_says_its_cause_first_since_when_until_when_and_which_try() {
        let (silent, now) = wait(Cause::Silent, 12, 18, 0);
        let words = "no data for 12 s, asking again in 18 s (2 of 6)";
        assert_eq!(row(&silent, now, 80), format!("{words}, registry.example.com"));
        assert_eq!(row(&silent, now, 60), words);
        assert_eq!(row(&silent, now, 40), "no data for 12 s, again in 18 s (2/6)");
        assert_eq!(row(&silent, now, 20), "no data for 12 s");
        let refused = Cause::Failed("connection refused\u{1b}[2J".to_owned());
        let (refused, now) = wait(refused, 40, 5, 3);
        let words = "connection refused\\u{1b}[2J for 40 s, asking again in 5 s (4 of 6)";
        assert_eq!(row(&refused, now, 70), words);
        let (last, now) = wait(Cause::Silent, 12, 18, 5);
        assert_eq!(row(&last, now, 50), "no data for 12 s, giving up in 18 s");
    }

    #[test]
    fn u4_a_wait_that_only_time_limits_says_when_it_ends() {
        let (wait, now) = wait(Cause::Failed("connection refused".to_owned()), 40, 5, 7);
        let begun = wait.since;
        let of = |gives_up| Wait {
            limit: None,
            gives_up: Some(begun + Duration::from_secs(gives_up)),
            ..wait.clone()
        };
        let words = "connection refused for 40 s, asking again in 5 s";
        let host = "registry.example.com";
        assert_eq!(row(&of(300), now, 100), format!("{words}, giving up in 4 min, {host}"));
        assert_eq!(row(&of(130), now, 100), format!("{words}, giving up in 90 s, {host}"));
        assert_eq!(row(&of(300), now, 70), format!("{words}, giving up in 4 min"));
        assert_eq!(row(&of(300), now, 50), words);
        assert_eq!(object(&of(300), now)["gives_up"], 260);
    }

    #[test]
    fn u4_a_time_is_told_once_and_a_request_that_is_due_is_sent_now() {
        let of = |cause: &str, since, until| wait(Cause::Failed(cause.to_owned()), since, until, 1);
        let (silent, now) = of("no answer for 2 s", 3, 0);
        assert_eq!(row(&silent, now, 50), "no answer for 3 s, asking again now (2 of 6)");
        assert_eq!(row(&silent, now, 36), "no answer for 3 s, again now (2/6)");
        let (last, now) = (Wait { failed: 6, ..silent }, now);
        assert_eq!(row(&last, now, 40), "no answer for 3 s, giving up now");
        for cause in ["waited for 2 m", "for s", "looking for  x s"] {
            let (wait, now) = of(cause, 3, 1);
            assert!(row(&wait, now, 80).starts_with(&format!("{cause} for 3 s, ")));
        }
    }

    #[test]
    fn u4_a_cause_is_cut_on_a_terminal_only() {
        let long = "a cause that is longer than a row of a terminal has room for";
        let (wait, now) = wait(Cause::Failed(long.to_owned()), 3, 1, 1);
        assert!(line(&wait, now, usize::MAX).starts_with(&format!("{long} for 3 s, ")));
        assert!(row(&wait, now, 120).starts_with("a cause that is longer than a row of a t… for 3 s, "));
    }

    #[test]
    fn u4_a_log_tells_a_wait_less_and_less_often() {
        let (wait, _) = wait(Cause::Failed("no".to_owned()), 0, 1000, 1);
        let (mut pace, begun) = (Pace::default(), wait.since);
        let mut told =
            |seconds: u64, waits: &[Wait]| pace.line(waits, begun + Duration::from_secs(seconds)).is_some();
        let all: Vec<_> = (0..300).filter(|second| told(*second, std::slice::from_ref(&wait))).collect();
        assert_eq!(all, [3, 8, 18, 38, 78, 138, 198, 258]);
        assert!(!told(300, &[]) && told(301, &[wait]), "another wait begins again");
    }

    #[test]
    fn u4_a_server_that_is_slow_for_a_moment_is_not_told_about() {
        let (silent, now) = wait(Cause::Silent, 2, 28, 0);
        assert_eq!(worth_telling(std::slice::from_ref(&silent), now), None);
        let later = now + Duration::from_secs(1);
        assert_eq!(worth_telling(std::slice::from_ref(&silent), later), Some(&silent));
        let (refused, now) = wait(Cause::Failed("no".to_owned()), 0, 1, 1);
        assert_eq!(worth_telling(&[silent, refused.clone()], now), Some(&refused));
    }

    #[test]
    fn u4_programs_get_a_wait_in_figures() {
        let (silent, now) = wait(Cause::Silent, 12, 18, 1);
        let expected = json!({
            "event": "waiting", "server": "registry.example.com", "cause": "no data", "seconds": 12, "again": 18,
            "failed": 1, "limit": 6, "gives_up": null,
        });
        assert_eq!(object(&silent, now), expected);
    }
}
