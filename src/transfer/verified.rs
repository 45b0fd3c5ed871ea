//! The check of bytes that neither end verifies: from one registry to another, or from an archive to a
//! registry.
//!
//! A registry checks uploads, or should. So as not to depend on that, such bytes are hashed on their way, and
//! the last of them are held back until the digest is known to be right. A registry does not keep an
//! incomplete upload.
//!
//! An interrupted upload resumes at the byte that the registry has reached. The bytes before it were hashed
//! when they were sent, but the state of the hash is saved only at some offsets (marks). So the bytes between
//! two marks are read again: if they have the same hash as those that were sent, they are the same, and the
//! hash at each byte of them is known. Until then nothing is sent.

use std::collections::VecDeque;

use bytes::Bytes;

use super::error::Fault;
use crate::content::{BlobWriter, Parts, Source};
use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::digest::Verifier;
use crate::image::Descriptor;

/// The minimum distance between two marks in bytes. At most this many bytes are read again after a cut, and
/// wait in memory then. Blobs beyond 16 GiB have a longer distance.
const STEP: u64 = 1 << 20;

/// The maximum number of marks of a blob. Each takes some hundred bytes.
const MARKS: u64 = 16 << 10;

/// The check of the bytes that all attempts have sent of one blob.
pub(super) struct Check {
    /// The current state of the hash; `None` before the first byte.
    now: Option<Verifier>,
    /// Earlier states, in order of their offsets.
    marks: Vec<Verifier>,
    step: u64,
    /// The state that the bytes that are read again have to lead to.
    proof: Option<Verifier>,
    /// The offset that the writer has reached.
    written: u64,
    /// Bytes that the writer has not received yet: the last ones, and all of them while there is a proof to
    /// make.
    held: VecDeque<Bytes>,
}

impl Check {
    /// Reports whether neither `source` nor `writer` verifies the bytes.
    pub(super) fn is_due(writer: &dyn BlobWriter, source: &dyn Source) -> bool {
        !source.is_verified() && !writer.verifies()
    }

    /// Reports whether the bytes up to `offset` are known to be those that were sent.
    pub(super) fn knows(check: Option<&Self>, offset: u64) -> bool {
        let sent = check.and_then(|check| check.proof.as_ref().or(check.now.as_ref()).or(check.marks.last()));
        offset <= sent.map_or(0, Verifier::seen)
    }

    fn new(blob: &Descriptor) -> Self {
        let step = STEP.max(blob.size / MARKS);
        Self { now: None, marks: Vec::new(), step, proof: None, written: 0, held: VecDeque::new() }
    }

    /// Resumes after `offset` bytes, which are [known](Self::knows). Returns the offset from which the blob
    /// has to be read.
    fn resume(&mut self, blob: &Descriptor, offset: u64) -> u64 {
        self.held.clear();
        self.written = offset;
        // The end of the last attempt. If the attempt proved nothing, it sent nothing either.
        let now = self.now.take();
        self.marks.extend(self.proof.take().or(now));
        let before = self.marks.iter().rposition(|mark| mark.seen() <= offset);
        self.proof = self.marks.iter().find(|mark| mark.seen() >= offset).cloned();
        let begin = before.map_or_else(|| blob.verifier(), |place| self.marks[place].clone());
        self.marks.truncate(before.map_or(0, |place| place + 1));
        let start = begin.seen();
        if start == offset {
            self.proof = None;
        }
        self.now = Some(begin);
        start
    }

    /// Takes the next bytes of the source.
    fn take(&mut self, mut bytes: Bytes) -> Result<(), Failure> {
        let Some(verifier) = &mut self.now else { return Ok(()) };
        if let Some(proof) = &self.proof {
            let left = proof.seen() - verifier.seen();
            let again =
                bytes.slice(..usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len())));
            verifier.update(&again)?;
            if verifier.seen() == proof.seen() {
                if !verifier.is_as(proof) {
                    return Err(Changed.into());
                }
                self.proof = None;
            }
            verifier.update(&bytes[again.len()..])?;
        } else {
            verifier.update(&bytes)?;
        }
        if self.proof.is_none() && verifier.seen() >= self.marks.last().map_or(0, Verifier::seen) + self.step
        {
            self.marks.push(verifier.clone());
        }
        let begin = verifier.seen() - bytes.len() as u64;
        // This is at most the length of `bytes`, which is a `usize`.
        let known = self.written.saturating_sub(begin).min(bytes.len() as u64);
        let _ = bytes.split_to(usize::try_from(known).unwrap_or(bytes.len()));
        if !bytes.is_empty() {
            self.written += bytes.len() as u64;
            self.held.push_back(bytes);
        }
        Ok(())
    }

    /// Returns the next bytes that the writer may have.
    fn give(&mut self) -> Option<Bytes> {
        if self.held.len() > 1 && self.proof.is_none() { self.held.pop_front() } else { None }
    }

    /// Returns the bytes that were held back to the end, if the whole blob is right.
    fn finish(&mut self) -> Result<VecDeque<Bytes>, Failure> {
        if let Some(verifier) = self.now.clone() {
            verifier.finish()?;
        }
        Ok(std::mem::take(&mut self.held))
    }
}

/// A writer, with the check of its bytes where no other verifies them.
pub(super) struct Verified<'a> {
    writer: Box<dyn BlobWriter>,
    check: Option<&'a mut Check>,
    /// The offset of the next byte to write.
    position: u64,
}

impl<'a> Verified<'a> {
    /// Wraps the writer for the bytes of `blob` from `source`; `check` belongs to all attempts.
    pub(super) fn new(
        writer: Box<dyn BlobWriter>,
        blob: &Descriptor,
        source: &dyn Source,
        check: &'a mut Option<Check>,
    ) -> Self {
        let offset = writer.offset();
        if !Check::is_due(&*writer, source) {
            return Self { writer, check: None, position: offset };
        }
        let check = check.get_or_insert_with(|| Check::new(blob));
        let position = check.resume(blob, offset);
        Self { writer, check: Some(check), position }
    }

    /// Returns the offset of the first byte that has to be written.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the interface for bytes in any order, as [`BlobWriter::parts`]. Bytes that are checked here have
    /// to come in order.
    pub(super) fn parts(&mut self) -> Option<&mut dyn Parts> {
        if self.check.is_some() { None } else { self.writer.parts() }
    }

    /// Writes like [`BlobWriter::write`] and returns how many of the bytes were new to the writer.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<u64, Fault> {
        let (begin, length) = (self.position, bytes.len() as u64);
        self.position += length;
        let Some(check) = &mut self.check else {
            self.writer.write(bytes).await.map_err(Fault::of_target)?;
            return Ok(length);
        };
        let news = (begin + length).saturating_sub(check.written).min(length);
        check.take(bytes).map_err(Fault::of_source)?;
        while let Some(bytes) = check.give() {
            self.writer.write(bytes).await.map_err(Fault::of_target)?;
        }
        Ok(news)
    }

    /// Takes what was written as parts, up to `end`, as [`Parts::catch_up`].
    pub(super) async fn catch_up(&mut self, end: u64) -> Result<(), Failure> {
        self.position = end;
        match self.writer.parts() {
            Some(parts) => parts.catch_up(end).await,
            None => Ok(()),
        }
    }

    /// Commits like [`BlobWriter::commit`]. The writer gets the last bytes only if the whole blob is right.
    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        let held = self.check.map_or_else(|| Ok(VecDeque::new()), Check::finish).map_err(Fault::of_source)?;
        for bytes in held {
            self.writer.write(bytes).await.map_err(Fault::of_target)?;
        }
        self.writer.commit().await.map_err(Fault::of_target)
    }
}

/// The source has returned other bytes than before.
#[derive(Debug, thiserror::Error)]
#[error("the blob has changed since the transfer was interrupted")]
struct Changed;

impl Diagnose for Changed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }

    fn recovery(&self) -> Recovery {
        Recovery::Restart
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::image::MediaType;

    const SIZE: usize = 5 << 20;

    fn content() -> Vec<u8> {
        (0..SIZE).map(|place| (place % 251) as u8).collect()
    }

    fn blob(content: &[u8]) -> Descriptor {
        Descriptor::new(MediaType::OCTET_STREAM, Digest::sha256(content), content.len() as u64)
    }

    /// Sends `content` from where `check` resumes for `offset` up to `end`; returns the bytes that the writer
    /// got.
    fn send(check: &mut Check, content: &[u8], offset: u64, end: usize) -> Result<Vec<u8>, Failure> {
        let start = check.resume(&blob(content), offset);
        let mut sent = Vec::new();
        for chunk in content[usize::try_from(start).unwrap()..end].chunks(60_000) {
            check.take(Bytes::copy_from_slice(chunk))?;
            sent.extend(std::iter::from_fn(|| check.give()).flatten());
        }
        Ok(sent)
    }

    #[test]
    fn d4_what_was_sent_is_verified_wherever_the_upload_resumes() {
        let content = content();
        for (cut, offset) in
            [(3 << 20, 2_500_000), (3 << 20, 3 << 20), (10, 7), (SIZE, 1 << 20), (4 << 20, 0)]
        {
            let mut check = Check::new(&blob(&content));
            let first = send(&mut check, &content, 0, cut).unwrap();
            assert!(content.starts_with(&first));
            let mut rest = send(&mut check, &content, offset, SIZE).unwrap();
            rest.extend(check.finish().unwrap().into_iter().flatten());
            assert!(rest == content[usize::try_from(offset).unwrap()..], "from {offset} after {cut}");
        }
    }

    #[test]
    fn d4_other_bytes_after_a_cut_or_before_it_are_found() {
        let (content, cut, offset) = (content(), 3_000_000, 2_500_000_u64);
        let mut other = content.clone();
        other[2_400_000] ^= 1;
        let mut check = Check::new(&blob(&content));
        send(&mut check, &other, 0, cut).unwrap();
        let error = send(&mut check, &content, offset, SIZE).unwrap_err();
        assert_eq!((error.kind(), error.recovery()), (ErrorKind::Corrupt, Recovery::Restart));

        other.clone_from(&content);
        other[4_000_000] ^= 1;
        let mut check = Check::new(&blob(&content));
        send(&mut check, &content, 0, cut).unwrap();
        send(&mut check, &other, offset, SIZE).unwrap();
        assert_eq!(check.finish().unwrap_err().recovery(), Recovery::Restart);
    }

    #[test]
    fn d4_nothing_is_sent_before_it_is_known_what_was_sent() {
        let content = content();
        let mut check = Check::new(&blob(&content));
        send(&mut check, &content, 0, 3 << 20).unwrap();
        let sent = send(&mut check, &content, 2_500_000, 2_600_000).unwrap();
        assert!(sent.is_empty(), "cut before the proof");
        let mut rest = send(&mut check, &content, 2_500_000, SIZE).unwrap();
        rest.extend(check.finish().unwrap().into_iter().flatten());
        assert!(rest == content[2_500_000..]);
    }

    #[test]
    fn d4_an_upload_does_not_resume_from_unsent_bytes() {
        let content = content();
        let mut check = Check::new(&blob(&content));
        assert!(Check::knows(None, 0) && !Check::knows(None, 1) && !Check::knows(Some(&check), 10));
        send(&mut check, &content, 0, 1000).unwrap();
        assert!(Check::knows(Some(&check), 1000) && !Check::knows(Some(&check), 1001));
    }

    #[test]
    fn d4_little_is_read_again() {
        let content = content();
        let mut check = Check::new(&blob(&content));
        send(&mut check, &content, 0, 3 << 20).unwrap();
        let start = check.resume(&blob(&content), 2_500_000);
        assert!(start <= 2_500_000 && 2_500_000 - start <= STEP + 60_000, "{start}");
    }
}
