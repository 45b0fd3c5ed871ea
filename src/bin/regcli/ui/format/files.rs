//! The files of an image: as lines like those of `ls -l`, as JSON, and as a tree.

use std::fmt::Write as _;

use jiff::Timestamp;
use regcli::filesystem::{Device, Entry, EntryKind, LayerEntry};
use serde_json::{Value, json};

use super::charset::Charset;
use super::safe::safe;
use super::units;

/// Returns an entry on one line: mode, owner, size, time and path.
pub(crate) fn line(entry: &Entry) -> String {
    let owner = format!("{}:{}", entry.uid, entry.gid);
    let (mode, size, path) = (mode(entry), size(entry), safe_path(entry));
    format!("{mode} {owner:>9} {size:>7} {} {path}{}", time(entry.modified), target(entry))
}

/// Returns the path of an entry for a terminal.
pub(crate) fn safe_path(entry: &Entry) -> String {
    safe(&entry.path.to_string()).into_owned()
}

/// Returns an entry as a JSON object. `digest` is that of its layer.
pub(crate) fn json(found: &LayerEntry, digest: &str) -> Value {
    let mut object = json!({"path": found.entry.path.to_string()});
    if let (Value::Object(object), Value::Object(more)) = (&mut object, attributes(&found.entry)) {
        object.extend(more);
    }
    (object["layer"], object["layerDigest"]) = (json!(found.layer + 1), json!(digest));
    object
}

/// Returns everything about an entry but its path as a JSON object.
pub(crate) fn attributes(entry: &Entry) -> Value {
    let modified = Timestamp::from_second(entry.modified).map(|time| time.to_string());
    let mut object = json!({
        "type": kind(&entry.kind), "mode": format!("{:04o}", entry.mode),
        "uid": entry.uid, "gid": entry.gid, "size": entry.size(), "modified": modified.ok(),
    });
    match &entry.kind {
        EntryKind::Symlink { target } => object["target"] = json!(String::from_utf8_lossy(target)),
        EntryKind::Hardlink { target } => object["target"] = json!(target.to_string()),
        EntryKind::CharacterDevice(Device { major, minor })
        | EntryKind::BlockDevice(Device { major, minor }) => {
            (object["major"], object["minor"]) = (json!(major), json!(minor));
        }
        EntryKind::File(content) => {
            if let Some(digest) = &content.digest {
                object["digest"] = json!(digest);
            }
        }
        EntryKind::Directory | EntryKind::Fifo => {}
    }
    object
}

/// Returns the name of a kind of entry.
pub(crate) fn kind(kind: &EntryKind) -> &'static str {
    match kind {
        EntryKind::File(_) => "file",
        EntryKind::Directory => "directory",
        EntryKind::Symlink { .. } => "symlink",
        EntryKind::Hardlink { .. } => "hardlink",
        EntryKind::CharacterDevice(_) => "character-device",
        EntryKind::BlockDevice(_) => "block-device",
        EntryKind::Fifo => "fifo",
    }
}

/// Returns type and permissions as `ls -l` shows them; a hard link has the letter of `tar -tv`.
fn mode(entry: &Entry) -> String {
    let letter = match &entry.kind {
        EntryKind::File(_) => '-',
        EntryKind::Directory => 'd',
        EntryKind::Symlink { .. } => 'l',
        EntryKind::Hardlink { .. } => 'h',
        EntryKind::CharacterDevice(_) => 'c',
        EntryKind::BlockDevice(_) => 'b',
        EntryKind::Fifo => 'p',
    };
    let mut text = String::from(letter);
    for (shift, special, letters) in [(6, 0o4000, "sS"), (3, 0o2000, "sS"), (0, 0o1000, "tT")] {
        let bits = entry.mode >> shift;
        let is_executable = bits & 1 != 0;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (entry.mode & special != 0, is_executable) {
            (false, true) => 'x',
            (false, false) => '-',
            (true, true) => char::from(letters.as_bytes()[0]),
            (true, false) => char::from(letters.as_bytes()[1]),
        });
    }
    text
}

/// Returns the size of a file, or the numbers of a device.
fn size(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::File(content) => units::size(content.size),
        EntryKind::CharacterDevice(device) | EntryKind::BlockDevice(device) => {
            format!("{},{}", device.major, device.minor)
        }
        EntryKind::Directory | EntryKind::Symlink { .. } | EntryKind::Hardlink { .. } | EntryKind::Fifo => {
            "-".to_owned()
        }
    }
}

/// Returns a time in UTC, to the minute.
fn time(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds);
    time.map_or_else(|_| format!("{:16}", "-"), |time| time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// Returns where a link leads, with a sign before it; nothing for other entries.
pub(crate) fn target(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::Symlink { target } => format!(" -> {}", safe(&String::from_utf8_lossy(target))),
        EntryKind::Hardlink { target } => format!(" link to {}", safe(&target.to_string())),
        EntryKind::File(_)
        | EntryKind::Directory
        | EntryKind::CharacterDevice(_)
        | EntryKind::BlockDevice(_)
        | EntryKind::Fifo => String::new(),
    }
}

/// Draws a tree while its entries arrive, in the order of their paths.
pub(crate) struct Tree {
    charset: Charset,
    /// For each entry, whether another one follows in its directory.
    is_followed: Vec<bool>,
    /// The last entry of each open directory, the outermost first.
    last: Vec<usize>,
    next: usize,
}

impl Tree {
    pub(crate) fn new(charset: Charset) -> Self {
        Self { charset, is_followed: Vec::new(), last: Vec::new(), next: 0 }
    }

    /// Counts an entry that is `depth` directories below the root, from 0. All entries are counted before the first is
    /// drawn.
    pub(crate) fn count(&mut self, depth: usize) {
        self.last.truncate(depth + 1);
        if let Some(last) = self.last.get_mut(depth) {
            self.is_followed[*last] = true;
            *last = self.is_followed.len();
        } else {
            self.last.push(self.is_followed.len());
        }
        self.is_followed.push(false);
    }

    /// Draws the next entry.
    pub(crate) fn draw(&mut self, entry: &Entry, depth: usize) -> String {
        let (branch, end, rail) = match self.charset {
            Charset::Utf8 => ("├─ ", "└─ ", "│  "),
            Charset::Ascii => ("|- ", "`- ", "|  "),
        };
        if self.next == 0 {
            self.last.clear();
        }
        self.last.truncate(depth);
        let mut text = String::new();
        for above in &self.last {
            text.push_str(if self.is_followed.get(*above) == Some(&true) { rail } else { "   " });
        }
        text.push_str(if self.is_followed.get(self.next) == Some(&true) { branch } else { end });
        self.last.push(self.next);
        self.next += 1;
        let name = String::from_utf8_lossy(entry.path.name());
        // Writing to a string cannot fail.
        let _ = write!(text, "{}{}", safe(&name), target(entry));
        match &entry.kind {
            EntryKind::Directory => text.push('/'),
            EntryKind::File(content) => {
                let _ = write!(text, " ({})", units::size(content.size));
            }
            EntryKind::Symlink { .. }
            | EntryKind::Hardlink { .. }
            | EntryKind::CharacterDevice(_)
            | EntryKind::BlockDevice(_)
            | EntryKind::Fifo => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use regcli::filesystem::{EntryPath, FileContent};

    use super::*;

    fn entry(path: &str, kind: EntryKind, mode: u32) -> Entry {
        let path = EntryPath::clean(path.as_bytes()).unwrap();
        Entry { path, kind, mode, uid: 0, gid: 5, modified: 1_790_000_000 }
    }

    fn file(size: u64) -> EntryKind {
        EntryKind::File(FileContent { size, ..FileContent::default() })
    }

    #[test]
    fn a_line_is_like_that_of_ls() {
        assert_eq!(
            line(&entry("a/b", file(1500), 0o4755)),
            "-rwsr-xr-x       0:5   1.5kB 2026-09-21 14:13 /a/b"
        );
        let link = EntryKind::Symlink { target: b"x\x1b[2J".to_vec() };
        assert!(line(&entry("l", link, 0o777)).ends_with(" /l -> x\\u{1b}[2J"));
        assert!(line(&entry("t", EntryKind::Directory, 0o1776)).starts_with("drwxrwxrwT "));
        let device = EntryKind::BlockDevice(Device { major: 8, minor: 1 });
        assert!(line(&entry("d", device, 0o660)).contains("     8,1 "));
    }

    #[test]
    fn a_time_that_is_out_of_range_is_a_dash() {
        assert_eq!(time(i64::MAX), "-               ");
        assert_eq!(time(0), "1970-01-01 00:00");
    }

    #[test]
    fn a_tree_has_an_end_in_each_directory() {
        let entries =
            [("a", 0, true), ("a/b", 1, true), ("a/b/c", 2, false), ("a/d", 1, false), ("e", 0, false)];
        let mut tree = Tree::new(Charset::Ascii);
        entries.iter().for_each(|(_, depth, _)| tree.count(*depth));
        let drawn = entries.map(|(path, depth, is_folder)| {
            tree.draw(&entry(path, if is_folder { EntryKind::Directory } else { file(1) }, 0), depth)
        });
        assert_eq!(drawn, ["|- a/", "|  |- b/", "|  |  `- c (1B)", "|  `- d (1B)", "`- e (1B)"]);
    }
}
