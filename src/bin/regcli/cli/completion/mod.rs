//! Completion: what may be typed next.
//!
//! The script of each shell, which `regcli completion` prints, calls `regcli __complete` with what has been typed.
//! Each line of the answer is a candidate, for shells that show it with a tab and a description behind. One that
//! ends in `/`, `:` or `=` is not a whole word yet.
//!
//! clap_complete's own engine, `unstable-dynamic`, would not do: what it asks for values does not know the flags
//! before (`--store`, `--plain-http`), its script for bash sees image names cut at their colons, and that for
//! PowerShell evaluates what has been typed so far.
//!
//! Nothing here fails or asks anything: whoever presses a key wants a proposal within a second, or nothing.

mod candidate;
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

use candidate::Candidate;
use line::{Line, Quote};
use spot::Spot;

/// The first argument that asks for proposals.
const NAME: &str = "__complete";

/// How long everything may take. Starting the program and the shell's own work come on top of it.
const LIMIT: Duration = Duration::from_millis(900);

/// How much earlier than that registries and credential helpers are given up, so that what is known is shown.
const RESERVE: Duration = Duration::from_millis(100);

/// As large as a main thread's: all commands together are a lot of clap's values.
const STACK: usize = 8 << 20;

/// The shells that there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    /// What makes it complete.
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

/// What a shell wants to know.
struct Request {
    shell: Shell,
    /// The program and what was typed before the last word.
    words: Vec<String>,
    /// The last word, up to the cursor.
    typed: String,
    /// How many bytes of it the shell keeps by itself, because it takes what follows for a word of its own.
    kept: usize,
    quote: Quote,
}

/// Answers a shell if that is what the program was called for; `None` if it was not.
pub(crate) fn serve(commands: fn() -> Command) -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != NAME {
        return None;
    }
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let text = within(LIMIT, move || answer(&words, commands())).unwrap_or_default();
    // Whoever does not listen any more does not want to know.
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    Some(ExitCode::SUCCESS)
}

/// What `work` comes to, if it does so in time. It is left alone otherwise: a disk may hang, and nobody waits for it.
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
    /// Bash: `SHELL =WORD LINE`, where `WORD` is what it is going to replace. The others: `SHELL =WORD PROGRAM
    /// WORDS...`. The sign is there because some shells leave an empty argument out.
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

    /// A candidate as the shell reads it. One that might break out of its word is none.
    fn shown(&self, candidate: &Candidate) -> Option<String> {
        let value = &candidate.value;
        if value.is_empty() || value.chars().any(char::is_control) {
            return None;
        }
        let text = match self.shell {
            Shell::Bash => self.quote.protect(value.get(self.kept..)?)?,
            // Those put what needs it into quotes themselves.
            _ => value.clone(),
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
