//! The keys, in words.

use super::entry::Entry;

/// The keys and what they do.
const KEYS: &[(&str, &str)] = &[
    ("Up k, Down j", "select a row"),
    ("PgUp, PgDn, Home g, End G", "scroll"),
    ("Enter, Right, l", "open the row; v shows the beginning of a file"),
    ("Left, h, Backspace", "go back"),
    ("Esc", "clear the filter, then the marks, then go back"),
    ("/", "filter as you type; search without a catalog"),
    ("s", "sort: as given, by name, size or date"),
    ("m, Space", "mark"),
    ("d", "compare two marked images, or one with the selected"),
    ("x", "delete a tag or an image, after a confirmation"),
    ("y, Y", "copy the command docker pull, or regcli pull"),
    ("r", "load again"),
    ("^L", "draw the screen again"),
    ("^Z", "suspend"),
    ("q, ^C", "quit"),
    ("", ""),
    ("click, double click, wheel", "select, open, scroll; Shift selects text"),
];

/// Returns the lines of the help.
pub(super) fn entries() -> Vec<Entry> {
    KEYS.iter().map(|(keys, meaning)| Entry::named(&format!("{keys:26}  {meaning}"))).collect()
}
