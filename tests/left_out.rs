//! Runs after all other tests of a `cargo test` and prints what was left out, why, and how to get it. It has no tests.

#![allow(clippy::print_stdout, reason = "it is a program that reports")]

#[path = "it/support/tools/left_out.rs"]
#[allow(dead_code, reason = "the test programs make the notes")]
mod left_out;

use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

fn main() {
    // Asked by cargo-nextest.
    if env::args().any(|argument| argument == "--list") {
        return;
    }
    let notes = fs::read_to_string(left_out::file()).unwrap_or_default();
    // There is no file if nothing was left out.
    let _ = fs::remove_file(left_out::file());
    println!("\n{}\n", summary(&notes));
}

/// Sums up lines of a tool, a tabulator and a test.
fn summary(notes: &str) -> String {
    let mut tests = BTreeSet::new();
    let mut tools: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (tool, test) in notes.lines().filter_map(|line| line.split_once('\t')) {
        tests.insert(test);
        tools.entry(tool).or_default().insert(test);
    }
    if tests.is_empty() {
        return "No test was left out.".to_owned();
    }
    let mut text = format!("Tests left out, wholly or in part: {}. They need:\n", tests.len());
    for (tool, tests) in tools {
        text += &format!("{:>6}  {tool}\n", tests.len());
    }
    text + "`scripts/test`, as root on Debian, installs the tools and runs every test; elsewhere it names the packages.\n\
            Each test that was left out has a line `left out: TEST needs TOOL` above."
}
