//! What people do with images: one file for each use case. Options in, outcome out, no words.

mod accounts;
mod archived;
mod copy;
mod error;
mod images;
pub mod import;
mod inspect;
mod load;
mod mirrors;
mod place;
mod platform;
mod present;
mod pull;
mod push;
mod remove;
mod save;
pub mod search;

pub use accounts::{AccountStatus, Check, Verdict, account_status};
pub use copy::{Copied, CopyOptions, copy, preview_copy};
pub use error::Error;
pub use images::{ImageFilter, ListedImage, list_images};
pub use inspect::{read_config, read_digest, read_manifest};
pub use load::{Load, LoadOptions, Loaded};
pub use mirrors::{MirrorsError, choose_mirrors, test_mirrors};
pub use place::Place;
pub use place::PlaceError;
pub use pull::{Pull, PullOptions, PullPlatforms, Pulled, all_tags};
pub use push::{PushOptions, PushPreview, Pushed, preview_push, push, tag_remote, tags_to_push};
pub use remove::{Removal, Removed, remove_image};
pub use save::{SaveOptions, images_to_save, save};

/// The most bytes of an image's config that are read.
const CONFIG_MAX: u64 = 8 << 20;
