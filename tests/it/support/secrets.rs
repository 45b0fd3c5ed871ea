//! The secrets of all tests, and that regcli never says one of them.

use std::path::Path;
use std::{fs, io};

/// What the tests use as secrets: passwords, the same as HTTP Basic sends them, the beginnings of all bearer tokens
/// and refresh tokens of the token service. Each stands for itself, and for nothing else in any test.
const SECRETS: [&str; 5] = ["hunter2", "ZGVtbzpodW50ZXIy", "s3cret", "eyJ0eXAiOiJKV1Qi", "refresh-demo-"];

/// Asserts that `text` holds no secret. `what` is told if it does.
#[track_caller]
pub(crate) fn assert_none(text: &str, what: impl Fn() -> String) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "a secret was shown: {secret}\n{}", what());
    }
}

/// Asserts that no file below `folder` holds a secret. What is no text holds none.
#[track_caller]
pub(super) fn assert_none_below(folder: &Path) {
    if let Err(error) = search(folder) {
        // Others may remove a file in the meantime.
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{}: {error}", folder.display());
    }
}

#[track_caller]
fn search(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            search(&entry.path())?;
        } else if entry.file_type()?.is_file()
            && let Ok(content) = fs::read_to_string(entry.path())
        {
            assert_none(&content, || entry.path().display().to_string());
        }
    }
    Ok(())
}
