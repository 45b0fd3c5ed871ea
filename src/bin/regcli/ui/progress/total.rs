//! A whole copy on one line: layers, bytes, rate, time left.

use std::time::{Duration, Instant};

use regcli::digest::Digest;
use regcli::transfer::{Headway, Tally};

use crate::ui::format::units;

/// How far a copy is.
pub(super) struct Total {
    layers_done: usize,
    layers: usize,
    /// What is counted.
    pub(super) unit: &'static str,
    pub(super) headway: Headway,
}

impl Total {
    /// `None` unless something is on its way.
    pub(super) fn of<'a>(
        tally: &Tally,
        layers: impl ExactSizeIterator<Item = &'a Digest>,
        now: Instant,
    ) -> Option<Self> {
        let headway = tally.headway(now);
        (tally.has_started() && headway.position < headway.size).then(|| Self {
            layers: layers.len(),
            unit: "layers",
            layers_done: layers.filter(|digest| tally.is_done(digest)).count(),
            headway,
        })
    }

    /// `3/12 layers`
    pub(super) fn layers(&self) -> String {
        format!("{}/{} {}", self.layers_done, self.layers, self.unit)
    }

    /// `3/12`
    pub(super) fn fraction(&self) -> String {
        format!("{}/{}", self.layers_done, self.layers)
    }

    /// The whole line for a log.
    pub(super) fn line(&self) -> String {
        let mut line = format!("{}  {}  {}", self.layers(), size(&self.headway), speed(&self.headway));
        if let Some(left) = self.headway.left {
            line += &format!("  {} left", units::short_duration(left));
        }
        line
    }
}

/// `123.4MB/412MB`
pub(super) fn size(headway: &Headway) -> String {
    format!("{}/{}", units::precise_size(headway.position), units::precise_size(headway.size))
}

/// `45.6MB/s`
pub(super) fn speed(headway: &Headway) -> String {
    format!("{}/s", units::precise_size(headway.rate))
}

/// `6s`, or nothing as long as nobody can know.
pub(super) fn left(headway: &Headway) -> String {
    headway.left.map(units::short_duration).unwrap_or_default()
}

/// `24%`: all of it only when nothing is left.
pub(super) fn percentage(headway: &Headway) -> String {
    let percent = match headway.position {
        position if position >= headway.size => 100,
        position => (u128::from(position) * 100 / u128::from(headway.size)).min(99),
    };
    format!("{percent}%")
}

/// Asks for a sign of life now and then.
pub(super) struct Heartbeat {
    every: Duration,
    last: Option<Instant>,
}

impl Heartbeat {
    pub(super) fn every(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// Whether it is time; the time runs from the first call on.
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
