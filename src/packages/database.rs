//! The databases, by their paths.

use super::{Error, Package, apk, dpkg, header, sqlite};

/// Maximum size of a database in bytes. That of a full desktop of Fedora has 200 MB.
pub const DATABASE_BYTES_MAX: u64 = 256 << 20;

/// The paths of all databases, relative to the root: files, and directories of files.
///
/// `status.d` is that of the distroless images, which have no dpkg. rpm's database is in `/usr/lib/sysimage` since
/// Fedora 36 and in openSUSE, and in `/usr/share` where `/var` is not part of an image (ostree). apk moved to `/usr`
/// in version 3.
pub const PATHS: [&str; 16] = [
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d",
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/share/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "var/lib/rpm/rpmdb.sqlite-wal",
    "usr/share/rpm/rpmdb.sqlite-wal",
    "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/rpm/Packages.db",
    "usr/share/rpm/Packages.db",
    "usr/lib/sysimage/rpm/Packages",
    "var/lib/rpm/Packages",
    "usr/share/rpm/Packages",
];

/// A format of databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Database {
    /// dpkg's `status`, or a part of it.
    Dpkg,
    /// apk's `installed`.
    Apk,
    /// rpm's SQLite database.
    Rpm,
    /// The write-ahead log of rpm's SQLite database. rpm leaves it empty, unless it was killed.
    RpmLog,
    /// rpm's ndb, which openSUSE uses.
    RpmNdb,
    /// rpm's Berkeley DB, as in CentOS 7 and RHEL 8.
    RpmBerkeley,
}

impl Database {
    /// Returns the format of the database at a path, which is relative to the root.
    pub fn at(path: &[u8]) -> Option<Self> {
        let path = str::from_utf8(path).ok()?;
        if let Some(name) = path.strip_prefix("var/lib/dpkg/status.d/") {
            return (!name.ends_with(".md5sums")).then_some(Self::Dpkg);
        }
        let path = PATHS.into_iter().find(|known| *known == path)?;
        match path.rsplit_once('/')?.1 {
            "status" => Some(Self::Dpkg),
            "installed" => Some(Self::Apk),
            "rpmdb.sqlite" => Some(Self::Rpm),
            "rpmdb.sqlite-wal" => Some(Self::RpmLog),
            "Packages.db" => Some(Self::RpmNdb),
            "Packages" => Some(Self::RpmBerkeley),
            _ => None,
        }
    }

    /// Parses the content of a database.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for rpm's other formats, [`Error::Damaged`] or [`Error::Limit`] for an invalid database.
    pub fn parse(self, content: &[u8]) -> Result<Vec<Package>, Error> {
        match self {
            Self::Dpkg => dpkg::parse(content),
            Self::Apk => apk::parse(content),
            Self::Rpm => header::parse_all(sqlite::blobs(content, "Packages")?),
            Self::RpmLog if content.is_empty() => Ok(Vec::new()),
            Self::RpmLog => Err(Error::Unsupported("write-ahead log of rpm")),
            Self::RpmNdb => Err(Error::Unsupported("ndb of rpm")),
            Self::RpmBerkeley => Err(Error::Unsupported("Berkeley DB of rpm")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_known_by_its_path() {
        for (path, database) in [
            ("var/lib/dpkg/status", Some(Database::Dpkg)),
            ("var/lib/dpkg/status.d/base-files", Some(Database::Dpkg)),
            ("var/lib/dpkg/status.d/base-files.md5sums", None),
            ("var/lib/dpkg/status.d", None),
            ("lib/apk/db/installed", Some(Database::Apk)),
            ("var/lib/rpm/rpmdb.sqlite", Some(Database::Rpm)),
            ("var/lib/rpm/Packages", Some(Database::RpmBerkeley)),
            ("srv/var/lib/dpkg/status", None),
        ] {
            assert_eq!(Database::at(path.as_bytes()), database, "{path}");
        }
    }
}
