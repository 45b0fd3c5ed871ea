//! Copies images into the Engine.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Method};

use super::daemon::WORK_LIMIT;
use super::{Engine, Error};
use crate::archive::{self, Label, Outlet, Output, Target, Writer};
use crate::reference::Reference;

/// How long to wait for the Engine's message after it has stopped reading.
const LAST_WORDS_LIMIT: Duration = Duration::from_secs(5);

/// The prefix of Docker's message about a loaded image.
const LOADED: &str = "Loaded image: ";

/// The Engine's side of a copy into it.
pub struct Load {
    engine: Engine,
    image: Reference,
    outlet: Outlet,
}

impl Engine {
    /// Returns a target for an image that the Engine is to have under the name `image`, and the transfer that
    /// sends it. The copy has to run [within it](Load::with).
    ///
    /// Bytes go to the Engine as they are written, without touching the disk. Layers go one after the other
    /// and unchanged: compressed layers stay compressed.
    pub fn load(self, image: Reference) -> (Target, Load) {
        let name = format!("the Docker Engine's archive of {}", image.familiar());
        let (output, outlet) = Output::outlet(name);
        let target = Writer::only_image(output, Label::Reference(image.clone()));
        (target, Load { engine: self, image, outlet })
    }
}

impl Load {
    /// Returns the Engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Runs `copy`, which writes to the target, and forwards the bytes to the Engine. Returns when the Engine
    /// has the image, which may take half an hour after the last byte. If nothing is written, no request is
    /// sent to the Engine.
    ///
    /// # Errors
    /// Those of `copy`; [`Error::Refused`] and [`Error::Failed`] in the Engine's words; [`Error::Lost`];
    /// [`Error::NotLoaded`].
    ///
    /// # Cancel safety
    /// Dropping the future aborts the request. The Engine then loads nothing, because it reads the list of
    /// images at the end of the request.
    pub async fn with<T, E>(self, copy: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        E: StdError + From<Error> + 'static,
    {
        let connection = self.engine.connection.clone();
        let mut load = pin!(self.run());
        let mut copy = pin!(copy);
        let copied = tokio::select! {
            biased;
            loaded = &mut load => {
                loaded?;
                return copy.await;
            }
            copied = &mut copy => copied,
        };
        match copied {
            Ok(copied) => {
                connection.daemon().within(WORK_LIMIT, load).await?;
                Ok(copied)
            }
            // The copy only knows that its bytes are no longer read. The Engine knows why.
            Err(error) if is_not_taken(&error) => match tokio::time::timeout(LAST_WORDS_LIMIT, load).await {
                Ok(Err(why)) => Err(why.into()),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn run(mut self) -> Result<(), Error> {
        // A dry run writes nothing.
        let Ok(Some(first)) = self.outlet.next().await else { return Ok(()) };
        let rest = stream::try_unfold(self.outlet, async |mut outlet: Outlet| {
            Ok::<_, std::io::Error>(outlet.next().await?.map(|bytes: Bytes| (bytes, outlet)))
        });
        let archive = stream::iter([Ok(first)]).chain(rest.into_stream());
        let request = self.engine.request(Method::POST, "/images/load?quiet=1")?;
        let request = request.header(CONTENT_TYPE, "application/x-tar").body(Body::wrap_stream(archive));
        let answer = self.engine.connection.send(request).await?.success().await?;
        let messages = answer.messages().await?;
        let has_it = |line: &String| named(line).is_some_and(|name| name == self.image);
        if messages.iter().any(has_it) || self.engine.has(&self.image).await? {
            return Ok(());
        }
        Err(Error::NotLoaded { image: self.image.familiar() })
    }
}

/// Reports whether a copy failed because its bytes were no longer read.
fn is_not_taken(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .any(|cause| matches!(cause.downcast_ref(), Some(archive::Error::Write { .. })))
}

/// Returns the image that a message reports as loaded.
fn named(line: &str) -> Option<Reference> {
    line.trim().strip_prefix(LOADED)?.parse().ok()
}
