//! Lists that arrive in pages and are shown as they arrive.

use clap::Args;
use regcli::diagnose::Failure;
use regcli::remote::Pages;

use crate::ui::Ui;
use crate::ui::format::template::{Format, Row};

/// `--format` and `--limit`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ListArgs {
    /// table, table TEMPLATE, json, or a Go template [default: one name per line]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// Show at most N names
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

impl ListArgs {
    /// Shows the names of `pages` that have a row, each page as it arrives, unless columns must be aligned.
    pub(crate) async fn show<R: Row>(
        self,
        ui: &Ui,
        mut pages: Pages,
        row: impl Fn(String) -> Option<R>,
    ) -> Result<(), Failure> {
        let (name, _) = R::COLUMNS[0];
        let bare = || Format::Template(format!("{{{{.{name}}}}}"));
        let columns: Vec<_> = R::COLUMNS.iter().map(|(name, _)| format!("{{{{.{name}}}}}")).collect();
        let printer = self.format.unwrap_or_else(bare).compile::<R>(&columns.join("\t"))?;
        let mut left = self.limit.unwrap_or(usize::MAX);
        let mut waiting = Vec::new();
        let mut outcome = Ok(());
        while left > 0 {
            let names = match pages.next_page().await {
                Ok(Some(names)) => names,
                Ok(None) => break,
                // The names before the error are still shown.
                Err(error) => {
                    outcome = Err(error.into());
                    break;
                }
            };
            let rows: Vec<R> = names.into_iter().filter_map(&row).take(left).collect();
            left -= rows.len();
            if printer.is_table() {
                waiting.extend(rows);
            } else {
                ui.write(printer.show(&rows)?.as_bytes())?;
            }
        }
        if printer.is_table() && (outcome.is_ok() || !waiting.is_empty()) {
            ui.write(printer.show(&waiting)?.as_bytes())?;
        }
        outcome
    }
}
