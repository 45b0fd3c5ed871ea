//! What is said on the wire, for client and server alike. No I/O.

mod challenge;
mod link;
mod rate_limit;
mod scope;
mod warning;

pub use challenge::Challenge;
pub use link::next_link;
pub use rate_limit::{RateLimit, retry_after};
pub use scope::{Action, Scopes};
pub use warning::warning_text;
