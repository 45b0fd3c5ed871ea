//! Bundles: many images with their platforms and referrers in one OCI archive, for networks without a connection.
//!
//! A bundle is an archive that other programs read too. One that is made since an older one leaves out the blobs of the
//! older one, and names them in a document of its own. The manifests are always in it.

mod apply;
mod create;
mod located;
mod needs;
mod options;
mod thin;

pub use apply::{Applied, Arrival, OpenBundle, Prefix};
pub use create::{Bundled, Contents, NewBundle, Summary, WithReferrers};
pub use options::BundleOptions;
