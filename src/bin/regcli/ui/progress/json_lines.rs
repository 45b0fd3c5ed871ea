//! Progress as JSON for programs: one object per event, and the totals, on standard error.
//!
//! A program that does not read blocks the thread that writes, and nothing else.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use regcli::digest::Digest;
use regcli::image::{Descriptor, Platform};
use regcli::retry::Wait;
use regcli::transfer::{Event, Observer, Skip};
use serde_json::{Value, json};

use super::kept::kept;
use super::tally::{Tally, Totals};
use super::total::Heartbeat;
use super::{Direction, End, View, Work, waits};
use crate::ui::format::json;

/// How often the totals are reported.
const TOTALS: Duration = Duration::from_millis(250);

/// How often waits are reported.
const WAITS: Duration = Duration::from_secs(1);

/// Writes events as they arrive, and the progress of blobs ten times a second.
pub(crate) struct JsonLines(Mutex<State>);

struct State {
    image: String,
    direction: Direction,
    tally: Tally,
    /// The moving blobs, with the position that was reported last.
    told: HashMap<Digest, u64>,
    totals: Heartbeat,
    waiting_for: Heartbeat,
    /// The objects that have not been written yet.
    waiting: Vec<Value>,
    has_ended: bool,
}

impl JsonLines {
    pub(crate) fn new(work: Work) -> Self {
        Self(Mutex::new(State {
            image: work.image,
            direction: work.direction,
            tally: Tally::default(),
            told: HashMap::new(),
            totals: Heartbeat::every(TOTALS),
            waiting_for: Heartbeat::every(WAITS),
            waiting: Vec::new(),
            has_ended: false,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for JsonLines {
    fn event(&self, event: Event) {
        let now = Instant::now();
        let mut state = self.state();
        let objects = state.event(&event, now);
        state.waiting.extend(objects);
    }
}

impl View for JsonLines {
    fn tick(&self, now: Instant, waits: &[Wait]) {
        let objects = self.state().with_waiting(|state| {
            let mut objects = state.tick(now);
            objects.extend(state.waits(waits, now));
            objects
        });
        write(&objects);
    }

    fn end(&self, end: &End, _at: Instant) -> Option<String> {
        let error = match end {
            End::Done => None,
            End::Failed { error, .. } => Some(error.as_str()),
            End::Interrupted => Some("interrupted"),
        };
        let mut state = self.state();
        let objects = state.with_waiting(|state| state.end(error));
        let sums = state.tally.sums();
        let kept = kept(state.direction, &sums, Some(sums.bytes), end);
        drop(state);
        write(&objects);
        kept
    }
}

impl State {
    /// Returns the objects for an event. The progress of a blob comes before any other event of it.
    fn event(&mut self, event: &Event, now: Instant) -> Vec<Value> {
        if self.has_ended {
            return Vec::new();
        }
        let mut objects = Vec::new();
        match event {
            Event::Planned { .. } | Event::Advanced { .. } => {}
            Event::Skipped { digest, .. }
            | Event::Started { digest, .. }
            | Event::Interrupted { digest, .. }
            | Event::Finished { digest } => objects.extend(self.advanced(digest)),
        }
        self.tally.take(event, now);
        match event {
            Event::Started { digest, .. } => {
                self.told.insert(digest.clone(), self.tally.position(digest));
            }
            Event::Skipped { digest, .. } | Event::Finished { digest } => {
                self.told.remove(digest);
            }
            Event::Interrupted { digest, attempt, wait, .. } => {
                if !self.tally.interrupt(digest, *attempt, now + *wait) {
                    return objects;
                }
            }
            Event::Planned { .. } | Event::Advanced { .. } => {}
        }
        objects.extend(self.object(event));
        objects
    }

    /// Returns the unwritten objects, followed by these.
    fn with_waiting(&mut self, objects: impl FnOnce(&mut Self) -> Vec<Value>) -> Vec<Value> {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.extend(objects(self));
        waiting
    }

    fn tick(&mut self, now: Instant) -> Vec<Value> {
        if self.has_ended {
            return Vec::new();
        }
        let mut objects = self.all_advanced();
        if self.totals.is_due(now) && self.tally.has_started() {
            objects.push(self.total(now));
        }
        objects
    }

    /// Returns the current waits, once a second.
    fn waits(&mut self, waits: &[Wait], now: Instant) -> Vec<Value> {
        if self.has_ended || waits.is_empty() || !self.waiting_for.is_due(now) {
            return Vec::new();
        }
        let object = |wait| {
            let mut object = waits::object(wait, now);
            object["image"] = json!(self.image);
            object
        };
        waits.iter().map(object).collect()
    }

    fn end(&mut self, error: Option<&str>) -> Vec<Value> {
        if std::mem::replace(&mut self.has_ended, true) {
            return Vec::new();
        }
        let mut objects = self.all_advanced();
        let mut end = self.figures("end", self.tally.totals());
        end["error"] = json!(error);
        objects.push(end);
        objects
    }

    fn all_advanced(&mut self) -> Vec<Value> {
        let moving: Vec<Digest> = self.told.keys().cloned().collect();
        moving.iter().filter_map(|digest| self.advanced(digest)).collect()
    }

    /// Returns the progress of a blob since the last report, if any.
    fn advanced(&mut self, digest: &Digest) -> Option<Value> {
        let position = self.tally.position(digest);
        let told = self.told.get_mut(digest)?;
        let bytes = position.saturating_sub(*told);
        *told = position;
        (bytes > 0).then(|| {
            json!({
                "event": "advanced", "image": self.image, "digest": digest, "position": position, "bytes": bytes,
            })
        })
    }

    fn total(&self, now: Instant) -> Value {
        let headway = self.tally.headway(now);
        let mut total = self.figures("total", self.tally.totals());
        total["rate"] = json!(headway.rate);
        total["eta"] = json!(headway.left.map(|left| left.as_secs()));
        total
    }

    fn figures(&self, event: &str, totals: Totals) -> Value {
        json!({
            "event": event, "image": self.image, "done": totals.done(), "bytes": totals.bytes,
            "present": totals.present, "mounted": totals.mounted, "foreign": totals.foreign,
            "resumed": totals.resumed, "moved": totals.moved,
            "blobs_done": totals.blobs_done, "blobs": totals.blobs,
        })
    }

    /// Returns the object for an event, or `None` if events of its kind are reported together.
    fn object(&self, event: &Event) -> Option<Value> {
        let image = &self.image;
        Some(match event {
            Event::Planned { blobs, platforms, bytes } => {
                let blobs = distinct(blobs, platforms);
                json!({ "event": "planned", "image": image, "bytes": bytes, "blobs": blobs })
            }
            Event::Skipped { digest, reason } => {
                let mut object = json!({ "event": "skipped", "image": image, "digest": digest });
                object["reason"] = match reason {
                    Skip::Present => json!("present"),
                    Skip::Mounted(_) => json!("mounted"),
                    Skip::Foreign => json!("foreign"),
                };
                if let Skip::Mounted(from) = reason {
                    object["from"] = json!(from.to_string());
                }
                object
            }
            Event::Started { digest, offset, size } => json!({
                "event": "started", "image": image, "digest": digest, "offset": offset, "size": size,
            }),
            Event::Advanced { .. } => return None,
            Event::Interrupted { digest, attempt, wait, cause } => json!({
                "event": "interrupted", "image": image, "digest": digest, "attempt": attempt,
                "wait": wait.as_secs_f64(), "cause": cause,
            }),
            Event::Finished { digest } => json!({ "event": "finished", "image": image, "digest": digest }),
        })
    }
}

/// Returns the blobs of an image, each once, so that their sizes add up to the bytes of the plan.
fn distinct(blobs: &[Descriptor], platforms: &HashMap<Digest, Vec<Platform>>) -> Vec<Value> {
    let mut seen = HashSet::new();
    let distinct = blobs.iter().filter(|blob| seen.insert(&blob.digest));
    let object = |blob: &Descriptor| {
        let platforms = platforms.get(&blob.digest).into_iter().flatten();
        let platforms: Vec<_> = platforms.map(ToString::to_string).collect();
        json!({
            "digest": blob.digest, "size": blob.size, "mediaType": blob.media_type, "platforms": platforms,
        })
    };
    distinct.map(object).collect()
}

/// Writes each line in one call, so that no other output can split it.
fn write(objects: &[Value]) {
    for object in objects {
        // A closed standard error cannot be reported.
        let _ = io::stderr().write_all(format!("{}\n", json::line(object)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use regcli::image::MediaType;

    use super::super::shown::TICK;
    use super::*;

    fn digest() -> Digest {
        Digest::sha256(b"x")
    }

    /// Returns the view of an image with one layer of 1000 bytes.
    fn planned(begun: Instant) -> JsonLines {
        let layer = Descriptor::new(MediaType::OCI_LAYER_GZIP, digest(), 1000);
        let view = JsonLines::new(Work { image: "a:1".to_owned(), direction: Direction::Pull });
        let planned = Event::Planned {
            blobs: vec![layer.clone(), layer],
            platforms: HashMap::from([(digest(), vec!["linux/arm64".parse().unwrap()])]),
            bytes: 1000,
        };
        let told = view.state().event(&planned, begun);
        let blob = json!({
            "digest": digest(), "size": 1000, "mediaType": MediaType::OCI_LAYER_GZIP, "platforms": ["linux/arm64"],
        });
        let expected = json!({ "event": "planned", "image": "a:1", "bytes": 1000, "blobs": [blob] });
        assert_eq!(told, [expected], "each blob once");
        view
    }

    fn advanced(position: u64, bytes: u64) -> Value {
        json!({
            "event": "advanced", "image": "a:1", "digest": digest(), "position": position, "bytes": bytes,
        })
    }

    #[test]
    fn a_thousand_events_are_ten_lines_a_second_and_no_byte_is_lost() {
        let begun = Instant::now();
        let view = planned(begun);
        let mut state = view.state();
        let started = Event::Started { digest: digest(), offset: 100, size: 1000 };
        let expected =
            json!({ "event": "started", "image": "a:1", "digest": digest(), "offset": 100, "size": 1000 });
        assert_eq!(state.event(&started, begun), [expected]);
        for _ in 0..300 {
            assert_eq!(state.event(&Event::Advanced { digest: digest(), bytes: 2 }, begun), [] as [Value; 0]);
        }
        assert_eq!(state.tick(begun), [advanced(700, 600)]);
        assert_eq!(state.tick(begun), [] as [Value; 0], "nothing new, nothing said");
        state.event(&Event::Advanced { digest: digest(), bytes: 300 }, begun);
        let finished = json!({ "event": "finished", "image": "a:1", "digest": digest() });
        let told = state.event(&Event::Finished { digest: digest() }, begun);
        assert_eq!(told, [advanced(1000, 300), finished]);
    }

    #[test]
    fn a_restarted_attempt_is_reported_from_its_offset() {
        let begun = Instant::now();
        let view = planned(begun);
        let mut state = view.state();
        let start = |offset| Event::Started { digest: digest(), offset, size: 1000 };
        state.event(&start(0), begun);
        state.event(&Event::Advanced { digest: digest(), bytes: 500 }, begun);
        let (wait, cause) = (Duration::from_millis(1500), "\u{1b}[2J\u{202e}".to_owned());
        let told = state.event(&Event::Interrupted { digest: digest(), attempt: 1, wait, cause }, begun);
        assert_eq!(told[0], advanced(500, 500));
        assert_eq!((&told[1]["event"], &told[1]["wait"]), (&json!("interrupted"), &json!(1.5)));
        assert!(!json::line(&told[1]).contains(['\u{1b}', '\u{202e}']));
        state.event(&start(0), begun);
        state.event(&Event::Advanced { digest: digest(), bytes: 10 }, begun);
        assert_eq!(state.tick(begun), [advanced(10, 10)]);
    }

    #[test]
    fn totals_come_a_few_times_a_second_and_say_when_nothing_moves() {
        let begun = Instant::now();
        let view = planned(begun);
        let mut state = view.state();
        let tick = |state: &mut State, tenth| state.tick(begun + TICK * tenth);
        assert!((0..10).all(|tenth| tick(&mut state, tenth).is_empty()), "nothing has begun");
        let now = begun + TICK * 10;
        state.event(&Event::Started { digest: digest(), offset: 100, size: 1000 }, now);
        state.event(&Event::Advanced { digest: digest(), bytes: 300 }, now);
        let totals: Vec<Value> = (10..80)
            .flat_map(|tenth| tick(&mut state, tenth))
            .filter(|object| object["event"] == "total")
            .collect();
        assert!((20..=24).contains(&totals.len()), "{}", totals.len());
        let expected = json!({
            "event": "total", "image": "a:1", "done": 400, "bytes": 1000, "present": 0, "mounted": 0,
            "foreign": 0, "resumed": 100, "moved": 300, "blobs_done": 0, "blobs": 1,
            "rate": totals[5]["rate"], "eta": totals[5]["eta"],
        });
        assert_eq!(totals[5], expected);
        assert!(totals[5]["rate"].as_u64() > Some(100) && totals[5]["eta"].as_u64() > Some(1));
        assert_eq!(totals.last().unwrap()["rate"], 0);
        assert_eq!(totals.last().unwrap()["eta"], Value::Null);
    }

    #[test]
    fn the_end_is_told_once_and_nothing_after_it() {
        let begun = Instant::now();
        let view = planned(begun);
        let mut state = view.state();
        state.event(&Event::Started { digest: digest(), offset: 0, size: 1000 }, begun);
        state.event(&Event::Advanced { digest: digest(), bytes: 5 }, begun);
        let expected = json!({
            "event": "end", "image": "a:1", "done": 5, "bytes": 1000, "present": 0, "mounted": 0, "foreign": 0,
            "resumed": 0, "moved": 5, "blobs_done": 0, "blobs": 1, "error": "no",
        });
        assert_eq!(state.end(Some("no")), [advanced(5, 5), expected]);
        assert_eq!(state.event(&Event::Finished { digest: digest() }, begun), [] as [Value; 0]);
        assert_eq!(state.tick(begun + TOTALS), [] as [Value; 0]);
        assert_eq!(state.end(None), [] as [Value; 0]);
    }
}
