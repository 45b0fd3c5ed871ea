//! Completion of the command line.
//!
//! The script of each shell, which `regcli completion` prints, calls `regcli __complete` with the typed text.
//! Each line of the output is a candidate, for some shells with a tab and a description. A candidate that
//! ends in `/`, `:` or `=` is not a complete word.
//!
//! clap_complete's own engine, `unstable-dynamic`, does not fit: its value completers do not know the flags
//! before (`--store`, `--plain-http`), its bash script cuts image names at colons, and its PowerShell script
//! evaluates the typed text.
//!
//! Completion never fails and never asks questions: a user who presses a key expects a proposal within a
//! second, or nothing.

mod images;
mod line;
mod paths;
mod session;
mod spot;
mod values;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Command, ValueEnum};

use line::{Line, Quote};
use spot::Spot;
use values::Candidate;

/// The first argument that requests completion.
const NAME: &str = "__complete";

/// The time limit for everything, except the start of the program and the shell's own work.
const LIMIT: Duration = Duration::from_millis(900);

/// How long before the limit requests to registries and credential helpers are abandoned, so that known
/// candidates are still shown.
const RESERVE: Duration = Duration::from_millis(100);

/// The size of a main thread's stack, because all commands together need many of clap's values.
const STACK: usize = 8 << 20;

/// The supported shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    /// Returns the script that enables completion.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("scripts/bash"),
            Self::Elvish => include_str!("scripts/elvish"),
            Self::Fish => include_str!("scripts/fish"),
            Self::Powershell => include_str!("scripts/powershell"),
            Self::Zsh => include_str!("scripts/zsh"),
        }
    }
}

/// A request of a shell.
struct Request {
    shell: Shell,
    /// The program and the words before the last one.
    words: Vec<String>,
    /// The last word, up to the cursor.
    typed: String,
    /// How many bytes of the last word the shell keeps, because it treats what follows as a separate word.
    kept: usize,
    quote: Quote,
}

/// Serves a completion request. Returns `None` if the program was called for something else.
pub(crate) fn serve(commands: fn() -> Command) -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != NAME {
        return None;
    }
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let text = within(LIMIT, move || answer(&words, commands())).unwrap_or_default();
    // A closed standard output means that the shell no longer needs the candidates.
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    Some(ExitCode::SUCCESS)
}

/// Returns the result of `work` if it arrives in time. Late work is abandoned, because a disk may hang and
/// nothing waits for it.
fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().stack_size(STACK);
    thread.spawn(move || sender.send(work())).ok()?;
    receiver.recv_timeout(limit).ok()
}

fn answer(arguments: &[String], mut root: Command) -> String {
    let deadline = Instant::now() + LIMIT - RESERVE;
    let Some(request) = Request::of(arguments) else { return String::new() };
    root.build();
    let spot = Spot::find(&root, &request.words, &request.typed);
    let candidates = values::candidates(&spot, deadline);
    candidates.iter().filter_map(|candidate| request.shown(candidate)).collect()
}

impl Request {
    /// Parses a request. Bash sends `SHELL =WORD LINE`, where `WORD` is the text to replace. The others send
    /// `SHELL =WORD PROGRAM WORDS...`. The equals sign is needed because some shells drop an empty argument.
    fn of(arguments: &[String]) -> Option<Self> {
        let [shell, word, rest @ ..] = arguments else { return None };
        let shell = Shell::from_str(shell, false).ok()?;
        let word = Line::split(word.strip_prefix('=')?);
        if shell != Shell::Bash {
            let quote = Quote::None;
            return Some(Self { shell, words: rest.to_vec(), typed: word.last, kept: 0, quote });
        }
        let Line { words, last, quote } = Line::split(rest.first()?);
        let kept = last.strip_suffix(word.last.as_str()).map_or(0, str::len);
        Some(Self { shell, words, typed: last, kept, quote })
    }

    /// Returns a candidate in the shell's form, or `None` if it could break out of its word.
    fn shown(&self, candidate: &Candidate) -> Option<String> {
        let value = &candidate.value;
        if value.is_empty() || value.chars().any(char::is_control) {
            return None;
        }
        let text = match self.shell {
            Shell::Bash => self.quote.protect(value.get(self.kept..)?)?,
            // These shells add the quotes themselves.
            Shell::Elvish | Shell::Fish | Shell::Powershell | Shell::Zsh => value.clone(),
        };
        let help = candidate.help.as_ref().filter(|_| self.shell != Shell::Bash);
        Some(help.map_or_else(|| format!("{text}\n"), |help| format!("{text}\t{help}\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(arguments: &[&str], value: &str) -> Option<String> {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        Request::of(&arguments).unwrap().shown(&Candidate::of(value))
    }

    #[test]
    fn bash_gets_what_it_replaces_and_the_others_the_whole_word() {
        let line = "regcli pull localhost:5000/app:l";
        assert_eq!(shown(&["bash", "=l", line], "localhost:5000/app:latest").unwrap(), "latest\n");
        let line = "regcli pull localhost:5000/app:";
        assert_eq!(shown(&["bash", "=", line], "localhost:5000/app:latest").unwrap(), "latest\n");
        let line = "regcli pull 'localhost:5000/app:l";
        let word = "=localhost:5000/app:l";
        assert_eq!(
            shown(&["bash", word, line], "localhost:5000/app:latest").unwrap(),
            "localhost:5000/app:latest\n"
        );
        let fish = ["fish", "=localhost:5000/app:l", "regcli", "pull"];
        assert_eq!(shown(&fish, "localhost:5000/app:latest").unwrap(), "localhost:5000/app:latest\n");
    }

    #[test]
    fn what_could_break_out_of_its_word_is_protected_or_left_out() {
        assert_eq!(shown(&["bash", "=", "regcli load -i "], "a b$(x)").unwrap(), "a\\ b\\$\\(x\\)\n");
        assert_eq!(shown(&["bash", "=", "regcli load -i '"], "a b").unwrap(), "a b\n");
        assert_eq!(shown(&["bash", "=", "regcli load -i '"], "a'b"), None);
        assert_eq!(shown(&["bash", "=", "regcli load -i \""], "a$(x)b"), None);
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            assert_eq!(shown(&[shell, "=", "regcli"], "a\nb"), None);
            assert_eq!(shown(&[shell, "=", "regcli"], "a\u{1b}[2J"), None);
        }
    }

    #[test]
    fn what_takes_too_long_is_not_waited_for() {
        let start = Instant::now();
        assert_eq!(within(Duration::from_millis(20), || thread::sleep(Duration::from_secs(5))), None);
        assert!(start.elapsed() < Duration::from_secs(2));
        assert_eq!(within(Duration::from_secs(5), || 7), Some(7));
    }
}
