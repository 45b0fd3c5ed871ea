//! Packs directories and files into a tar that is reproducible everywhere and at any time.
//!
//! Entries are in the order of their names and belong to root. Modes, times, links and devices are kept;
//! sockets, which mean nothing in an image, and extended attributes are left out.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};
use tar::{Builder, EntryType, Header};

use super::descent::{Content, Descent};

/// Why packing failed.
#[derive(Debug)]
pub(super) enum PackError {
    /// A file could not be read.
    Read { path: PathBuf, source: io::Error },
    /// The tar could not be written.
    Write(io::Error),
}

/// Packs the content of the directory `root`, without the directory itself. Links below it are not followed.
pub(super) fn pack<W: Write>(root: &Path, tar: &mut Builder<W>) -> Result<(), PackError> {
    let mut links = HashMap::new();
    let mut descent = Descent::into_folder(root).map_err(at(root))?;
    let failed = |(name, source): (PathBuf, _)| PackError::Read { path: root.join(name), source };
    while let Some(found) = descent.next().map_err(failed)? {
        let path = root.join(&found.name);
        append(tar, &Entry { path: &path, name: &found.name, stat: found.stat }, found.content, &mut links)?;
    }
    Ok(())
}

/// Packs one file under its own name. If it is a link, the link is followed.
pub(super) fn pack_file<W: Write>(path: &Path, tar: &mut Builder<W>) -> Result<(), PackError> {
    let file = File::open(path).map_err(at(path))?;
    let stat = rustix::fs::fstat(&file).map_err(io::Error::from).map_err(at(path))?;
    let name = path.file_name().map_or(path, Path::new);
    append(tar, &Entry { path, name, stat }, Content::File(file.into()), &mut HashMap::new())
}

struct Entry<'a> {
    path: &'a Path,
    name: &'a Path,
    stat: Stat,
}

/// The names of files with several links, by device and inode.
type Links = HashMap<(u64, u64), PathBuf>;

fn append<W: Write>(
    tar: &mut Builder<W>,
    entry: &Entry<'_>,
    content: Content,
    links: &mut Links,
) -> Result<(), PackError> {
    let Entry { name, stat, .. } = entry;
    let mut header = header(stat);
    if let Content::Link(target) = content {
        let target = Path::new(OsStr::from_bytes(target.to_bytes()));
        header.set_entry_type(EntryType::Symlink);
        return link(tar, header, name, target);
    }
    let kind = FileType::from_raw_mode(stat.st_mode);
    let inode = (stat.st_dev, stat.st_ino);
    if let Some(first) = links.get(&inode) {
        header.set_entry_type(EntryType::Link);
        return link(tar, header, name, first);
    }
    if stat.st_nlink > 1 && kind != FileType::Directory {
        links.insert(inode, (*name).to_owned());
    }
    if let Content::File(content) = content {
        return file(tar, header, entry, content.into());
    }
    header.set_entry_type(match kind {
        FileType::Directory => EntryType::Directory,
        FileType::Fifo => EntryType::Fifo,
        FileType::CharacterDevice => EntryType::Char,
        FileType::BlockDevice => EntryType::Block,
        _ => return Ok(()),
    });
    if kind.is_char_device() || kind.is_block_device() {
        header.set_device_major(rustix::fs::major(stat.st_rdev)).map_err(PackError::Write)?;
        header.set_device_minor(rustix::fs::minor(stat.st_rdev)).map_err(PackError::Write)?;
    }
    tar.append_data(&mut header, name, io::empty()).map_err(PackError::Write)
}

fn header(stat: &Stat) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(stat.st_mode & 0o7777);
    // A time before 1970 cannot be written portably.
    header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or(0));
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}

fn link<W: Write>(
    tar: &mut Builder<W>,
    mut header: Header,
    name: &Path,
    destination: &Path,
) -> Result<(), PackError> {
    tar.append_link(&mut header, name, destination).map_err(PackError::Write)
}

fn file<W: Write>(
    tar: &mut Builder<W>,
    mut header: Header,
    entry: &Entry<'_>,
    file: File,
) -> Result<(), PackError> {
    let size = u64::try_from(entry.stat.st_size).unwrap_or_default();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    let mut content = Promised { file, left: size, failed: false };
    let appended = tar.append_data(&mut header, entry.name, &mut content);
    appended.map_err(|source| match content.failed {
        true => PackError::Read { path: entry.path.to_owned(), source },
        false => PackError::Write(source),
    })
}

/// Returns exactly as many bytes as the header has announced, even if the file changes meanwhile.
struct Promised {
    file: File,
    left: u64,
    failed: bool,
}

impl Read for Promised {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = match self.file.read(&mut buffer[..wanted]) {
            Ok(0) if wanted > 0 => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was truncated during the import"))
            }
            read => read,
        };
        let read = read.inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PackError + '_ {
    |source| PackError::Read { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A tar in memory, with an action that runs as soon as a given name has been written to it.
    struct Watched<F> {
        tar: Vec<u8>,
        name: &'static [u8],
        happens: Option<F>,
    }

    impl<F: FnOnce()> Write for Watched<F> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.tar.extend(bytes);
            if self.tar.windows(self.name.len()).any(|window| window == self.name)
                && let Some(happens) = self.happens.take()
            {
                happens();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Packs a directory while its subdirectory `a/b` is replaced by another one, after the entry `name`.
    fn packed(name: &'static str, swap: impl FnOnce(&Path)) -> (Vec<u8>, Result<(), PackError>) {
        let home = tempfile::tempdir().unwrap();
        let [secrets, root] = ["secrets", "root"].map(|name| home.path().join(name));
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        fs::create_dir_all(secrets.join("c")).unwrap();
        for file in ["a/b/c/id", "a/b/id", "a/x"] {
            fs::write(root.join(file), "harmless").unwrap();
        }
        for file in ["c/id", "id"] {
            fs::write(secrets.join(file), "SECRET").unwrap();
        }
        let happens = Some(|| swap(home.path()));
        let mut tar = Builder::new(Watched { tar: Vec::new(), name: name.as_bytes(), happens });
        let result = pack(&root, &mut tar);
        let watched = tar.into_inner().unwrap();
        assert!(watched.happens.is_none(), "the swap has happened");
        (watched.tar, result)
    }

    #[test]
    fn s6_a_folder_that_becomes_a_link_while_it_is_packed_is_not_followed() {
        let swap = |home: &Path| {
            fs::rename(home.join("root/a/b"), home.join("root/a/was-b")).unwrap();
            symlink(home.join("secrets"), home.join("root/a/b")).unwrap();
        };
        // Before the directory is looked at, after it, and while its files are packed.
        for name in ["a\0", "a/b\0", "a/b/c\0", "a/b/c/id\0"] {
            let (tar, _) = packed(name, swap);
            let has = |text: &[u8]| tar.windows(text.len()).any(|window| window == text);
            assert!(!has(b"SECRET"), "{name:?}");
        }
        // The same for its parent.
        let (tar, _) = packed("a/b\0", |home| {
            fs::rename(home.join("root/a"), home.join("was-a")).unwrap();
            fs::create_dir(home.join("a")).unwrap();
            symlink(home.join("secrets"), home.join("a/b")).unwrap();
            symlink(home.join("a"), home.join("root/a")).unwrap();
        });
        assert!(!tar.windows(6).any(|window| window == b"SECRET"));
    }

    #[test]
    fn s6_a_file_that_becomes_a_link_or_a_pipe_is_not_read() {
        let (tar, result) = packed("a/b/c/id\0", |home| {
            fs::remove_file(home.join("root/a/b/id")).unwrap();
            symlink(home.join("secrets/id"), home.join("root/a/b/id")).unwrap();
            fs::remove_file(home.join("root/a/x")).unwrap();
            let pipe = home.join("root/a/x");
            rustix::fs::mknodat(
                rustix::fs::CWD,
                &pipe,
                rustix::fs::FileType::Fifo,
                rustix::fs::Mode::from_raw_mode(0o600),
                0,
            )
            .unwrap();
        });
        assert!(result.is_ok(), "{result:?}");
        assert!(!tar.windows(6).any(|window| window == b"SECRET"));
    }

    #[test]
    fn s6_folders_are_packed_however_deep_they_are() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = home.path().to_owned();
        for _ in 0..60 {
            folder.push("d");
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("after"), "x").unwrap();
        }
        let mut tar = Builder::new(Vec::new());
        pack(home.path(), &mut tar).unwrap();
        let tar = tar.into_inner().unwrap();
        let mut names = tar::Archive::new(&tar[..]);
        let names = names.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned());
        let names: Vec<_> = names.collect();
        assert_eq!(names.len(), 120);
        let sorted = {
            let mut sorted = names.clone();
            sorted.sort_by_key(|name| name.components().count());
            sorted
        };
        assert!(sorted.last().is_some_and(|deepest| deepest.components().count() == 61));
    }
}
