//! The command line: flags, help, usage errors, completion, the manual.
//!
//! This module receives the commands as clap describes them, and depends on none of them.

pub(crate) mod completion;
pub(crate) mod flags;
pub(crate) mod help;
mod instead;
pub(crate) mod manual;
mod nearest;
pub(crate) mod usage;
