//! The position of the cursor on the command line.

use clap::{Arg, ArgAction, Command};

use crate::cli::help::requires_command;

/// A position on the command line.
pub(super) struct Spot<'a> {
    /// The typed commands, without the program itself: `image pull`.
    pub(super) path: Vec<&'a str>,
    /// The last of these commands.
    pub(super) command: &'a Command,
    /// The global flags that were typed, in a form that can be parsed again.
    pub(super) global: Vec<String>,
    /// The arguments before the cursor.
    pub(super) given: Vec<&'a str>,
    /// The typed part of the text to complete.
    pub(super) typed: &'a str,
    /// The text before it in the same word: `--platform=`.
    pub(super) prefix: &'a str,
    /// What is expected at the cursor.
    pub(super) expects: Expects<'a>,
}

/// The kind of text at the cursor.
#[derive(Debug)]
pub(super) enum Expects<'a> {
    Command,
    Flag,
    /// A value of this flag or argument.
    Value(&'a Arg),
    Nothing,
}

impl<'a> Spot<'a> {
    /// Walks over all words before the cursor as clap would, but ignores errors.
    pub(super) fn find(root: &'a Command, words: &'a [String], typed: &'a str) -> Self {
        let mut walk = Walk::begin(root);
        for word in words.iter().skip(1) {
            walk.pass(word);
        }
        walk.end(typed)
    }
}

/// The state of a walk over the words.
struct Walk<'a> {
    spot: Spot<'a>,
    /// The flag whose value is the next word.
    waiting: Option<&'a Arg>,
    /// Whether `--` was seen, after which no flags follow.
    no_flags: bool,
}

impl<'a> Walk<'a> {
    fn begin(root: &'a Command) -> Self {
        let spot = Spot {
            path: Vec::new(),
            command: root,
            global: Vec::new(),
            given: Vec::new(),
            typed: "",
            prefix: "",
            expects: Expects::Nothing,
        };
        Self { spot, waiting: None, no_flags: false }
    }

    fn pass(&mut self, word: &'a str) {
        if let Some(flag) = self.waiting.take() {
            self.keep(flag, Some(word));
        } else if self.no_flags || !word.starts_with('-') || word == "-" {
            self.pass_argument(word);
        } else if word == "--" {
            self.no_flags = true;
        } else if let Some((flag, value)) = self.flag(word) {
            match value {
                Some((_, value)) => self.keep(flag, Some(value)),
                None if wants_next_word(flag) => self.waiting = Some(flag),
                None => self.keep(flag, None),
            }
        }
    }

    fn pass_argument(&mut self, word: &'a str) {
        let is_first = self.spot.given.is_empty();
        match self.spot.command.find_subcommand(word).filter(|_| is_first) {
            Some(command) => {
                self.spot.path.push(command.get_name());
                self.spot.command = command;
            }
            None => self.spot.given.push(word),
        }
    }

    /// Records a global flag.
    fn keep(&mut self, flag: &Arg, value: Option<&str>) {
        if let Some(long) = flag.get_long().filter(|_| flag.is_global_set()) {
            self.spot.global.push(match value {
                Some(value) => format!("--{long}={value}"),
                None => format!("--{long}"),
            });
        }
    }

    /// Returns the flag in a word (of several short ones, the last) and its value with the text before it, if
    /// the value is in the same word.
    fn flag(&self, word: &'a str) -> Option<(&'a Arg, Option<(&'a str, &'a str)>)> {
        if let Some(long) = word.strip_prefix("--") {
            let end = long.find('=');
            let name = &long[..end.unwrap_or(long.len())];
            let is_it =
                |arg: &&Arg| arg.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name));
            let flag = self.spot.command.get_arguments().find(is_it)?;
            return Some((flag, end.map(|end| word.split_at("--".len() + end + 1))));
        }
        let mut found = None;
        for (at, short) in word.char_indices().skip(1) {
            let flag = self.spot.command.get_arguments().find(|arg| arg.get_short() == Some(short))?;
            let rest = &word[at + short.len_utf8()..];
            if flag.get_action().takes_values() && !rest.is_empty() {
                let sign = usize::from(rest.starts_with('='));
                return Some((flag, Some(word.split_at(word.len() - rest.len() + sign))));
            }
            found = Some((flag, None));
        }
        found
    }

    fn end(mut self, typed: &'a str) -> Spot<'a> {
        self.spot.typed = typed;
        self.spot.expects = self.expected(typed);
        self.spot
    }

    fn expected(&mut self, typed: &'a str) -> Expects<'a> {
        if let Some(flag) = self.waiting {
            return Expects::Value(flag);
        }
        if !self.no_flags && typed.starts_with('-') {
            let Some((flag, Some((prefix, value)))) = self.flag(typed) else { return Expects::Flag };
            (self.spot.prefix, self.spot.typed) = (prefix, value);
            return Expects::Value(flag);
        }
        let (command, given) = (self.spot.command, self.spot.given.len());
        if requires_command(command) {
            return if given == 0 { Expects::Command } else { Expects::Nothing };
        }
        let repeated = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Append);
        let argument = command.get_positionals().nth(given);
        argument
            .or_else(|| command.get_positionals().last().filter(repeated))
            .map_or(Expects::Nothing, Expects::Value)
    }
}

/// Reports whether a flag's value is the next word, and not only the text after `=`.
fn wants_next_word(flag: &Arg) -> bool {
    flag.get_action().takes_values() && !flag.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::Cli;

    /// `COMMANDS | what is expected | before it in the word | what has been typed of it | global flags`
    fn found(line: &str) -> String {
        let mut root = Cli::command();
        root.build();
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let typed = words.pop().unwrap();
        let spot = Spot::find(&root, &words, &typed);
        let expected = match spot.expects {
            Expects::Command => "COMMAND".to_owned(),
            Expects::Flag => "FLAG".to_owned(),
            Expects::Value(arg) => arg.get_id().to_string(),
            Expects::Nothing => "-".to_owned(),
        };
        format!("{}|{expected}|{}|{}|{}", spot.path.join(" "), spot.prefix, spot.typed, spot.global.join(" "))
    }

    #[test]
    fn the_cursor_is_found() {
        for (line, expected) in [
            ("regcli ", "|COMMAND|||"),
            ("regcli pu", "|COMMAND||pu|"),
            ("regcli pull ", "pull|images|||"),
            ("regcli pull a b", "pull|images||b|"),
            ("regcli image ls ", "image ls|repository|||"),
            ("regcli image ls a ", "image ls|-|||"),
            ("regcli image x ", "image|-|||"),
            ("regcli pull --pla", "pull|FLAG||--pla|"),
            ("regcli pull --platform ", "pull|platform|||"),
            ("regcli pull --platform=lin", "pull|platform|--platform=|lin|"),
            ("regcli pull --platform linux/amd64 ", "pull|images|||"),
            ("regcli images -f", "images|FLAG||-f|"),
            ("regcli images -f ", "images|filter|||"),
            ("regcli images -qfdang", "images|filter|-qf|dang|"),
            ("regcli images -f=dang", "images|filter|-f=|dang|"),
            (
                "regcli --store x -D images --plain-http ",
                "images|repository|||--store=x --debug --plain-http",
            ),
            ("regcli --store ", "|store|||"),
            ("regcli pull -- --pla", "pull|images||--pla|"),
            ("regcli history -H ", "history|image|||"),
            ("regcli pull --nosuch ", "pull|images|||"),
            ("regcli tag a ", "tag|target|||"),
            ("regcli tag a b ", "tag|-|||"),
            ("regcli import - ", "import|image|||"),
        ] {
            assert_eq!(found(line), expected, "{line:?}");
        }
    }
}
