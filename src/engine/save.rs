//! Images out of the Engine.

use std::io::{self, Read};
use std::path::PathBuf;

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use tokio::sync::mpsc;

use super::answer::Answer;
use super::daemon::WORK_LIMIT;
use super::{Engine, Error};
use crate::archive::{Archive, Input};
use crate::reference::Reference;

/// How many pieces of an archive may wait to be unpacked.
const WAITING_MAX: usize = 4;

impl Engine {
    /// Brings an image here, as an archive that has it under its name, or that has it alone.
    ///
    /// What says which image it is comes last, so the archive is unpacked into a file without a name in the
    /// folder `scratch`, as [`Archive::open`] does with one from a pipe. Nothing of it is held in memory.
    ///
    /// # Errors
    /// [`Error::NoSuchImage`], [`Error::Refused`], [`Error::Lost`], [`Error::Archive`].
    ///
    /// # Cancel safety
    /// Dropping the future stops the Engine's work and leaves nothing behind.
    pub async fn save(&self, image: &Reference, scratch: impl Into<PathBuf>) -> Result<Archive, Error> {
        let name = image.familiar();
        let request = self.request(Method::GET, &format!("/images/{name}/get"))?;
        let answer = self.connection.daemon().within(WORK_LIMIT, self.connection.send(request)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(Error::NoSuchImage { image: name });
        }
        let answer = answer.success().await?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let stream = Box::new(Pieces { receiver, piece: Bytes::new() });
        let input = Input::Stream { stream, name: format!("the Docker Engine's archive of {name}") };
        let (brought, opened) = tokio::join!(bring(answer, sender), Archive::open(input, scratch));
        // An archive that breaks off is damaged; why it broke off says more.
        brought?;
        Ok(opened?)
    }
}

/// Passes the body on as it comes, until nobody wants more of it.
async fn bring(mut answer: Answer, pieces: mpsc::Sender<Bytes>) -> Result<(), Error> {
    loop {
        let chunk = tokio::select! {
            chunk = answer.chunk() => chunk?,
            () = pieces.closed() => return Ok(()),
        };
        let Some(chunk) = chunk else { return Ok(()) };
        if pieces.send(chunk).await.is_err() {
            return Ok(());
        }
    }
}

/// What arrives, for a thread that reads. It ends when nobody brings any more.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}
