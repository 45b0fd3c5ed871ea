//! A mirror in a file of another program, and the registries that may have one of all.

use std::net::IpAddr;
use std::path::PathBuf;

use super::mirror::Mirror;
use super::mirror_options::MirrorOptions;
use crate::reference::Registry;

/// A mirror in a file of another program.
#[derive(Clone, Debug)]
pub(super) struct ForeignMirror {
    pub(super) mirror: Mirror,
    pub(super) options: MirrorOptions,
    /// The file.
    pub(super) source: PathBuf,
}

/// Reports whether a mirror of every registry may have copies of this one: the names of private repositories are
/// not for a public mirror. A public registry has a name with a dot and is on this machine neither by name nor by
/// address.
pub(super) fn is_public(registry: &Registry) -> bool {
    let host = registry.host();
    host.contains('.') && host.parse::<IpAddr>().is_err() && !registry.is_loopback()
}
