//! Bytes that neither end has verified or will verify: from one registry to another, out of an archive to a registry.
//!
//! A registry checks what it is given, or should. To be sure without asking it, such bytes are hashed on their way,
//! and the last of them are held back until the digest is known to be right: what is incomplete is not kept.
//!
//! An upload that broke off goes on at the byte that the registry has got to. What it has up to there was hashed when
//! it was sent, but only at some places the state of the hash is remembered. So the bytes between two such places are
//! read again: if they have the hash of those that were sent, they are the same, and the hash is known at every byte
//! of them. Until then nothing is sent.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::content::{BlobWriter, Source};
use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::digest::Verifier;
use crate::image::Descriptor;

/// The least distance between two places at which the state of the hash is remembered, in bytes: as much is read
/// again after a cut, and as much waits in memory then, at most. Blobs beyond 16 GiB have a longer one.
const STEP: u64 = 1 << 20;

/// How many such places a blob has, at most. Each is some hundred bytes.
const MARKS: u64 = 16 << 10;

/// The check of what is sent of one blob, by all attempts.
pub(super) struct Check {
    /// What was hashed; `None` before the first byte.
    now: Option<Verifier>,
    /// Earlier states, by growing number of bytes.
    marks: Vec<Verifier>,
    step: u64,
    /// What the bytes that are read again have to come to.
    proof: Option<Verifier>,
    /// Up to where the writer has the bytes.
    written: u64,
    /// What the writer has not seen yet: the bytes that came last, and all while there is something to prove.
    held: VecDeque<Bytes>,
}

impl Check {
    /// Whether neither `source` nor `writer` verifies what is sent.
    pub(super) fn is_due(writer: &dyn BlobWriter, source: &dyn Source) -> bool {
        !source.is_verified() && !writer.verifies()
    }

    /// Whether it is known which bytes were sent up to `offset`.
    pub(super) fn knows(check: Option<&Self>, offset: u64) -> bool {
        let sent = check.and_then(|check| check.proof.as_ref().or(check.now.as_ref()).or(check.marks.last()));
        offset <= sent.map_or(0, Verifier::seen)
    }

    fn new(blob: &Descriptor) -> Self {
        let step = STEP.max(blob.size / MARKS);
        Self { now: None, marks: Vec::new(), step, proof: None, written: 0, held: VecDeque::new() }
    }

    /// Goes on after `offset` bytes, which are [known](Self::knows); answers from which byte on the blob has to be read
    /// for that.
    fn go_on(&mut self, blob: &Descriptor, offset: u64) -> u64 {
        self.held.clear();
        self.written = offset;
        // Where the last attempt has ended; if it has proved nothing, it has sent nothing either.
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
        // At most the length of `bytes`, which is a `usize`.
        let known = self.written.saturating_sub(begin).min(bytes.len() as u64);
        let _ = bytes.split_to(usize::try_from(known).unwrap_or(bytes.len()));
        if !bytes.is_empty() {
            self.written += bytes.len() as u64;
            self.held.push_back(bytes);
        }
        Ok(())
    }

    /// The next bytes that the writer may have.
    fn give(&mut self) -> Option<Bytes> {
        if self.held.len() > 1 && self.proof.is_none() { self.held.pop_front() } else { None }
    }

    /// The bytes that were held back to the end, if all of them are right.
    fn finish(&mut self) -> Result<VecDeque<Bytes>, Failure> {
        if let Some(verifier) = self.now.clone() {
            verifier.finish()?;
        }
        Ok(std::mem::take(&mut self.held))
    }
}

/// A writer, and the check of what it is given where nobody else makes one.
pub(super) struct Verified<'a> {
    writer: Box<dyn BlobWriter>,
    check: Option<&'a mut Check>,
    /// The next byte of the blob to give it.
    position: u64,
}

impl<'a> Verified<'a> {
    /// For the bytes of `blob` that `source` gives; `check` is that of all attempts.
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
        let position = check.go_on(blob, offset);
        Self { writer, check: Some(check), position }
    }

    /// The first byte of the blob that it has to be given.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// As [`BlobWriter::write`]; answers how many of the bytes the writer did not have.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<u64, Failure> {
        let (begin, length) = (self.position, bytes.len() as u64);
        self.position += length;
        let Some(check) = &mut self.check else {
            self.writer.write(bytes).await?;
            return Ok(length);
        };
        let news = (begin + length).saturating_sub(check.written).min(length);
        check.take(bytes)?;
        while let Some(bytes) = check.give() {
            self.writer.write(bytes).await?;
        }
        Ok(news)
    }

    /// As [`BlobWriter::commit`]. The writer gets the last bytes only if they all are right.
    pub(super) async fn commit(mut self) -> Result<(), Failure> {
        let held = self.check.map_or_else(|| Ok(VecDeque::new()), Check::finish)?;
        for bytes in held {
            self.writer.write(bytes).await?;
        }
        self.writer.commit().await
    }
}

/// The source has given other bytes than before.
#[derive(Debug, thiserror::Error)]
#[error("the blob is not the same as before it broke off")]
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

    /// Sends `content` from where `check` begins for `offset` up to `end`; answers what the writer has got.
    fn send(check: &mut Check, content: &[u8], offset: u64, end: usize) -> Result<Vec<u8>, Failure> {
        let start = check.go_on(&blob(content), offset);
        let mut sent = Vec::new();
        for chunk in content[usize::try_from(start).unwrap()..end].chunks(60_000) {
            check.take(Bytes::copy_from_slice(chunk))?;
            sent.extend(std::iter::from_fn(|| check.give()).flatten());
        }
        Ok(sent)
    }

    #[test]
    fn d4_what_was_sent_is_verified_wherever_the_upload_goes_on() {
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
    fn d4_what_nobody_here_has_sent_is_not_gone_on_with() {
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
        let start = check.go_on(&blob(&content), 2_500_000);
        assert!(start <= 2_500_000 && 2_500_000 - start <= STEP + 60_000, "{start}");
    }
}
