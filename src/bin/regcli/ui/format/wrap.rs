//! Line breaks between words, in Chinese text between characters, and not within commands.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Programs whose commands are quoted in hints.
const PROGRAMS: [&str; 8] = ["regcli", "docker", "sudo", "ssh", "gh", "aws", "chmod", "ulimit"];

/// The words before a command, besides those that end in a colon.
const BEFORE_COMMANDS: [&str; 4] = ["use", "run", "with", "or"];

/// Punctuation that no line begins with, of text without spaces.
const CLOSING: &str = "，。、；：？！）」』》】〉”’…";

/// Punctuation that no line ends with.
const OPENING: &str = "（「『《【〈“‘";

/// Breaks a text into lines of at most `columns` columns, all but the first indented. A wider word has its
/// own line.
pub(crate) fn wrapped(text: &str, columns: usize, indent: usize) -> String {
    filled(text.split_whitespace().flat_map(characters), columns, indent)
}

/// Breaks the lines of a text that are wider than `columns`. Further lines are indented by two columns more. A command in
/// it stays on one line, because users copy it: the terminal breaks one that is wider.
pub(crate) fn wrapped_lines(text: &str, columns: usize) -> String {
    let line = |line: &str| {
        if line.width() <= columns {
            return line.to_owned();
        }
        let bare = line.trim_start();
        let indent = " ".repeat(line.len() - bare.len());
        let pieces = with_commands(bare).into_iter().flat_map(|piece| match piece.contains(' ') {
            true => vec![Piece { text: piece, is_after_space: true }],
            false => characters(&piece),
        });
        let broken = filled(pieces, columns.saturating_sub(indent.len()), 2);
        broken.split('\n').map(|line| indent.clone() + line).collect::<Vec<_>>().join("\n")
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// What stays on one line.
struct Piece {
    text: String,
    is_after_space: bool,
}

fn filled(pieces: impl Iterator<Item = Piece>, columns: usize, indent: usize) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for Piece { text, is_after_space } in pieces {
        let is_first = line.trim().is_empty();
        let space = usize::from(is_after_space);
        if !is_first && line.width() + space + text.width() > columns {
            lines.push_str(&line);
            lines.push('\n');
            line = " ".repeat(indent);
        } else if !is_first && is_after_space {
            line.push(' ');
        }
        line.push_str(&text);
        if line == "Usage:" {
            line.push(' ');
        }
    }
    lines + &line
}

/// Splits a word into its wide characters, because Chinese text has no spaces. Other words are one piece.
fn characters(word: &str) -> Vec<Piece> {
    let is_wide = |c: char| c.width() == Some(2);
    let mut pieces = vec![Piece { text: String::new(), is_after_space: true }];
    let mut before = None;
    for c in word.chars() {
        let may_break = |before: char| {
            (is_wide(before) || is_wide(c)) && !CLOSING.contains(c) && !OPENING.contains(before)
        };
        match pieces.last_mut() {
            Some(piece) if !before.is_some_and(may_break) => piece.text.push(c),
            Some(_) | None => pieces.push(Piece { text: c.to_string(), is_after_space: false }),
        }
        before = Some(c);
    }
    pieces
}

/// Returns the words of a text, those of a command together, up to its punctuation.
fn with_commands(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut is_command = false;
    for word in text.split_whitespace() {
        let is_quoted = pieces
            .last()
            .is_none_or(|before| before.ends_with(':') || BEFORE_COMMANDS.contains(&before.as_str()));
        match pieces.last_mut() {
            Some(command) if is_command => {
                command.push(' ');
                command.push_str(word);
            }
            Some(_) | None => {
                is_command = is_quoted && PROGRAMS.contains(&word);
                pieces.push(word.to_owned());
            }
        }
        is_command &= !word.ends_with([';', ',', ')']);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stay_whole_and_the_words_around_them_do_not() {
        let hint =
            "hint: similar tags of app: 1.2.3, 1.2.4; list them all: regcli tags registry.example.com/app";
        assert_eq!(
            wrapped_lines(hint, 40),
            "hint: similar tags of app: 1.2.3, 1.2.4;\n  list them all:\n  regcli tags registry.example.com/app"
        );
        assert_eq!(wrapped_lines(hint, 100), hint);
        let sentence = "hint: fix FILE; regcli did not change it";
        assert_eq!(wrapped_lines(sentence, 25), "hint: fix FILE; regcli\n  did not change it");
        let two = "hint: start one with regcli serve --addr x, and look";
        assert_eq!(wrapped_lines(two, 30), "hint: start one with\n  regcli serve --addr x, and\n  look");
    }

    #[test]
    fn chinese_text_fills_its_lines_and_none_begins_with_a_stop() {
        let text = "error: 镜像仓库拒绝了请求，请稍后再试";
        assert_eq!(wrapped(text, 20, 2), "error: 镜像仓库拒绝\n  了请求，请稍后再试");
        assert_eq!(wrapped("镜像仓库，好", 8, 0), "镜像仓\n库，好");
        assert_eq!(wrapped("一个regcli命令", 8, 0), "一个\nregcli命\n令");
    }

    #[test]
    fn an_indented_line_keeps_its_indent() {
        assert_eq!(wrapped_lines("a\n  one two three", 11), "a\n  one two\n    three");
    }
}
