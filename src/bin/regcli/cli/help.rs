//! `--help` in the layout of Docker's: `docker.md` §0.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};
use unicode_width::UnicodeWidthStr as _;

use crate::ui::format::wrap::wrapped;

/// The width when the output is not a terminal, in columns.
const COLUMNS: usize = 80;

/// The maximum width. Longer lines are hard to read.
const WIDEST: usize = 100;

/// The minimum width. For less, the terminal's own line breaks are as good.
const NARROWEST: usize = 20;

/// The minimum width of a text beside a name. With less room, the text goes below the name.
const ROOM: usize = 24;

/// The most common commands, in the usual order of use.
const COMMON: [&str; 6] = ["pull", "push", "images", "login", "logout", "search"];

/// The commands with a second name below `image`, and that name.
const TWINS: [(&str, &str); 10] = [
    ("history", "history"),
    ("images", "ls"),
    ("import", "import"),
    ("load", "load"),
    ("pull", "pull"),
    ("push", "push"),
    ("rmi", "rm"),
    ("save", "save"),
    ("tag", "tag"),
    ("inspect", "inspect"),
];

/// How much help is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// `-h`: the command's own flags.
    Short,
    /// `--help`, `help`: examples and the flags of every command as well.
    Long,
}

impl Shown {
    /// Returns how much help a command line asks for.
    pub(super) fn asked(arguments: impl Iterator<Item = OsString>) -> Self {
        let mut words = arguments.skip(1).take_while(|word| word != "--");
        if words.any(|word| word == "--help" || word == "help") { Self::Long } else { Self::Short }
    }
}

/// Returns the help for the command that the arguments name, laid out for the terminal at standard output.
pub(super) fn text(root: &Command, arguments: impl Iterator<Item = OsString>, shown: Shown) -> String {
    let terminal = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    let columns = terminal.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
    let page = Page { root, shown, columns: columns.unwrap_or(COLUMNS).clamp(NARROWEST, WIDEST) };
    page.text(called(root, arguments))
}

/// Returns the command that the words of the command line name.
pub(super) fn called(root: &Command, arguments: impl Iterator<Item = OsString>) -> &Command {
    let mut command = root;
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        let word = argument.to_string_lossy();
        if word.starts_with('-') {
            let global = root.get_arguments().find(|arg| arg.get_long() == word.strip_prefix("--"));
            if global.is_some_and(|arg| arg.get_action().takes_values()) {
                arguments.next();
            }
            continue;
        }
        match command.find_subcommand(&*word) {
            // `regcli help pull`
            Some(help) if help.get_name() == "help" => {}
            Some(found) => command = found,
            None => break,
        }
    }
    command
}

/// Reports whether a command does nothing without a subcommand. Hidden ones are other spellings.
pub(crate) fn requires_command(command: &Command) -> bool {
    command.get_subcommands().any(|below| !below.is_hide_set() && below.get_name() != "help")
}

/// Returns `regcli pull [OPTIONS] NAME[:TAG|@DIGEST]...`.
pub(crate) fn usage(command: &Command) -> String {
    let mut usage = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    if requires_command(command) {
        usage.push_str(if command.get_name() == "regcli" { " [OPTIONS] COMMAND" } else { " COMMAND" });
        return usage;
    }
    usage.push_str(" [OPTIONS]");
    for argument in command.get_positionals() {
        let _ = match argument.is_required_set() {
            true => write!(usage, " {}", argument_name(argument)),
            false => write!(usage, " [{}]", argument_name(argument)),
        };
    }
    usage
}

/// Returns `NAME[:TAG]...`.
pub(crate) fn argument_name(argument: &Arg) -> String {
    let name = value_name(argument);
    let is_repeated = matches!(argument.get_action(), ArgAction::Append);
    if is_repeated { format!("{name}...") } else { name }
}

fn value_name(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    name.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}

/// The layout of a help text.
struct Page<'a> {
    root: &'a Command,
    shown: Shown,
    columns: usize,
}

impl Page<'_> {
    fn text(&self, command: &Command) -> String {
        let mut parts = vec![wrapped(&format!("Usage:  {}", usage(command)), self.columns, 8)];
        parts.extend(command.get_about().map(|about| wrapped(&about.to_string(), self.columns, 0)));
        parts.extend(self.aliases(command));
        if requires_command(command) {
            parts.extend(self.commands(command));
        } else {
            let arguments = command.get_positionals().filter(|argument| !argument.is_hide_set());
            parts.extend(
                self.list("Arguments", arguments.map(|arg| (argument_name(arg), about(arg))).collect()),
            );
        }
        let is_root = command.get_name() == self.root.get_name();
        let (global, own): (Vec<_>, Vec<_>) =
            flags(command).into_iter().partition(|flag| is_root || flag.is_global_set());
        let rows = |flags: Vec<&Arg>| flags.into_iter().map(|flag| (flag_name(flag), about(flag))).collect();
        parts.extend(self.list("Options", rows(own)));
        if is_root || self.shown == Shown::Long {
            parts.extend(self.list("Global Options", rows(global)));
        }
        if self.shown == Shown::Long {
            parts.extend(command.get_after_help().map(|text| self.prose(&text.to_string())));
        }
        parts.extend(self.more(command).map(|more| wrapped(&more, self.columns, 0)));
        parts.join("\n\n") + "\n"
    }

    /// Returns all names of a command, if it has several.
    fn aliases(&self, command: &Command) -> Option<String> {
        let names = aliases(self.root, command);
        let list = || format!("Aliases:\n{}", indented(&wrapped(&names.join(", "), self.columns - 2, 0)));
        (names.len() > 1).then(list)
    }

    /// Returns the lists of subcommands: common ones, groups, and the others.
    fn commands(&self, command: &Command) -> Vec<String> {
        let all = || {
            command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help")
        };
        let row = |command: &Command| {
            (command.get_name().to_owned(), command.get_about().map(ToString::to_string).unwrap_or_default())
        };
        let sorted = |mut rows: Vec<(String, String)>| {
            rows.sort();
            rows
        };
        if command.get_name() != self.root.get_name() {
            return self.list("Commands", sorted(all().map(row).collect())).into_iter().collect();
        }
        let common = COMMON.iter().filter_map(|name| command.find_subcommand(name)).map(row).collect();
        let others: Vec<_> = all().filter(|command| !COMMON.contains(&command.get_name())).collect();
        let (groups, single): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|command| requires_command(command));
        [
            self.list("Common Commands", common),
            self.list("Management Commands", sorted(groups.into_iter().map(row).collect())),
            self.list("Commands", sorted(single.into_iter().map(row).collect())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Returns the line that names further help.
    fn more(&self, command: &Command) -> Option<String> {
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        match (requires_command(command), self.shown) {
            (true, _) => Some(format!("Run '{name} COMMAND --help' for more information on a command.")),
            (false, Shown::Short) => {
                Some(format!("Run '{name} --help' for examples and the options of every command."))
            }
            (false, Shown::Long) => None,
        }
    }

    /// Returns names with their texts beside them, or below them if there is no room.
    fn list(&self, title: &str, rows: Vec<(String, String)>) -> Option<String> {
        let left = 2 + rows.iter().map(|(name, _)| name.width()).max()? + 2;
        let is_beside = self.columns >= left + ROOM;
        let mut text = format!("{title}:");
        for (name, about) in rows {
            let _ = match is_beside {
                true => {
                    let about =
                        wrapped(&about, self.columns - left, 0).replace('\n', &format!("\n{:left$}", ""));
                    write!(text, "\n  {name:width$}  {about}", width = left - 4)
                }
                false => {
                    let about = wrapped(&about, self.columns - 4, 0);
                    write!(text, "\n  {}\n{}", name.trim_start(), indented(&indented(&about)))
                }
            };
        }
        Some(text)
    }

    /// Lays out paragraphs. A paragraph with indented lines stays as it is, because it holds examples or a
    /// table.
    fn prose(&self, text: &str) -> String {
        let paragraph = |paragraph: &str| {
            let is_fixed = paragraph.lines().any(|line| line.starts_with(' '));
            let fits = paragraph.lines().all(|line| line.width() <= self.columns);
            if is_fixed || fits { paragraph.to_owned() } else { wrapped(paragraph, self.columns, 0) }
        };
        text.trim_end().split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
    }
}

/// Returns the flags of a command, sorted by long name, including the global ones.
pub(crate) fn flags(command: &Command) -> Vec<&Arg> {
    let mut flags: Vec<_> =
        command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()).collect();
    flags.sort_by_key(|flag| flag.get_long());
    flags
}

/// Returns `-f, --filter NAME=VALUE`.
pub(crate) fn flag_name(flag: &Arg) -> String {
    let short = flag.get_short().map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    let mut name = format!("{short}--{}", flag.get_long().unwrap_or_default());
    if flag.get_action().takes_values() {
        let value = value_name(flag);
        let _ =
            if flag.is_require_equals_set() { write!(name, "[={value}]") } else { write!(name, " {value}") };
    }
    name
}

/// Returns the description of an argument or flag, with its possible values and its default.
pub(crate) fn about(arg: &Arg) -> String {
    let mut about = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    if !values.is_empty() && !arg.is_hide_possible_values_set() && arg.get_action().takes_values() {
        let values: Vec<_> = values
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(clap::builder::PossibleValue::get_name)
            .collect();
        let _ = write!(about, " ({})", values.join(", "));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && !arg.is_hide_default_value_set() && arg.get_action().takes_values() {
        let _ = write!(about, " [default: {}]", defaults.join(", "));
    }
    about
}

/// Returns all names of a command, Docker's long ones first.
pub(crate) fn aliases(root: &Command, command: &Command) -> Vec<String> {
    let path = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let Some((parent, name)) = path.rsplit_once(' ') else { return vec![path.to_owned()] };
    let program = root.get_name();
    let image = format!("{program} image");
    let twin = TWINS.iter().find(|(short, below)| match parent == program {
        true => *short == name,
        false => parent == image && *below == name,
    });
    let both = twin.and_then(|(short, below)| {
        let long = names(&image, root.find_subcommand("image")?.find_subcommand(below)?);
        Some([long, names(program, root.find_subcommand(short)?)].concat())
    });
    both.unwrap_or_else(|| names(parent, command))
}

/// Returns the full name of a command and its full aliases.
fn names(parent: &str, command: &Command) -> Vec<String> {
    let all = std::iter::once(command.get_name()).chain(command.get_all_aliases());
    all.map(|name| format!("{parent} {name}")).collect()
}

fn indented(text: &str) -> String {
    format!("  {}", text.replace('\n', "\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::all_commands;

    /// Visits all commands that are not hidden, with their command lines.
    fn walk(command: &Command, path: &[String], check: &mut impl FnMut(&Command, &[String])) {
        check(command, path);
        let seen = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
        for command in command.get_subcommands().filter(seen) {
            walk(command, &[path, &[command.get_name().to_owned()]].concat(), check);
        }
    }

    fn page(root: &Command, path: &[String], shown: Shown, columns: usize) -> String {
        let page = Page { root, shown, columns };
        page.text(called(root, path.iter().map(OsString::from)))
    }

    /// Returns the lines of a section.
    fn section<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
        let lines = text.lines().skip_while(|line| *line != format!("{title}:")).skip(1);
        lines.take_while(|line| !line.is_empty()).collect()
    }

    #[test]
    fn every_command_has_the_layout_of_docker_and_examples() {
        let root = all_commands();
        let mut count = 0;
        walk(&root, &["regcli".to_owned()], &mut |command, path| {
            count += 1;
            let (name, text) = (path.join(" "), page(&root, path, Shown::Long, COLUMNS));
            assert!(
                text.starts_with(&format!("Usage:  {name} "))
                    || text.starts_with(&format!("Usage:  {name}\n")),
                "{text}"
            );
            let about = text.split("\n\n").nth(1).unwrap();
            assert!(!about.is_empty() && !about.ends_with('.') && !about.starts_with(' '), "{text}");
            let examples = section(&text, "Examples");
            assert!(examples.iter().any(|line| line.contains("regcli ")), "{name} has no examples\n{text}");
            assert!(!text.contains(['<', '\t']) || text.contains("< ") || text.contains("<TAB>"), "{text}");
            let widest = text.lines().max_by_key(|line| line.width()).unwrap();
            assert!(widest.width() <= COLUMNS, "{name}: {widest}");
            for title in ["Options", "Global Options"] {
                let flags =
                    section(&text, title).into_iter().filter_map(|line| line.get(6..)?.strip_prefix("--"));
                let flags: Vec<_> = flags.map(|flag| flag.split([' ', '[']).next().unwrap()).collect();
                assert!(!flags.is_empty() && flags.is_sorted() || path.len() == 1, "{flags:?}");
            }
            assert!(command.get_arguments().all(|arg| arg.is_hide_set() || !about_is_missing(arg)), "{name}");
        });
        assert!(count > 35, "{count} commands");
    }

    fn about_is_missing(arg: &Arg) -> bool {
        arg.get_help().is_none_or(|help| help.to_string().is_empty() || help.to_string().ends_with('.'))
    }

    #[test]
    fn the_short_help_says_where_the_rest_is() {
        let root = all_commands();
        walk(&root, &["regcli".to_owned()], &mut |command, path| {
            let text = page(&root, path, Shown::Short, COLUMNS);
            assert!(!text.contains("Examples:") && text.contains("--help' for "), "{text}");
            assert_eq!(text.contains("Global Options:"), path.len() == 1, "{text}");
            assert!(text.ends_with(".\n"), "{text}");
            assert!(requires_command(command) || text.lines().count() < 40, "{text}");
        });
    }

    #[test]
    fn narrow_terminals_break_words_only_where_one_is_wider_than_the_terminal() {
        let root = all_commands();
        for columns in [20, 40, 60, 100] {
            walk(&root, &["regcli".to_owned()], &mut |_, path| {
                for line in page(&root, path, Shown::Short, columns).lines() {
                    let is_one_word = line.split_whitespace().count() <= 3;
                    assert!(line.width() <= columns || is_one_word, "{columns}: {line}");
                }
            });
        }
    }

    #[test]
    fn a_command_of_two_names_lists_both() {
        let root = all_commands();
        let aliases = |words: &str| {
            let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
            section(&page(&root, &words, Shown::Short, COLUMNS), "Aliases").join("").trim().to_owned()
        };
        assert_eq!(aliases("regcli image pull"), "regcli image pull, regcli pull");
        assert_eq!(aliases("regcli images"), "regcli image ls, regcli image list, regcli images");
        assert_eq!(aliases("regcli cp"), "regcli copy, regcli cp");
        assert_eq!(aliases("regcli mirror ls"), "regcli mirror list, regcli mirror ls");
        assert_eq!(aliases("regcli login"), "");
        for (short, below) in TWINS {
            assert!(root.find_subcommand(short).is_some(), "{short}");
            assert!(root.find_subcommand("image").unwrap().find_subcommand(below).is_some(), "{below}");
        }
    }

    #[test]
    fn what_is_asked_decides_how_much_is_told() {
        let asked = |line: &str| Shown::asked(line.split(' ').map(OsString::from));
        assert_eq!(asked("regcli pull --help"), Shown::Long);
        assert_eq!(asked("regcli help pull"), Shown::Long);
        assert_eq!(asked("regcli pull -h"), Shown::Short);
        assert_eq!(asked("regcli pull -qh"), Shown::Short);
    }
}
