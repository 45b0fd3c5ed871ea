//! Both ends of a copy.

use std::sync::Arc;

use bytes::Bytes;

use super::event::Observer;
use crate::content::{Source, Target};
use crate::image::Descriptor;

/// Both ends of a copy and its observer.
pub struct Ends {
    /// Where to copy from.
    pub source: Arc<dyn Source>,
    /// Where to copy to.
    pub target: Arc<dyn Target>,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

impl Ends {
    /// Returns a small blob that the target has, if reading it is as cheap as reading a file.
    pub(super) async fn stored(&self, blob: &Descriptor) -> Option<Bytes> {
        self.target.as_source()?.read_small(blob).await.ok()
    }
}

impl Clone for Ends {
    fn clone(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            target: Arc::clone(&self.target),
            observer: Arc::clone(&self.observer),
        }
    }
}
