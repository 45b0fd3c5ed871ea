//! regcli is a Docker-compatible container registry client: one program, no daemon.
//!
//! This library is what the program is made of. Its center is one function, [`transfer::copy`], which copies an image
//! from a [`content::Source`] to a [`content::Target`]:
//!
//! ```text
//!                     ┌───────────────── transfer::copy ─────────────────┐
//!  Source             │ plan: manifests, then their blobs                │             Target
//!  remote::Repository │ each blob: present? mounted? else read, verified │ remote::Repository
//!  store, archive  ──▶│ and written; a cut continues at its byte         │──▶ store, archive
//!  engine, Memory     │ manifests, children first; the tag last          │    engine, Memory
//!                     └──────────────────────────────────────────────────┘
//! ```
//!
//! `regcli pull IMAGE` is that function between a registry's repository and the local store. A flag becomes a typed
//! value in clap's parser; all configuration is read once ([`config::Config`]); [`ops::Pull`] asks the registry what the
//! tag means, and is done after one request if the store has it. Else [`transfer::Plan`] reads the manifests; blobs are
//! copied concurrently, hashed while they are written, and renamed into place; the tag is set when everything it means
//! is there. `push`, `copy`, `save` and `load` are the same with other ends.
//!
//! ```
//! use std::sync::Arc;
//!
//! use regcli::content::{Memory, Source as _};
//! use regcli::image::{MediaType, NewImage, NewLayer, Platform};
//! use regcli::reference::{Selector, Tag};
//! use regcli::transfer::{Ends, Options, Plan, Platforms, Silent, copy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), regcli::diagnose::Failure> {
//! let (here, there, latest) = (Memory::default(), Memory::default(), Selector::Tag(Tag::latest()));
//! let content = b"a layer, usually a gzipped tar".to_vec();
//! let diff_id = regcli::digest::Digest::sha256(&content);
//! let image = NewImage {
//!     layers: vec![NewLayer { descriptor: here.insert(content), diff_id }],
//!     platform: Platform::new("linux", "amd64", None),
//!     created: "2026-01-01T00:00:00Z".to_owned(),
//!     message: String::new(),
//!     changes: Vec::new(),
//! };
//! let image = image.build();
//! here.insert_as(MediaType::OCI_CONFIG, image.config_bytes);
//! here.insert_manifest(image.manifest, Some(latest.clone()));
//!
//! let root = here.resolve(&latest).await?;
//! let plan = Plan::make(&here, &root, &Platforms::All).await?;
//! let ends = Ends { source: Arc::new(here), target: Arc::new(there.clone()), observer: Arc::new(Silent) };
//! let copied = copy(ends, plan, &latest, &Options::default()).await?;
//!
//! assert_eq!(there.resolve(&latest).await?, copied.root);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `cli`: the program; everything that talks to a person. Off for a library: `default-features = false`.
//! - `keyring`: credentials in the operating system's keyring (Secret Service, Keychain, Credential Manager).
//!
//! # Layers
//!
//! The modules are layers, listed from the bottom to the top: each uses only those above it in this list.
//! `tests/architecture` holds the same list and fails when an arrow runs the wrong way.

pub mod diagnose;
pub mod digest;
pub mod reference;
pub mod image;
pub mod protocol;
pub mod content;
pub mod signature;
pub mod retry;
pub mod config;
pub mod cache;
pub mod http;
pub mod auth;
pub mod remote;
pub mod store;
pub mod archive;
pub mod filesystem;
pub mod engine;
pub mod transfer;
pub mod sync;
pub mod mentions;
pub mod packages;
pub mod serve;
pub mod ops;
