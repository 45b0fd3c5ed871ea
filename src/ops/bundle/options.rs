//! The options of the copies into or out of a bundle.

use std::sync::Arc;

use crate::ops::Budget;
use crate::transfer::{self, Observer, Sharing};

/// The options of the copies into or out of a bundle.
pub struct BundleOptions {
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent copies share.
    pub sharing: Sharing,
    /// The pulls that the images of the command need.
    pub budget: Budget,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}
