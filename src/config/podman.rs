//! podman's mirrors: `registries.conf` and `registries.conf.d/*.conf`, version 2 of the format.
//!
//! See containers-registries.conf(5). A user's own registries.conf replaces the system's files. A table of a later
//! file replaces one with the same prefix, and the longest prefix of an image counts. Short names are not podman's
//! here, but Docker's.

use std::path::{Path, PathBuf};

use super::foreign_mirror::ForeignMirror;
use super::toml_file::read_toml;
use super::{Environment, Mirror, MirrorOptions, MirrorTls, Naming, Resolve, Warning};
use crate::reference::Registry;

/// The maximum number of files in registries.conf.d.
const FILES_MAX: usize = 256;

/// The maximum number of tables. Each is compared with each.
const TABLES_MAX: usize = 1024;

/// The tables of all files.
#[derive(Debug, Default)]
pub(super) struct Podman {
    tables: Vec<Table>,
}

/// A `[[registry]]`, with the file that contains it.
#[derive(Debug)]
struct Table {
    /// `docker.io`, `docker.io/library`, `*.example.com`.
    prefix: String,
    content: RegistryTable,
    source: PathBuf,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct RegistriesFile {
    registry: Vec<RegistryTable>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct RegistryTable {
    prefix: String,
    location: String,
    insecure: bool,
    blocked: bool,
    mirror_by_digest_only: bool,
    mirror: Vec<MirrorTable>,
}

#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct MirrorTable {
    location: String,
    insecure: bool,
    pull_from_mirror: Option<String>,
}

impl Podman {
    /// Reads the files that podman would read.
    pub(super) fn read(&mut self, environment: &Environment, warnings: &mut Vec<Warning>) {
        let containers = |folder: PathBuf| folder.join("containers");
        let user = environment.config_folder().map(containers);
        let system = environment.etc.clone().map(containers);
        let user_file =
            user.as_ref().map(|folder| folder.join("registries.conf")).filter(|path| path.exists());
        let folders: Vec<_> = match user_file {
            Some(path) => {
                self.read_file(&path, warnings);
                [user, None].into_iter().flatten().collect()
            }
            None => {
                system.iter().for_each(|folder| self.read_file(&folder.join("registries.conf"), warnings));
                [system, user].into_iter().flatten().collect()
            }
        };
        for folder in folders {
            let Ok(entries) = std::fs::read_dir(folder.join("registries.conf.d")) else { continue };
            let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
            paths.sort_unstable();
            paths.iter().take(FILES_MAX).for_each(|path| self.read_file(path, warnings));
        }
    }

    fn read_file(&mut self, path: &Path, warnings: &mut Vec<Warning>) {
        let tables = match read_toml::<RegistriesFile>(path) {
            Ok(file) => file.unwrap_or_default().registry,
            Err(error) => return warnings.push(error.into()),
        };
        for content in tables {
            let prefix = if content.prefix.is_empty() { &content.location } else { &content.prefix };
            let prefix = prefix.trim_end_matches('/').to_owned();
            self.tables.retain(|known| known.prefix != prefix);
            if self.tables.len() < TABLES_MAX {
                self.tables.push(Table { prefix, content, source: path.to_owned() });
            }
        }
    }

    /// Returns the registries that have a table with mirrors.
    pub(super) fn registries(&self) -> impl Iterator<Item = Registry> {
        let with_mirrors = self.tables.iter().filter(|table| !table.mirrors().is_empty());
        with_mirrors.filter_map(|table| Registry::from_server(table.host()).ok())
    }

    /// Returns the mirrors of `registry`, each limited to the repositories whose longest prefix is that of its table.
    pub(super) fn mirrors_of(&self, registry: &Registry) -> Vec<ForeignMirror> {
        let tables: Vec<&Table> = self.tables.iter().filter(|table| table.is_of(registry)).collect();
        let specific: Vec<&Table> = tables.iter().copied().filter(|table| !table.is_wildcard()).collect();
        let is_covered = |table: &Table| {
            // A name goes before a pattern, and a longer pattern before a shorter one.
            let others =
                tables.iter().filter(|other| other.path().is_empty() && !std::ptr::eq(**other, table));
            table.is_wildcard()
                && others
                    .into_iter()
                    .any(|other| !other.is_wildcard() || other.prefix.len() > table.prefix.len())
        };
        let usable = tables.iter().filter(|table| !is_covered(table));
        usable
            .flat_map(|table| {
                let longer = specific.iter().map(|other| other.path());
                let except: Vec<String> = longer
                    .filter(|path| path.len() > table.path().len() && path.starts_with(table.path()))
                    .map(str::to_owned)
                    .collect();
                table.mirrors().into_iter().map(move |mut found| {
                    found.options.naming = found.options.naming.below(table.path()).except(except.clone());
                    found
                })
            })
            .collect()
    }
}

impl Table {
    fn host(&self) -> &str {
        self.prefix.split('/').next().unwrap_or_default()
    }

    /// Returns the path of the repositories, which is empty for all of the registry.
    fn path(&self) -> &str {
        self.prefix.split_once('/').map_or("", |(_, path)| path)
    }

    fn is_wildcard(&self) -> bool {
        self.prefix.starts_with("*.")
    }

    fn is_of(&self, registry: &Registry) -> bool {
        match self.prefix.strip_prefix('*') {
            Some(domain) => registry.as_str().ends_with(domain),
            None => Registry::from_server(self.host()).is_ok_and(|own| own.server() == registry.server()),
        }
    }

    /// Returns the mirrors, and as the last one a location that is not the prefix. A mirror for tags only is left out,
    /// because regcli reads the content of a tag by digest.
    fn mirrors(&self) -> Vec<ForeignMirror> {
        let RegistryTable { location, insecure, blocked, mirror_by_digest_only, mirror, .. } = &self.content;
        if *blocked {
            return Vec::new();
        }
        let moved = MirrorTable { location: location.clone(), insecure: *insecure, pull_from_mirror: None };
        let is_moved =
            !location.is_empty() && location.trim_end_matches('/') != self.prefix && !self.is_wildcard();
        let found = |table: &MirrorTable| -> Option<ForeignMirror> {
            let resolve = match table.pull_from_mirror.as_deref() {
                Some("tag-only") => return None,
                Some("digest-only") => Resolve::Never,
                _ if *mirror_by_digest_only => Resolve::Never,
                _ => Resolve::Mirror,
            };
            let (host, path) = table.location.split_once('/').unwrap_or((&table.location, ""));
            let mirror: Mirror = format!("https://{host}").parse().ok()?;
            let tls = MirrorTls { insecure: table.insecure, ..MirrorTls::default() };
            let options =
                MirrorOptions { naming: Naming::prefixed(path)?, resolve, tls, ..MirrorOptions::default() };
            Some(ForeignMirror { mirror, options, source: self.source.clone() })
        };
        let last = is_moved.then(|| found(&moved)).flatten();
        mirror.iter().filter_map(found).chain(last).collect()
    }
}
