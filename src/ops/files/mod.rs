//! The files of an image: lists, contents, and what layers waste.

mod blob;
mod capture;
mod contents;
mod error;
mod image;
mod layer;
mod links;
mod listings;
mod lookup;
mod nearest;
mod read;
mod select;
mod spool;
mod tree;
mod waste;

pub use contents::{Receiver, Wanted};
pub use error::FilesError;
pub(super) use image::ChosenImage;
pub use image::{FilesOptions, ImageFiles, Tables, listing_shelf};
pub use links::LastLink;
pub use read::FileBytes;
pub use select::Selection;
pub use tree::{Tree, TreeFile};
pub use waste::{Waste, WasteCause, WastedPath};
