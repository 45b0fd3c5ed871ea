//! The headers of a tar that programs of all systems read: POSIX ustar, with pax records for what does not fit.

use tar::{EntryType, Header};

use crate::filesystem::{Device, Entry, EntryKind, EntryPath};

/// The size of the blocks of a tar, in bytes.
const BLOCK: usize = 512;

/// Maximum length of a path or of a link's target in a header, in bytes.
const NAME_MAX: usize = 100;

/// Largest number of an owner in a header: seven octal digits.
const OWNER_MAX: u64 = 0o777_7777;

/// Largest size and time in a header: eleven octal digits.
const NUMBER_MAX: u64 = 0o777_7777_7777;

/// Returns the headers of an entry at `path`. The content of a file follows them.
pub(super) fn headers(path: &EntryPath, entry: &Entry) -> Vec<u8> {
    let kind = match &entry.kind {
        EntryKind::File(content) => Kind { size: content.size, ..Kind::of(EntryType::Regular) },
        EntryKind::Directory => Kind::of(EntryType::Directory),
        EntryKind::Symlink { target } => Kind { target, ..Kind::of(EntryType::Symlink) },
        EntryKind::Hardlink { target } => Kind { target: target.as_bytes(), ..Kind::of(EntryType::Link) },
        EntryKind::CharacterDevice(device) => Kind { device: *device, ..Kind::of(EntryType::Char) },
        EntryKind::BlockDevice(device) => Kind { device: *device, ..Kind::of(EntryType::Block) },
        EntryKind::Fifo => Kind::of(EntryType::Fifo),
    };
    write(path, entry, &kind)
}

/// What a header says about the kind of an entry.
struct Kind<'a> {
    kind: EntryType,
    size: u64,
    target: &'a [u8],
    device: Device,
}

impl Kind<'_> {
    fn of(kind: EntryType) -> Self {
        Self { kind, size: 0, target: b"", device: Device { major: 0, minor: 0 } }
    }
}

fn write(path: &EntryPath, entry: &Entry, kind: &Kind<'_>) -> Vec<u8> {
    let mut name = path.as_bytes().to_vec();
    if kind.kind.is_dir() {
        name.push(b'/');
    }
    let (mut header, mut records) = (Header::new_ustar(), Vec::new());
    header.set_entry_type(kind.kind);
    header.set_mode(entry.mode);
    fill(&mut header.as_old_mut().name, &name, b"path", &mut records);
    fill(&mut header.as_old_mut().linkname, kind.target, b"linkpath", &mut records);
    header.set_uid(fitting(entry.uid, OWNER_MAX, b"uid", &mut records));
    header.set_gid(fitting(entry.gid, OWNER_MAX, b"gid", &mut records));
    header.set_size(fitting(kind.size, NUMBER_MAX, b"size", &mut records));
    match u64::try_from(entry.modified) {
        Ok(time) => header.set_mtime(fitting(time, NUMBER_MAX, b"mtime", &mut records)),
        Err(_) => {
            record(&mut records, b"mtime", entry.modified.to_string().as_bytes());
            header.set_mtime(0);
        }
    }
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.set_device_major(kind.device.major);
        ustar.set_device_minor(kind.device.minor);
    }
    header.set_cksum();
    let mut headers = if records.is_empty() { Vec::new() } else { extension(&records) };
    headers.extend(header.as_bytes());
    headers
}

/// Writes `text` into a field of a header, or into a record if it is too long.
fn fill(field: &mut [u8; NAME_MAX], text: &[u8], key: &[u8], records: &mut Vec<u8>) {
    let fits = text.len().min(NAME_MAX);
    field[..fits].copy_from_slice(&text[..fits]);
    if text.len() > NAME_MAX {
        record(records, key, text);
    }
}

/// Returns a number that fits into a header: `number`, or 0 if it is in a record.
fn fitting(number: u64, max: u64, key: &[u8], records: &mut Vec<u8>) -> u64 {
    if number <= max {
        return number;
    }
    record(records, key, number.to_string().as_bytes());
    0
}

/// Adds a pax record: its length with that of the length itself, a key and a value.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend(length.to_string().as_bytes());
    records.push(b' ');
    records.extend(key);
    records.push(b'=');
    records.extend(value);
    records.push(b'\n');
}

/// Returns an entry with pax records for the next one.
fn extension(records: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    fill(&mut header.as_old_mut().name, b"PaxHeaders/0", b"path", &mut Vec::new());
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(records.len() as u64);
    header.set_cksum();
    let mut headers = [header.as_bytes(), records].concat();
    headers.resize(headers.len().next_multiple_of(BLOCK), 0);
    headers
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::filesystem::FileContent;

    fn entry(path: &str, kind: EntryKind) -> Entry {
        let path = EntryPath::clean(path.as_bytes()).unwrap();
        Entry { path, kind, mode: 0o4755, uid: 1, gid: 2, modified: 3 }
    }

    /// What another reader makes of the headers: path, target, uid, gid, and pax records.
    fn read(entry: &Entry) -> (String, Option<String>, u64, u64, String) {
        let bytes = headers(&entry.path, entry);
        assert_eq!(bytes.len() % BLOCK, 0);
        let mut archive = tar::Archive::new(&*bytes);
        let mut read = archive.entries().unwrap().next().unwrap().unwrap();
        let pax = read.pax_extensions().unwrap().map(|records| {
            let text = records
                .map(|record| record.unwrap())
                .map(|record| format!("{}={}", record.key().unwrap(), record.value().unwrap()));
            text.collect::<Vec<_>>().join(" ")
        });
        let target = read.link_name().unwrap().map(|target| target.display().to_string());
        let (path, header) = (read.path().unwrap().display().to_string(), read.header());
        let found = (path, target, header.uid().unwrap(), header.gid().unwrap(), pax.unwrap_or_default());
        assert_eq!(read.read(&mut [0]).unwrap(), 0);
        found
    }

    #[test]
    fn what_fits_into_a_header_needs_no_records() {
        let folder = entry("a/b", EntryKind::Directory);
        assert_eq!(read(&folder), ("a/b/".to_owned(), None, 1, 2, String::new()));
        let link = entry("l", EntryKind::Symlink { target: b"../x".to_vec() });
        assert_eq!(read(&link), ("l".to_owned(), Some("../x".to_owned()), 1, 2, String::new()));
        assert_eq!(headers(&folder.path, &folder).len(), BLOCK);
    }

    #[test]
    fn what_does_not_fit_is_in_records() {
        let (long, target) = ("n".repeat(200), "t".repeat(101));
        let mut link = entry(&long, EntryKind::Symlink { target: target.clone().into_bytes() });
        (link.uid, link.modified) = (3_000_000_000, -7);
        let (path, found, uid, gid, pax) = read(&link);
        assert_eq!((path, found, gid), (long.clone(), Some(target.clone()), 2));
        assert!(pax.contains("uid=3000000000") && pax.contains("mtime=-7"), "{pax} {uid}");
        assert_eq!(pax.matches('=').count(), 4);
        let large = entry("f", EntryKind::File(FileContent { size: 9 << 30, ..FileContent::default() }));
        let bytes = headers(&large.path, &large);
        assert!(String::from_utf8_lossy(&bytes).contains("19 size=9663676416\n"));
    }

    #[test]
    fn the_length_of_a_record_counts_itself() {
        for length in 1..1200 {
            let mut records = Vec::new();
            record(&mut records, b"k", &vec![b'v'; length]);
            let text = String::from_utf8(records.clone()).unwrap();
            assert_eq!(text.split(' ').next().unwrap().parse(), Ok(records.len()), "{length}");
        }
    }
}
