//! Changes as bytes: a key by which they are sorted, and a value.

use super::entry::{Change, Device, Entry, EntryKind, FileContent, Location, Packing};
use super::path::EntryPath;
use crate::digest::Algorithm;

/// The last byte of keys: an opaque whiteout precedes a whiteout, which precedes what the layer itself adds.
const OPAQUE: u8 = 1;
const WHITEOUT: u8 = 2;
const ADD: u8 = 3;

/// The first byte of values.
const FILE: u8 = b'-';
const DIRECTORY: u8 = b'd';
const SYMLINK: u8 = b'l';
const HARDLINK: u8 = b'h';
const CHARACTER: u8 = b'c';
const BLOCK: u8 = b'b';
const FIFO: u8 = b'p';

/// The parts of a file's content that are known.
const HAS_DIGEST: u8 = 1;
const HAS_LOCATION: u8 = 2;

/// Returns the key of a change. Keys are ordered as paths are, compared byte by byte: each component ends
/// with a NUL, which no component contains, and a second NUL ends the path.
pub(super) fn key(change: &Change) -> Vec<u8> {
    let class = match change {
        Change::Opaque(_) => OPAQUE,
        Change::Whiteout(_) => WHITEOUT,
        Change::Add(_) => ADD,
    };
    let mut key = path_key(change.path());
    key.extend([0, 0, class]);
    key
}

/// Returns a path as bytes that are ordered as paths are.
pub(super) fn path_key(path: &EntryPath) -> Vec<u8> {
    path.as_bytes().iter().map(|byte| if *byte == b'/' { 0 } else { *byte }).collect()
}

/// Returns the value of a change; empty for whiteouts.
pub(super) fn value(change: &Change) -> Vec<u8> {
    let Change::Add(entry) = change else { return Vec::new() };
    let mut value = vec![kind_of(&entry.kind)];
    for number in [u64::from(entry.mode), entry.uid, entry.gid, zigzag(entry.modified)] {
        put(&mut value, number);
    }
    match &entry.kind {
        EntryKind::File(content) => put_content(&mut value, content),
        EntryKind::Symlink { target } => value.extend_from_slice(target),
        EntryKind::Hardlink { target } => value.extend_from_slice(target.as_bytes()),
        EntryKind::CharacterDevice(device) | EntryKind::BlockDevice(device) => {
            put(&mut value, device.major.into());
            put(&mut value, device.minor.into());
        }
        EntryKind::Directory | EntryKind::Fifo => {}
    }
    value
}

/// Returns the change of a key and a value. `None` if the bytes are not what this module writes.
pub(super) fn change(key: &[u8], value: &[u8]) -> Option<Change> {
    let (path, end) = key.split_last_chunk::<3>()?;
    let spelled: Vec<u8> = path.iter().map(|byte| if *byte == 0 { b'/' } else { *byte }).collect();
    let path = EntryPath::clean(&spelled).filter(|clean| clean.as_bytes() == spelled)?;
    match (end, value) {
        ([0, 0, OPAQUE], []) => Some(Change::Opaque(path)),
        ([0, 0, WHITEOUT], []) => Some(Change::Whiteout(path)),
        ([0, 0, ADD], value) => Some(Change::Add(entry(path, value)?)),
        _ => None,
    }
}

/// Appends a number: seven bits a byte, the lowest first.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        // The upper bits are those of later bytes.
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number from the beginning of `bytes`.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(first & 0x7f);
        if part.checked_shl(shift)? >> shift != part {
            return None;
        }
        number |= part << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn kind_of(kind: &EntryKind) -> u8 {
    match kind {
        EntryKind::File(_) => FILE,
        EntryKind::Directory => DIRECTORY,
        EntryKind::Symlink { .. } => SYMLINK,
        EntryKind::Hardlink { .. } => HARDLINK,
        EntryKind::CharacterDevice(_) => CHARACTER,
        EntryKind::BlockDevice(_) => BLOCK,
        EntryKind::Fifo => FIFO,
    }
}

fn put_content(value: &mut Vec<u8>, content: &FileContent) {
    // Other digests than SHA-256 do not occur in layers. A file without one is read with its whole layer.
    let digest = content.digest.as_ref().filter(|digest| digest.algorithm() == Algorithm::Sha256);
    let has = |part: u8, is_known: bool| if is_known { part } else { 0 };
    put(value, content.size);
    value.push(has(HAS_DIGEST, digest.is_some()) | has(HAS_LOCATION, content.location.is_some()));
    if let Some(digest) = digest {
        let nibbles: Vec<u8> = digest.hex().bytes().map(nibble).collect();
        value.extend(nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    }
    if let Some(location) = content.location {
        for number in [location.start, location.end, location.skip] {
            put(value, number);
        }
        value.push(match location.packing {
            Packing::Plain => 0,
            Packing::Gzip => 1,
            Packing::Zstd => 2,
        });
    }
}

fn entry(path: EntryPath, value: &[u8]) -> Option<Entry> {
    let (kind, mut rest) = value.split_first()?;
    let mode = u32::try_from(take(&mut rest)?).ok()?;
    let (uid, gid, modified) = (take(&mut rest)?, take(&mut rest)?, unzigzag(take(&mut rest)?));
    let kind = match *kind {
        FILE => EntryKind::File(content(&mut rest)?),
        DIRECTORY => EntryKind::Directory,
        SYMLINK => EntryKind::Symlink { target: std::mem::take(&mut rest).to_vec() },
        HARDLINK => {
            let target = std::mem::take(&mut rest);
            EntryKind::Hardlink {
                target: EntryPath::clean(target).filter(|clean| clean.as_bytes() == target)?,
            }
        }
        CHARACTER => EntryKind::CharacterDevice(device(&mut rest)?),
        BLOCK => EntryKind::BlockDevice(device(&mut rest)?),
        FIFO => EntryKind::Fifo,
        _ => return None,
    };
    rest.is_empty().then_some(Entry { path, kind, mode, uid, gid, modified })
}

fn content(rest: &mut &[u8]) -> Option<FileContent> {
    let size = take(rest)?;
    let (parts, after) = rest.split_first()?;
    *rest = after;
    let mut content = FileContent { size, ..FileContent::default() };
    if parts & HAS_DIGEST != 0 {
        let (bytes, after) = rest.split_first_chunk::<32>()?;
        *rest = after;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        content.digest = Some(format!("sha256:{hex}").parse().ok()?);
    }
    if parts & HAS_LOCATION != 0 {
        let (start, end, skip) = (take(rest)?, take(rest)?, take(rest)?);
        let (packing, after) = rest.split_first()?;
        *rest = after;
        let packing = match packing {
            0 => Packing::Plain,
            1 => Packing::Gzip,
            2 => Packing::Zstd,
            _ => return None,
        };
        content.location = Some(Location { start, end, skip, packing });
    }
    Some(content)
}

fn device(rest: &mut &[u8]) -> Option<Device> {
    let mut number = || u32::try_from(take(rest)?).ok();
    Some(Device { major: number()?, minor: number()? })
}

/// Returns the value of a lower-case hexadecimal digit, which is all that digests contain.
fn nibble(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
}

/// Maps small numbers of either sign to small numbers.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::Digest;

    fn paths() -> impl Strategy<Value = EntryPath> {
        prop::collection::vec("[a-c.\\-]{1,3}|é", 0..4)
            .prop_map(|parts| EntryPath::clean(parts.join("/").as_bytes()).unwrap_or_default())
    }

    fn kinds() -> impl Strategy<Value = EntryKind> {
        let location = (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(start, end, skip)| Location {
            start,
            end,
            skip,
            packing: Packing::Zstd,
        });
        let digest = any::<[u8; 4]>().prop_map(|bytes| Digest::sha256(&bytes));
        prop_oneof![
            (any::<u64>(), prop::option::of(digest), prop::option::of(location))
                .prop_map(|(size, digest, location)| EntryKind::File(FileContent { size, digest, location })),
            any::<Vec<u8>>().prop_map(|target| EntryKind::Symlink { target }),
            paths().prop_map(|target| EntryKind::Hardlink { target }),
            any::<(u32, u32)>().prop_map(|(major, minor)| EntryKind::BlockDevice(Device { major, minor })),
            Just(EntryKind::Directory),
        ]
    }

    fn changes() -> impl Strategy<Value = Change> {
        let entry = (paths(), kinds(), any::<(u32, u64, u64, i64)>()).prop_map(|(path, kind, numbers)| {
            let (mode, uid, gid, modified) = numbers;
            Change::Add(Entry { path, kind, mode, uid, gid, modified })
        });
        prop_oneof![paths().prop_map(Change::Opaque), paths().prop_map(Change::Whiteout), entry]
    }

    proptest! {
        #[test]
        fn a_change_is_read_as_it_was_written(written in changes()) {
            prop_assert_eq!(change(&key(&written), &value(&written)), Some(written));
        }

        #[test]
        fn keys_are_ordered_as_paths_are(one in paths(), other in paths()) {
            prop_assert_eq!(path_key(&one).cmp(&path_key(&other)), one.cmp(&other));
            let whole = |path: &EntryPath| key(&Change::Whiteout(path.clone()));
            prop_assert_eq!(whole(&one).cmp(&whole(&other)), one.cmp(&other));
        }

        #[test]
        fn foreign_bytes_are_refused_or_have_one_meaning(key_bytes: Vec<u8>, bytes: Vec<u8>) {
            if let Some(read) = change(&key_bytes, &bytes) {
                prop_assert_eq!(change(&key(&read), &value(&read)), Some(read));
            }
        }
    }
}
