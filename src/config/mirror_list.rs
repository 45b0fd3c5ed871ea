//! The mirrors of a registry, from all files that name some.

use std::path::PathBuf;

use super::foreign_mirror::is_public;
use super::own::Program;
use super::own_mirror::{OwnMirror, split};
use super::{Config, Mirror, MirrorOptions, NamedMirror};
use crate::reference::Registry;

impl NamedMirror {
    /// Returns a mirror of `registry` that is named on the command line.
    pub fn typed(mirror: &Mirror, registry: Registry) -> Self {
        let (mirror, naming) = split(mirror, &registry);
        let options = MirrorOptions { naming, ..MirrorOptions::default() };
        Self { registry, mirror, options, source: None }
    }
}

/// A mirror of every public registry.
#[derive(Clone, Debug)]
pub struct GeneralMirror {
    /// The address, with `{host}` in place of the registry's name.
    pub address: String,
    /// The mirror as one of Docker Hub.
    pub of_hub: NamedMirror,
}

impl Config {
    /// Returns the mirrors of every public registry, in the order in which config.toml names them.
    pub fn general_mirrors(&self) -> Vec<GeneralMirror> {
        let of_hub = |own: &OwnMirror| {
            let (mirror, options) = own.of(&Registry::hub(), None)?;
            let named =
                NamedMirror { registry: Registry::hub(), mirror, options, source: self.own.path.clone() };
            Some(GeneralMirror { address: own.address(), of_hub: named })
        };
        self.own.mirrors.iter().filter_map(of_hub).collect()
    }

    /// Reports whether one of these mirrors of `registry` is also one of every public registry.
    pub fn has_general_mirror(&self, registry: &Registry, mirrors: &[NamedMirror]) -> bool {
        let mut general = self.own.mirrors.iter().filter_map(|own| own.of(registry, None));
        let is_one = |(mirror, options): (Mirror, MirrorOptions)| {
            mirrors.iter().any(|named| named.mirror == mirror && named.options.naming == options.naming)
        };
        is_public(registry) && general.any(is_one)
    }

    /// Returns the mirrors of all registries that a file names, in the order in which they are used for each
    /// registry. Docker Hub's come first.
    pub fn mirrors(&self) -> Vec<NamedMirror> {
        let mut registries = vec![Registry::hub()];
        let named = self.own.registries().chain(self.containerd.registries());
        for registry in named.cloned().chain(self.podman.registries()) {
            if !registries.iter().any(|known| known.server() == registry.server()) {
                registries.push(registry);
            }
        }
        registries.iter().flat_map(|registry| self.mirrors_of(registry)).collect()
    }

    /// Returns the mirrors of `registry` without duplicates: those of its table in config.toml, those of every
    /// registry, and for Docker Hub those of daemon.json. If there are none, the mirrors are those of hosts.toml,
    /// else those of registries.conf. A table with an empty list means that there are none.
    pub fn mirrors_of(&self, registry: &Registry) -> Vec<NamedMirror> {
        // A name that is one of the Hub's hosts means that host.
        let is_other_hub = !registry.is_hub() && registry.server().is_hub();
        let own = self.own.registry(registry).filter(|_| !is_other_hub);
        let resolve = own.and_then(|own| own.resolve);
        let of_table = own.and_then(|own| own.mirrors.as_ref());
        if of_table.is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let general = if is_public(registry) && !is_other_hub { &self.own.mirrors[..] } else { &[] };
        let own_mirrors = of_table.into_iter().flatten().chain(general);
        let mut found = Found { registry, mirrors: Vec::new() };
        for (mirror, options) in own_mirrors.filter_map(|own| own.of(registry, resolve)) {
            found.add(mirror, options, self.own.path.as_ref());
        }
        if registry.is_hub() && self.own.heeds(Program::Docker) {
            for (mirror, path) in &self.daemon.mirrors {
                let options =
                    MirrorOptions { resolve: resolve.unwrap_or_default(), ..MirrorOptions::default() };
                found.add(mirror.clone(), options, Some(path));
            }
        }
        if found.mirrors.is_empty() && !is_other_hub {
            let of_hosts = self.containerd.mirrors_of(registry);
            let foreign = of_hosts.unwrap_or_else(|| self.podman.mirrors_of(registry));
            for mut foreign in foreign {
                foreign.options.resolve = resolve.unwrap_or(foreign.options.resolve);
                found.add(foreign.mirror, foreign.options, Some(&foreign.source));
            }
        }
        found.mirrors
    }
}

/// The mirrors of a registry that were found.
struct Found<'a> {
    registry: &'a Registry,
    mirrors: Vec<NamedMirror>,
}

impl Found<'_> {
    /// Adds a mirror, unless it is known or is the registry itself.
    fn add(&mut self, mirror: Mirror, options: MirrorOptions, source: Option<&PathBuf>) {
        let is_known = |known: &NamedMirror| known.mirror == mirror && known.options.naming == options.naming;
        if !self.mirrors.iter().any(is_known) {
            let (registry, source) = (self.registry.clone(), source.cloned());
            self.mirrors.push(NamedMirror { registry, mirror, options, source });
        }
    }
}
