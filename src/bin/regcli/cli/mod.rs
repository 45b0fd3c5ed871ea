//! The command line as it is typed: flags, help, what is wrong with it, completion, the manual.
//!
//! It is given the commands as clap has them, and knows none of them.

pub(crate) mod completion;
pub(crate) mod flags;
pub(crate) mod help;
mod instead;
pub(crate) mod manual;
mod nearest;
pub(crate) mod usage;
