//! Whole processes: their time and memory, and servers that run beside them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Set when the bench was asked to end. Every wait for a process checks it.
pub(crate) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long one command may take.
const TIME_LIMIT: Duration = Duration::from_secs(20 * 60);

/// How long a server may take to listen, and to end.
const SERVER_LIMIT: Duration = Duration::from_secs(20);

/// How often to poll for conditions that cannot be awaited.
const GLANCE: Duration = Duration::from_millis(1);

/// Bash measures times to the millisecond, and time(1) the maximum resident set as the kernel reports it
/// for an ended process, without the parent's memory. `$0` is the directory of reports, `$1` is time(1).
const MEASURE: &str = r#"TIMEFORMAT='%3R %3U %3S'
report=$0 timer=$1; shift
{ time "$timer" -f %M -o "$report.memory" "$@" >"$report.out" 2>"$report.err"; } 2>"$report.time""#;

/// Finds a program. Debian keeps servers in `/usr/sbin`, which is not in every `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Finds a program that the bench requires.
pub(crate) fn need(program: &str) -> Result<PathBuf> {
    find(program).with_context(|| format!("`{program}` is not installed, and the bench needs it"))
}

/// A command line.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<&'static str, OsString>,
    /// A result, and not a failure, besides 0.
    result: Option<i32>,
}

impl Invocation {
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), environment: BTreeMap::new(), result: None }
    }

    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name, value.into());
        self
    }

    /// Takes an exit code other than 0 for a result.
    pub(crate) fn or_code(self, code: i32) -> Self {
        Self { result: Some(code), ..self }
    }

    /// Starts the command in the home directory `home`, in a process group of its own.
    pub(crate) fn spawn(&self, home: &Path) -> Result<Running> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdout(Stdio::null()).stderr(Stdio::null());
        Running::spawn(command, home, &self.environment)
    }

    /// Runs the command to its end. Fails with its output unless it succeeds.
    pub(crate) fn measure(&self, home: &Path) -> Result<Usage> {
        let report = home.join("report");
        let mut command = Command::new(need("bash")?);
        command.arg("-c").arg(MEASURE).arg(&report).arg(need("time")?).arg(&self.program);
        command.args(&self.arguments).stdout(Stdio::null()).stderr(Stdio::inherit());
        let mut running = Running::spawn(command, home, &self.environment)?;
        let code = running.wait()?;
        if code != Some(0) && (code.is_none() || code != self.result) {
            let said = fs::read_to_string(report.with_extension("err")).unwrap_or_default();
            let end: Vec<&str> = said.lines().rev().take(8).collect();
            let end: Vec<&str> = end.into_iter().rev().collect();
            bail!("{} failed:\n{}", self.program.display(), end.join("\n"));
        }
        Usage::read(&report)
    }
}

/// The cost of a process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processor time, in user mode and in the kernel.
    pub(crate) cpu: f64,
    /// The maximum resident memory, in bytes.
    pub(crate) memory: u64,
}

impl Usage {
    fn read(report: &Path) -> Result<Self> {
        let times = fs::read_to_string(report.with_extension("time"))?;
        let numbers: Vec<f64> = times.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [wall, user, system] = numbers[..] else { bail!("bash says {times:?}") };
        let memory = fs::read_to_string(report.with_extension("memory"))?;
        // A line before it tells about an exit code other than 0.
        let kibibytes: u64 = memory.lines().last().unwrap_or_default().parse()?;
        Ok(Self { wall, cpu: user + system, memory: kibibytes * 1024 })
    }

    /// Adds the cost of a process that ran afterwards.
    pub(crate) fn then(self, next: Self) -> Self {
        Self { wall: self.wall + next.wall, cpu: self.cpu + next.cpu, memory: self.memory.max(next.memory) }
    }
}

/// A running process. Dropping it kills the process and its descendants.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    fn spawn(
        mut command: Command,
        home: &Path,
        environment: &BTreeMap<&'static str, OsString>,
    ) -> Result<Self> {
        command
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .envs(environment)
            .stdin(Stdio::null())
            .process_group(0);
        let shown = format!("{}", command.get_program().display());
        let child = command.spawn().context(shown)?;
        Ok(Self { child })
    }

    /// Reports whether the process has ended.
    pub(crate) fn is_over(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits for the end. Returns the exit code, unless a signal has ended the process.
    fn wait(&mut self) -> Result<Option<i32>> {
        let ended = eventually(TIME_LIMIT, || Ok(self.child.try_wait()?))?;
        Ok(ended.context("it takes too long")?.code())
    }

    /// Kills the process like `kill -9`.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only if the process has already ended.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            drop(self.child.wait());
        }
    }
}

/// A server in its own process. Dropping it ends the server.
pub(crate) struct Server {
    running: Running,
    pub(crate) host: String,
}

impl Server {
    /// Starts `invocation`, built for a free address, and waits until it listens there.
    pub(crate) fn start(home: &Path, invocation: impl FnOnce(&str) -> Result<Invocation>) -> Result<Self> {
        let host = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let log = home.join("server.log");
        let invocation = invocation(&host)?;
        let mut command = Command::new(&invocation.program);
        let file = File::create(&log)?;
        command.args(&invocation.arguments).stdout(file.try_clone()?).stderr(file);
        let mut running = Running::spawn(command, home, &invocation.environment)?;
        let listens = eventually(SERVER_LIMIT, || {
            let over = running.is_over()?;
            let listens = std::net::TcpStream::connect(&host).is_ok();
            Ok((over || listens).then_some(listens && !over))
        })?;
        if listens != Some(true) {
            let said = fs::read_to_string(&log).unwrap_or_default();
            bail!("{} does not listen:\n{said}", invocation.program.display());
        }
        Ok(Self { running, host })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.running.child.try_wait() {
            let _ = kill_process(Pid::from_child(&self.running.child), Signal::TERM);
        }
        let end = Instant::now() + SERVER_LIMIT;
        while Instant::now() < end && matches!(self.running.child.try_wait(), Ok(None)) {
            thread::sleep(GLANCE);
        }
    }
}

/// Polls `look` until it finds something. Returns `None` after `limit`.
///
/// # Errors
/// Returns an error if the bench was asked to end, or if `look` fails.
pub(crate) fn eventually<T>(
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look()? {
            return Ok(Some(found));
        }
        if INTERRUPTED.load(Relaxed) {
            bail!("interrupted");
        }
        if Instant::now() > end {
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}
