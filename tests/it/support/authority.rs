//! Certificates of the tests' own authority.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

/// A certificate authority that nobody trusts until told to.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A server's certificate with its key, in memory and as PEM files that live as long as the authority.
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    config: Arc<ServerConfig>,
}

impl Authority {
    /// Makes a new one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "regcli tests");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.crt"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// Its own certificate, a PEM file: what a client has to be given to trust it.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// A folder with nothing but `ca.crt`, as `certs.d/HOST:PORT` and `skopeo --cert-dir` want it.
    pub(crate) fn certs_d(&self) -> &Path {
        self.folder.path()
    }

    /// Issues a certificate for these names and addresses.
    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        self.issue_with(names, |_| ())
    }

    /// The same, but it was good in another year.
    pub(crate) fn issue_expired(&self, names: &[&str]) -> Identity {
        self.issue_with(names, |params| {
            params.not_before = rcgen::date_time_ymd(2015, 1, 1);
            params.not_after = rcgen::date_time_ymd(2016, 1, 1);
        })
    }

    /// Issues a certificate that is good from so many days from now on until so many; days ago are negative.
    pub(crate) fn issue_for(&self, names: &[&str], days: Range<i64>) -> Identity {
        let now = SystemTime::now();
        let at = |days: i64| {
            let apart = Duration::from_secs(days.unsigned_abs() * 24 * 60 * 60);
            if days < 0 { now - apart } else { now + apart }
        };
        self.issue_with(names, |params| {
            params.not_before = at(days.start).into();
            params.not_after = at(days.end).into();
        })
    }

    fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = params(names);
        change(&mut params);
        params.distinguished_name.push(DnType::CommonName, "regcli test server");
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        // Not beside ca.crt: a folder with client certificates means something to docker and skopeo.
        let files = self.folder.path().join("issued");
        fs::create_dir_all(&files).unwrap();
        let number = fs::read_dir(&files).unwrap().count();
        let path = |ending| files.join(format!("{number}.{ending}"));
        fs::write(path("crt"), certificate.pem()).unwrap();
        fs::write(path("key"), key.serialize_pem()).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], private)
                .unwrap();
        Identity { certificate: path("crt"), key: path("key"), config: Arc::new(config) }
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    CertificateParams::new(names).unwrap()
}

impl Identity {
    /// For a server written here.
    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}
