//! The engine: copies an image from any [`Source`](crate::content::Source) to any
//! [`Target`](crate::content::Target).
//!
//! Pull, push, copy, save and load are this one function. They differ in both ends, and in the words that the
//! program finds for the [`Event`]s. The [`Plan`] comes first: manifests, which are small, and from them the list of
//! blobs. Then the blobs are skipped, mounted or written, several concurrently. The manifests follow, children before
//! parents, and the tag comes last, so that a client that finds the tag finds everything.

mod blob;
mod blocks;
mod choice;
mod concurrency;
mod config;
mod controller;
mod copy;
mod ends;
mod error;
mod event;
mod given_up;
mod line;
mod open_files;
mod options;
mod plan;
mod preview;
mod processor;
mod rate_limit;
mod segment;
mod segments;
mod splitting;
mod tally;
mod tries;
mod verified;

pub use choice::choose;
pub use config::Layers;
pub use copy::{Outcome, copy, fill};
pub use ends::Ends;
pub use error::Error;
pub use event::{Event, Observer, Recorder, Silent, Skip};
pub use options::{Experience, Jobs, Options};
pub use plan::{Plan, Platforms};
pub use preview::{BlobKind, BlobPreview, Fate, Preview, Sums};
pub use splitting::Splitting;
pub use tally::{Headway, Tally, Totals};

#[cfg(test)]
mod tests;
