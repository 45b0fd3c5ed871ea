//! certs.d: folders with one subfolder for each registry, which holds authorities to trust and client
//! certificates.
//!
//! The layout is Docker's (`/etc/docker/certs.d/HOST[:PORT]/*.crt`, `*.cert` with `*.key`), and podman shares
//! it. For Docker, the subfolder's name must be the registry exactly as typed. Here it may be any name of the
//! same server.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Environment, Error, Identity};
use crate::reference::{Registry, Scheme, Server};

/// The certs.d folders: Docker's before podman's, and for each the user's own before the system's.
#[derive(Clone, Debug, Default)]
pub(super) struct CertificateFolders(Vec<PathBuf>);

/// The content of certs.d for one registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Certificates {
    /// `*.crt`: authorities to trust in addition to the system's.
    pub authorities: Vec<PathBuf>,
    /// The first pair by name of `*.cert` and `*.key` with the same stem.
    pub identity: Option<Identity>,
}

impl CertificateFolders {
    pub(super) fn new(environment: &Environment) -> Self {
        let podman = [environment.config_folder(), environment.etc.clone()].into_iter().flatten();
        let podman = podman.map(|folder| folder.join("containers"));
        let folders = environment.docker_folders().into_iter().chain(podman);
        Self(folders.map(|folder| folder.join("certs.d")).collect())
    }

    /// Reads the certificates for `registry`.
    ///
    /// # Errors
    /// [`Error::MissingKey`] and [`Error::MissingCertificate`] for half a pair, [`Error::Read`] for a folder
    /// that cannot be read. A folder that this user has no right to read counts as missing.
    pub(super) fn read(&self, registry: &Registry) -> Result<Certificates, Error> {
        let mut found = Certificates::default();
        for folder in &self.0 {
            for name in folder_names(folder, registry) {
                found.add(&folder.join(name))?;
            }
        }
        Ok(found)
    }
}

/// Returns the folder named as the registry was typed, then those in `folder` with another name of the same
/// server.
fn folder_names(folder: &Path, registry: &Registry) -> Vec<String> {
    let server = registry.server();
    // Even if the listing fails, the folder that Docker looks for may exist.
    let mut names = list(folder).unwrap_or_default();
    names.retain(|name| name != registry.as_str() && Server::new(Scheme::Https, name) == server);
    names.insert(0, registry.to_string());
    names
}

impl Certificates {
    fn add(&mut self, folder: &Path) -> Result<(), Error> {
        let names = match list(folder) {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                tracing::debug!(folder = %folder.display(), "no right to read certificates");
                return Ok(());
            }
            Err(source) => return Err(Error::Read { path: folder.to_owned(), source }),
        };
        for name in &names {
            if name.ends_with(".crt") {
                self.authorities.push(folder.join(name));
            } else if let Some(stem) = name.strip_suffix(".cert") {
                let identity = pair(folder, stem, &names)?;
                self.identity.get_or_insert(identity);
            } else if let Some(stem) = name.strip_suffix(".key") {
                pair(folder, stem, &names)?;
            }
        }
        Ok(())
    }
}

/// Returns the names in a folder, sorted, so that the result does not depend on the file system.
fn list(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

fn pair(folder: &Path, stem: &str, names: &[String]) -> Result<Identity, Error> {
    let (certificate, key) = (format!("{stem}.cert"), format!("{stem}.key"));
    let folder = folder.to_owned();
    if !names.contains(&key) {
        return Err(Error::MissingKey { folder, key, certificate });
    }
    if !names.contains(&certificate) {
        return Err(Error::MissingCertificate { folder, key, certificate });
    }
    Ok(Identity { certificate: folder.join(certificate), key: folder.join(key) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates `etc/docker/certs.d/registry.lab:5015` with `files`, and reads it.
    fn read(files: &[&str]) -> (PathBuf, Result<Certificates, Error>) {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("docker/certs.d/registry.lab:5015");
        std::fs::create_dir_all(&folder).unwrap();
        for file in files {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let environment = Environment { etc: Some(root.path().to_owned()), ..Environment::default() };
        let folders = CertificateFolders::new(&environment);
        (folder, folders.read(&Registry::from_server("registry.lab:5015").unwrap()))
    }

    #[test]
    fn authorities_and_the_first_pair_are_found() {
        let (folder, found) =
            read(&["ca.crt", "a.crt", "z.cert", "z.key", "client.cert", "client.key", "README"]);

        let found = found.unwrap();
        assert_eq!(found.authorities, [folder.join("a.crt"), folder.join("ca.crt")]);
        let identity = Identity { certificate: folder.join("client.cert"), key: folder.join("client.key") };
        assert_eq!(found.identity, Some(identity));
    }

    #[test]
    fn half_a_pair_is_refused_in_dockers_words() {
        assert_eq!(
            read(&["client.cert"]).1.unwrap_err().to_string(),
            "missing key client.key for client certificate client.cert. CA certificates must use the extension .crt"
        );
        assert_eq!(
            read(&["client.key"]).1.unwrap_err().to_string(),
            "missing client certificate client.cert for key client.key"
        );
    }

    #[test]
    fn s2_a_folder_is_found_under_every_name_of_its_server() {
        let root = tempfile::tempdir().unwrap();
        let certs = root.path().join("docker/certs.d");
        for folder in ["R.lab", "r.lab:443", "r.lab:5000", "other.lab"] {
            std::fs::create_dir_all(certs.join(folder)).unwrap();
            std::fs::write(certs.join(folder).join("ca.crt"), "").unwrap();
        }
        let environment = Environment { etc: Some(root.path().to_owned()), ..Environment::default() };
        let folders = CertificateFolders::new(&environment);
        let read = |server: &str| folders.read(&Registry::from_server(server).unwrap()).unwrap().authorities;

        let [upper, port] = ["R.lab", "r.lab:443"].map(|folder| certs.join(folder).join("ca.crt"));
        assert_eq!(read("r.lab"), [upper.clone(), port.clone()]);
        assert_eq!(read("r.lab:443"), [port, upper], "the name that was typed goes first");
        assert_eq!(read("R.LAB:5000"), [certs.join("r.lab:5000/ca.crt")]);
        assert!(read("r.lab:80").is_empty());
    }

    #[test]
    fn no_folder_means_no_certificates() {
        let environment = Environment { etc: Some("/nonexistent".into()), ..Environment::default() };

        let found = CertificateFolders::new(&environment).read(&Registry::hub()).unwrap();

        assert_eq!(found, Certificates::default());
    }
}
