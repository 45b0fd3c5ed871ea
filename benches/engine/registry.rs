//! Registries on free ports, and the bench's own requests to them.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use regcli::digest::Digest;
use reqwest::{Client, Response, StatusCode, header};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::images::{Image, MANIFEST};
use crate::process::{Invocation, Server, need};

/// A kind of registry to measure with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Docker's registry, as packaged by Debian.
    Docker,
    /// `regcli serve`.
    Embedded,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker-registry",
            Self::Embedded => "regcli serve",
        }
    }
}

/// A running registry with its own directory.
pub(crate) struct Registry {
    // Dropped before its directory is removed.
    server: Server,
    _folder: TempDir,
}

impl Registry {
    /// Starts an empty registry. `regcli` is the program with the embedded one.
    pub(crate) fn start(kind: Kind, scratch: &Path, regcli: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("registry-").tempdir_in(scratch)?;
        let home = folder.path();
        let data = home.join("data");
        let server = match kind {
            Kind::Embedded => Server::start(home, |host| {
                Ok(Invocation::new(regcli).args(["serve", "--addr", host, "--root"]).arg(&data))
            })?,
            Kind::Docker => Server::start(home, |host| {
                let file = home.join("config.yml");
                fs::write(&file, configuration(host, &data))?;
                Ok(Invocation::new(need("docker-registry")?).arg("serve").arg(file))
            })?,
        };
        Ok(Self { server, _folder: folder })
    }

    /// Returns `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> &str {
        &self.server.host
    }
}

/// No access log, because the measured programs need this machine's cores.
fn configuration(host: &str, data: &Path) -> String {
    format!(
        "version: 0.1\n\
         log:\n  level: error\n  accesslog:\n    disabled: true\n\
         storage:\n  filesystem:\n    rootdirectory: {}\n\
         http:\n  addr: {host}\n",
        data.display()
    )
}

/// A small HTTP client of the bench.
pub(crate) struct Http<'a> {
    client: Client,
    runtime: &'a Runtime,
}

impl<'a> Http<'a> {
    pub(crate) fn new(runtime: &'a Runtime) -> Result<Self> {
        Ok(Self { client: Client::builder().no_proxy().build()?, runtime })
    }

    /// Opens an upload for each blob of an image. Returns the URL for each whole blob.
    pub(crate) fn begin_uploads(&self, host: &str, image: &Image) -> Result<Vec<String>> {
        image.blobs().map(|blob| self.begin_upload(host, image, &blob.digest)).collect()
    }

    fn begin_upload(&self, host: &str, image: &Image, digest: &Digest) -> Result<String> {
        let begin = self.client.post(format!("{}blobs/uploads/", base(host, image)));
        let begun = self.expect(begin, StatusCode::ACCEPTED)?;
        let location =
            begun.headers().get(header::LOCATION).context("an upload without a place")?.to_str()?;
        // Some registries return a whole URL, some only a path. Over a link, the host may differ.
        let path =
            location.find("/v2/").map(|start| &location[start..]).context("an odd place for an upload")?;
        let joint = if path.contains('?') { '&' } else { '?' };
        Ok(format!("http://{host}{path}{joint}digest={digest}"))
    }

    /// Uploads the manifest, after all blobs.
    pub(crate) fn put_manifest(&self, host: &str, image: &Image) -> Result<()> {
        let content = fs::read(image.path(&image.manifest.digest))?;
        let put = self.client.put(format!("{}manifests/1", base(host, image)));
        self.expect(put.header(header::CONTENT_TYPE, MANIFEST).body(content), StatusCode::CREATED)?;
        Ok(())
    }

    /// Reports whether the registry has the complete image.
    pub(crate) fn check(&self, host: &str, image: &Image) -> Result<()> {
        let manifest = self.client.head(format!("{}manifests/1", base(host, image)));
        let manifest = self.expect(manifest.header(header::ACCEPT, MANIFEST), StatusCode::OK)?;
        let digest =
            manifest.headers().get("Docker-Content-Digest").context("a manifest without a digest")?;
        if digest.to_str()? != image.manifest.digest.as_str() {
            bail!("the registry has another manifest");
        }
        for blob in image.blobs() {
            self.expect(self.client.head(blob_url(host, image, &blob.digest)), StatusCode::OK)?;
        }
        Ok(())
    }

    fn expect(&self, request: reqwest::RequestBuilder, status: StatusCode) -> Result<Response> {
        let response = self.runtime.block_on(request.send())?;
        if response.status() != status {
            bail!("{} answered {}, not {status}", response.url(), response.status());
        }
        Ok(response)
    }
}

/// Returns the name of an image at a registry.
pub(crate) fn reference(host: &str, image: &Image) -> String {
    format!("{host}/bench/{}:1", image.shape.name())
}

pub(crate) fn blob_url(host: &str, image: &Image, digest: &Digest) -> String {
    format!("{}blobs/{digest}", base(host, image))
}

fn base(host: &str, image: &Image) -> String {
    format!("http://{host}/v2/bench/{}/", image.shape.name())
}
