//! The command lines of the compared programs.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::Result;

use crate::authority::Authority;
use crate::images::{Image, Subject, lend};
use crate::process::{Invocation, need};
use crate::program::Peer;
use crate::registry::{Http, reference};

/// The task of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task<'a> {
    Pull { from: &'a str },
    Push { to: &'a str },
    Copy { from: &'a str, to: &'a str },
}

/// The registries of a synchronisation.
#[derive(Clone, Copy)]
pub(crate) struct Hosts<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
}

/// The environment of a run.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) subject: &'a Subject,
    /// The directory of the run. A pull writes to `layout` below it.
    pub(crate) seat: &'a Path,
    pub(crate) http: &'a Http<'a>,
}

pub(crate) fn floor_pull(from: &str, work: Work<'_>) -> Result<Vec<Invocation>> {
    let folder = work.seat.join("layout/blobs/sha256");
    fs::create_dir_all(&folder)?;
    let mut files = Vec::new();
    let mut list = String::new();
    for (image, blob) in work.subject.distinct_blobs() {
        let file = folder.join(blob.digest.hex());
        writeln!(list, "url = \"{}\"", work.http.blob_url(from, image, &blob.digest))?;
        writeln!(list, "output = \"{}\"", file.display())?;
        files.push(file);
    }
    let hash = Invocation::new(need("openssl")?).args(["dgst", "-sha256"]).args(files);
    Ok(vec![curl(&list, work.seat, work.http)?, hash])
}

/// Uploads all blobs of each image with curl, four concurrently, and each only once to a repository.
pub(crate) fn curl_push(to: &str, subject: &Subject, seat: &Path, http: &Http<'_>) -> Result<Invocation> {
    let mut list = String::new();
    let mut seen = HashSet::new();
    for image in &subject.images {
        for blob in image.blobs().filter(|blob| seen.insert((&image.name, &blob.digest))) {
            let place = http.begin_upload(to, image, &blob.digest)?;
            writeln!(list, "url = \"{place}\"")?;
            writeln!(list, "upload-file = \"{}\"", fs::canonicalize(image.path(&blob.digest))?.display())?;
        }
    }
    let headers = ["--header", "Expect:", "--header", "Content-Type: application/octet-stream"];
    Ok(curl(&list, seat, http)?.args(headers))
}

/// HTTP/2 would share one connection, and the floor is one stream a blob.
fn curl(list: &str, seat: &Path, http: &Http<'_>) -> Result<Invocation> {
    let file = seat.join("curl.list");
    fs::write(&file, list)?;
    let options = ["--silent", "--show-error", "--fail", "--http1.1", "--parallel", "--parallel-max", "4"];
    let mut curl = Invocation::new(need("curl")?).args(options);
    if let Some(authority) = http.authority() {
        curl = curl.arg("--cacert").arg(authority.root());
    }
    Ok(curl.arg("--config").arg(file))
}

/// A peer's command for one image.
#[derive(Clone, Copy)]
pub(crate) struct Single<'a> {
    pub(crate) task: Task<'a>,
    pub(crate) image: &'a Image,
    pub(crate) work: Work<'a>,
}

/// The two ends of a peer's command.
struct Ends<'a> {
    task: Task<'a>,
    image: &'a Image,
    /// Where a pull writes.
    layout: PathBuf,
    /// What a push reads.
    source: PathBuf,
}

impl<'a> Single<'a> {
    fn ends(self) -> Result<Ends<'a>> {
        let layout = self.work.seat.join("layout");
        Ok(Ends { task: self.task, image: self.image, layout, source: self.source()? })
    }

    /// Returns the layout with only this image, under the name `1`. crane pushes no other layout.
    fn source(self) -> Result<PathBuf> {
        let alone = self.work.subject.images.len() == 1;
        if alone || !matches!(self.task, Task::Push { .. }) {
            return Ok(self.image.folder.clone());
        }
        let folder = self.work.seat.join("sources").join(&self.image.name);
        if !folder.exists() {
            lend(slice::from_ref(self.image), &folder, |_| "1".to_owned())?;
        }
        Ok(folder)
    }
}

/// Returns the command line of a peer.
pub(crate) fn peer(peer: Peer, path: &Path, single: Single<'_>) -> Result<Invocation> {
    let ends = single.ends()?;
    let invocation = Invocation::new(path);
    Ok(match (peer, single.work.http.authority()) {
        (Peer::Skopeo, authority) => skopeo(invocation, &ends, authority),
        (Peer::Crane, authority) => trusting(crane(invocation, &ends), authority),
        (Peer::Oras, None) => oras(invocation, &ends, &["--from-plain-http", "--to-plain-http"]),
        (Peer::Oras, authority) => trusting(oras(invocation, &ends, &[]), authority),
        (Peer::Regctl, None) => regctl(invocation, &ends, "disabled"),
        (Peer::Regctl, authority) => trusting(regctl(invocation, &ends, "enabled"), authority),
    })
}

/// Go's programs read the authorities that they trust from this file.
fn trusting(invocation: Invocation, authority: Option<&Authority>) -> Invocation {
    match authority {
        Some(authority) => invocation.env("SSL_CERT_FILE", authority.root()),
        None => invocation,
    }
}

/// crane uses plain HTTP for loopback addresses that have no TLS.
fn crane(invocation: Invocation, ends: &Ends<'_>) -> Invocation {
    let remote = |host: &str| OsString::from(reference(host, ends.image));
    match ends.task {
        Task::Pull { from } => invocation.args(["pull", "--format=oci"]).arg(remote(from)).arg(&ends.layout),
        Task::Push { to } => invocation.arg("push").arg(&ends.source).arg(remote(to)),
        Task::Copy { from, to } => invocation.arg("copy").args([remote(from), remote(to)]),
    }
}

/// `plain` are the flags for plain HTTP at the source and at the target; a layout takes none.
fn oras(invocation: Invocation, ends: &Ends<'_>, plain: &[&str]) -> Invocation {
    let remote = |host: &str| reference(host, ends.image);
    let (from_plain, to_plain) = (plain.first().copied(), plain.last().copied());
    let copy = invocation.arg("cp");
    match ends.task {
        Task::Pull { from } => {
            let to = format!("{}:{}", ends.layout.display(), ends.image.name);
            copy.args(from_plain).arg("--to-oci-layout").args([remote(from), to])
        }
        Task::Push { to } => {
            let from = format!("{}:1", ends.source.display());
            copy.args(to_plain).arg("--from-oci-layout").args([from, remote(to)])
        }
        Task::Copy { from, to } => copy.args(from_plain).args(to_plain).args([remote(from), remote(to)]),
    }
}

fn regctl(invocation: Invocation, ends: &Ends<'_>, tls: &str) -> Invocation {
    let at = |host: &str| ["--host".to_owned(), format!("reg={host},tls={tls}")];
    let remote = |host: &str| reference(host, ends.image);
    let copy = invocation.args(["image", "copy"]);
    match ends.task {
        Task::Pull { from } => {
            let to = format!("ocidir://{}:{}", ends.layout.display(), ends.image.name);
            copy.args(at(from)).args([remote(from), to])
        }
        Task::Push { to } => {
            let from = format!("ocidir://{}:1", ends.source.display());
            copy.args(at(to)).args([from, remote(to)])
        }
        Task::Copy { from, to } => copy.args(at(from)).args(at(to)).args([remote(from), remote(to)]),
    }
}

fn skopeo(invocation: Invocation, ends: &Ends<'_>, authority: Option<&Authority>) -> Invocation {
    let remote = |host: &str| format!("docker://{}", reference(host, ends.image));
    let (from, to) = match ends.task {
        Task::Pull { from } => (remote(from), format!("oci:{}:{}", ends.layout.display(), ends.image.name)),
        Task::Push { to } => (format!("oci:{}:1", ends.source.display()), remote(to)),
        Task::Copy { from, to } => (remote(from), remote(to)),
    };
    let copy = invocation.args(["--insecure-policy", "copy", "--quiet"]);
    let copy = match authority {
        Some(authority) => {
            let folder = authority.trusted();
            copy.arg("--src-cert-dir").arg(&folder).arg("--dest-cert-dir").arg(&folder)
        }
        None => copy.args(["--src-tls-verify=false", "--dest-tls-verify=false"]),
    };
    copy.args([from, to])
}

/// Returns the start of a command line of regcli, with the store `store` below the directory of the run.
pub(crate) fn regcli(path: &Path, store: &str, work: Work<'_>) -> Invocation {
    let regcli = Invocation::new(path);
    let regcli = match work.http.authority() {
        Some(authority) => regcli.arg("--ca-file").arg(authority.root()),
        None => regcli.arg("--plain-http"),
    };
    regcli.arg("--store").arg(work.seat.join(store))
}

/// Returns one command for all images. A copy takes only one, so only the first is copied.
pub(crate) fn regcli_task(path: &Path, task: Task<'_>, work: Work<'_>) -> Result<Invocation> {
    let images = &work.subject.images;
    let names = |host: &str| images.iter().map(|image| reference(host, image)).collect::<Vec<_>>();
    Ok(match task {
        Task::Pull { from } => regcli(path, "layout", work).arg("pull").args(names(from)),
        Task::Push { to } => {
            let folder = work.seat.join("store");
            if !folder.exists() {
                lend(images, &folder, |image| reference(to, image))?;
            }
            regcli(path, "store", work).arg("push").args(names(to))
        }
        Task::Copy { from, to } => {
            let ends = images.first().map(|image| [reference(from, image), reference(to, image)]);
            regcli(path, "store", work).arg("copy").args(ends.into_iter().flatten())
        }
    })
}

/// Returns one command that synchronises all repositories.
pub(crate) fn regcli_sync(path: &Path, ends: Hosts<'_>, work: Work<'_>) -> Invocation {
    let all = |host: &str| format!("{host}/bench/");
    regcli(path, "store", work).args(["sync".to_owned(), all(ends.from), all(ends.to)])
}

/// Returns one command that synchronises all repositories, which skopeo reads from a file.
pub(crate) fn skopeo_sync(path: &Path, ends: Hosts<'_>, work: Work<'_>) -> Result<Invocation> {
    let mut list = format!("\"{}\":\n", ends.from);
    let sync = Invocation::new(path).args(["--insecure-policy", "sync", "--all"]);
    let sync = match work.http.authority() {
        Some(authority) => {
            let folder = authority.trusted();
            writeln!(list, "  cert-dir: {}", folder.display())?;
            sync.arg("--dest-cert-dir").arg(folder)
        }
        None => {
            list += "  tls-verify: false\n";
            sync.arg("--dest-tls-verify=false")
        }
    };
    list += "  images:\n";
    let repositories: BTreeSet<&str> = work.subject.images.iter().map(|image| image.name.as_str()).collect();
    for repository in repositories {
        writeln!(list, "    bench/{repository}: []")?;
    }
    let file = work.seat.join("sync.yml");
    fs::write(&file, list)?;
    let to = format!("{}/bench", ends.to);
    Ok(sync.args(["--src", "yaml", "--dest", "docker"]).arg(file).arg(to))
}
