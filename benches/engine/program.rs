//! The compared programs, and their command lines.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::case::Case;
use crate::images::Image;
use crate::process::{Invocation, find, need};
use crate::registry::{Http, blob_url, reference};
use anyhow::Result;

/// A program that moves images.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The floor: curl moves the blobs, four concurrently, and openssl hashes them.
    Floor,
    /// The same without the hashes: one plain stream a blob.
    Streams,
    Skopeo(PathBuf),
    Regcli(PathBuf),
}

/// The task of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task<'a> {
    Pull { from: &'a str },
    Push { to: &'a str },
    Copy { from: &'a str, to: &'a str },
}

/// The environment of a run.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) image: &'a Image,
    /// The directory of the run. A pull writes to `layout` below it.
    pub(crate) seat: &'a Path,
    pub(crate) http: &'a Http<'a>,
}

impl Program {
    /// Returns the floor, the installed peers, and the regclis, in this order.
    pub(crate) fn all(regclis: &[(String, PathBuf)]) -> Vec<Self> {
        let skopeo = find("skopeo").map(|path| Self { name: "skopeo".to_owned(), kind: Kind::Skopeo(path) });
        let regclis =
            regclis.iter().map(|(name, path)| Self { name: name.clone(), kind: Kind::Regcli(path.clone()) });
        let floor = Self { name: "curl + sha256".to_owned(), kind: Kind::Floor };
        let streams = Self { name: "curl, 4 streams".to_owned(), kind: Kind::Streams };
        [floor, streams].into_iter().chain(skopeo).chain(regclis).collect()
    }

    /// Reports whether the program moves blobs only.
    pub(crate) fn is_curl(&self) -> bool {
        matches!(self.kind, Kind::Floor | Kind::Streams)
    }

    /// Reports whether the program can do this.
    pub(crate) fn can(&self, case: Case) -> bool {
        match self.kind {
            Kind::Floor => case.has_floor(),
            Kind::Streams => case == Case::Pull,
            Kind::Skopeo(_) | Kind::Regcli(_) => true,
        }
    }

    /// Reports whether this is a regcli, under any name.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Regcli(_))
    }

    /// Reports whether this is its name on the command line.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self.kind {
            Kind::Floor => name == "floor",
            Kind::Streams => name == "streams",
            Kind::Skopeo(_) => name == "skopeo",
            Kind::Regcli(_) => false,
        }
    }

    /// Returns the commands to run, one after the other.
    ///
    /// The floor's uploads are opened here, so that they are not measured.
    pub(crate) fn invocations(&self, task: Task<'_>, work: Work<'_>) -> Result<Vec<Invocation>> {
        let Work { image, seat, http } = work;
        match (&self.kind, task) {
            (Kind::Floor, Task::Pull { from }) => floor_pull(from, image, seat),
            (Kind::Floor, Task::Push { to }) => Ok(vec![curl_push(to, image, seat, http)?]),
            (Kind::Floor, Task::Copy { .. }) | (Kind::Streams, Task::Push { .. } | Task::Copy { .. }) => {
                Ok(Vec::new())
            }
            (Kind::Streams, Task::Pull { from }) => {
                Ok(floor_pull(from, image, seat)?.into_iter().take(1).collect())
            }
            (Kind::Skopeo(path), task) => Ok(vec![skopeo(path, task, image, seat)]),
            (Kind::Regcli(path), task) => Ok(vec![regcli(path, task, image, seat)?]),
        }
    }
}

fn floor_pull(from: &str, image: &Image, seat: &Path) -> Result<Vec<Invocation>> {
    let folder = seat.join("layout/blobs/sha256");
    fs::create_dir_all(&folder)?;
    let files: Vec<PathBuf> = image.blobs().map(|blob| folder.join(blob.digest.hex())).collect();
    let mut list = String::new();
    for (blob, file) in image.blobs().zip(&files) {
        writeln!(list, "url = \"{}\"", blob_url(from, image, &blob.digest))?;
        writeln!(list, "output = \"{}\"", file.display())?;
    }
    let hash = Invocation::new(need("openssl")?).args(["dgst", "-sha256"]).args(files);
    Ok(vec![curl(&list, seat)?, hash])
}

/// Uploads all blobs with curl, four concurrently.
pub(crate) fn curl_push(to: &str, image: &Image, seat: &Path, http: &Http<'_>) -> Result<Invocation> {
    let mut list = String::new();
    for (blob, place) in image.blobs().zip(http.begin_uploads(to, image)?) {
        writeln!(list, "url = \"{place}\"")?;
        writeln!(list, "upload-file = \"{}\"", fs::canonicalize(image.path(&blob.digest))?.display())?;
    }
    Ok(curl(&list, seat)?.args(["--header", "Expect:", "--header", "Content-Type: application/octet-stream"]))
}

fn curl(list: &str, seat: &Path) -> Result<Invocation> {
    let file = seat.join("curl.list");
    fs::write(&file, list)?;
    let options = ["--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "4", "--config"];
    Ok(Invocation::new(need("curl")?).args(options).arg(file))
}

fn skopeo(path: &Path, task: Task<'_>, image: &Image, seat: &Path) -> Invocation {
    let remote = |host: &str| format!("docker://{}", reference(host, image));
    let local = |folder: &Path| format!("oci:{}:1", folder.display());
    let (from, to) = match task {
        Task::Pull { from } => (remote(from), local(&seat.join("layout"))),
        Task::Push { to } => (local(&image.folder), remote(to)),
        Task::Copy { from, to } => (remote(from), remote(to)),
    };
    let options = ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false"];
    Invocation::new(path).arg("--insecure-policy").args(options).args([from, to])
}

fn regcli(path: &Path, task: Task<'_>, image: &Image, seat: &Path) -> Result<Invocation> {
    let store = |name: &str| Invocation::new(path).arg("--plain-http").arg("--store").arg(seat.join(name));
    Ok(match task {
        Task::Pull { from } => store("layout").args(["pull".to_owned(), reference(from, image)]),
        Task::Push { to } => {
            let (folder, name) = (seat.join("store"), reference(to, image));
            if !folder.exists() {
                image.lend(&folder, &name)?;
            }
            store("store").args(["push".to_owned(), name])
        }
        Task::Copy { from, to } => {
            store("store").args(["copy".to_owned(), reference(from, image), reference(to, image)])
        }
    })
}
