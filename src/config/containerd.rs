//! containerd's mirrors: `certs.d/HOST/hosts.toml`, and `certs.d/_default/hosts.toml` for all other registries.
//!
//! See containerd's docs/hosts.md. A host is a mirror if it has the capability `pull`; without `resolve` it never
//! resolves tags. `server` is the last mirror if it is not the registry itself, which remains the last server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::foreign_mirror::{ForeignMirror, is_public};
use super::headers::Headers;
use super::own_mirror::split;
use super::toml_file::read_toml;
use super::{Environment, Identity, Mirror, MirrorOptions, MirrorTls, Resolve, Warning};
use crate::reference::Registry;

/// The maximum number of folders that are read. Real machines have a dozen.
const FOLDERS_MAX: usize = 256;

/// The folder for registries that have none.
const DEFAULT: &str = "_default";

/// The mirrors in hosts.toml files.
#[derive(Debug, Default)]
pub(super) struct Containerd {
    registries: Vec<(Registry, Vec<ForeignMirror>)>,
    default: Option<Vec<ForeignMirror>>,
}

/// A hosts.toml.
#[derive(Debug, serde::Deserialize)]
struct HostsFile {
    server: Option<String>,
    #[serde(default)]
    host: BTreeMap<String, Spanned<HostTable>>,
    /// The settings of `server`.
    #[serde(flatten)]
    of_server: HostTable,
}

/// One host of a hosts.toml.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct HostTable {
    capabilities: Option<Vec<String>>,
    ca: Option<OneOrMore>,
    client: Option<OneOrPairs>,
    skip_verify: bool,
    override_path: bool,
    header: BTreeMap<String, OneOrMore>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum OneOrPairs {
    One(String),
    More(Vec<String>),
    Pairs(Vec<Vec<String>>),
}

impl Containerd {
    /// Reads the user's files, then the system's. The first file of a registry counts.
    pub(super) fn read(&mut self, environment: &Environment, warnings: &mut Vec<Warning>) {
        let roots = [environment.config_folder(), environment.etc.clone()];
        for root in roots.into_iter().flatten().map(|folder| folder.join("containerd/certs.d")) {
            let Ok(entries) = std::fs::read_dir(&root) else { continue };
            let mut names: Vec<_> =
                entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
            names.sort_unstable();
            for name in names.iter().take(FOLDERS_MAX) {
                self.read_folder(&root, name, warnings);
            }
        }
    }

    fn read_folder(&mut self, root: &Path, name: &str, warnings: &mut Vec<Warning>) {
        let registry = registry_of(name);
        if registry.is_none() && name != DEFAULT {
            return;
        }
        let path = root.join(name).join("hosts.toml");
        let file: HostsFile = match read_toml(&path) {
            Ok(Some(file)) => file,
            Ok(None) => return,
            Err(error) => return warnings.push(error.into()),
        };
        let mirrors = file.mirrors(&path, registry.as_ref(), warnings);
        match registry {
            None => {
                self.default.get_or_insert(mirrors);
            }
            Some(registry) if self.named(&registry).is_none() => self.registries.push((registry, mirrors)),
            Some(_) => {}
        }
    }

    fn named(&self, registry: &Registry) -> Option<&Vec<ForeignMirror>> {
        let server = registry.server();
        let known = self.registries.iter().find(|(known, _)| known.server() == server);
        known.map(|(_, mirrors)| mirrors)
    }

    /// Returns the registries that have a file.
    pub(super) fn registries(&self) -> impl Iterator<Item = &Registry> {
        self.registries.iter().map(|(registry, _)| registry)
    }

    /// Returns the mirrors of `registry`, or `None` if no file says anything about it. The default is for public
    /// registries only.
    pub(super) fn mirrors_of(&self, registry: &Registry) -> Option<Vec<ForeignMirror>> {
        let default = self.default.as_ref().filter(|_| is_public(registry));
        self.named(registry).or(default).cloned()
    }
}

/// Returns the registry of a folder: `r.lab:5000`, or `r.lab_5000_` where a name cannot have a colon.
fn registry_of(folder: &str) -> Option<Registry> {
    let with_port = folder.strip_suffix('_').and_then(|name| name.rsplit_once('_'));
    match with_port {
        Some((host, port)) => Registry::from_server(&format!("{host}:{port}")).ok(),
        None => Registry::from_server(folder).ok(),
    }
}

impl HostsFile {
    /// Returns the mirrors in the order of the file, without the registry itself.
    fn mirrors(
        self,
        path: &Path,
        registry: Option<&Registry>,
        warnings: &mut Vec<Warning>,
    ) -> Vec<ForeignMirror> {
        let mut hosts: Vec<_> = self.host.into_iter().collect();
        hosts.sort_by_key(|(_, table)| table.span().start);
        let hosts = hosts.into_iter().map(|(url, table)| (url, table.into_inner()));
        let mut mirrors = Vec::new();
        for (url, table) in hosts.chain(self.server.map(|url| (url, self.of_server))) {
            match table.mirror(&url, path) {
                Ok(Some(found)) if Some(found.mirror.registry.server()) == registry.map(Registry::server) => {
                }
                Ok(found) => mirrors.extend(found),
                Err(source) => {
                    warnings.push(super::Error::Mirror { path: path.to_owned(), source }.into());
                }
            }
        }
        mirrors
    }
}

impl HostTable {
    /// Returns this host as a mirror; `None` if nothing is pulled from it, or its path or its headers cannot be used.
    fn mirror(self, url: &str, path: &Path) -> Result<Option<ForeignMirror>, super::MirrorError> {
        let can = |what: &str| {
            self.capabilities.as_ref().is_none_or(|list| list.iter().any(|capability| capability == what))
        };
        let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
        let whole: Mirror = url.parse()?;
        // Without `/v2` in an overriding path, the address is none of the registry API.
        let is_foreign_path = self.override_path && !whole.prefix.split('/').any(|part| part == "v2");
        let (mirror, naming) = if self.override_path || whole.prefix.ends_with("/v2") {
            split(&whole, &whole.registry)
        } else {
            (whole, super::Naming::default())
        };
        let headers = self.header.iter().map(|(name, value)| (name.clone(), value.joined())).collect();
        let headers = Headers::new(headers);
        if !can("pull") || is_foreign_path || headers.is_err() {
            tracing::warn!(file = %path.display(), host = %mirror.host, "mirror left out");
            return Ok(None);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let tls = MirrorTls {
            insecure: self.skip_verify,
            authorities: self.ca.iter().flat_map(OneOrMore::texts).map(|file| folder.join(file)).collect(),
            identity: self.client.as_ref().and_then(|client| client.identity(folder)),
        };
        let resolve = if can("resolve") { Resolve::Mirror } else { Resolve::Never };
        // containerd names the registry to every host that is not the registry itself.
        let options =
            MirrorOptions { namespace: true, naming, resolve, headers: headers.unwrap_or_default(), tls };
        Ok(Some(ForeignMirror { mirror, options, source: path.to_owned() }))
    }
}

impl OneOrMore {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::More(texts) => texts,
        }
    }

    /// Returns all values of a header as one, as RFC 9110, section 5.3, allows.
    fn joined(&self) -> String {
        self.texts().join(", ")
    }
}

impl OneOrPairs {
    /// Returns the first client certificate. A single file contains the key, too.
    fn identity(&self, folder: &Path) -> Option<Identity> {
        let files: Vec<&String> = match self {
            Self::One(file) => vec![file],
            Self::More(files) => files.iter().take(1).collect(),
            Self::Pairs(pairs) => pairs.first()?.iter().collect(),
        };
        let at = |file: &&String| -> PathBuf { folder.join(file) };
        Some(Identity { certificate: at(files.first()?), key: at(files.get(1).unwrap_or(files.first()?)) })
    }
}
