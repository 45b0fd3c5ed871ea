//! Certificates as people are taught to make them: by `openssl`, with the recipes of tutorials.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::process::run;

/// A folder in which certificates are made.
pub(crate) struct Openssl {
    folder: TempDir,
}

/// A certificate and its key, PEM files.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// A certificate that an authority is to sign.
struct Wanted<'a> {
    name: &'a str,
    authority: &'a Pair,
    extensions: &'a str,
}

impl Openssl {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// `openssl req -x509`, with these extensions besides its own: the certificate is marked as an authority's.
    pub(crate) fn self_signed(&self, name: &str, extensions: &[&str]) -> Pair {
        let pair = self.pair(name);
        let added: Vec<String> =
            extensions.iter().flat_map(|one| ["-addext".into(), (*one).into()]).collect();
        let added: Vec<&str> = added.iter().map(String::as_str).collect();
        let subject = format!("/CN={name}");
        let recipe = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", &subject];
        run("openssl", [&recipe[..], &added, &pair.outputs()].concat()).succeeds();
        pair
    }

    /// The same with these extensions and no others.
    pub(crate) fn self_signed_with_only(&self, name: &str, extensions: &str) -> Pair {
        let pair = self.pair(name);
        let config = self.folder.path().join("only.cnf");
        fs::write(&config, format!("[req]\ndistinguished_name = dn\n[dn]\n[only]\n{extensions}\n")).unwrap();
        let (config, subject) = (config.to_str().unwrap(), format!("/CN={name}"));
        let recipe = ["req", "-x509", "-config", config, "-extensions", "only", "-subj", &subject];
        let key = ["-newkey", "rsa:2048", "-nodes", "-days", "365"];
        run("openssl", [&recipe[..], &key, &pair.outputs()].concat()).succeeds();
        pair
    }

    /// A request, signed by `authority` with these extensions; without any it is of version 1.
    pub(crate) fn signed(&self, name: &str, authority: &Pair, extensions: &str) -> Pair {
        self.signed_by(("openssl", &[]), &Wanted { name, authority, extensions })
    }

    /// The same, good in January 2020 only.
    pub(crate) fn signed_in_2020(&self, name: &str, authority: &Pair, extensions: &str) -> Pair {
        self.signed_by(("faketime", &["2020-01-01", "openssl"]), &Wanted { name, authority, extensions })
    }

    fn signed_by(&self, signer: (&str, &[&str]), wanted: &Wanted<'_>) -> Pair {
        let Wanted { name, authority, extensions } = *wanted;
        let pair = self.pair(name);
        let request = pair.key.with_extension("csr");
        let (request, subject) = (request.to_str().unwrap(), format!("/CN={name}"));
        let key = pair.key.to_str().unwrap();
        run(
            "openssl",
            ["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject, "-keyout", key, "-out", request],
        )
        .succeeds();
        let (program, before) = signer;
        let signing = ["x509", "-req", "-in", request, "-CAcreateserial", "-days", "30"];
        let by = ["-CA", authority.certificate.to_str().unwrap(), "-CAkey", authority.key.to_str().unwrap()];
        let mut command = [before, &signing[..], &by, &["-out", pair.certificate.to_str().unwrap()]].concat();
        let file = pair.key.with_extension("ext");
        fs::write(&file, extensions).unwrap();
        if !extensions.is_empty() {
            command.extend(["-extfile", file.to_str().unwrap()]);
        }
        run(program, command).succeeds();
        pair
    }

    /// Names for the files of another pair.
    fn pair(&self, name: &str) -> Pair {
        let number = fs::read_dir(self.folder.path()).unwrap().count();
        let file =
            |ending: &str| self.folder.path().join(format!("{number}-{}.{ending}", name.replace(' ', "-")));
        Pair { certificate: file("crt"), key: file("key") }
    }
}

impl Pair {
    fn outputs(&self) -> [&str; 4] {
        ["-keyout", self.key.to_str().unwrap(), "-out", self.certificate.to_str().unwrap()]
    }

    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }
}
