//! The databases of packages.

use regcli::packages::{Database, PACKAGES_MAX};

/// Whatever the bytes are, reading them as any database ends, and every package has a name and a version.
pub fn check(data: &[u8]) {
    let databases = [
        Database::Dpkg,
        Database::Apk,
        Database::Rpm,
        Database::RpmLog,
        Database::RpmNdb,
        Database::RpmBerkeley,
    ];
    for database in databases {
        let Ok(packages) = database.parse(data) else { continue };
        assert!(packages.len() <= PACKAGES_MAX);
        for package in packages {
            assert!(!package.name.is_empty() && !package.version.is_empty(), "{package:?}");
        }
    }
    let _ = Database::at(data);
}
