//! Walks over a tar without unpacking it: is it one, and is it all there?

use std::io::{self, ErrorKind, Read};

use tar::{EntryType, GnuExtSparseHeader, Header, PaxExtensions};

/// Everything in a tar comes in blocks of this many bytes.
pub(super) const BLOCK: usize = 512;

/// The most bytes of a pax header, which is read into memory; GNU tar and Go write a few hundred.
const PAX_MAX: u64 = 1024 * 1024;

/// Whether a file that begins like this is a tar: its first header's checksum is right, or it is an empty tar.
pub(super) fn is_tar(beginning: &[u8]) -> bool {
    let Some(block) = beginning.first_chunk::<BLOCK>() else { return false };
    block.iter().all(|byte| *byte == 0) || checksum_fits(Header::from_byte_slice(block))
}

/// Reads a tar to its end.
///
/// # Errors
/// If it is no tar or ends within an entry; any error of `tar`.
pub(super) fn walk(tar: &mut impl Read) -> io::Result<()> {
    let mut block = [0; BLOCK];
    let mut pax_size = None;
    while read_block(tar, &mut block)? {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let header = Header::from_byte_slice(&block);
        if !checksum_fits(header) {
            return Err(invalid("a header's checksum is wrong"));
        }
        let kind = header.entry_type();
        let size = header.entry_size()?;
        if kind == EntryType::XHeader {
            pax_size = size_in_pax(tar, size)?.or(pax_size);
            continue;
        }
        let is_extension =
            matches!(kind, EntryType::XGlobalHeader | EntryType::GNULongName | EntryType::GNULongLink);
        let size = if is_extension { size } else { pax_size.take().unwrap_or(size) };
        if kind == EntryType::GNUSparse && header.as_gnu().is_some_and(tar::GnuHeader::is_extended) {
            skip_sparse_map(tar)?;
        }
        if !has_no_content(kind) {
            skip(tar, padded(size)?)?;
        }
    }
    io::copy(tar, &mut io::sink()).map(drop)
}

/// Whatever their size field says, nothing follows the headers of these, as in Go's reader.
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

/// Whether there was another block.
fn read_block(tar: &mut impl Read, block: &mut [u8; BLOCK]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < BLOCK {
        match tar.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// The size that a pax header gives to the entry after it, for files that are too large for the field.
fn size_in_pax(tar: &mut impl Read, size: u64) -> io::Result<Option<u64>> {
    if size > PAX_MAX {
        return Err(invalid("a pax header is larger than 1 MiB"));
    }
    let mut pax = Vec::new();
    tar.take(padded(size)?).read_to_end(&mut pax)?;
    let Some(pax) = usize::try_from(size).ok().and_then(|size| pax.get(..size)) else {
        return Err(ErrorKind::UnexpectedEof.into());
    };
    let mut found = None;
    for extension in PaxExtensions::new(pax) {
        let extension = extension?;
        if extension.key_bytes() == b"size" {
            let value = extension.value().ok().and_then(|value| value.parse().ok());
            found = Some(value.ok_or_else(|| invalid("a pax header has no number for a size"))?);
        }
    }
    Ok(found)
}

fn skip_sparse_map(tar: &mut impl Read) -> io::Result<()> {
    let mut more = true;
    while more {
        let mut map = GnuExtSparseHeader::new();
        tar.read_exact(map.as_mut_bytes())?;
        more = map.is_extended();
    }
    Ok(())
}

fn skip(tar: &mut impl Read, size: u64) -> io::Result<()> {
    let skipped = io::copy(&mut tar.take(size), &mut io::sink())?;
    if skipped == size { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn padded(size: u64) -> io::Result<u64> {
    size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| invalid("an entry is larger than a tar can be"))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar(sizes: &[usize]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (index, size) in sizes.iter().enumerate() {
            let mut header = Header::new_gnu();
            header.set_size(*size as u64);
            let long_name = format!("{}/{index}", "folder".repeat(30));
            tar.append_data(&mut header, long_name, &vec![7; *size][..]).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn whole_tars_pass_and_cut_ones_do_not() {
        let whole = tar(&[0, 1, 512, 5000]);
        assert!(is_tar(&whole));
        walk(&mut &whole[..]).unwrap();
        let without_end = whole.len() - 1024;
        walk(&mut &whole[..without_end]).unwrap();
        for cut in [100, 700, without_end - 1, without_end - 600] {
            assert!(walk(&mut &whole[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn an_empty_tar_is_a_tar_and_other_files_are_not() {
        assert!(is_tar(&[0; 1024]));
        walk(&mut &[0; 1024][..]).unwrap();
        for other in [&b""[..], b"#!/bin/sh\n", &[b'x'; 600], b"\x7fELF", &[0; 100]] {
            assert!(!is_tar(other));
        }
    }

    #[test]
    fn the_size_in_a_pax_header_wins() {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("size", &b"600"[..])]).unwrap();
        let mut header = Header::new_ustar();
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        assert!(walk(&mut &bytes[..]).is_err(), "its content is missing");
        bytes.extend([7; 1024]);
        walk(&mut &bytes[..]).unwrap();
    }

    #[test]
    fn all_formats_of_gnu_tar_pass() {
        use std::io::{Seek, SeekFrom, Write};
        let folder = tempfile::TempDir::new().unwrap();
        let mut sparse = std::fs::File::create(folder.path().join("sparse")).unwrap();
        for hole in 0..60 {
            sparse.seek(SeekFrom::Start(hole * 1024 * 1024)).unwrap();
            sparse.write_all(b"data").unwrap();
        }
        std::fs::write(folder.path().join("n".repeat(90)), "long name").unwrap();
        std::os::unix::fs::symlink("sparse", folder.path().join("link")).unwrap();
        for (format, option) in [
            ("gnu", "--sparse"),
            ("oldgnu", "--sparse"),
            ("pax", "--sparse"),
            ("ustar", "--exclude=sparse"),
            ("v7", "--exclude=sparse"),
        ] {
            let mut tar = std::process::Command::new("tar");
            tar.args([option, "--format", format, "-cf", "-", "-C"]).arg(folder.path()).arg(".");
            let made = tar.output().expect("tar is installed wherever Linux is");
            assert!(made.status.success(), "{format}: {}", String::from_utf8_lossy(&made.stderr));
            assert!(is_tar(&made.stdout), "{format}");
            walk(&mut &made.stdout[..]).unwrap_or_else(|error| panic!("{format}: {error}"));
        }
    }

    #[test]
    fn hostile_sizes_are_errors() {
        for (kind, size) in [
            (EntryType::Regular, u64::MAX),
            (EntryType::XHeader, u64::MAX >> 2),
            (EntryType::Regular, 1 << 40),
        ] {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(size);
            header.set_cksum();
            assert!(walk(&mut &header.as_bytes()[..]).is_err());
        }
    }
}
