//! Which tests were left out, and why. The test programs of one `cargo test` run after each other and share nothing, so
//! each appends to one file; `tests/left_out.rs` runs last and prints the sum.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::{env, io, thread};

/// Says on standard error that the test of this thread is left out for want of `tool`, and notes it for the sum.
pub(crate) fn note(tool: &str) {
    let thread = thread::current();
    let test = thread.name().unwrap_or_default();
    // Not `eprintln!`, whose text libtest keeps to itself if the test passes.
    let _ = writeln!(io::stderr(), "left out: {test} needs {tool}");
    // Without the note the sum is too small, but what was left out has been said.
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(file()) {
        let _ = file.write_all(format!("{tool}\t{test}\n").as_bytes());
    }
}

/// Returns the file of this run of cargo, which is the parent of every test program, beside those programs.
pub(crate) fn file() -> PathBuf {
    let program = env::current_exe().expect("a test program has a path");
    program.with_file_name(format!("left-out-{}", std::os::unix::process::parent_id()))
}
