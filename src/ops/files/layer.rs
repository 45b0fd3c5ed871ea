//! A layer that is read from its beginning, and again from another server if its bytes are wrong.

use std::sync::Arc;

use crate::content::is_elsewhere;
use crate::diagnose::Diagnose as _;
use crate::filesystem::{Error, Feed, feed};
use crate::image::Descriptor;
use crate::retry::Next;
use crate::transfer::Event;

use super::ImageFiles;

/// How much of a layer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, which is verified and kept for its contents.
    Whole,
    /// As much as the work takes. What this finds is verified in another way.
    AsNeeded,
}

impl ImageFiles {
    /// Does what `work` returns with the bytes of a layer. If these are wrong, it is done again with those of the next
    /// server, or once more with those of the same one.
    ///
    /// # Errors
    /// The error of the work. If it could be that of wrong bytes, the rest of the layer is read as well: the error is
    /// [`Error::Source`] then if the layer does not match its digest.
    pub(super) async fn read_through<T, W>(
        &self,
        layer: &Descriptor,
        extent: Extent,
        work: impl Fn() -> W,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(Feed) -> Result<T, Error> + Send + 'static,
    {
        let source = self.source_of(layer).await;
        let mut attempts = self.options.retry.begin();
        loop {
            let (digest, size) = (layer.digest.clone(), layer.size);
            self.options.observer.event(Event::Started { digest, offset: 0, size });
            let error = match self.read_once(layer, extent, work()).await {
                Ok(done) => break Ok(done),
                Err(error) => error,
            };
            if !is_elsewhere(source, layer, error.recovery()) {
                match attempts.failure(error.recovery()) {
                    Next::Restart(_) => {}
                    Next::Continue(_) | Next::GiveUp => return Err(error),
                }
            }
            tracing::debug!("reading layer {} again: {error}", layer.digest);
        }
        .inspect(|_| self.options.observer.event(Event::Finished { digest: layer.digest.clone() }))
    }

    async fn read_once<T: Send + 'static>(
        &self,
        layer: &Descriptor,
        extent: Extent,
        work: impl FnOnce(Feed) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let source = self.source_of(layer).await;
        let mut part = self.part(source, layer, 0..layer.size).observed(Arc::clone(&self.options.observer));
        let mut verifier = Some(layer.verifier());
        // Layers of the store are not kept twice.
        let is_spool = |spool: &&super::spool::Spool| std::ptr::addr_eq(source, std::ptr::from_ref(*spool));
        let spool = self.spool.as_deref().filter(is_spool).filter(|_| extent == Extent::Whole);
        let mut draft = spool.map(|spool| spool.begin(layer)).transpose()?;
        let mut next = async || {
            let bytes = part.next().await?;
            match (&bytes, &mut verifier) {
                (Some(bytes), Some(verifier)) => {
                    verifier.update(bytes)?;
                    if let (Some(spool), Some(draft)) = (spool, &mut draft) {
                        spool.write(draft, bytes)?;
                    }
                }
                // The work gets the end of the layer only if the layer is right.
                (None, verifier) => verifier.take().map_or(Ok(()), crate::digest::Verifier::finish)?,
                (Some(_), None) => {}
            }
            Ok(bytes)
        };
        let done = feed(&mut next, work).await;
        let is_doubtful = match &done {
            Ok(_) => extent == Extent::Whole,
            Err(error) => error.is_of_content(),
        };
        if is_doubtful {
            while next().await?.is_some() {}
        }
        if let (Ok(_), Some(spool), Some(draft)) = (&done, spool, draft) {
            spool.finish(draft);
        }
        done
    }
}
