//! The list of an image's files, which is written while it is read.

use regcli::diagnose::Failure;
use regcli::filesystem::{self, LargestFirst, LayerEntry, Listing, Merge};
use regcli::ops::files::{ImageFiles, Selection};

use super::form::{Form, Numbers, Order};
use crate::ui::Ui;
use crate::ui::format::charset::Charset;
use crate::ui::format::files::{self, Tree};
use crate::ui::format::fit::{self, Flexible};
use crate::ui::format::safe::safe;
use crate::ui::format::{json, table, units};

/// How much text is collected before it is written, in bytes.
const BLOCK: usize = 64 * 1024;

/// The maximum width of a command in the list of layers.
const COMMAND_MAX: usize = 45;

/// The columns of the list of layers that may be cut.
const LEGEND: [Option<Flexible>; 4] = [None, None, Some(Flexible::end(7)), Some(Flexible::end(12))];

/// A list to be shown.
pub(super) struct Listed<'a> {
    pub(super) ui: &'a Ui,
    pub(super) image: &'a ImageFiles,
    pub(super) listings: &'a [Listing],
    pub(super) selection: Selection,
}

impl Listed<'_> {
    /// Shows the list, and returns how many files it has.
    pub(super) fn show(&self, form: Form, order: Order, numbers: Numbers) -> Result<usize, Failure> {
        let mut block = Block { ui: self.ui, text: String::new(), numbers };
        let count = match (form, order) {
            (Form::Tree, _) => self.tree(&mut block)?,
            (form, Order::Name) => self.lines(self.entries()?, form, &mut block)?,
            (form, Order::Size) => {
                let sorted = LargestFirst::new(self.entries()?, self.image.scratch())?;
                self.lines(sorted, form, &mut block)?
            }
        };
        block.flush()?;
        Ok(count)
    }

    /// Returns the selected files.
    fn entries(&self) -> Result<impl Iterator<Item = std::io::Result<LayerEntry>>, Failure> {
        let nodes = Merge::new(self.listings)?;
        let visible = nodes.filter_map(|node| node.map(|node| node.visible).transpose());
        let is_selected = |found: &LayerEntry| self.selection.contains(&found.entry.path);
        Ok(visible.filter(move |found| found.as_ref().map_or(true, is_selected)))
    }

    fn lines(
        &self,
        entries: impl Iterator<Item = std::io::Result<LayerEntry>>,
        form: Form,
        block: &mut Block,
    ) -> Result<usize, Failure> {
        let mut count = 0;
        for found in entries {
            let found = found.map_err(filesystem::Error::Invalid)?;
            count += 1;
            match form {
                Form::Lines | Form::Tree => block.numbered(found.layer, &files::line(&found.entry))?,
                Form::Paths => block.line(&files::safe_path(&found.entry))?,
                Form::Json => {
                    let digest = self.image.layers()[found.layer].digest.as_str();
                    block.line(&json::line(&files::json(&found, digest)))?;
                }
            }
        }
        Ok(count)
    }

    fn tree(&self, block: &mut Block) -> Result<usize, Failure> {
        let Selection::Below(folder) = &self.selection else { return Ok(0) };
        let above = folder.depth() + 1;
        let mut tree = Tree::new(Charset::of_locale());
        let mut count = 0;
        for found in self.entries()? {
            let path = found.map_err(filesystem::Error::Invalid)?.entry.path;
            count += 1;
            if let Some(depth) = path.depth().checked_sub(above) {
                tree.count(depth);
            }
        }
        if count > 0 {
            block.line(&safe(&folder.to_string()))?;
        }
        for found in self.entries()? {
            let LayerEntry { layer, entry } = found.map_err(filesystem::Error::Invalid)?;
            let Some(depth) = entry.path.depth().checked_sub(above) else { continue };
            let line = tree.draw(&entry, depth);
            block.numbered(layer, &line)?;
        }
        Ok(count)
    }

    /// Returns the layers with their numbers.
    pub(super) fn legend(&self, commands: &[Option<String>]) -> String {
        let mut text = String::from("LAYER\tSIZE\tDIGEST\tCREATED BY\n");
        for (number, layer) in self.image.layers().iter().enumerate() {
            let command =
                commands.get(number).and_then(Option::as_deref).unwrap_or_default().replace('\t', " ");
            let command = table::ellipsis(&safe(&command), COMMAND_MAX);
            let (size, digest) = (units::size(layer.size), layer.digest.short());
            text.push_str(&format!("{}\t{size}\t{digest}\t{command}\n", number + 1));
        }
        fit::table(&text, self.ui.columns(), &LEGEND) + "\n"
    }
}

/// Lines that are written together.
struct Block<'a> {
    ui: &'a Ui,
    text: String,
    numbers: Numbers,
}

impl Block<'_> {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text.push_str(line);
        self.text.push('\n');
        if self.text.len() < BLOCK { Ok(()) } else { self.flush() }
    }

    /// Adds a line about a file of this layer.
    fn numbered(&mut self, layer: usize, line: &str) -> Result<(), Failure> {
        match self.numbers {
            Numbers::Shown => self.line(&format!("{:>2} {line}", layer + 1)),
            Numbers::Hidden => self.line(line),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.ui.write(std::mem::take(&mut self.text).as_bytes())
    }
}
