//! The databases in which distributions record installed packages, parsed without I/O: dpkg, apk, and rpm in SQLite.

mod apk;
mod database;
mod dpkg;
mod error;
mod header;
mod package;
mod sqlite;

pub use database::{DATABASE_BYTES_MAX, Database, PATHS};
pub use error::Error;
pub use package::{PACKAGES_MAX, Package};
