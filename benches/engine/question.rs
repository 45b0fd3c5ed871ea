//! What people ask about an image before they pull it, and the command lines that answer.

use std::path::Path;

use crate::commands::{self, Work};
use crate::images::Image;
use crate::process::Invocation;
use crate::program::Peer;
use crate::registry::reference;

/// A file that each layer has, so that the uppermost layer answers.
const FILE: &str = "files/0";

/// Lists the files of all layers in the folder `$1`, where skopeo also puts the config and the manifest.
const LIST: &str = r#"for file in "$1"/*; do tar -tzf "$file" 2>/dev/null || true; done"#;

/// The exit code of `regcli diff` for images that differ.
const DIFFERENT: i32 = 10;

/// A question about an image, or about two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Which digest does the tag have?
    Digest,
    /// What differs between two tags: config and layers?
    Difference,
    /// How large are the ten tags of a repository, and when were they built?
    Tags,
    /// The same again, by the same program.
    TagsAgain,
    /// Which files does the image have?
    Files,
    /// The same again.
    FilesAgain,
    /// What is in one file?
    File,
    /// Which files differ between two tags?
    FilesThatDiffer,
}

/// Whom a question is about, and where its answer is.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) host: &'a str,
    pub(crate) work: Work<'a>,
}

impl Question {
    pub(crate) const ALL: [Self; 8] = [
        Self::Digest,
        Self::Difference,
        Self::Tags,
        Self::TagsAgain,
        Self::Files,
        Self::FilesAgain,
        Self::File,
        Self::FilesThatDiffer,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Digest => "the digest of a tag",
            Self::Difference => "config and layers of two tags",
            Self::Tags => "sizes and dates of 10 tags",
            Self::TagsAgain => "the same again",
            Self::Files => "the files of an image",
            Self::FilesAgain => "the same again",
            Self::File => "one file",
            Self::FilesThatDiffer => "the files that differ",
        }
    }

    /// Reports whether it is asked twice, and the second answer counts.
    pub(crate) fn is_again(self) -> bool {
        matches!(self, Self::TagsAgain | Self::FilesAgain)
    }

    fn is_about_two(self) -> bool {
        matches!(self, Self::Difference | Self::FilesThatDiffer)
    }

    /// Returns the command of regcli.
    pub(crate) fn to_regcli(self, path: &Path, asked: Asked<'_>) -> Vec<Invocation> {
        let (one, other) = asked.pair();
        let arguments = match self {
            Self::Digest => vec!["digest".to_owned(), one],
            Self::Difference => vec!["diff".to_owned(), one, other],
            Self::Tags | Self::TagsAgain => vec!["tags".to_owned(), "-l".to_owned(), asked.repository()],
            Self::Files | Self::FilesAgain => vec!["files".to_owned(), one],
            Self::File => vec!["cat".to_owned(), one, FILE.to_owned()],
            Self::FilesThatDiffer => vec!["diff".to_owned(), "--files".to_owned(), one, other],
        };
        let regcli = commands::regcli(path, "store", asked.work).args(arguments);
        vec![if self.is_about_two() { regcli.or_code(DIFFERENT) } else { regcli }]
    }

    /// Returns the commands of a peer, as its manual has them; `None` if it has none for this.
    ///
    /// What a peer can only answer by pulling, it pulls into a folder, which tar then reads.
    pub(crate) fn to_peer(self, peer: Peer, path: &Path, asked: Asked<'_>) -> Option<Vec<Invocation>> {
        match peer {
            Peer::Skopeo => Some(self.to_skopeo(path, asked)),
            Peer::Crane => self.to_crane(path, asked),
            Peer::Regctl => self.to_regctl(path, asked),
            Peer::Oras => None,
        }
    }

    fn to_skopeo(self, path: &Path, asked: Asked<'_>) -> Vec<Invocation> {
        let (one, other) = asked.pair();
        let inspect = |image: &str| {
            let skopeo = Invocation::new(path).args(["inspect", "--no-tags"]);
            asked.trusted_by_skopeo(skopeo, "").arg(format!("docker://{image}"))
        };
        let pull = |image: &str, folder: &str| {
            let skopeo = Invocation::new(path).args(["--insecure-policy", "copy", "--quiet"]);
            let folder = format!("dir:{}", asked.work.seat.join(folder).display());
            asked.trusted_by_skopeo(skopeo, "src-").args([format!("docker://{image}"), folder])
        };
        let list = |folder: &str| {
            Invocation::new("/bin/sh").args(["-c", LIST, "sh"]).arg(asked.work.seat.join(folder))
        };
        match self {
            Self::Digest => vec![inspect(&one).args(["--format", "{{.Digest}}"])],
            Self::Difference => vec![inspect(&one), inspect(&other)],
            Self::Tags | Self::TagsAgain => asked.tags().map(|tag| inspect(&tag)).collect(),
            Self::Files | Self::FilesAgain | Self::File => vec![pull(&one, "one"), list("one")],
            Self::FilesThatDiffer => {
                vec![pull(&one, "one"), pull(&other, "other"), list("one"), list("other")]
            }
        }
    }

    /// crane uses plain HTTP for loopback addresses that have no TLS.
    fn to_crane(self, path: &Path, asked: Asked<'_>) -> Option<Vec<Invocation>> {
        let (one, other) = asked.pair();
        let crane = |what: &str, image: &str| Invocation::new(path).args([what, image]);
        Some(match self {
            Self::Digest => vec![crane("digest", &one)],
            Self::Difference => ["config", "manifest"]
                .iter()
                .flat_map(|what| [crane(what, &one), crane(what, &other)])
                .collect(),
            Self::Tags | Self::TagsAgain => {
                asked.tags().flat_map(|tag| ["config", "manifest"].map(|what| crane(what, &tag))).collect()
            }
            Self::Files | Self::FilesAgain | Self::File => vec![crane("export", &one).arg("-")],
            Self::FilesThatDiffer => vec![crane("export", &one).arg("-"), crane("export", &other).arg("-")],
        })
    }

    fn to_regctl(self, path: &Path, asked: Asked<'_>) -> Option<Vec<Invocation>> {
        let (one, other) = asked.pair();
        let tls = if asked.work.http.authority().is_some() { "enabled" } else { "disabled" };
        let host = format!("reg={},tls={tls}", asked.host);
        let regctl = |what: &[&str]| Invocation::new(path).args(["--host", host.as_str()]).args(what);
        Some(match self {
            Self::Digest => vec![regctl(&["image", "digest", &one])],
            Self::Difference => {
                vec![regctl(&["image", "inspect", &one]), regctl(&["image", "inspect", &other])]
            }
            Self::Tags | Self::TagsAgain => {
                asked.tags().map(|tag| regctl(&["image", "inspect", &tag])).collect()
            }
            Self::File => vec![regctl(&["image", "get-file", &one, FILE])],
            Self::Files | Self::FilesAgain | Self::FilesThatDiffer => return None,
        })
    }
}

impl Asked<'_> {
    /// Returns two images of one repository.
    fn pair(self) -> (String, String) {
        let of = |image: &Image| reference(self.host, image);
        let [one, other, ..] = &self.work.subject.images[..] else { unreachable!("a corpus has several") };
        (of(one), of(other))
    }

    /// Returns the repository of the two.
    fn repository(self) -> String {
        format!("{}/bench/{}", self.host, self.work.subject.images[0].name)
    }

    /// Returns the tags of that repository.
    fn tags(self) -> impl Iterator<Item = String> {
        let images = &self.work.subject.images;
        let same = images.iter().filter(|image| image.name == images[0].name);
        same.map(move |image| reference(self.host, image))
    }

    fn trusted_by_skopeo(self, skopeo: Invocation, end: &str) -> Invocation {
        match self.work.http.authority() {
            Some(authority) => skopeo.arg(format!("--{end}cert-dir")).arg(authority.trusted()),
            None => skopeo.arg(format!("--{end}tls-verify=false")),
        }
    }
}
