//! The engine: copies an image from any [`Source`](crate::content::Source) to any
//! [`Target`](crate::content::Target).
//!
//! Pull, push, copy, save and load are this one function. They differ in the two ends, and in how the program
//! presents the [`Event`]s. First comes the [`Plan`]: the manifests, which are small, and the blobs that they
//! list. Then come the blobs, several concurrently, each of them skipped, mounted or written; a large one on a
//! slow line comes by several connections. Last come the manifests, children before parents, and the tag, so
//! that a visible tag always means a complete image.

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
mod head;
mod line;
mod open_files;
mod options;
mod piece;
mod plan;
mod preview;
mod rate_limit;
mod shares;
mod sharing;
mod splitting;
mod spread;
mod tries;
mod verified;
mod waiting;
mod window;

pub use choice::choose;
pub use config::Layers;
pub use copy::{Outcome, SharedOptions, copy, copy_sharing, fill};
pub use ends::Ends;
pub use error::{End, Error};
pub use event::{Event, Observer, Recorder, Silent, Skip};
pub use options::{Experience, Jobs, Options};
pub use plan::{Plan, Platforms};
pub use preview::{BlobKind, BlobPreview, Fate, Preview, Sums};
pub use rate_limit::RateLimit;
pub use sharing::{Flight, Sharing};
pub use splitting::Splitting;

#[cfg(test)]
mod tests;
