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
    match &entry.kind {
        EntryKind::File(content) => write(path, entry, Kind::of(EntryType::Regular, content.size)),
        EntryKind::Directory => write(path, entry, Kind::of(EntryType::Directory, 0)),
        EntryKind::Symlink { target } => {
            write(path, entry, Kind { target, ..Kind::of(EntryType::Symlink, 0) })
        }
        EntryKind::Hardlink { target } => {
            write(path, entry, Kind { target: target.as_bytes(), ..Kind::of(EntryType::Link, 0) })
        }
        EntryKind::CharacterDevice(device) => {
            write(path, entry, Kind { device: Some(*device), ..Kind::of(EntryType::Char, 0) })
        }
        EntryKind::BlockDevice(device) => {
            write(path, entry, Kind { device: Some(*device), ..Kind::of(EntryType::Block, 0) })
        }
        EntryKind::Fifo => write(path, entry, Kind::of(EntryType::Fifo, 0)),
    }
}

/// What a header says about the kind of an entry.
struct Kind<'a> {
    kind: EntryType,
    size: u64,
    target: &'a [u8],
    device: Option<Device>,
}

impl Kind<'_> {
    fn of(kind: EntryType, size: u64) -> Self {
        Self { kind, size, target: b"", device: None }
    }
}

fn write(path: &EntryPath, entry: &Entry, kind: Kind<'_>) -> Vec<u8> {
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
        let Device { major, minor } = kind.device.unwrap_or(Device { major: 0, minor: 0 });
        ustar.set_device_major(major);
        ustar.set_device_minor(minor);
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
