//! The files of `check` and `pin`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use regcli::diagnose::Failure;
use regcli::mentions::{Document, Mention, Skipped, Unusable};
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
            let says = match why {
                Unusable::Alias => "cannot be checked or pinned here",
                _ => "is left out",
            };
            context.ui.note(&format!("{place}: {text} {says}: {}", safe(&why.to_string())));
        }
        file.note_defaults(context);
        if file.document.mentions.is_empty() {
            context.ui.note(&format!("{} names no image that can be looked up", file.name()));
        }
        Ok(file)
    }

    /// Says which variables may have other values than those that are used.
    fn note_defaults(&self, context: &Context) {
        let names: BTreeSet<_> = self.document.mentions.iter().flat_map(Mention::defaults).collect();
        let names: Vec<_> = names.into_iter().map(String::as_str).collect();
        let (which, elsewhere) = match names.len() {
            0 => return,
            1 => ("default", "its value elsewhere is"),
            _ => ("defaults", "their values elsewhere are"),
        };
        let (file, names) = (self.name(), names.join(", "));
        context.ui.note(&format!("{file} uses the {which} of {names}; {elsewhere} not read"));
    }

    /// Returns the path, as it may be shown.
    pub(super) fn name(&self) -> String {
        safe(&self.path.display().to_string()).into_owned()
    }

    /// Names a line of the file.
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name())
    }

    /// Replaces the text of the file, and reads the lines of its images again.
    ///
    /// # Errors
    /// An error if the file cannot be written, or was changed by another program since it was read.
    pub(super) fn replace(&mut self, text: String) -> Result<(), Failure> {
        rewrite(&self.path, self.document.text(), &text).map_err(failed(&self.path))?;
        if let Ok(document) = Document::parse(&self.path, text.into_bytes())
            && document.mentions.len() == self.document.mentions.len()
        {
            self.document = document;
        }
        Ok(())
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ops::Error {
    let path = path.to_owned();
    move |source| ops::Error::File { path: path.clone(), source }
}
