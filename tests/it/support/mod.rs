//! What the tests stand on: regcli as a process, real and faked servers, images with real content.
//!
//! All of it is blocking from outside; servers written here run on threads of their own.

mod api;
mod authority;
mod dockerd;
mod engine;
mod fixtures;
mod flow;
mod forward;
mod gate;
mod hosts;
mod hub;
mod layers;
mod layout;
mod namespace;
mod nginx;
mod odd;
mod openssl;
mod pace;
mod process;
mod proxy;
mod regcli;
mod registry;
mod rekor;
mod restarting;
mod screen;
pub(crate) mod scripted;
mod secrets;
mod stand_in;
pub(crate) mod signing;
pub(crate) mod sigstore;
mod tokens;
mod tools;
mod tunnel;
mod web;

pub(crate) use api::Api;
pub(crate) use authority::Authority;
pub(crate) use dockerd::Dockerd;
pub(crate) use engine::{Engine, TlsEngine, reply, swallow};
pub(crate) use fixtures::{Fixture, folder};
pub(crate) use forward::Forward;
pub(crate) use gate::Gate;
pub(crate) use hosts::{BRIDGE, Hosts};
pub(crate) use hub::Hub;
pub(crate) use layers::{Entries, Is, Layer, gzip, tar};
pub(crate) use layout::{Part, blob_path, sha256};
pub(crate) use namespace::{Catcher, is_in_namespace, no_namespaces, relay};
pub(crate) use nginx::Nginx;
pub(crate) use odd::{OddAnswer, OddServer};
pub(crate) use openssl::{Openssl, Pair};
pub(crate) use process::{Outcome, Started, eventually, run};
pub(crate) use proxy::{Exchange, Fault, Proxy};
pub(crate) use regcli::{Home, Regcli, regcli};
pub(crate) use registry::{DockerRegistry, EmbeddedRegistry, Kind, Registry};
pub(crate) use restarting::Restarting;
pub(crate) use screen::Screen;
pub(crate) use secrets::assert_none as no_secret_in;
pub(crate) use stand_in::{HARBOR, NamedStandIn, StandIn, basic};
pub(crate) use tokens::{TokenRequest, TokenService};
pub(crate) use tools::{command, missing, refused};
pub(crate) use tunnel::Tunnel;

/// What test data is generated from, so that every run has the same bytes.
pub(crate) const SEED: u64 = 20_261_121;
