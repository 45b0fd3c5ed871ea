//! The files in the layers of images.
//!
//! A [`Listing`] has the changes of one layer in the order of their paths, in a file: a layer with ten million files
//! needs no more memory than one with ten. [`Merge`] reads the listings of all layers concurrently, and yields what
//! containers see together with what is hidden.

mod aspects;
mod codec;
mod comparison;
mod content;
mod cursor;
mod entry;
mod error;
mod estargz;
mod feed;
mod layer;
mod listing;
mod lookup;
mod merge;
mod order;
mod path;
mod records;
mod sort;
mod table;
mod toc;
mod zstd_chunked;

pub use aspects::Aspect;
pub use comparison::{Comparison, PathPair, Presence};
pub use content::{FileVerifier, unpack_file};
pub use entry::{Change, Device, Entry, EntryKind, FileContent, Location, Packing};
pub use error::Error;
pub use estargz::table_offset;
pub use feed::{Feed, feed};
pub use layer::{Visitor, read_layer};
pub use listing::{Changes, Listing, ListingBuilder};
pub use lookup::Sighting;
pub use merge::{LAYERS_MAX, LayerEntry, Merge, Node};
pub use order::LargestFirst;
pub use path::EntryPath;
pub(crate) use path::PATH_BYTES_MAX;
pub use table::Table;
pub use zstd_chunked::{table_by_annotation, table_by_footer};
