//! Processes: one that runs to its end, and one that runs beside the test.

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::secrets;

/// How long any command may take before its test fails.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How long a server may take to end after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// How often something is looked at that cannot be waited for.
const GLANCE: Duration = Duration::from_millis(5);

/// Looks until `look` finds something; `None` after `limit`.
pub(crate) fn eventually<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() > end {
            return None;
        }
        thread::sleep(GLANCE);
    }
}

/// How a command ended and what it said.
pub(crate) struct Outcome {
    /// The exit code; 128 + N if signal N ended it, as a shell says it.
    pub(crate) code: i32,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// The same, when it is no text.
    pub(crate) raw: Vec<u8>,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
    /// The most memory that it had besides its own program, in bytes; as far as was looked, which is every few
    /// milliseconds.
    pub(crate) peak: u64,
    /// The command, for messages.
    command: String,
}

impl Outcome {
    /// Asserts that regcli has said nothing secret, unless that is what it was asked for.
    #[track_caller]
    fn says_no_secret(&self) {
        if !self.command.starts_with("regcli ") {
            return;
        }
        secrets::assert_none(&self.stderr, || self.to_string());
        if !self.command.contains(" auth token ") {
            secrets::assert_none(&self.stdout, || self.to_string());
        }
    }

    /// Asserts that it ended with this code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert!(self.code == code, "expected exit code {code}\n{self}");
        self
    }

    /// Asserts that it ended well.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    /// Asserts exactly this standard output.
    #[track_caller]
    pub(crate) fn prints(self, expected: &str) -> Self {
        assert!(self.stdout == expected, "expected on stdout:\n{expected}\n{self}");
        self
    }

    /// Asserts that a line of standard output is this.
    #[track_caller]
    pub(crate) fn prints_line(self, expected: &str) -> Self {
        let found = self.stdout.lines().any(|line| line == expected);
        assert!(found, "expected a line on stdout: {expected}\n{self}");
        self
    }

    /// Asserts that standard error has this somewhere.
    #[track_caller]
    pub(crate) fn complains(self, expected: &str) -> Self {
        assert!(self.stderr.contains(expected), "expected on stderr: {expected}\n{self}");
        self
    }

    /// The last line of standard output.
    #[track_caller]
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_else(|| panic!("expected a line on stdout\n{self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, stdout, stderr, code, .. } = self;
        write!(f, "$ {command}\n--- stdout\n{stdout}--- stderr\n{stderr}--- exit {code}")
    }
}

/// Runs a tool of somebody else and captures what it says.
#[track_caller]
pub(crate) fn run<A: AsRef<OsStr>>(tool: &str, arguments: impl IntoIterator<Item = A>) -> Outcome {
    let mut command = super::command(tool);
    command.args(arguments);
    Started::spawn(command, b"").finish()
}

/// A command that has begun and whose end somebody is going to wait for.
pub(crate) struct Started {
    child: Child,
    command: String,
    writer: JoinHandle<()>,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
}

impl Started {
    /// Starts a command that reads `stdin`.
    #[track_caller]
    pub(crate) fn spawn(mut command: Command, stdin: &[u8]) -> Self {
        let shown = show(&command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{shown}`: {error}"));
        let (input, mut pipe) = (stdin.to_owned(), child.stdin.take().unwrap());
        Self {
            // A command that does not read its input closes the pipe: that is its right.
            writer: thread::spawn(move || drop(pipe.write_all(&input))),
            stdout: read_all(child.stdout.take().unwrap()),
            stderr: read_all(child.stderr.take().unwrap()),
            command: shown,
            child,
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid_of(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If that takes longer than a minute; the command is killed then.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome {
        let mut memory = Memory::default();
        let status = eventually(TIME_LIMIT, || {
            memory.look_at(&self.child);
            self.child.try_wait().unwrap()
        });
        if status.is_none() {
            self.child.kill().unwrap();
        }
        let ended = status.unwrap_or_else(|| self.child.wait().unwrap());
        self.writer.join().unwrap();
        let raw = self.stdout.join().unwrap();
        let outcome = Outcome {
            code: code_of(ended),
            stdout: String::from_utf8_lossy(&raw).into_owned(),
            raw,
            stderr: String::from_utf8_lossy(&self.stderr.join().unwrap()).into_owned(),
            peak: memory.peak,
            command: self.command,
        };
        assert!(status.is_some(), "still running after {TIME_LIMIT:?}, killed\n{outcome}");
        outcome.says_no_secret();
        outcome
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut content = Vec::new();
        pipe.read_to_end(&mut content).unwrap();
        content
    })
}

/// How much memory a process has had, without the pages of the program's own file: those of a program with debug
/// information are many, and say nothing about the command.
#[derive(Default)]
struct Memory {
    peak: u64,
    /// The most pages of files so far. The kernel takes some back when it likes.
    of_files: u64,
}

impl Memory {
    /// Looks at a process, which may have ended. The kernel keeps the high-water mark of all pages together.
    fn look_at(&mut self, child: &Child) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_end_matches("kB").trim().parse().map_or(0, |kibibytes: u64| kibibytes * 1024)
        };
        self.of_files = self.of_files.max(bytes("RssFile:"));
        let own = bytes("RssAnon:") + bytes("RssShmem:");
        self.peak = self.peak.max(own).max(bytes("VmHWM:").saturating_sub(self.of_files));
    }
}

fn show(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments = command.get_args().map(|argument| format!(" {}", argument.to_string_lossy()));
    [name].into_iter().chain(arguments).collect()
}

/// As a shell says it.
fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// A server in a process of its own, killed at the latest when it is dropped.
pub(super) struct Daemon {
    child: Child,
    command: String,
    log: Arc<Mutex<String>>,
}

impl Daemon {
    /// Starts it; what it prints is kept as its log.
    #[track_caller]
    pub(super) fn start(mut command: Command) -> Self {
        let shown = show(&command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{shown}`: {error}"));
        let log = Arc::new(Mutex::new(String::new()));
        keep_lines(child.stdout.take().unwrap(), &log);
        keep_lines(child.stderr.take().unwrap(), &log);
        Self { child, command: shown, log }
    }

    /// What it has printed until now, both streams by lines.
    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until `look` finds something, fails with the log if it does not within `limit`.
    #[track_caller]
    pub(super) fn wait_until<T>(&mut self, limit: Duration, mut look: impl FnMut(&str) -> Option<T>) -> T {
        let mut ended = None;
        let found = eventually(limit, || {
            ended = self.child.try_wait().unwrap();
            let found = look(&self.log());
            if found.is_none() && ended.is_some() { Some(None) } else { found.map(Some) }
        });
        found.flatten().unwrap_or_else(|| {
            let state =
                ended.map_or(format!("not ready after {limit:?}"), |status| format!("ended: {status}"));
            panic!("`{}` {state}; its log:\n{}", self.command, self.log())
        })
    }

    /// Asks it to end and waits. `None` if it did not, and had to be killed.
    pub(super) fn stop(&mut self) -> Option<i32> {
        if let Some(ended) = self.child.try_wait().unwrap() {
            return Some(code_of(ended));
        }
        kill_process(pid_of(&self.child), Signal::TERM).unwrap();
        let ended = eventually(STOP_LIMIT, || self.child.try_wait().unwrap());
        ended.map(code_of)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Fails only for a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn keep_lines(pipe: impl Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&String::from_utf8_lossy(&line));
            log.push('\n');
        }
    });
}
