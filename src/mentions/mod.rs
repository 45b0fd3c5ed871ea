//! The images that files of other programs name: compose files, Kubernetes manifests, Helm values, kustomizations,
//! Dockerfiles, lists.
//!
//! A [`Mention`] knows which bytes of the file are its name, so that the name can be replaced and nothing else in the
//! file changes. Parsing does no I/O.

mod document;
mod dockerfile;
mod error;
mod helm;
mod instructions;
mod kustomize;
mod limits;
mod list;
mod mention;
mod newer;
mod node;
mod span;
mod variables;
mod yaml;

pub use document::{Document, Format};
pub use error::Error;
pub use limits::{FILE_LIMIT, MENTIONS_LIMIT};
pub use mention::{Mention, Skipped, Unusable};
pub use newer::{Step, newest};

#[cfg(test)]
mod tests;
