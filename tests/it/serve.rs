//! `regcli serve` as a process: how it starts, how it stops, what it keeps.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{Api, Fixture, Home, Proxy, eventually, missing, run};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A registry whose end belongs to the test.
struct Served {
    child: Child,
    host: String,
}

impl Served {
    /// Starts one in a folder, on a free port.
    fn start(root: &Path) -> Self {
        Self::start_at("127.0.0.1:0", root)
    }

    fn start_at(address: &str, root: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_regcli"))
            .args(["serve", "--addr", address, "--root"])
            .arg(root)
            .env_clear()
            .env("HOME", root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let host = line.strip_prefix("Listening on http://").and_then(|rest| rest.strip_suffix('\n'));
        let host = host.unwrap_or_else(|| panic!("no address: {line:?}")).to_owned();
        Self { child, host }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Returns how often it has read from a file so far.
    #[cfg(target_os = "linux")]
    fn reads(&self) -> usize {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).unwrap();
        io.lines().find_map(|line| line.strip_prefix("syscr: ")).unwrap().parse().unwrap()
    }

    /// Waits for its end: the exit code (`None` after a signal that it did not take), and its standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let status = eventually(PATIENCE, || self.child.try_wait().unwrap()).expect("it has to end");
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (status.code(), told)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Fails only for a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("regcli-serve-").tempdir().unwrap()
}

/// Pushes a fixture.
fn push(fixture: &Fixture, image: &str) {
    Home::fresh().run(["copy", &fixture.place(), image]).succeeds();
}

#[test]
fn both_signals_that_ask_to_stop_are_obeyed_at_once_and_all_is_well() {
    for signal in [Signal::INT, Signal::TERM] {
        let root = folder();
        let served = Served::start(root.path());
        push(&Fixture::small(), &format!("{}/team/app:1", served.host));
        // A connection that says nothing holds nobody up.
        let idle = TcpStream::connect(&served.host).unwrap();

        let asked = Instant::now();
        served.signal(signal);
        let (code, told) = served.end();

        assert_eq!(code, Some(0), "{told}");
        assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
        assert_eq!(told, format!("Serving {}, stop with ^C\n", root.path().display()));
        drop(idle);
    }
}

#[test]
fn a_stop_says_what_it_waits_for_and_a_second_signal_ends_it() {
    for signal in [Signal::INT, Signal::TERM] {
        let root = folder();
        let mut served = Served::start(root.path());
        let mut upload = TcpStream::connect(&served.host).unwrap();
        let head = "POST /v2/team/app/blobs/uploads/?digest=sha256:DIGEST HTTP/1.1\r\nHost: localhost\r\n\
                    Content-Length: 10\r\nExpect: 100-continue\r\n\r\n";
        let head = head.replace("DIGEST", &"0".repeat(64));
        upload.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 12];
        upload.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100", "the request is open");

        served.signal(signal);
        let mut told = BufReader::new(served.child.stderr.as_mut().unwrap()).lines().map(Result::unwrap);
        let line = told.find(|line| line.starts_with("Stopping"));
        let expected = "Stopping: waiting up to 5 s for 1 request; press ^C again to stop now";
        assert_eq!(line.as_deref(), Some(expected));
        served.signal(signal);

        assert_eq!(served.end().0, None, "it does not wait for the request");
    }
}

#[test]
fn everything_is_there_after_a_restart_however_the_last_one_ended() {
    let root = folder();
    let fixtures = [Fixture::small(), Fixture::multi_platform(), Fixture::docker_list(), Fixture::sha512()];
    let names = ["a/small", "a/index", "b/list", "b/sha512"];
    let first = Served::start(root.path());
    for (fixture, name) in fixtures.iter().zip(names) {
        push(fixture, &format!("{}/{name}:1", first.host));
    }
    let catalog = |host: &str| Home::fresh().run(["catalog", host]).succeeds().stdout;
    let before = catalog(&first.host);
    first.signal(Signal::KILL);
    assert_eq!(first.end().0, None);

    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let again = Served::start(root.path());
        assert_eq!(catalog(&again.host), before);
        for (name, fixture) in names.iter().zip(&fixtures) {
            Api::of(&again.host, name).holds(fixture, "1");
        }
        again.signal(signal);
        again.end();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn i12_a_blob_is_read_in_pieces_of_256_kib() {
    let root = folder();
    let served = Served::start(root.path());
    let fixture = Fixture::huge(32 << 20);
    push(&fixture, &format!("{}/team/app:1", served.host));
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let before = served.reads();

    let content = Api::of(&served.host, "team/app").blob(&layer.digest).unwrap();

    let (reads, expected) = (served.reads() - before, content.len() / (256 << 10));
    assert!((expected..expected + 20).contains(&reads), "{reads} reads instead of {expected}");
}

#[test]
fn a_pull_under_way_is_finished_before_the_registry_stops() {
    let root = folder();
    let served = Served::start(root.path());
    let fixture = Fixture::heavy(8 << 20);
    push(&fixture, &format!("{}/team/app:1", served.host));
    let line = Proxy::before(&served.host);
    line.slow_down(fixture.blob_bytes());
    let home = Home::fresh();
    let pull = home.regcli(["pull", &format!("{}/team/app:1", line.host())]).start();
    let half = || (line.blob_bytes_taken() >= fixture.blob_bytes() / 2).then_some(());
    eventually(PATIENCE, half).expect("bytes flow");

    served.signal(Signal::TERM);

    pull.finish().succeeds().prints_line(&format!("Digest: {}", fixture.root.digest));
    assert_eq!(served.end().0, Some(0));
}

#[test]
fn who_does_not_come_to_an_end_is_cut_and_goes_on_after_the_restart() {
    if missing("curl") {
        return;
    }
    let root = folder();
    let served = Served::start(root.path());
    let url = |host: &str, path: &str| format!("http://{host}/v2/team/app/blobs/uploads/{path}");
    let curl = |arguments: &[&str]| run("curl", ["-sS", "--noproxy", "*"].iter().chain(arguments));
    let location = ["-X", "POST", "-o", "/dev/null", "-w", "%header{location}"];
    let begun = curl(&[&location[..], &[&url(&served.host, "")]].concat()).succeeds().stdout;
    let session = begun.rsplit('/').next().unwrap().to_owned();
    let fixture = Fixture::heavy(4 << 20);
    let layer = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    let line = Proxy::before(&served.host);
    line.slow_down(layer.size / 30);
    let content = fixture.path().join("blobs/sha256").join(layer.digest.strip_prefix("sha256:").unwrap());
    let data = format!("@{}", content.display());
    let target = url(&line.host(), &session);
    let patch =
        ["-X", "PATCH", "-H", "Content-Type: application/octet-stream", "--data-binary", &data, &target];
    std::thread::scope(|scope| {
        scope.spawn(|| curl(&patch));
        let some = || (line.blob_bytes_sent() > 0).then_some(());
        eventually(PATIENCE, some).expect("bytes flow");

        let asked = Instant::now();
        served.signal(Signal::INT);
        let (code, told) = served.end();

        assert_eq!(code, Some(0), "{told}");
        assert!(asked.elapsed() < Duration::from_secs(8), "it took {:?}", asked.elapsed());
    });

    let again = Served::start(root.path());
    let status = curl(&["-i", &url(&again.host, &session)]).succeeds().stdout;
    let range = status
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: 0-").map(str::to_owned));
    let kept: u64 = range.unwrap_or_else(|| panic!("{status}")).trim().parse().unwrap();
    assert!(kept > 0 && kept < layer.size, "{kept} of {} bytes", layer.size);
}

#[test]
fn what_was_half_pushed_when_the_registry_was_killed_is_not_there_and_can_be_pushed_again() {
    let root = folder();
    let served = Served::start(root.path());
    let fixture = Fixture::heavy(4 << 20);
    let line = Proxy::before(&served.host);
    line.slow_down(fixture.blob_bytes());
    let home = Home::fresh();
    let store = format!("store:{}/team/app:1", line.host());
    home.run(["copy", &fixture.place(), &store]).succeeds();
    let push = home.regcli(["push", "--retry", "0", &format!("{}/team/app:1", line.host())]).start();
    let half = || (line.blob_bytes_sent() >= fixture.blob_bytes() / 2).then_some(());
    eventually(PATIENCE, half).expect("bytes flow");
    served.signal(Signal::KILL);
    served.end();
    assert_ne!(push.finish().code, 0);

    let again = Served::start(root.path());
    let image = format!("{}/team/app:1", again.host);
    home.run(["digest", &image]).ends_with(3);
    let half = fixture.blobs.iter().max_by_key(|blob| blob.size).unwrap();
    assert_eq!(Api::of(&again.host, "team/app").blob(&half.digest), None);
    home.run(["copy", &store, &image]).succeeds();
    Api::of(&again.host, "team/app").holds(&fixture, "1");
}

#[test]
fn a_push_outlives_the_registry_and_goes_on_where_it_was() {
    let root = folder();
    let served = Served::start(root.path());
    let fixture = Fixture::heavy(8 << 20);
    let line = Proxy::before(&served.host);
    line.slow_down(fixture.blob_bytes());
    let home = Home::fresh();
    let image = format!("{}/team/app:1", line.host());
    home.run(["copy", &fixture.place(), &format!("store:{image}")]).succeeds();
    let push = home.regcli(["push", &image]).start();
    let half = || (line.blob_bytes_sent() >= fixture.blob_bytes() / 2).then_some(());
    eventually(PATIENCE, half).expect("bytes flow");

    served.signal(Signal::KILL);
    let host = served.host.clone();
    served.end();
    line.slow_down(0);
    let again = Served::start_at(&host, root.path());

    push.finish().succeeds().complains("Retrying in ");
    Api::of(&again.host, "team/app").holds(&fixture, "1");
    let (sent, size) = (line.blob_bytes_sent(), fixture.blob_bytes());
    assert!(sent * 10 < size * 15, "{sent} bytes were sent of {size}: {:#?}", line.exchanges());
}

#[test]
fn a_port_that_is_taken_is_named_and_so_is_a_folder() {
    let root = folder();
    let served = Served::start(root.path());
    let home = Home::fresh();

    let second = home.run(["serve", "--addr", &served.host, "--root", "other"]).ends_with(1).prints("");
    second.complains(&format!("error: listen tcp {}\n  caused by: ", served.host));

    let folder = root.path().to_str().unwrap();
    let second = home.run(["serve", "--addr", "127.0.0.1:0", "--root", folder]).ends_with(1).prints("");
    second.complains(folder);
}
