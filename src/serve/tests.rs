//! The registry over real connections: with reqwest, with sockets written by hand, and with skopeo.

mod foreign;
mod lists;
mod manifests;
mod pull;
mod push;
mod registry_2;
mod stop;
/// Decides what happens to a test whose tool is missing, here as in `tests/it`.
#[path = "../../tests/it/support/tools/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod tools;

use std::net::SocketAddr;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Error, Options, Registry, run};
use crate::digest::Digest;
use crate::image::MediaType;

/// A registry on a port of its own, with a folder of its own.
struct Server {
    address: SocketAddr,
    root: TempDir,
    client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

impl Server {
    async fn start() -> Self {
        Self::start_in(TempDir::new().unwrap()).await
    }

    async fn start_in(root: TempDir) -> Self {
        let registry = Registry::open(root.path()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(run(listener, registry, Options::default(), async { drop(stopped.await) }));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { address, root, client, stop, task }
    }

    /// Stops the registry and returns its folder.
    async fn stop(self) -> TempDir {
        drop(self.client);
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
        self.root
    }

    fn request(&self, method: &str, place: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("http://{}{place}", self.address))
    }

    async fn send(&self, method: &str, place: &str) -> Response {
        self.request(method, place).send().await.unwrap()
    }

    async fn status(&self, method: &str, place: &str) -> u16 {
        self.send(method, place).await.status().as_u16()
    }

    async fn get_json(&self, place: &str) -> Value {
        json_of(self.send("GET", place).await).await
    }

    /// Begins an upload and returns its location.
    async fn begin(&self, name: &str) -> String {
        let begun = self.send("POST", &format!("/v2/{name}/blobs/uploads/")).await;
        assert_eq!(begun.status(), 202);
        header(&begun, "location")
    }

    async fn push_blob(&self, name: &str, content: &[u8]) -> Digest {
        let digest = Digest::sha256(content);
        let place = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        let pushed = self.request("POST", &place).body(content.to_vec()).send().await.unwrap();
        assert_eq!(pushed.status(), 201);
        digest
    }

    async fn put_manifest(&self, place: &str, media_type: &MediaType, document: &str) -> Response {
        let request = self.request("PUT", place).header("content-type", media_type.as_str());
        request.body(document.to_owned()).send().await.unwrap()
    }

    /// Pushes an image of one blob, which serves as its config, and returns its digest.
    async fn push_image(&self, name: &str, tag: &str) -> Digest {
        self.push_blob(name, tag.as_bytes()).await;
        let document = image(tag.as_bytes());
        let place = format!("/v2/{name}/manifests/{tag}");
        let pushed = self.put_manifest(&place, &MediaType::OCI_MANIFEST, &document).await;
        assert_eq!(pushed.status(), 201);
        Digest::sha256(document.as_bytes())
    }
}

/// Returns the manifest of an image with this config and without layers.
fn image(config: &[u8]) -> String {
    json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "config": { "mediaType": MediaType::OCI_CONFIG, "digest": Digest::sha256(config), "size": config.len() },
        "layers": [],
    })
    .to_string()
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name).unwrap_or_else(|| panic!("{name} in {response:?}"));
    value.to_str().unwrap().to_owned()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Returns the status and the first error of a response.
async fn refusal(response: Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    let mut body = json_of(response).await;
    let error = body["errors"][0].take();
    (status, error["code"].as_str().unwrap().to_owned(), error["detail"].clone())
}

/// Returns bytes without repetitions.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}
