//! The rows of a plan, and the lines of its application.

use jiff::Timestamp;
use regcli::diagnose::Failure;
use regcli::ops::deletion::{self, Applied, Dated, Done, Fate, Goes, Pruning, Stays};
use regcli::reference::Name;

use crate::ui::Ui;
use crate::ui::format::template::{Cell, Row};
use crate::ui::format::{docker_words, table, units};

/// The maximum width of tags in a table.
const TAG: usize = 24;

/// A tag or a manifest as a row, with its fields for templates.
pub(super) struct PruneRow<'a> {
    pub(super) name: &'a Name,
    pub(super) row: &'a deletion::Row,
    pub(super) now: Timestamp,
    pub(super) is_table: bool,
}

impl Row for PruneRow<'_> {
    const TYPE: &'static str = "*registry.pruneContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Repository", "REPOSITORY"),
        ("Tag", "TAG"),
        ("Digest", "DIGEST"),
        ("ID", "ID"),
        ("Created", "CREATED"),
        ("Dated", "DATED"),
        ("Action", "ACTION"),
        ("Reason", "REASON"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let deletion::Row { tag, digest, date, dated, fate } = self.row;
        let tag = tag.as_ref().map(ToString::to_string);
        let shown = match (&tag, self.is_table) {
            (Some(tag), true) => table::ellipsis(tag, TAG),
            (Some(tag), false) => tag.clone(),
            (None, _) => format!("<{}>", digest.short()),
        };
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        let ago = if date.is_empty() { "N/A".to_owned() } else { units::ago(&date, self.now) };
        let (action, reason) = words(*fate);
        vec![
            self.name.familiar().into(),
            Cell::with_json(shown, tag.unwrap_or_default()),
            digest.to_string().into(),
            digest.short().into(),
            Cell::with_json(ago, date.clone()),
            if date.is_empty() { "" } else { dated_words(*dated) }.into(),
            action.into(),
            reason.into(),
        ]
    }
}

/// Says what a date is that of.
fn dated_words(dated: Dated) -> &'static str {
    match dated {
        Dated::Created => "created",
        Dated::Pushed => "pushed",
    }
}

/// Returns what happens, and why.
fn words(fate: Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::Goes(why) => (
            "delete",
            match why {
                Goes::Old => "old",
                Goes::Surplus => "not one of the newest",
                Goes::OutOfRange => "version out of range",
                Goes::Unneeded => "needed by nothing else",
                Goes::Untagged => "no tag",
            },
        ),
        Fate::Stays(why) => (
            "keep",
            match why {
                Stays::NotMatched => "not matched",
                Stays::InRange => "version in range",
                Stays::NotVersion => "not a version",
                Stays::Newest => "one of the newest",
                Stays::Young => "young",
                Stays::NoDate => "date unknown",
                Stays::Needed => "belongs to what stays",
            },
        ),
    }
}

/// Returns how much a plan deletes of a repository.
pub(super) fn summary(pruning: &Pruning) -> String {
    let (name, removal) = (pruning.name.familiar(), &pruning.decision.removal);
    let all = pruning.tags();
    if removal.is_empty() {
        return format!("{name}: nothing to delete of {}", units::count(all, "tag"));
    }
    let manifests = units::count(removal.manifests().count(), "manifest");
    let tags = format!("{} of {}", removal.tags.len(), units::count(all, "tag"));
    let size = units::size(removal.bytes);
    format!("{name}: would delete {tags} and {manifests}; nothing else there needs their {size}")
}

/// Prints what was done with a tag or a manifest.
pub(super) fn applied(ui: &Ui, applied: Applied) -> Result<(), Failure> {
    let Applied { reference, result } = applied;
    let name = reference.familiar();
    match (result?, &reference.digest) {
        (Done::Deleted, None) => ui.line(&docker_words::untagged(name)),
        (Done::Deleted, Some(digest)) => ui.line(&docker_words::deleted(digest)),
        (Done::WasGone, _) => {
            ui.note(&format!("{name} was gone already"));
            Ok(())
        }
    }
}
