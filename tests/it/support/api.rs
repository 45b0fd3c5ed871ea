//! The API of a registry, spoken by hand: what is there before regcli comes, and what is there after it left.
//!
//! An oracle must not share code with what it judges, so regcli has no part in this.

use std::future::Future;

use axum::http::header;
use futures_util::{StreamExt, stream};
use reqwest::{Client, Response, Url};

use super::fixtures::Fixture;
use super::layout::{Part, sha256};

/// How many requests are on their way at once where there are many to make.
const AT_ONCE: usize = 16;

/// One repository of a registry that speaks plain HTTP and asks for no credentials.
pub(crate) struct Api {
    client: Client,
    host: String,
    repository: String,
}

impl Api {
    /// The repository at `host`.
    pub(crate) fn of(host: &str, repository: &str) -> Self {
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { client, host: host.to_owned(), repository: repository.to_owned() }
    }

    /// Brings a whole image there, blobs first and the tag last.
    #[track_caller]
    pub(crate) fn seed(&self, fixture: &Fixture, tag: &str) {
        blocking(async {
            for blob in &fixture.blobs {
                self.upload(&blob.digest, fixture.content(&blob.digest)).await;
            }
            for manifest in fixture.manifests.values() {
                self.put(&manifest.digest, manifest, fixture.content(&manifest.digest)).await;
            }
            self.put(tag, &fixture.root, fixture.content(&fixture.root.digest)).await;
        });
    }

    /// Brings one blob there.
    #[track_caller]
    pub(crate) fn seed_blob(&self, fixture: &Fixture, blob: &Part) {
        blocking(self.upload(&blob.digest, fixture.content(&blob.digest)));
    }

    /// Brings this content there as a blob.
    #[track_caller]
    pub(crate) fn put_blob(&self, content: &[u8]) -> String {
        let digest = sha256(content);
        blocking(self.upload(&digest, content.to_vec()));
        digest
    }

    /// Brings a manifest there, under its digest and under a tag if one is given.
    #[track_caller]
    pub(crate) fn put_manifest(&self, media_type: &str, content: &[u8], tag: Option<&str>) -> Part {
        let digest = sha256(content);
        let part = Part { media_type: media_type.to_owned(), digest, size: content.len() as u64 };
        blocking(self.put(tag.unwrap_or(&part.digest), &part, content.to_vec()));
        part
    }

    /// Deletes a manifest by its digest.
    #[track_caller]
    pub(crate) fn delete(&self, digest: &str) {
        blocking(async {
            created(self.client.delete(self.url(&format!("manifests/{digest}"))).send().await.unwrap()).await;
        });
    }

    /// Makes many tags mean the same image, which has to be there.
    #[track_caller]
    pub(crate) fn tag(&self, fixture: &Fixture, tags: &[String]) {
        let content = fixture.content(&fixture.root.digest);
        let puts = tags.iter().map(|tag| self.put(tag, &fixture.root, content.clone()));
        blocking(stream::iter(puts).buffer_unordered(AT_ONCE).collect::<Vec<()>>());
    }

    /// The bytes of a manifest by tag or digest; `None` if it is not there.
    pub(crate) fn manifest(&self, selector: &str) -> Option<Vec<u8>> {
        blocking(self.get(&format!("manifests/{selector}")))
    }

    /// The bytes of a blob; `None` if it is not there.
    pub(crate) fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        blocking(self.get(&format!("blobs/{digest}")))
    }

    /// Asserts that the tag means this image, and that every byte of it is there.
    #[track_caller]
    pub(crate) fn holds(&self, fixture: &Fixture, tag: &str) {
        let root = self.manifest(tag).unwrap_or_else(|| panic!("no tag {tag}"));
        assert_eq!(sha256(&root), fixture.root.digest, "the digest of {tag}");
        assert_eq!(root, fixture.content(&fixture.root.digest), "the bytes of {tag}");
        for manifest in fixture.manifests.values() {
            let found = self.manifest(&manifest.digest);
            assert_eq!(found, Some(fixture.content(&manifest.digest)), "manifest {}", manifest.digest);
        }
        for blob in &fixture.blobs {
            let found = self.blob(&blob.digest);
            assert_eq!(found, Some(fixture.content(&blob.digest)), "blob {}", blob.digest);
        }
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}/v2/{}/{rest}", self.host, self.repository)
    }

    async fn get(&self, rest: &str) -> Option<Vec<u8>> {
        // A registry that knows only Docker's documents would convert others.
        let accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
             application/vnd.docker.distribution.manifest.list.v2+json, \
             application/vnd.docker.distribution.manifest.v2+json, */*";
        let answer = self.client.get(self.url(rest)).header(header::ACCEPT, accept).send().await.unwrap();
        match answer.status().as_u16() {
            404 => None,
            200 => Some(answer.bytes().await.unwrap().to_vec()),
            status => panic!("{rest}: {status}"),
        }
    }

    async fn upload(&self, digest: &str, content: Vec<u8>) {
        let session = created(self.client.post(self.url("blobs/uploads/")).send().await.unwrap()).await;
        let location = session.headers()[header::LOCATION].to_str().unwrap();
        let mut url: Url = session.url().join(location).unwrap();
        url.query_pairs_mut().append_pair("digest", digest);
        created(self.client.put(url).body(content).send().await.unwrap()).await;
    }

    async fn put(&self, selector: &str, part: &Part, content: Vec<u8>) {
        let request = self.client.put(self.url(&format!("manifests/{selector}")));
        let request = request.header(header::CONTENT_TYPE, &part.media_type).body(content);
        created(request.send().await.unwrap()).await;
    }
}

async fn created(answer: Response) -> Response {
    if !answer.status().is_success() {
        panic!("{}: {}: {}", answer.url().clone(), answer.status(), answer.text().await.unwrap());
    }
    answer
}

fn blocking<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
