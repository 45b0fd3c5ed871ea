//! regcli is a Docker-compatible container registry client: one program, no daemon.
//!
//! This library is what the program is made of. Pull, push and copy are one function,
//! [`transfer::copy`], between a [`content::Source`] and a [`content::Target`]: a registry's repository
//! ([`remote::Repository`]), a local OCI image layout ([`store::Store`]), an archive
//! ([`archive::Archive`], [`archive::Writer`]), a Docker Engine ([`engine::Engine`]), or bytes in memory
//! ([`content::Memory`]).
//!
//! The modules are layers, listed from the bottom to the top: each uses only those above it in this list.
//! `tests/architecture/` holds the same list and fails when an arrow runs the wrong way.

pub mod diagnose;
pub mod digest;
pub mod reference;
pub mod image;
pub mod protocol;
pub mod content;
pub mod retry;
pub mod config;
pub mod cache;
pub mod http;
pub mod auth;
pub mod remote;
pub mod store;
pub mod archive;
pub mod engine;
pub mod transfer;
pub mod serve;
pub mod ops;
