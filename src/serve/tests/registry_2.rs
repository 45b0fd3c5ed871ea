//! The same requests to docker-registry and to this registry must give the same responses.
//!
//! Deliberate differences are left out: this registry refuses chunks that are not the next ones, takes a blob
//! in one POST, removes tags, pages tags, lists referrers, sends OCI manifests to clients without an `Accept`
//! header, reports an unknown upload as unknown instead of invalid, and reports unchanged content with a 304.

use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use reqwest::{Client, Method};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::tools::{command, missing};
use super::{Server, image};
use crate::digest::Digest;
use crate::image::MediaType;

/// The headers that clients read.
const HEADERS: [&str; 9] = [
    "accept-ranges",
    "content-range",
    "content-type",
    "docker-content-digest",
    "docker-distribution-api-version",
    "etag",
    "link",
    "location",
    "range",
];

/// A real docker-registry, ended when dropped.
struct Original {
    address: SocketAddr,
    _process: Child,
    _root: TempDir,
}

impl Original {
    async fn start() -> Self {
        let root = TempDir::new().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let storage = format!(
            "{{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}",
            root.path().display()
        );
        let http = format!("{{addr: '{address}', relativeurls: true}}");
        let config = format!("version: 0.1\nstorage: {storage}\nhttp: {http}\nlog: {{level: error}}\n");
        let path = root.path().join("config.yml");
        fs::write(&path, config).unwrap();
        let mut command = Command::from(command("docker-registry"));
        command.arg("serve").arg(&path).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().unwrap();
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { address, _process: process, _root: root }
    }
}

/// One request. `LOCATION` as its path stands for the location where the last upload resumes.
struct Step {
    method: &'static str,
    place: String,
    header: Option<(&'static str, String)>,
    body: Vec<u8>,
}

fn step(method: &'static str, place: impl Into<String>) -> Step {
    Step { method, place: place.into(), header: None, body: Vec::new() }
}

impl Step {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// Returns what a client sees, one line for each fact, so that a difference is easy to read.
async fn answers(address: SocketAddr, steps: &[Step]) -> Vec<String> {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut location = String::new();
    let mut lines = Vec::new();
    for Step { method, place, header, body } in steps {
        let url = match place.strip_prefix("LOCATION") {
            Some("") => format!("http://{address}{location}"),
            // registry:2 keeps state in the query of the location.
            Some(query) if location.contains('?') => format!("http://{address}{location}&{query}"),
            Some(query) => format!("http://{address}{location}?{query}"),
            None => format!("http://{address}{place}"),
        };
        let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        request = request.header("accept", MediaType::ACCEPT_MANIFEST);
        if let Some((name, value)) = header {
            request = request.header(*name, value);
        }
        let answer = request.body(body.clone()).send().await.unwrap();
        let name = format!("{method} {place} {}", header.as_ref().map_or("", |(_, value)| value));
        lines.push(format!("{name}: {}", answer.status().as_u16()));
        let refused = answer.status().is_client_error();
        for known in HEADERS {
            let value = answer.headers().get(known).map(|value| value.to_str().unwrap().to_owned());
            let shown = match value {
                // The name of an upload is random.
                Some(place) if place.contains("/uploads/") => {
                    location.clone_from(&place);
                    place.rsplit_once('/').unwrap().0.to_owned()
                }
                Some(value) => value,
                None => continue,
            };
            lines.push(format!("{name}: {known}: {shown}"));
        }
        let body = answer.bytes().await.unwrap();
        match crate::protocol::ErrorBody::parse(0, &body) {
            Some(said) if refused => lines.push(format!("{name}: {said}")),
            _ => lines.push(format!("{name}: {:?}", String::from_utf8_lossy(&body).trim_end())),
        }
    }
    lines
}

fn uploads() -> Vec<Step> {
    let blob = Digest::sha256(b"hello");
    let nothing = Digest::sha256(b"nothing");
    vec![
        step("GET", "/v2/"),
        step("GET", "/v2/_catalog"),
        step("GET", "/v2/a/tags/list"),
        step("GET", "/v2/a/manifests/1"),
        step("HEAD", "/v2/a/manifests/1"),
        step("GET", format!("/v2/a/manifests/{nothing}")),
        step("GET", format!("/v2/a/blobs/{nothing}")),
        step("GET", "/v2/a/blobs/sha256:22"),
        step("POST", "/v2/a/blobs/uploads/"),
        step("GET", "LOCATION"),
        step("PATCH", "LOCATION").with("content-type", "application/octet-stream").body("hel"),
        step("GET", "LOCATION"),
        step("PATCH", "LOCATION").with("content-range", "3-3").body("l"),
        step("PUT", format!("LOCATIONdigest={blob}"))
            .with("content-type", "application/octet-stream")
            .body("o"),
        step("POST", "/v2/a/blobs/uploads/"),
        step("PUT", "LOCATIONdigest=x"),
        step("PUT", format!("LOCATIONdigest={nothing}"))
            .with("content-type", "application/octet-stream")
            .body("hello"),
        step("POST", "/v2/a/blobs/uploads/"),
        step("DELETE", "LOCATION"),
        step("DELETE", "LOCATION"),
    ]
}

fn pulls_and_changes() -> Vec<Step> {
    let blob = Digest::sha256(b"hello");
    let nothing = Digest::sha256(b"nothing");
    let document = image(b"hello");
    let manifest = Digest::sha256(document.as_bytes());
    let absent = image(b"nothing");
    let put = |place: &str, document: &str| {
        step("PUT", place).with("content-type", MediaType::OCI_MANIFEST.as_str()).body(document)
    };
    let get_range = |range: &str| step("GET", format!("/v2/a/blobs/{blob}")).with("range", range);
    vec![
        step("HEAD", format!("/v2/a/blobs/{blob}")),
        step("GET", format!("/v2/a/blobs/{blob}")),
        get_range("bytes=1-2"),
        get_range("bytes=-2"),
        get_range("bytes=2-"),
        step("GET", format!("/v2/b/blobs/{blob}")),
        step("POST", format!("/v2/b/blobs/uploads/?mount={blob}&from=a")),
        step("GET", format!("/v2/b/blobs/{blob}")),
        step("POST", format!("/v2/b/blobs/uploads/?mount={nothing}&from=a")),
        put("/v2/a/manifests/1", &absent),
        put("/v2/a/manifests/1", "{"),
        put(&format!("/v2/a/manifests/{nothing}"), &document),
        put("/v2/a/manifests/1", &document),
        put("/v2/b/manifests/1", &document),
        put(&format!("/v2/a/manifests/{manifest}"), &document),
        step("GET", "/v2/a/manifests/1"),
        step("HEAD", format!("/v2/a/manifests/{manifest}")),
        step("GET", "/v2/a/tags/list"),
        step("GET", "/v2/_catalog?n=1"),
        step("GET", "/v2/_catalog?n=1&last=a"),
        step("DELETE", format!("/v2/a/manifests/{nothing}")),
        step("DELETE", format!("/v2/a/manifests/{manifest}")),
        step("DELETE", format!("/v2/a/manifests/{manifest}")),
        step("DELETE", format!("/v2/a/blobs/{blob}")),
        step("DELETE", format!("/v2/a/blobs/{blob}")),
        step("GET", format!("/v2/b/blobs/{blob}")),
    ]
}

#[tokio::test]
async fn answers_are_those_of_docker_registry() {
    if missing("docker-registry") {
        return;
    }
    let (original, server) = (Original::start().await, Server::start().await);
    let steps: Vec<_> = uploads().into_iter().chain(pulls_and_changes()).collect();
    let theirs = answers(original.address, &steps).await;
    let ours = answers(server.address, &steps).await;
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    assert_eq!((only(&ours, &theirs), only(&theirs, &ours)), (Vec::new(), Vec::new()));
    server.stop().await;
}
