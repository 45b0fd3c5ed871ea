//! The embedded registry under attack and on a bad day.

mod folder;
mod memory;
mod pages;
mod terminal;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{eventually, sha256};

/// The ids that have their tests here or nearby, each with its tests.
pub(super) const TESTS: &[(&str, &[&str])] = &[
    (
        "D2",
        &[
            "reports::serving::folder::d2_a_repository_that_cannot_be_read_ends_the_start_and_nothing_is_removed",
            "reports::serving::folder::d2_what_an_unknown_folder_holds_stays_and_is_served_again_when_it_is_known",
            "reports::serving::folder::d2_an_image_store_is_not_served_and_another_folder_is_advised",
            "reports::serving::folder::d2_a_registry_of_another_version_is_refused_and_left_as_it_is",
        ],
    ),
    (
        "S4",
        &[
            "reports::serving::pages::s4_a_web_page_can_neither_read_nor_change_anything",
            "reports::serving::pages::s4_a_name_is_answered_once_it_is_allowed_or_listened_on",
            "reports::serving::pages::s4_skopeo_curl_and_regcli_are_answered_under_every_local_name",
            "reports::serving::pages::s4_an_aborted_upload_leaves_nothing_behind",
            "reports::serving::pages::s4_one_client_has_a_bounded_number_of_uploads",
            "serve::guard::s4_only_addresses_localhost_and_given_names_are_known_hosts",
            "serve::guard::s4_names_are_free_where_others_are_meant_to_reach_it",
            "serve::guard::s4_pages_of_other_origins_are_told_by_what_browsers_send",
            "serve::sessions::s4_one_client_cannot_take_all_uploads_and_has_its_own_back_after_a_minute",
            "serve::sessions::s4_unused_uploads_expire_the_sooner_the_more_there_are",
            "serve::sessions::s4_nothing_stays_of_an_upload_that_cannot_be_resumed",
        ],
    ),
    (
        "S12",
        &[
            "reports::serving::memory::s12_referrers_with_megabytes_of_annotations_come_in_pages_and_take_little_memory",
            "reports::serving::memory::s12_streams_that_read_nothing_take_little_memory_and_others_are_served",
            "reports::serving::memory::s12_silent_connections_make_room_for_those_that_ask_something",
            "serve::tests::lists::s12_referrers_come_in_pages_that_keep_the_filter",
            "serve::crowd::s12_silent_connections_make_room_before_used_ones_and_none_at_work_does",
            "serve::memory::s12_what_is_taken_is_there_again_once_its_bytes_are_sent",
        ],
    ),
    (
        "U8",
        &[
            "reports::serving::terminal::u8_addresses_are_taken_as_people_type_them",
            "reports::serving::terminal::u8_the_access_log_has_a_line_for_each_request_and_no_secret",
            "commands::serve::u8_an_address_is_taken_as_people_type_it",
        ],
    ),
];

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// `regcli serve` as a process that belongs to the test.
struct Served {
    child: Child,
    host: String,
    told: Arc<Mutex<String>>,
}

impl Served {
    /// Starts one with these arguments, and waits until it listens.
    fn start(root: &Path, arguments: &[&str]) -> Self {
        let mut child = serve(root, arguments).spawn().unwrap();
        let told = Arc::<Mutex<String>>::default();
        let (pipe, kept) = (child.stderr.take().unwrap(), Arc::clone(&told));
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                *kept.lock().unwrap() += &format!("{}\n", String::from_utf8_lossy(&line));
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let host = line.trim_end().strip_prefix("Listening on http://");
        let host = host.unwrap_or_else(|| panic!("{line:?}: {}", told.lock().unwrap())).to_owned();
        Self { child, host, told }
    }

    /// Starts one on a free port of 127.0.0.1.
    fn local(root: &Path) -> Self {
        Self::start(root, &["--addr", "127.0.0.1:0"])
    }

    fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// The most memory that it has had, in bytes.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
    }

    fn send(&self, head: &str, body: &[u8]) -> Reply {
        send(&self.host, head, body)
    }

    fn push_blob(&self, name: &str, content: &[u8]) -> String {
        let digest = sha256(content);
        let reply =
            self.send(&format!("POST /v2/{name}/blobs/uploads/?digest={digest} HTTP/1.1\r\n"), content);
        assert_eq!(reply.status, 201, "{reply:?}");
        digest
    }

    /// Pushes a manifest and returns its digest.
    fn push_manifest(&self, name: &str, tag: Option<&str>, manifest: &Value) -> String {
        let content = manifest.to_string();
        let digest = sha256(content.as_bytes());
        let head = format!(
            "PUT /v2/{name}/manifests/{} HTTP/1.1\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n",
            tag.unwrap_or(&digest)
        );
        let reply = self.send(&head, content.as_bytes());
        assert_eq!(reply.status, 201, "{reply:?}");
        digest
    }

    /// Pushes an image without layers.
    fn push_image(&self, name: &str, tag: &str) -> String {
        self.push_blob(name, b"{}");
        self.push_manifest(name, Some(tag), &image())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        if eventually(PATIENCE, || self.child.try_wait().unwrap()).is_none() {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

fn serve(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regcli"));
    command.arg("serve").args(arguments).arg("--root").arg(root).env_clear().env("HOME", "/nonexistent");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("regcli-serve-").tempdir().unwrap()
}

fn image() -> Value {
    let config = "application/vnd.oci.image.config.v1+json";
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [],
        "config": { "mediaType": config, "digest": sha256(b"{}"), "size": 2 },
    })
}

/// A response.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends a request by a connection of its own. The head ends with its last header; without a `Host` it gets one.
fn send(host: &str, head: &str, body: &[u8]) -> Reply {
    let mut connection = TcpStream::connect(host).unwrap();
    let own = if head.to_ascii_lowercase().contains("\r\nhost:") {
        String::new()
    } else {
        format!("Host: {host}\r\n")
    };
    let rest = format!("{own}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    connection.write_all(format!("{head}{rest}").as_bytes()).unwrap();
    // A refused request may be answered before its body is read.
    let _ = connection.write_all(body);
    let mut content = Vec::new();
    connection.read_to_end(&mut content).unwrap();
    let end = content.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(content.len());
    let head = String::from_utf8_lossy(&content[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no status: {head:?}"));
    Reply { status, head, body: content.split_off((end + 4).min(content.len())) }
}
