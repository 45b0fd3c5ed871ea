//! The order of output. Images that move concurrently report one after the other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regcli::diagnose::Failure;
use tokio::sync::watch;

use super::progress::images::Images;

/// Keeps the output of an image until the images before it are complete.
pub(crate) struct Turn {
    /// What has been written before the turn came; `None` from then on.
    kept: Mutex<Option<Vec<Output>>>,
    has_come: watch::Sender<bool>,
    /// All images that report in turn.
    pub(super) images: Arc<Images>,
}

/// A piece of output.
pub(crate) enum Output {
    /// For standard output.
    Result(Vec<u8>),
    /// For standard error.
    Note(String),
    /// For standard error, without other line breaks.
    Verbatim(String),
}

impl Turn {
    pub(crate) fn among(images: &Arc<Images>) -> Self {
        let (kept, has_come) = (Mutex::new(Some(Vec::new())), watch::Sender::new(false));
        Self { kept, has_come, images: Arc::clone(images) }
    }

    /// Keeps `output` if the turn has not come. Returns it otherwise.
    pub(super) fn keep(&self, output: Output) -> Option<Output> {
        match &mut *self.kept() {
            Some(kept) => {
                kept.push(output);
                None
            }
            None => Some(output),
        }
    }

    /// Writes what was kept, in order, and lets later output through.
    pub(super) fn begin(&self, mut write: impl FnMut(Output) -> Result<(), Failure>) -> Result<(), Failure> {
        // Locked until all is written, so that later output stays behind it.
        let mut kept = self.kept();
        kept.take().into_iter().flatten().try_for_each(&mut write)?;
        self.has_come.send_replace(true);
        Ok(())
    }

    /// Waits for the turn.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub(super) async fn come(&self) {
        // The sender lives as long as `self`.
        let _ = self.has_come.subscribe().wait_for(|has_come| *has_come).await;
    }

    fn kept(&self) -> MutexGuard<'_, Option<Vec<Output>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn output_waits_for_its_turn_and_stays_in_order() {
        let turn = Turn::among(&Arc::new(Images::of(1)));
        assert!(turn.keep(Output::Result(b"a".to_vec())).is_none());
        assert!(turn.keep(Output::Note("b".to_owned())).is_none());
        let mut written = Vec::new();
        let begun = turn.begin(|output| {
            written.push(match output {
                Output::Result(bytes) => String::from_utf8(bytes).unwrap(),
                Output::Note(text) | Output::Verbatim(text) => text,
            });
            Ok(())
        });
        assert!(begun.is_ok());
        assert_eq!(written, ["a", "b"]);
        turn.come().await;
        assert!(turn.keep(Output::Note("c".to_owned())).is_some());
    }
}
