//! What real reports, attacks and new users found, by the ids of the second catalogue. Names of tests begin with
//! the id in lower case: `r1_…`.
//!
//! Each area lists its ids and tests in a table `TESTS`. The tests below keep the tables true: no id is left out, and
//! each test that a table names is there.

mod archived;
mod outages;
mod proxies;
mod registries;
mod screen;
mod serving;
mod stores;
mod trust;
mod wording;

use std::collections::BTreeSet;
use std::path::Path;

/// The tables of all areas.
const TABLES: &[&[(&str, &[&str])]] = &[
    archived::TESTS,
    outages::TESTS,
    proxies::TESTS,
    registries::TESTS,
    screen::TESTS,
    serving::TESTS,
    stores::TESTS,
    trust::TESTS,
    wording::TESTS,
];

/// How many ids of each kind the catalogue has: R1 to R13, and so on.
const KINDS: &[(&str, usize)] = &[("R", 13), ("D", 11), ("S", 13), ("U", 14)];

/// The tests that a table names, as paths from the crate: `reports::trust::r1_…`, or `auth::key::…` in the library.
fn named() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().copied().flatten().flat_map(|(id, tests)| tests.iter().map(move |test| (*id, *test)))
}

#[test]
fn every_id_of_the_catalogue_has_a_test() {
    let tested: BTreeSet<_> = named().map(|(id, _)| id.to_owned()).collect();
    let ids = KINDS.iter().flat_map(|(kind, last)| (1..=*last).map(move |number| format!("{kind}{number}")));
    let ids: BTreeSet<_> = ids.collect();
    let left_out: Vec<_> = ids.difference(&tested).collect();
    assert!(left_out.is_empty(), "without a test: {left_out:?}");
    let unknown: Vec<_> = tested.difference(&ids).collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
}

#[test]
fn every_test_that_a_table_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect_functions(&root.join(folder), &mut functions);
    }
    let name = |path: &'static str| path.rsplit("::").next().unwrap_or(path);
    let missing: Vec<_> = named().filter(|(_, test)| !functions.contains(name(test))).collect();
    assert!(missing.is_empty(), "not found: {missing:?}");
}

/// Adds the names of all functions under `folder` that are marked as tests.
fn collect_functions(folder: &Path, functions: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect_functions(&path, functions);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            functions.extend(tests_of(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The names of the functions that follow a `#[test]` or `#[tokio::test]`.
fn tests_of(text: &str) -> Vec<String> {
    let mut is_test = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(rest.split(['(', '<']).next().map(str::to_owned));
            is_test = false;
        }
    }
    names
}
