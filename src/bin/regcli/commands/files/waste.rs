//! What the layers of an image waste, as text and as JSON.

use regcli::ops::files::{Waste, WasteCause, WastedPath};
use serde_json::{Value, json};

use crate::ui::format::safe::safe;
use crate::ui::format::{table, units};

/// How many paths the table has.
const ROWS: usize = 20;

/// Returns a summary, and a table of the paths with the most hidden bytes.
pub(super) fn table(waste: &Waste) -> String {
    let percent = waste.efficiency() * 100.0;
    let (total, minimal) = (units::size(waste.total), units::size(waste.minimal));
    let mut text = format!("Efficiency:\t{percent:.2}% ({minimal} of {total})\n");
    let paths = usize::try_from(waste.paths).unwrap_or(usize::MAX);
    text.push_str(&format!("Hidden:\t{} in {}\n", units::size(waste.hidden), units::count(paths, "path")));
    if !waste.largest.is_empty() {
        text.push_str("\nHIDDEN\tFILES\tCAUSE\tPATH\n");
    }
    for WastedPath { hidden, path, copies, cause } in waste.largest.iter().take(ROWS) {
        let path = path.to_string();
        text.push_str(&format!("{}\t{copies}\t{}\t{}\n", units::size(*hidden), word(*cause), safe(&path)));
    }
    let mut text = table::align(&text);
    let shown: u64 = waste.largest.iter().take(ROWS).map(|path| path.hidden).sum();
    let rest = paths.saturating_sub(ROWS);
    if rest > 0 {
        text.push_str(&format!(
            "and {} in {}\n",
            units::size(waste.hidden - shown),
            units::count(rest, "more path")
        ));
    }
    text
}

/// Returns all that is known.
pub(super) fn json(waste: &Waste) -> Value {
    let paths = waste.largest.iter().map(|path| {
        json!({
            "path": path.path.to_string(), "hiddenBytes": path.hidden, "files": path.copies,
            "cause": word(path.cause),
        })
    });
    json!({
        "efficiency": waste.efficiency(), "totalBytes": waste.total, "minimalBytes": waste.minimal,
        "hiddenBytes": waste.hidden, "hiddenPaths": waste.paths, "largest": paths.collect::<Vec<_>>(),
    })
}

fn word(cause: WasteCause) -> &'static str {
    match cause {
        WasteCause::Removed => "removed",
        WasteCause::Replaced => "replaced",
        WasteCause::Repeated => "repeated",
    }
}
