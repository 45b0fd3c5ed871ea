//! What regcli does, seen from outside: its own program against real registries and beside real tools.
//!
//! One binary, so that the servers and fixtures in [`support`] are compiled once. Nothing here reaches beyond
//! the loopback interface, and everything a test starts ends with it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it is skipped"
)]

mod support;

mod archives;
mod accounts;
mod bad_input;
mod browse;
mod completion;
mod crashes;
mod docker_engine;
mod docker_engine_copies;
mod engine_api;
mod faults;
mod doctor;
mod harness;
mod hub;
mod keyring;
mod manual;
mod mirrors;
mod pieces;
mod processes;
mod references;
#[macro_use]
mod registry;
mod deletion;
mod extract;
mod files;
mod diff;
mod search;
mod referrers;
mod tags;
mod signatures;
mod bundles;
mod mentions;
mod reports;
mod serve;
mod terminal;
mod tokens;
mod upkeep;
mod transcripts;
mod words;
