//! What people do with images: one file for each use case. Options in, outcome out, no words.

mod accounts;
mod archived;
mod copy;
mod engine;
pub mod doctor;
mod error;
mod gc;
mod history;
mod images;
pub mod import;
mod inspect;
mod load;
mod mirrors;
mod inspection;
mod place;
mod platform;
mod presence;
mod present;
mod pull;
mod push;
mod remove;
mod save;
pub mod search;
mod space;
mod tree;
mod verify;

pub use accounts::{AccountStatus, Check, Verdict, account_status};
pub use archived::scratch;
pub use copy::{Copied, CopyOptions, copy, preview_copy};
pub use engine::{Wanted, look_in_engine};
pub use error::Error;
pub use gc::collect_garbage;
pub use history::{Layer, Step, history, told_layers};
pub use images::{ImageFilter, ListedImage, list_images};
pub use inspect::{read_config, read_digest, read_images_of, read_manifest, read_manifest_of};
pub use inspection::{Inspection, Subject, inspect};
pub use load::{Load, LoadOptions, Loaded};
pub use mirrors::{MirrorsError, choose_mirrors, test_mirrors};
pub use place::Place;
pub use place::PlaceError;
pub use pull::{Pull, PullOptions, PullPlatforms, Pulled, all_tags};
pub use push::{PushOptions, PushPreview, Pushed, preview_push, push, tag_remote, tags_to_push};
pub use remove::{Removal, Removed, remove_image};
pub use save::{SaveOptions, images_to_save, save};
pub use tree::{ImageTree, image_trees};
pub use verify::{Finding, Remedy, Verified, Verify};

/// The most bytes of an image's config that are read.
const CONFIG_MAX: u64 = 8 << 20;
