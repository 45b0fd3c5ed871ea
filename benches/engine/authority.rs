//! A certificate authority of the bench, for registries over TLS.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// The files of an authority and of the one certificate that it has issued, for 127.0.0.1.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    pub(crate) fn create() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("regcli-bench-ca-").tempdir()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "regcli's bench");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
        let authority = Self { folder };
        fs::create_dir(authority.trusted())?;
        fs::write(authority.root(), issuer.pem())?;
        fs::write(authority.certificate(), certificate.pem())?;
        fs::write(authority.key(), key.serialize_pem())?;
        Ok(authority)
    }

    /// Returns the directory with the authority's certificate only, as skopeo takes it.
    pub(crate) fn trusted(&self) -> PathBuf {
        self.file("trusted")
    }

    /// Returns the authority's own certificate.
    pub(crate) fn root(&self) -> PathBuf {
        self.trusted().join("ca.crt")
    }

    /// Returns the server's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.file("server.crt")
    }

    /// Returns the server's key.
    pub(crate) fn key(&self) -> PathBuf {
        self.file("server.key")
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}
