//! Reads every file and environment variable once, and ends in one [`HostConfig`] for each registry.

mod host;

pub use host::{Endpoint, HostConfig, Identity, Tls, Transport};
