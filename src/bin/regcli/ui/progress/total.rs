//! The total of a copy on one line: layers, bytes, rate, time left.

use std::time::{Duration, Instant};

use regcli::digest::Digest;

use super::tally::{Headway, Tally};
use crate::ui::format::units;

/// The progress of a whole copy.
pub(super) struct Total {
    layers_done: usize,
    layers: usize,
    /// Whether more layers and bytes may become known.
    pub(super) grows: bool,
    /// The counted things, in the plural.
    pub(super) unit: &'static str,
    pub(super) headway: Headway,
}

impl Total {
    /// Returns the total, or `None` if nothing is moving.
    pub(super) fn of<'a>(
        tally: &Tally,
        layers: impl ExactSizeIterator<Item = &'a Digest>,
        now: Instant,
    ) -> Option<Self> {
        let headway = tally.headway(now);
        (tally.has_started() && headway.position < headway.size).then(|| {
            let number = layers.len();
            Self::new(headway, layers.filter(|digest| tally.is_done(digest)).count(), number)
        })
    }

    /// Returns the total of copies with so many layers.
    pub(super) fn new(headway: Headway, layers_done: usize, layers: usize) -> Self {
        Self { layers_done, layers, grows: false, unit: "layers", headway }
    }

    /// Marks a total that becomes larger, because some of it is not known yet. What is left of it cannot be said then.
    pub(super) fn growing(mut self) -> Self {
        self.headway.left = None;
        Self { grows: true, ..self }
    }

    /// Returns `3/12 layers`.
    pub(super) fn layers(&self) -> String {
        format!("{} {}", self.fraction(), self.unit)
    }

    /// Returns `3/12`, or `3` if the total grows.
    pub(super) fn fraction(&self) -> String {
        if self.grows {
            self.layers_done.to_string()
        } else {
            format!("{}/{}", self.layers_done, self.layers)
        }
    }

    /// Returns `123.4MB/412MB`, or `123.4MB` if the total grows.
    pub(super) fn size(&self) -> String {
        if self.grows { units::precise_size(self.headway.position) } else { size(&self.headway) }
    }

    /// Returns the whole line for a log.
    pub(super) fn line(&self) -> String {
        let mut line = format!("{}  {}  {}", self.layers(), self.size(), speed(&self.headway));
        if let Some(left) = self.headway.left {
            line += &format!("  {} left", units::short_duration(left));
        }
        line
    }
}

/// Returns `123.4MB/412MB`.
pub(super) fn size(headway: &Headway) -> String {
    format!("{}/{}", units::precise_size(headway.position), units::precise_size(headway.size))
}

/// Returns `45.6MB/s`.
pub(super) fn speed(headway: &Headway) -> String {
    format!("{}/s", units::precise_size(headway.rate))
}

/// Returns `6s`, or nothing while the time left is unknown.
pub(super) fn left(headway: &Headway) -> String {
    headway.left.map(units::short_duration).unwrap_or_default()
}

/// Returns `24%`. It is 100% only when nothing is left.
pub(super) fn percentage(headway: &Headway) -> String {
    let percent = match headway.position {
        position if position >= headway.size => 100,
        position => (u128::from(position) * 100 / u128::from(headway.size)).min(99),
    };
    format!("{percent}%")
}

/// Reports regularly that a line is due.
pub(super) struct Heartbeat {
    every: Duration,
    last: Option<Instant>,
}

impl Heartbeat {
    pub(super) fn every(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// Reports whether the time is up. The first call starts the clock.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let last = *self.last.get_or_insert(now);
        let is_due = now.saturating_duration_since(last) >= self.every;
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heart_beats_at_its_pace() {
        let mut heartbeat = Heartbeat::every(Duration::from_secs(30));
        let begun = Instant::now();
        let beats = (0..=1000).filter(|tenth| heartbeat.is_due(begun + Duration::from_millis(tenth * 100)));
        assert_eq!(beats.collect::<Vec<_>>(), [300, 600, 900]);
    }
}
