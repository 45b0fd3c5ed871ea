//! Secrets. The type is [`crate::config`]'s: the environment and config.json hold them too.

pub use crate::config::Secret;
