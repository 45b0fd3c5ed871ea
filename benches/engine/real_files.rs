//! The files of this machine, for layers that compress as real ones do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The maximum size of a real file, in bytes.
pub(crate) const FILE_MAX: u64 = 8 * 1024 * 1024;

/// The directories of real files.
const REAL: [&str; 3] = ["/usr/bin", "/usr/lib", "/usr/share"];

/// Iterates over the files of this machine, endlessly.
pub(crate) struct RealFiles {
    files: Vec<(PathBuf, u64)>,
    next: usize,
}

impl RealFiles {
    pub(crate) fn find(random: &mut fastrand::Rng) -> Result<Self> {
        let mut files = Vec::new();
        for folder in REAL {
            collect(Path::new(folder), &mut files);
        }
        if files.is_empty() {
            bail!("there are no files in {}", REAL.join(", "));
        }
        files.sort();
        random.shuffle(&mut files);
        Ok(Self { files, next: 0 })
    }

    /// Returns the next file of at most `limit` bytes, if a few tries find one.
    pub(crate) fn next(&mut self, limit: u64) -> Option<Vec<u8>> {
        for _ in 0..32 {
            let (path, size) = &self.files[self.next];
            self.next = (self.next + 1) % self.files.len();
            if *size <= limit
                && let Ok(content) = fs::read(path)
                && content.len() as u64 <= limit
            {
                return Some(content);
            }
        }
        None
    }
}

/// Skips unreadable entries, because the list need not be complete.
fn collect(folder: &Path, files: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file()
            && let Ok(metadata) = entry.metadata()
            && (1024..=FILE_MAX).contains(&metadata.len())
        {
            files.push((entry.path(), metadata.len()));
        }
    }
}
