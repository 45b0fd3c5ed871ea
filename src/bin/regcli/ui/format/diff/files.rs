//! The files of two images.

use jiff::Timestamp;
use regcli::filesystem::{Aspect, Device, Entry, EntryKind};
use regcli::ops::diff::{FileChange, FilesDiff, FilesSummary};
use serde_json::{Value, json};

use super::sign::View;
use crate::ui::format::files::{attributes, kind, target};
use crate::ui::format::safe::safe;
use crate::ui::format::units;

/// Returns a path that differs on one line: its sign, the path, and what differs.
pub(crate) fn line(change: &FileChange, view: View) -> String {
    let path = safe(&change.path().to_string()).into_owned();
    match change {
        FileChange::Added(entry) => format!("+ {path}{}", detail(entry)),
        FileChange::Removed(entry) => format!("- {path}{}", detail(entry)),
        FileChange::Changed { old, new, aspects } => {
            let told = aspects.iter().map(|aspect| told(*aspect, old, new, view)).collect::<Vec<_>>();
            format!("~ {path}  {}", told.join(", "))
        }
        FileChange::Undecided(_) => format!("? {path}"),
    }
}

/// Returns what an entry is besides its path.
fn detail(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::File(content) => format!("  {}", units::size(content.size)),
        EntryKind::Directory => "/".to_owned(),
        EntryKind::Symlink { .. } | EntryKind::Hardlink { .. } => target(entry),
        EntryKind::CharacterDevice(_) | EntryKind::BlockDevice(_) | EntryKind::Fifo => {
            format!("  {}", kind(&entry.kind))
        }
    }
}

fn told(aspect: Aspect, old: &Entry, new: &Entry, view: View) -> String {
    let both = |name: &str, value: &dyn Fn(&Entry) -> String| {
        format!("{name}{}{}{}", value(old), view.arrow(), value(new))
    };
    match aspect {
        Aspect::Kind => both("", &|entry| kind(&entry.kind).to_owned()),
        Aspect::Size => both("", &|entry| units::size(entry.size())),
        Aspect::Content => format!("content of {}", units::size(new.size())),
        Aspect::Target => both("", &|entry| target(entry).trim_start().to_owned()),
        Aspect::Device => both("", &device),
        Aspect::Mode => both("mode ", &|entry| format!("{:04o}", entry.mode)),
        Aspect::Owner => both("owner ", &|entry| format!("{}:{}", entry.uid, entry.gid)),
        Aspect::Time => both("time ", &|entry| time(entry.modified)),
    }
}

fn device(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::CharacterDevice(Device { major, minor })
        | EntryKind::BlockDevice(Device { major, minor }) => format!("{major},{minor}"),
        EntryKind::File(_)
        | EntryKind::Directory
        | EntryKind::Symlink { .. }
        | EntryKind::Hardlink { .. }
        | EntryKind::Fifo => String::new(),
    }
}

/// Returns a time in UTC, to the second.
fn time(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds);
    time.map_or_else(|_| "-".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Returns the sums, and what was read for them.
pub(crate) fn summary(summary: &FilesSummary, files: &FilesDiff) -> String {
    let bytes = |count: u64, bytes: u64, what: &str| match bytes {
        0 => format!("{count} {what}"),
        bytes => format!("{count} {what} ({})", units::size(bytes)),
    };
    let mut text = format!(
        "{}, {}, {} changed",
        bytes(summary.added, summary.added_bytes, "added"),
        bytes(summary.removed, summary.removed_bytes, "removed"),
        summary.changed
    );
    if summary.undecided > 0 {
        text.push_str(&format!(", {} undecided", summary.undecided));
    }
    if files.streamed > 0 {
        text.push_str(&format!("; {} of layers read", units::size(files.streamed)));
    }
    text
}

/// Returns a path that differs as JSON.
pub(crate) fn json(change: &FileChange) -> Value {
    let path = change.path().to_string();
    match change {
        FileChange::Added(entry) => json!({"path": path, "change": "added", "new": attributes(entry)}),
        FileChange::Removed(entry) => json!({"path": path, "change": "removed", "old": attributes(entry)}),
        FileChange::Changed { old, new, aspects } => json!({
            "path": path, "change": "changed", "differs": aspects.iter().map(|aspect| name(*aspect)).collect::<Vec<_>>(),
            "old": attributes(old), "new": attributes(new),
        }),
        FileChange::Undecided(_) => json!({"path": path, "change": "undecided"}),
    }
}

fn name(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Kind => "type",
        Aspect::Size => "size",
        Aspect::Content => "content",
        Aspect::Target => "target",
        Aspect::Device => "device",
        Aspect::Mode => "mode",
        Aspect::Owner => "owner",
        Aspect::Time => "time",
    }
}

/// Returns the sums as JSON.
pub(crate) fn json_summary(summary: &FilesSummary, files: &FilesDiff) -> Value {
    json!({
        "added": summary.added, "addedBytes": summary.added_bytes, "removed": summary.removed,
        "removedBytes": summary.removed_bytes, "changed": summary.changed, "undecided": summary.undecided,
        "streamedBytes": files.streamed, "skippedBytes": files.skipped,
    })
}
