//! An archive that a reader receives piece by piece while it is written, such as the body of a request.

use std::collections::VecDeque;
use std::io;

use bytes::Bytes;
use tokio::sync::mpsc;

/// Maximum number of waiting pieces. They have the sizes in which layers arrive, 2 MiB at most.
const WAITING_MAX: usize = 2;

#[derive(Clone)]
enum Piece {
    Bytes(Bytes),
    /// The archive is complete. An abandoned one never sends this.
    End,
}

/// The other end of an [`Output::outlet`](super::Output::outlet).
pub struct Outlet {
    pieces: mpsc::Receiver<Piece>,
}

/// The writing end of an archive with an outlet. Writing never waits: the written bytes stay here until they
/// are [delivered](Inlet::deliver), which is required after every piece.
pub(super) struct Inlet {
    written: VecDeque<Piece>,
    pieces: mpsc::Sender<Piece>,
    ended: bool,
}

/// Creates both ends.
pub(super) fn outlet() -> (Inlet, Outlet) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let inlet = Inlet { written: VecDeque::new(), pieces: sender, ended: false };
    (inlet, Outlet { pieces: receiver })
}

impl Outlet {
    /// Returns the next bytes, or `None` after the last ones of a complete archive.
    ///
    /// # Errors
    /// If the archive was abandoned before it was complete.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self.pieces.recv().await {
            Some(Piece::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Piece::End) => Ok(None),
            None => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the archive was given up")),
        }
    }
}

impl Inlet {
    /// Marks the archive as complete.
    pub(super) fn end(&mut self) {
        self.written.push_back(Piece::End);
        self.ended = true;
    }

    /// Waits until all written bytes are on their way.
    ///
    /// # Errors
    /// If the receiver was dropped.
    ///
    /// # Cancel safety
    /// Dropping the future loses no bytes and sends none twice.
    pub(super) async fn deliver(&mut self) -> io::Result<()> {
        while let Some(piece) = self.written.front() {
            self.pieces.send(piece.clone()).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
            self.written.pop_front();
        }
        Ok(())
    }
}

impl io::Write for Inlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.ended {
            return Err(io::Error::other("the archive has ended"));
        }
        self.written.push_back(Piece::Bytes(Bytes::copy_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[tokio::test]
    async fn an_archive_that_is_given_up_never_looks_whole() {
        let (mut inlet, mut outlet) = outlet();
        inlet.write_all(b"half").unwrap();
        inlet.deliver().await.unwrap();
        drop(inlet);

        assert_eq!(outlet.next().await.unwrap().as_deref(), Some(&b"half"[..]));
        assert_eq!(outlet.next().await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn an_archive_is_delivered_no_faster_than_it_is_taken() {
        let (mut inlet, mut outlet) = outlet();
        for _ in 0..=WAITING_MAX {
            inlet.write_all(b"piece").unwrap();
        }
        inlet.end();

        let waits = tokio::time::timeout(std::time::Duration::from_millis(20), inlet.deliver()).await;

        assert!(waits.is_err(), "there is more room than allowed");
        let taking = async {
            let mut taken = Vec::new();
            while let Some(bytes) = outlet.next().await.unwrap() {
                taken.extend(bytes);
            }
            taken
        };
        let (delivered, taken) = tokio::join!(inlet.deliver(), taking);
        delivered.unwrap();
        assert_eq!(taken, b"piece".repeat(WAITING_MAX + 1));
        inlet.write_all(b"more").unwrap_err();
    }

    #[tokio::test]
    async fn a_writer_learns_that_the_receiver_is_gone() {
        let (mut inlet, outlet) = outlet();
        drop(outlet);
        inlet.write_all(b"piece").unwrap();

        assert_eq!(inlet.deliver().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
