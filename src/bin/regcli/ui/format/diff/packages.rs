//! The packages of two images.

use regcli::ops::diff::{PackageChange, PackagesDiff};
use serde_json::{Value, json};

use crate::ui::format::safe::safe;
use crate::ui::format::table;

/// Returns the packages that differ as a table with a title.
pub(crate) fn section(packages: &PackagesDiff) -> String {
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
    format!("\nPackages\n{}", table::align(&text))
}

/// Returns the packages that differ as JSON.
pub(crate) fn json(packages: &PackagesDiff) -> Value {
    let changes = packages
        .changes
        .iter()
        .map(|change| json!({"name": change.name, "old": change.old, "new": change.new}));
    changes.collect()
}
