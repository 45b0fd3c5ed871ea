//! `tags` with digests, sizes, platforms and dates: from manifests and configs, and from the lists that registries have
//! of their own.

mod choice;
mod manifests;
mod named;
mod own_lists;

use crate::support::Outcome;

/// The rows of a table, split at their gaps.
fn rows(outcome: &Outcome) -> Vec<Vec<&str>> {
    outcome.stdout.lines().map(cells).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// The values of a field in JSON lines.
fn field(outcome: &Outcome, name: &str) -> Vec<String> {
    let value = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        match &row[name] {
            serde_json::Value::String(text) => text.clone(),
            number => number.to_string(),
        }
    };
    outcome.stdout.lines().map(value).collect()
}
