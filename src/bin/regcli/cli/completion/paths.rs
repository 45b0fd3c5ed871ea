//! Files and folders.

use std::fs;
use std::path::{Path, PathBuf};

/// The maximum number of entries read from a folder.
const MOST: usize = 5_000;

/// The kind of path to complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Folder,
    /// A file, or a folder on the way to one.
    File,
}

/// Returns the paths that begin with `typed`; folders end in `/`. `home` replaces `~`.
pub(super) fn paths(typed: &str, wanted: Wanted, home: Option<&Path>) -> Vec<String> {
    let (folder, begin) = typed.split_at(typed.rfind('/').map_or(0, |slash| slash + 1));
    let place = match (folder.strip_prefix("~/"), home) {
        _ if folder.is_empty() => PathBuf::from("."),
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(folder),
    };
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let proposal = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        // Hidden entries are proposed only after a typed dot.
        let is_meant = name.starts_with(begin) && (begin.starts_with('.') || !name.starts_with('.'));
        let is_folder = is_meant && entry.path().is_dir();
        match (is_meant, is_folder, wanted) {
            (true, true, _) => Some(format!("{folder}{name}/")),
            (true, false, Wanted::File) => Some(format!("{folder}{name}")),
            _ => None,
        }
    };
    let mut found: Vec<String> = entries.flatten().take(MOST).filter_map(proposal).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_on_the_way_to_files_and_hidden_ones_are_asked_for() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("images/.hidden")).unwrap();
        fs::write(home.path().join("images.tar"), "").unwrap();
        let found = |typed, wanted| paths(typed, wanted, Some(home.path())).join(" ");

        assert_eq!(found("~/im", Wanted::File), "~/images.tar ~/images/");
        assert_eq!(found("~/im", Wanted::Folder), "~/images/");
        assert_eq!(found("~/images/", Wanted::File), "");
        assert_eq!(found("~/images/.", Wanted::File), "~/images/.hidden/");
        let absolute = format!("{}/images.", home.path().display());
        assert_eq!(found(&absolute, Wanted::File), format!("{absolute}tar"));
        assert_eq!(found("/nosuch/", Wanted::File), "");
    }
}
