//! Secrets. The type belongs to [`crate::config`], because the environment and config.json contain secrets
//! too.

pub use crate::config::Secret;
