//! An HTTP client for one server: handles TLS, time limits and redirects, and sends credentials only to their
//! origin.
//!
//! A [`Client`] sends one request and returns one response. Retries are made by the operations of
//! [`crate::remote`], and authentication by [`crate::auth`]. But the client knows which servers are
//! unreachable, and sends nothing to them before it is its turn to probe them.

mod certificate;
mod client;
pub(crate) mod diagnosis;
mod encoding;
mod error;
mod exchange;
mod limits;
mod look;
mod pool;
mod probe;
mod problem;
mod proxy;
mod reach;
mod request;
mod resolve;
mod response;
mod server_id;
pub(crate) mod tls;
pub(crate) mod trust;
mod url;
mod x509;

pub use certificate::Certificate;
pub use client::Client;
pub use error::{Asker, Call, Error, Status, forward_hint};
pub use look::{Shown, Spoken, knock};
pub use problem::{Problem, Validity};
pub use proxy::{Proxy, ProxyProblem, ProxyTrouble, ProxyUse};
pub(crate) use request::USER_AGENT;
pub use request::{Body, Lane, Redirects, Request, Target};
pub use resolve::look_up;
pub use response::Response;
pub use server_id::ServerId;
pub use url::redacted;
pub(crate) use url::server_of;
