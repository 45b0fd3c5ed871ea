//! What regcli does for people: one module for each use case, options in, an outcome out, no words.

pub mod import;
pub mod search;
