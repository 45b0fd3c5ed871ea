//! `regcli-pull(1)` and the pages of all other commands, generated from their help.

use clap::{Arg, Command};

use super::roff::Page;
use crate::cli::help::{about, aliases, argument_name, flag_name, flags, requires_command, usage};

/// Returns the page of a command, with the name of its file.
pub(super) fn page(root: &Command, command: &Command) -> (String, String) {
    let is_root = command.get_name() == root.get_name();
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).replace(' ', "-");
    let what = command.get_about().map(ToString::to_string).unwrap_or_default();
    let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (texts, sections): (Vec<_>, Vec<_>) = notes.split("\n\n").partition(|note| title(note).is_none());
    let mut page = Page::begin(&name, 1, &what);
    page.section("Synopsis");
    page.text(&format!("`{}`", usage(command)));
    page.section("Description");
    page.text(&format!("{what}."));
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        page.text(&text.replace('\n', " "));
    }
    let names = aliases(root, command);
    if names.len() > 1 {
        page.text(&format!("Aliases: {}.", list(&names)));
    }
    commands(&mut page, command);
    list_of(&mut page, "Arguments", command.get_positionals().map(|arg| (argument_name(arg), arg)));
    let (global, own): (Vec<_>, Vec<_>) =
        flags(command).into_iter().partition(|flag| is_root || flag.is_global_set());
    let named = |flag: &'_ Arg| flag_name(flag).trim_start().to_owned();
    list_of(&mut page, "Options", own.into_iter().map(|flag| (named(flag), flag)));
    list_of(&mut page, "Global options", global.into_iter().map(|flag| (named(flag), flag)));
    for (title, lines) in sections.iter().filter_map(|note| title(note)) {
        page.section(title);
        page.verbatim(
            &lines.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n"),
        );
    }
    page.section("See also");
    let regcli = if is_root { "" } else { "`regcli`(1), " };
    page.text(&format!("{regcli}`regcli-config`(5), `regcli-store`(5)"));
    (format!("{name}.1"), page.end())
}

/// Adds the subcommands of a command, with their pages.
fn commands(page: &mut Page, command: &Command) {
    let mut below: Vec<_> =
        command.get_subcommands().filter(|below| requires_command(command) && !below.is_hide_set()).collect();
    below.sort_by_key(|below| below.get_name());
    if !below.is_empty() {
        page.section("Commands");
    }
    for command in below {
        let name = command.get_bin_name().unwrap_or_default().replace(' ', "-");
        page.term(&format!("`{name}`(1)"), &command.get_about().map(ToString::to_string).unwrap_or_default());
    }
}

fn list_of<'a>(page: &mut Page, title: &str, args: impl Iterator<Item = (String, &'a Arg)>) {
    let args: Vec<_> = args.filter(|(_, arg)| !arg.is_hide_set()).collect();
    if !args.is_empty() {
        page.section(title);
    }
    for (name, arg) in args {
        page.term(&format!("`{name}`"), &about(arg));
    }
}

/// Splits a note that is a list into its title and its lines.
fn title(note: &str) -> Option<(&str, &str)> {
    let (first, rest) = note.split_once('\n')?;
    let title = first.strip_suffix(':')?;
    rest.lines().all(|line| line.starts_with(' ')).then_some((title, rest))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
