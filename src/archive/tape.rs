//! Reads a tar header by header, of any dialect, without trusting any of it.
//!
//! `tar::Archive` reads long names and pax headers into memory at their claimed size, which a few compressed
//! bytes can make gigabytes. Here everything that is read into memory has a limit.

use std::io::{self, ErrorKind, Read};

use tar::{EntryType, GnuExtSparseHeader, GnuHeader, Header, PaxExtensions};

/// The size of the blocks that a tar consists of, in bytes.
pub(crate) const BLOCK: u64 = 512;

/// Maximum size of a pax header or a GNU long name, in bytes, because they are read into memory. Real ones
/// have a few hundred.
const EXTENSION_MAX: u64 = 1024 * 1024;

/// The size of the pieces in which content is read, in bytes.
const PIECE: usize = 64 * 1024;

/// A source of the bytes of a tar.
pub(crate) trait Medium: Read {
    /// Skips `bytes` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEof`] if there are fewer.
    fn pass(&mut self, bytes: u64) -> io::Result<()>;
}

/// A stream, which is read to skip what is in it.
pub(crate) struct Stream<R>(pub(crate) R);

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Medium for Stream<R> {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}

/// The headers of one entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name, unchanged and untrusted, up to a NUL.
    pub(crate) path: Vec<u8>,
    /// The target of a link, likewise.
    pub(crate) target: Vec<u8>,
    pub(crate) kind: EntryType,
    /// The size of the following content, in bytes.
    pub(crate) size: u64,
    pub(crate) attributes: Attributes,
}

/// What a tar records about a file besides its content. What is missing or invalid is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) mode: u32,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    /// In seconds since 1970.
    pub(crate) modified: i64,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// The unpacked size in bytes, if the content is a sparse file with a map of its holes.
    pub(crate) sparse: Option<u64>,
}

impl Entry {
    /// Returns the name, or an empty one if it is not UTF-8, because no needed file has such a name.
    pub(crate) fn name(&self) -> &str {
        str::from_utf8(&self.path).unwrap_or_default()
    }

    /// Returns the target of a link, likewise.
    pub(crate) fn link(&self) -> &str {
        str::from_utf8(&self.target).unwrap_or_default()
    }
}

/// A tar that is read from its beginning to its end.
pub(crate) struct Tape<M> {
    medium: M,
    at: u64,
}

/// The extra headers for the entry after them.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    modified: Option<i64>,
    sparse: Option<u64>,
}

impl<M: Medium> Tape<M> {
    pub(crate) fn new(medium: M) -> Self {
        Self { medium, at: 0 }
    }

    /// Returns how many bytes of the tar have been read or skipped.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn into_inner(self) -> M {
        self.medium
    }

    /// Reads the headers of the next entry. Its content is next on the tape, and has to be
    /// [skipped](Self::pass) before the next call. Returns `None` after the last entry.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut extensions = Extensions::default();
        while let Some(header) = self.header()? {
            let kind = header.entry_type();
            let size = header.entry_size()?;
            match kind {
                EntryType::GNULongName => extensions.path = Some(text(&self.extension(size)?)),
                EntryType::GNULongLink => extensions.target = Some(text(&self.extension(size)?)),
                EntryType::XHeader => extensions.take_pax(&self.extension(size)?)?,
                EntryType::XGlobalHeader => self.pass(size)?,
                _ => {
                    if kind == EntryType::GNUSparse && header.as_gnu().is_some_and(GnuHeader::is_extended) {
                        self.pass_sparse_map()?;
                    }
                    return Ok(Some(extensions.entry(&header, size)));
                }
            }
        }
        Ok(None)
    }

    /// Skips `size` bytes of content, and the rest of their last block.
    pub(crate) fn pass(&mut self, size: u64) -> io::Result<()> {
        let padded = padded(size)?;
        self.medium.pass(padded)?;
        self.at += padded;
        Ok(())
    }

    /// Reads `size` bytes of content, passes them to `each`, and skips the rest of their last block.
    pub(crate) fn pass_through(
        &mut self,
        size: u64,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let padded = padded(size)?;
        let piece = |left: u64| usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let (mut left, mut buffer) = (size, vec![0; piece(size)]);
        while left > 0 {
            let wanted = piece(left);
            match self.medium.read(&mut buffer[..wanted]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    each(&buffer[..read])?;
                    left -= read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.medium.pass(padded - size)?;
        self.at += padded;
        Ok(())
    }

    /// Reads a header. Returns `None` at the end of the tar, which is a block of zeros or no block at all.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < block.len() {
            match self.medium.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.at += BLOCK;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if checksum_fits(&header) { Ok(Some(header)) } else { Err(invalid("a header's checksum is wrong")) }
    }

    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > EXTENSION_MAX {
            return Err(invalid("a name or a header is larger than 1 MiB"));
        }
        let mut content = Vec::new();
        self.medium.by_ref().take(padded(size)?).read_to_end(&mut content)?;
        if (content.len() as u64) < padded(size)? {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.at += content.len() as u64;
        content.truncate(usize::try_from(size).unwrap_or_default());
        Ok(content)
    }

    fn pass_sparse_map(&mut self) -> io::Result<()> {
        let mut more = true;
        while more {
            let mut map = GnuExtSparseHeader::new();
            self.medium.read_exact(map.as_mut_bytes())?;
            self.at += BLOCK;
            more = map.is_extended();
        }
        Ok(())
    }
}

impl Extensions {
    fn take_pax(&mut self, pax: &[u8]) -> io::Result<()> {
        for extension in PaxExtensions::new(pax) {
            let extension = extension?;
            let number = || extension.value().ok().and_then(|number| number.parse().ok());
            match extension.key_bytes() {
                b"path" | b"GNU.sparse.name" => self.path = Some(text(extension.value_bytes())),
                b"linkpath" => self.target = Some(text(extension.value_bytes())),
                b"uid" => self.uid = number(),
                b"gid" => self.gid = number(),
                b"mtime" => self.modified = extension.value().ok().and_then(seconds),
                b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.sparse = number(),
                b"size" => {
                    self.size = Some(number().ok_or_else(|| invalid("a pax header has an invalid size"))?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn entry(self, header: &Header, size: u64) -> Entry {
        let kind = header.entry_type();
        let size = if has_no_content(kind) { 0 } else { self.size.unwrap_or(size) };
        let device = |number: io::Result<Option<u32>>| number.ok().flatten().unwrap_or_default();
        let attributes = Attributes {
            mode: header.mode().unwrap_or_default() & 0o7777,
            uid: self.uid.or_else(|| header.uid().ok()).unwrap_or_default(),
            gid: self.gid.or_else(|| header.gid().ok()).unwrap_or_default(),
            modified: self.modified.or_else(|| header.mtime().ok().map(u64::cast_signed)).unwrap_or_default(),
            major: device(header.device_major()),
            minor: device(header.device_minor()),
            sparse: self.sparse.or_else(|| gnu_sparse_size(header)),
        };
        Entry {
            path: self.path.unwrap_or_else(|| text(&header.path_bytes())),
            target: self.target.unwrap_or_else(|| text(&header.link_name_bytes().unwrap_or_default())),
            kind,
            size,
            attributes,
        }
    }
}

fn gnu_sparse_size(header: &Header) -> Option<u64> {
    let gnu = header.as_gnu().filter(|_| header.entry_type() == EntryType::GNUSparse)?;
    gnu.real_size().ok()
}

/// Returns the whole seconds of a pax time, such as `1234.5` or `-0.5`, rounded down.
fn seconds(time: &str) -> Option<i64> {
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let seconds: i64 = whole.parse().ok()?;
    let is_before = whole.starts_with('-') && fraction.bytes().any(|digit| digit != b'0');
    seconds.checked_sub(is_before.into())
}

/// Reports whether a file that begins like this is a tar: its first header's checksum is right, or it is an
/// empty tar.
pub(crate) fn is_tar(beginning: &[u8]) -> bool {
    let Some(block) = beginning.first_chunk::<{ BLOCK as usize }>() else { return false };
    block.iter().all(|byte| *byte == 0) || checksum_fits(Header::from_byte_slice(block))
}

/// Returns the size of the blocks that `size` bytes of content take.
pub(crate) fn padded(size: u64) -> io::Result<u64> {
    let padded = size.checked_next_multiple_of(BLOCK).filter(|padded| i64::try_from(*padded).is_ok());
    padded.ok_or_else(|| invalid("an entry is larger than a tar can be"))
}

/// Reports whether no content follows the headers of this kind, whatever their size field says, as in Go's
/// reader.
fn has_no_content(kind: EntryType) -> bool {
    use EntryType as T;
    matches!(kind, T::Link | T::Symlink | T::Char | T::Block | T::Directory | T::Fifo)
}

fn checksum_fits(header: &Header) -> bool {
    let bytes = header.as_bytes();
    // The checksum's own field counts as spaces.
    let others = bytes[..148].iter().chain(&bytes[156..]);
    let sum = others.map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
    header.cksum().is_ok_and(|stated| stated == sum)
}

/// Returns a name up to its end.
fn text(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes[..end].to_vec()
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Medium for &[u8] {
        fn pass(&mut self, bytes: u64) -> io::Result<()> {
            let rest = usize::try_from(bytes).ok().and_then(|bytes| self.get(bytes..));
            *self = rest.ok_or(ErrorKind::UnexpectedEof)?;
            Ok(())
        }
    }

    /// Returns each entry with the position of its content.
    fn entries(tar: &[u8]) -> Vec<(Entry, u64)> {
        let mut tape = Tape::new(tar);
        let mut entries = Vec::new();
        while let Some(entry) = tape.next().unwrap() {
            let at = tape.at();
            tape.pass(entry.size).unwrap();
            entries.push((entry, at));
        }
        entries
    }

    #[test]
    fn long_names_of_every_dialect_are_read_whole() {
        let folder = tempfile::TempDir::new().unwrap();
        let long = format!("{}/{}", "folder".repeat(20), "n".repeat(150));
        std::fs::create_dir(folder.path().join("folder".repeat(20))).unwrap();
        std::fs::write(folder.path().join(&long), "content").unwrap();
        std::os::unix::fs::symlink(&long, folder.path().join("link")).unwrap();
        for format in ["gnu", "pax"] {
            let mut tar = std::process::Command::new("tar");
            tar.args(["--format", format, "-cf", "-", "-C"]).arg(folder.path()).args([&long, "link"]);
            let made = tar.output().expect("tar is installed wherever Linux is").stdout;
            let found = entries(&made);
            assert_eq!(found.len(), 2, "{format}");
            let (file, at) = &found[0];
            assert_eq!((file.name(), file.size), (long.as_str(), 7), "{format}");
            assert!(made[usize::try_from(*at).unwrap()..].starts_with(b"content"), "{format}");
            assert_eq!((found[1].0.name(), found[1].0.link()), ("link", long.as_str()));
        }
    }

    #[test]
    fn names_that_are_not_text_are_empty() {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..3].copy_from_slice(b"\xff\xfe\x80");
        header.set_size(0);
        header.set_cksum();
        assert_eq!(entries(header.as_bytes())[0].0.name(), "");
    }

    #[test]
    fn nothing_that_is_read_into_memory_has_the_size_it_claims() {
        for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
            for size in [EXTENSION_MAX + 1, 1 << 40, u64::MAX] {
                let mut header = Header::new_gnu();
                header.set_entry_type(kind);
                header.set_size(size);
                header.set_cksum();
                let error = Tape::new(&header.as_bytes()[..]).next().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidData, "{kind:?} {size}");
            }
        }
    }
}
