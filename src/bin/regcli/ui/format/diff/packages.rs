//! The packages of two images.

use regcli::ops::diff::{PackageChange, PackagesDiff};
use serde_json::{Value, json};

use crate::ui::format::fit::{self, Flexible};
use crate::ui::format::safe::safe;

/// The columns that may be cut.
const FLEXIBLE: [Option<Flexible>; 3] =
    [Some(Flexible::middle(16)), Some(Flexible::end(12)), Some(Flexible::end(12))];

/// Returns the packages that differ as a table with a title, for a terminal of `columns` or for a program.
pub(crate) fn section(packages: &PackagesDiff, columns: Option<usize>) -> String {
    if packages.changes.is_empty() {
        return "\nPackages\n  none that differ\n".to_owned();
    }
    let mut text = String::from("NAME\tOLD\tNEW\n");
    for PackageChange { name, old, new, .. } in &packages.changes {
        let cell = |version: &Option<String>| {
            version.as_deref().map_or("-".into(), |version| safe(version).into_owned())
        };
        text.push_str(&format!("{}\t{}\t{}\n", safe(name), cell(old), cell(new)));
    }
    format!("\nPackages\n{}", fit::table(&text, columns, &FLEXIBLE))
}

/// Returns the packages that differ as JSON.
pub(crate) fn json(packages: &PackagesDiff) -> Value {
    let changes = packages
        .changes
        .iter()
        .map(|change| json!({"name": change.name, "old": change.old, "new": change.new}));
    changes.collect()
}
