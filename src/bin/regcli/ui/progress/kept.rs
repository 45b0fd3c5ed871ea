//! What an unfinished command has kept.

use super::tally::Sums;
use super::{Direction, End};
use crate::ui::format::units;

/// Describes what the next run need not move again, `of` so many bytes, or `None` if that is nothing or another run
/// would fail as well.
pub(super) fn kept(direction: Direction, sums: &Sums, of: Option<u64>, end: &End) -> Option<String> {
    if !matches!(end, End::Interrupted | End::Failed { may_resume: true, .. }) {
        return None;
    }
    let (bytes, words) = match direction {
        Direction::Pull => (sums.done, "kept; the same command resumes from there"),
        Direction::Push => (sums.complete, "at the registry; the same command pushes the rest"),
        Direction::Load | Direction::Save | Direction::Copy | Direction::Read | Direction::Verify => {
            return None;
        }
    };
    let is_worth_it = sums.has_started && bytes > 0;
    let of = of.map(|of| format!(" of {}", units::size(of))).unwrap_or_default();
    is_worth_it.then(|| format!("{}{of} {words}", units::size(bytes)))
}
