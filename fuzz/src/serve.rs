//! Several requests in a row to the embedded registry.
//!
//! The input is text: requests separated by a line `---`. Each has a line `METHOD PATH`, headers, an
//! empty line and a body. `$BODY` stands for the digest of the request's own body, `$CONFIG` and
//! `$PLACE` for the values of `Docker-Content-Digest` and `Location` in the previous response.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, Response};
use axum::routing::{MethodRouter, any_service};
use regcli::digest::Digest;
use regcli::protocol::Route;
use regcli::serve::Registry;
use tokio::runtime::Runtime;

/// The maximum number of requests in one input, because each writes to the disk.
const REQUESTS_MAX: usize = 16;

/// The maximum number of bytes read from a response.
const ANSWER_MAX: usize = 1 << 20;

/// No request causes a server error, every file matches its name, and nothing is written elsewhere.
pub fn check(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let root = folder.path().join("registry");
    runtime().block_on(async {
        let registry = Registry::open(&root).await.expect("an empty folder");
        talk(&any_service(registry.router()), data).await;
    });
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    all_blobs_are_whole(&root);
    // The registry can be opened again.
    runtime().block_on(async { drop(Registry::open(&root).await.expect("its own folder")) });
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a thread of its own")
    })
}

async fn talk(service: &MethodRouter, data: &[u8]) {
    let mut said = HeaderMap::new();
    for part in parts(data, b"\n---\n").into_iter().take(REQUESTS_MAX) {
        let Some(request) = request(part, &said) else { continue };
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let answer = Handler::call(service.clone(), request, ()).await;
        said = answer.headers().clone();
        is_right(&path, &method, answer).await;
    }
}

async fn is_right(path: &str, method: &Method, answer: Response<Body>) {
    let status = answer.status();
    assert!(!status.is_server_error(), "{method} {path}: {status}");
    let content = axum::body::to_bytes(answer.into_body(), ANSWER_MAX).await.expect("bytes in memory");
    if status.as_u16() == 200
        && *method == Method::GET
        && let Ok(Route::Blob { digest, .. }) = Route::parse(path)
    {
        assert!(digest.matches(&content));
    }
    if status.is_client_error() && *method != Method::HEAD {
        let refusal = serde_json::from_slice::<serde_json::Value>(&content);
        assert!(
            refusal.is_ok_and(|refusal| refusal["errors"][0]["code"].is_string()),
            "{method} {path}: {status}"
        );
    }
}

/// Builds a request. Returns `None` if it is not valid HTTP.
fn request(text: &[u8], said: &HeaderMap) -> Option<Request> {
    let (head, body) = split_once(text, b"\n\n");
    let head = filled(std::str::from_utf8(head).ok()?, body, said);
    let mut lines = head.lines();
    let (method, place) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(place);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).ok()
}

fn filled(head: &str, body: &[u8], said: &HeaderMap) -> String {
    let said =
        |name: &str| said.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    head.replace("$BODY", Digest::sha256(body).as_str())
        .replace("$CONFIG", &said("docker-content-digest"))
        .replace("$PLACE", &said("location"))
}

/// Checks that every file below `blobs` matches the digest in its name.
fn all_blobs_are_whole(root: &Path) {
    for algorithm in entries(&root.join("blobs")) {
        for blob in entries(&algorithm) {
            let name =
                |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if let Ok(digest) = format!("{}:{}", name(&algorithm), name(&blob)).parse::<Digest>() {
                assert!(digest.matches(&fs::read(&blob).expect("a file")), "{}", blob.display());
            }
        }
    }
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn parts<'a>(data: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut rest) = (Vec::new(), Some(data));
    while let Some(text) = rest {
        let (part, after) = split_once(text, separator);
        parts.push(part);
        rest = (part.len() < text.len()).then_some(after);
    }
    parts
}

fn split_once<'a>(data: &'a [u8], separator: &[u8]) -> (&'a [u8], &'a [u8]) {
    match data.windows(separator.len()).position(|window| window == separator) {
        Some(at) => (&data[..at], &data[at + separator.len()..]),
        None => (data, &[]),
    }
}
