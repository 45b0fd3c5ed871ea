//! The manual: a page for each command, and those of the files.

mod command;

use crate::cli::help::requires_command;
use clap::Command;

/// The pages that are written by hand.
const WRITTEN: [(&str, &str); 3] = [
    ("regcli-config.5", include_str!("../../../../../man/regcli-config.5")),
    ("regcli-store.5", include_str!("../../../../../man/regcli-store.5")),
    ("regcli-sync.5", include_str!("../../../../../man/regcli-sync.5")),
];

/// Returns the names and the texts of all pages. They are the same on every machine.
pub(crate) fn pages(commands: Command) -> Vec<(String, String)> {
    let mut root = commands.disable_help_subcommand(true);
    root.build();
    let mut pages: Vec<_> = WRITTEN.map(|(name, page)| (name.to_owned(), page.to_owned())).into();
    add(&root, &root, &mut pages);
    pages
}

fn add(root: &Command, command: &Command, pages: &mut Vec<(String, String)>) {
    pages.push(command::page(root, command));
    for below in command.get_subcommands().filter(|below| requires_command(command) && !below.is_hide_set()) {
        add(root, below, pages);
    }
}
