//! Checks a tar without unpacking it: is it valid and complete?

use std::io::{self, Read};

use crate::archive::tape::{Stream, Tape};

/// Reads a tar to its end.
///
/// # Errors
/// An error if the file is not a tar or ends within an entry; any error of `tar`.
pub(super) fn walk(tar: &mut impl Read) -> io::Result<()> {
    let mut tape = Tape::new(Stream(tar));
    while let Some(entry) = tape.next()? {
        tape.pass(entry.size)?;
    }
    io::copy(tape.into_inner().0, &mut io::sink()).map(drop)
}

#[cfg(test)]
mod tests {
    use tar::{EntryType, Header};

    use super::*;
    use crate::archive::tape::is_tar;

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
