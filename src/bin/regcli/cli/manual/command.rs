//! `regcli-pull(1)` and the pages of all other commands, generated from their help.

use std::io;

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::help::{about, aliases, argument_name, flags, requires_command, usage};

/// No date, so that the pages are the same on every day. clap_mangen writes an empty one as no argument at all,
/// and the next argument would take its place.
const NO_DATE: &str = "\"\"";

/// Returns the page of a command, with the name of its file.
pub(super) fn page(root: &Command, command: &Command) -> (String, String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).replace(' ', "-");
    let page = written(root, command, &name).expect("memory takes every byte");
    (format!("{name}.1"), portable(&String::from_utf8_lossy(&page)))
}

/// Writes the sections, in the order in which a reader needs them.
fn written(root: &Command, command: &Command, name: &str) -> io::Result<Vec<u8>> {
    let shown = shown(root, command, name);
    let has_commands = shown.has_subcommands();
    let man = Man::new(shown).title(name).date(NO_DATE).source("regcli").manual("regcli manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    let mut own = Roff::new();
    for (title, lines) in Notes::of(command).lists {
        own.control("SH", [title.to_uppercase().as_str()]).control("RS", ["4"]).control("nf", []);
        for line in lines.lines() {
            own.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        own.control("fi", []).control("RE", []);
    }
    own.control("SH", ["SEE ALSO"]);
    let mut pages = vec![bold("regcli"), roman("(1), ")];
    if command.get_name() == root.get_name() {
        pages.clear();
    }
    pages.extend([bold("regcli-config"), roman("(5), "), bold("regcli-store"), roman("(5)")]);
    if matches!(name, "regcli" | "regcli-sync") {
        pages.extend([roman(", "), bold("regcli-sync"), roman("(5)")]);
    }
    own.text(pages);
    own.to_writer(&mut page)?;
    Ok(page)
}

/// Returns a command as its page shows it: each argument below the heading of its kind, in our order and words.
fn shown(root: &Command, command: &Command, name: &str) -> Command {
    let is_root = command.get_name() == root.get_name();
    let (global, own): (Vec<_>, Vec<_>) =
        flags(command).into_iter().partition(|flag| is_root || flag.is_global_set());
    let positionals = command.get_positionals().filter(|arg| !arg.is_hide_set()).collect();
    let groups = [("Arguments", positionals), ("Options", own), ("Global options", global)];
    let below = |(heading, args): (&'static str, Vec<&Arg>)| {
        args.into_iter().map(move |arg| worded(arg).help_heading(heading)).collect::<Vec<_>>()
    };
    let args = groups.into_iter().flat_map(below).enumerate();
    Command::new(command.get_name().to_owned())
        .display_name(name)
        .bin_name(command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned())
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .about(command.get_about().cloned().unwrap_or_default())
        .long_about(description(root, command))
        .override_usage(usage(command))
        .args(args.map(|(place, arg)| arg.display_order(place)))
        .subcommand_help_heading("COMMANDS")
        .subcommands(commands(command))
}

/// Returns an argument with its values and its default in its description, as in the help.
fn worded(arg: &Arg) -> Arg {
    let worded = arg.clone().help(about(arg)).long_help(about(arg));
    match (arg.get_action().takes_values(), arg.is_positional()) {
        (false, _) => worded,
        (true, false) => worded.hide_possible_values(true).hide_default_value(true),
        (true, true) => {
            worded.hide_possible_values(true).hide_default_value(true).value_name(argument_name(arg))
        }
    }
}

/// Returns the names and the subjects of the subcommands, sorted.
fn commands(command: &Command) -> Vec<Command> {
    let mut below: Vec<_> =
        command.get_subcommands().filter(|below| requires_command(command) && !below.is_hide_set()).collect();
    below.sort_by_key(|below| below.get_name());
    let named = |below: &Command| {
        Command::new(below.get_name().to_owned()).about(below.get_about().cloned().unwrap_or_default())
    };
    below.into_iter().map(named).collect()
}

/// Returns the subject, the texts below the help, and all names of a command.
fn description(root: &Command, command: &Command) -> String {
    let what = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut paragraphs = vec![format!("{what}.")];
    paragraphs.extend(Notes::of(command).texts.iter().map(|text| text.replace('\n', " ")));
    let names = aliases(root, command);
    if names.len() > 1 {
        paragraphs.push(format!("Aliases: {}.", names.join(", ")));
    }
    paragraphs.join("\n\n")
}

/// What stands below the help of a command.
struct Notes {
    texts: Vec<String>,
    /// Lists, such as examples, with their titles.
    lists: Vec<(String, String)>,
}

impl Notes {
    fn of(command: &Command) -> Self {
        let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let mut found = Self { texts: Vec::new(), lists: Vec::new() };
        for note in notes.split("\n\n").filter(|note| !note.is_empty()) {
            match titled(note) {
                Some((title, lines)) => found.lists.push((title.to_owned(), lines.to_owned())),
                None => found.texts.push(note.to_owned()),
            }
        }
        found
    }
}

/// Splits a note that is a list into its title and its lines.
fn titled(note: &str) -> Option<(&str, &str)> {
    let (first, rest) = note.split_once('\n')?;
    let title = first.strip_suffix(':')?;
    rest.lines().all(|line| line.starts_with(' ')).then_some((title, rest))
}

/// Escapes characters that groff would show as others, so that paths and commands can be copied from a page.
/// The definition of the apostrophe stands once, at the top.
fn portable(page: &str) -> String {
    let apostrophe = Roff::new().render();
    let mut text = apostrophe.clone();
    for c in page.replace(&apostrophe, "").chars() {
        match c {
            '~' => text.push_str(r"\(ti"),
            '^' => text.push_str(r"\(ha"),
            '`' => text.push_str(r"\(ga"),
            c if c.is_ascii() => text.push(c),
            c => text.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::all_commands;

    #[test]
    fn a_page_has_its_sections_in_the_order_in_which_they_are_read() {
        let root = all_commands();
        let (name, page) = page(&root, root.find_subcommand("pull").unwrap());
        assert_eq!(name, "regcli-pull.1");
        assert!(page.contains("\n.TH regcli-pull 1 \"\" regcli \"regcli manual\"\n"), "{page}");
        let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        let expected = [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "ARGUMENTS",
            "OPTIONS",
            "\"GLOBAL OPTIONS\"",
            "EXAMPLES",
            "\"FIELDS FOR --FORMAT\"",
            "\"SEE ALSO\"",
        ];
        assert_eq!(headings, expected);
        assert_eq!(
            page.matches(".ds Aq").count(),
            2,
            "the apostrophe is defined once, for both kinds of roff"
        );
    }

    #[test]
    fn nothing_in_a_text_is_taken_for_a_request_or_shown_as_another_character() {
        let notes = ".so /etc/passwd\n\nExamples:\n  .RS\n  'x\\n ~/a^b `…é`";
        let mut command = Command::new("x").about("a \"b\" it's").after_help(notes);
        command.build();
        let (_, page) = page(&Command::new("root"), &command);
        for line in [
            "x \\- a \"b\" it\\*(Aqs",
            "\\&.so /etc/passwd",
            "\\&.RS",
            "\\*(Aqx\\\\n \\(ti/a\\(hab \\(ga\\[u2026]\\[u00E9]\\(ga",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in {page}");
        }
    }
}
