//! Certificates as people are taught to make them: by `openssl`, with the recipes of tutorials.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
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

const RSA: &[&str] = &["-newkey", "rsa:2048"];
const ELLIPTIC: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// A certificate that an authority is to sign.
struct Wanted<'a> {
    name: &'a str,
    authority: &'a Pair,
    extensions: &'a str,
    /// How its key is made.
    key: &'a [&'a str],
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
        self.signed_by(("openssl", &[]), &Wanted { name, authority, extensions, key: RSA })
    }

    /// The same, good in January 2020 only.
    pub(crate) fn signed_in_2020(&self, name: &str, authority: &Pair, extensions: &str) -> Pair {
        self.signed_by(
            ("faketime", &["2020-01-01", "openssl"]),
            &Wanted { name, authority, extensions, key: RSA },
        )
    }

    /// A time stamp authority as an entry of a trusted root, and its time stamp of a message now (RFC 3161), in base64.
    pub(crate) fn time_stamp(&self, message: &[u8]) -> (Value, String) {
        let root = self.self_signed("stamps", &[]);
        let extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";
        let wanted = Wanted { name: "stamp", authority: &root, extensions, key: ELLIPTIC };
        let signer = self.signed_by(("openssl", &[]), &wanted);
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let (data, query, reply) = (path("data"), path("query"), path("reply"));
        let (config, serial) = (path("ts.cnf"), path("serial"));
        fs::write(&data, message).unwrap();
        let settings = "digests = sha256\ndefault_policy = 1.2.3.4\nsigner_digest = sha256\n";
        fs::write(&config, format!("[ts]\nserial = {serial}\n{settings}ess_cert_id_alg = sha256\n")).unwrap();
        run("openssl", ["ts", "-query", "-data", &data, "-sha256", "-cert", "-out", &query]).succeeds();
        let by = ["-signer", signer.certificate.to_str().unwrap(), "-inkey", signer.key.to_str().unwrap()];
        let ask =
            ["ts", "-reply", "-config", &config, "-section", "ts", "-queryfile", &query, "-out", &reply];
        run("openssl", [&ask[..], &by].concat()).succeeds();
        let certificates = [&signer, &root].map(|pair| json!({ "rawBytes": pair.der() }));
        let authority = json!({
            "subject": { "organization": "example.com", "commonName": "stamps" },
            "uri": "https://stamps.example.com", "certChain": { "certificates": certificates },
            "validFor": { "start": "2021-01-01T00:00:00Z" },
        });
        (authority, STANDARD.encode(fs::read(reply).unwrap()))
    }

    fn signed_by(&self, signer: (&str, &[&str]), wanted: &Wanted<'_>) -> Pair {
        let Wanted { name, authority, extensions, key } = *wanted;
        let pair = self.pair(name);
        let request = pair.key.with_extension("csr");
        let (request, subject) = (request.to_str().unwrap(), format!("/CN={name}"));
        let files = ["-keyout", pair.key.to_str().unwrap(), "-out", request];
        run("openssl", [&["req", "-nodes", "-subj", &subject], key, &files].concat()).succeeds();
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

    /// The certificate in DER, in base64.
    fn der(&self) -> String {
        let pem = fs::read_to_string(&self.certificate).unwrap();
        pem.lines().filter(|line| !line.starts_with('-')).collect()
    }

    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }
}
