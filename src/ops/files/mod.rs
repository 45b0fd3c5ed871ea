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
mod typed;
mod waste;

pub use contents::{Receiver, Wanted};
pub use error::FilesError;
pub(super) use image::ChosenImage;
pub use image::{FilesOptions, ImageFiles, Tables, listing_shelf};
pub(super) use links::Route;
pub use read::FileBytes;
pub use select::Selection;
pub use tree::{Tree, TreeFile};
pub use typed::TypedPath;
pub use waste::{Waste, WasteCause, WastedPath};
