//! Registries on free ports, and the bench's own requests to them.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use regcli::digest::Digest;
use reqwest::{Certificate, Client, Response, StatusCode, header};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::authority::Authority;
use crate::images::Image;
use crate::layout::MANIFEST;
use crate::process::{Invocation, Server, need};

/// A kind of registry to measure with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Docker's registry, as packaged by Debian.
    Docker,
    /// The same over TLS, with a certificate of the bench's own authority.
    DockerTls,
    /// `regcli serve`.
    Embedded,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker-registry",
            Self::DockerTls => "docker-registry over TLS",
            Self::Embedded => "regcli serve",
        }
    }

    /// Reports whether a link sees only encrypted bytes.
    pub(crate) fn is_encrypted(self) -> bool {
        self == Self::DockerTls
    }
}

/// A running registry with its own directory.
pub(crate) struct Registry {
    kind: Kind,
    // Dropped before its directory is removed.
    server: Server,
    folder: TempDir,
}

impl Registry {
    /// Starts an empty registry. `regcli` is the program with the embedded one, `authority` is for the
    /// one over TLS.
    pub(crate) fn start(
        kind: Kind,
        scratch: &Path,
        regcli: &Path,
        authority: Option<&Authority>,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("registry-").tempdir_in(scratch)?;
        let home = folder.path();
        let data = home.join("data");
        let server = match kind {
            Kind::Embedded => Server::start(home, |host| {
                Ok(Invocation::new(regcli).args(["serve", "--addr", host, "--root"]).arg(&data))
            })?,
            Kind::Docker | Kind::DockerTls => Server::start(home, |host| {
                let file = home.join("config.yml");
                fs::write(&file, configuration(host, &data, authority))?;
                Ok(Invocation::new(need("docker-registry")?).arg("serve").arg(file))
            })?,
        };
        Ok(Self { kind, server, folder })
    }

    /// Creates tags of a repository of docker-registry, without manifests: only their names are listed.
    pub(crate) fn create_tags(&self, repository: &str, number: usize) -> Result<()> {
        let repositories = self.folder.path().join("data/docker/registry/v2/repositories");
        let tags = repositories.join(repository).join("_manifests/tags");
        for tag in 0..number {
            fs::create_dir_all(tags.join(format!("v1.0.{tag}")))?;
        }
        Ok(())
    }

    /// Returns the number of tags in all repositories below `bench`. Reads the registry's directory, so that a
    /// program that runs meanwhile is not held up by requests.
    pub(crate) fn tags(&self) -> Result<usize> {
        let data = self.folder.path().join("data");
        let (repositories, tags) = match self.kind {
            Kind::Docker | Kind::DockerTls => ("docker/registry/v2/repositories/bench", "_manifests/tags"),
            Kind::Embedded => ("repositories", "tags"),
        };
        let Some(repositories) = entries(&data.join(repositories))? else { return Ok(0) };
        let mut number = 0;
        for repository in repositories {
            number += entries(&repository?.path().join(tags))?.map_or(0, Iterator::count);
        }
        Ok(number)
    }

    /// Returns `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> &str {
        &self.server.host
    }
}

/// Reads a directory that may not exist yet.
fn entries(folder: &Path) -> io::Result<Option<fs::ReadDir>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// No access log, because the measured programs need this machine's cores.
fn configuration(host: &str, data: &Path, authority: Option<&Authority>) -> String {
    let plain = format!(
        "version: 0.1\n\
         log:\n  level: error\n  accesslog:\n    disabled: true\n\
         storage:\n  filesystem:\n    rootdirectory: {}\n\
         http:\n  addr: {host}\n",
        data.display()
    );
    let tls = authority.map(|authority| {
        let (certificate, key) = (authority.certificate(), authority.key());
        format!("  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display())
    });
    plain + &tls.unwrap_or_default()
}

/// A small HTTP client of the bench.
pub(crate) struct Http<'a> {
    client: Client,
    runtime: &'a Runtime,
    /// Present if the registries use TLS.
    authority: Option<&'a Authority>,
}

impl<'a> Http<'a> {
    /// Creates a client of registries over TLS if there is an authority, else of plain ones.
    pub(crate) fn new(runtime: &'a Runtime, authority: Option<&'a Authority>) -> Result<Self> {
        let mut builder = Client::builder().no_proxy();
        if let Some(authority) = authority {
            let root = Certificate::from_pem(&fs::read(authority.root())?)?;
            builder = builder.tls_certs_only([root]);
        }
        Ok(Self { client: builder.build()?, runtime, authority })
    }

    pub(crate) fn authority(&self) -> Option<&'a Authority> {
        self.authority
    }

    pub(crate) fn blob_url(&self, host: &str, image: &Image, digest: &Digest) -> String {
        format!("{}blobs/{digest}", self.base(host, image))
    }

    fn manifest_url(&self, host: &str, image: &Image) -> String {
        format!("{}manifests/{}", self.base(host, image), image.tag)
    }

    fn base(&self, host: &str, image: &Image) -> String {
        format!("{}://{host}/v2/bench/{}/", self.scheme(), image.name)
    }

    fn scheme(&self) -> &'static str {
        if self.authority.is_some() { "https" } else { "http" }
    }

    /// Opens an upload for a blob of an image. Returns the URL for the whole blob.
    pub(crate) fn begin_upload(&self, host: &str, image: &Image, digest: &Digest) -> Result<String> {
        let begin = self.client.post(format!("{}blobs/uploads/", self.base(host, image)));
        let begun = self.expect(begin, StatusCode::ACCEPTED)?;
        let location =
            begun.headers().get(header::LOCATION).context("an upload without a place")?.to_str()?;
        // Some registries return a whole URL, some only a path. Over a link, the host may differ.
        let path =
            location.find("/v2/").map(|start| &location[start..]).context("an odd place for an upload")?;
        let joint = if path.contains('?') { '&' } else { '?' };
        Ok(format!("{}://{host}{path}{joint}digest={digest}", self.scheme()))
    }

    /// Uploads the manifest, after all blobs.
    pub(crate) fn put_manifest(&self, host: &str, image: &Image) -> Result<()> {
        let content = fs::read(image.path(&image.manifest.digest))?;
        let put = self.client.put(self.manifest_url(host, image));
        self.expect(put.header(header::CONTENT_TYPE, MANIFEST).body(content), StatusCode::CREATED)?;
        Ok(())
    }

    /// Reports whether the registry has the complete image.
    pub(crate) fn check(&self, host: &str, image: &Image) -> Result<()> {
        let manifest = self.client.head(self.manifest_url(host, image));
        let manifest = self.expect(manifest.header(header::ACCEPT, MANIFEST), StatusCode::OK)?;
        let digest =
            manifest.headers().get("Docker-Content-Digest").context("a manifest without a digest")?;
        if digest.to_str()? != image.manifest.digest.as_str() {
            bail!("the registry has another manifest");
        }
        for blob in image.blobs() {
            self.expect(self.client.head(self.blob_url(host, image, &blob.digest)), StatusCode::OK)?;
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
    format!("{host}/bench/{}:{}", image.name, image.tag)
}
