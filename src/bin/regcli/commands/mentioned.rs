//! The files of `check` and `pin`.

use std::io;
use std::path::{Path, PathBuf};

use regcli::diagnose::Failure;
use regcli::mentions::{Document, Skipped};
use regcli::ops;

use super::rewriting::{content, rewrite};
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::safe::safe;

/// A file with the images that it names.
pub(super) struct NamedFile {
    pub(super) path: PathBuf,
    pub(super) document: Document,
}

impl NamedFile {
    /// Reads a file, and says which images of it cannot be used.
    ///
    /// # Errors
    /// An error with the file, and the line if its syntax is wrong.
    pub(super) fn read(context: &Context, path: &Path) -> Result<Self, Failure> {
        let content = content(path).map_err(failed(path))?;
        let document = Document::parse(path, content)
            .map_err(|error| Usage::failure(format!("{}: {error}", path.display())))?;
        let file = Self { path: path.to_owned(), document };
        for Skipped { line, text, why } in &file.document.skipped {
            let (place, text) = (file.place(*line), safe(text));
            context.ui.note(&format!("{place}: {text} is left out: {}", safe(&why.to_string())));
        }
        if file.document.mentions.is_empty() {
            context.ui.note(&format!("{} names no image that can be looked up", file.name()));
        }
        Ok(file)
    }

    /// Returns the path, as it may be shown.
    pub(super) fn name(&self) -> String {
        safe(&self.path.display().to_string()).into_owned()
    }

    /// Names a line of the file.
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name())
    }

    /// Replaces the text of the file.
    ///
    /// # Errors
    /// An error if the file cannot be written, or was changed by another program since it was read.
    pub(super) fn replace(&self, text: &str) -> Result<(), Failure> {
        Ok(rewrite(&self.path, self.document.text(), text).map_err(failed(&self.path))?)
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ops::Error {
    let path = path.to_owned();
    move |source| ops::Error::File { path: path.clone(), source }
}
