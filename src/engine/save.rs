//! Copies images out of the Engine.

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

/// Maximum number of pieces of an archive that wait to be unpacked.
const WAITING_MAX: usize = 4;

impl Engine {
    /// Fetches an image as an archive, in which it has its name or is the only image.
    ///
    /// The list of images comes last in the archive. It is therefore unpacked into a file without a name in
    /// the folder `scratch`, as [`Archive::open`] does with an archive from a pipe. None of it is held in
    /// memory.
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
        // An interrupted archive is damaged, but the cause of the interruption is more informative.
        brought?;
        Ok(opened?)
    }
}

/// Forwards the body as it arrives, until the receiver is closed.
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

/// Arriving pieces for a thread that reads them. It ends when the sender is dropped.
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
