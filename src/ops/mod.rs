//! The use cases, one file for each: options in, outcome out, no words for users.

mod accounts;
mod all_tags;
mod attach;
mod budget;
pub mod bundle;
mod copy;
mod current;
pub mod deletion;
pub mod diff;
mod engine;
pub mod doctor;
mod error;
pub mod export;
pub mod extract;
pub mod files;
mod gc;
mod history;
mod images;
pub mod import;
mod index;
mod inspect;
mod load;
mod mirrors;
mod nearest;
mod open;
mod place;
mod platform;
mod presence;
mod present;
mod pull;
mod push;
mod read;
mod referrers;
mod remove;
mod save;
pub mod search;
mod size;
mod signature;
mod space;
pub mod sync;
mod tags;
mod tree;
mod verify;

pub use accounts::{AccountStatus, Check, Verdict, account_status};
pub use all_tags::{all_tags, routes_of_all_tags};
pub use attach::{AttachOptions, Attached, AttachedFile, Attachment, attach, is_media_type};
pub use budget::Budget;
pub use copy::{Copied, CopyOptions, Tags, copy, preview_copy};
pub use current::{Current, current_images};
pub use engine::{Wanted, look_in_engine};
pub use error::Error;
pub use gc::collect_garbage;
pub use history::{Layer, Step, history, told_layers};
pub use images::{ImageFilter, ListedImage, list_images};
pub use index::{IndexChange, IndexDraft, IndexEntry, IndexOptions, draft_index};
pub use inspect::{Inspection, Subject, inspect};
pub use load::{Load, LoadOptions, Loaded};
pub use mirrors::{
    ChangedLists, Freshness, MirrorsError, Ranked, choose_mirrors, rank_mirrors, test_mirrors, write_ranks,
};
pub use open::{Access, scratch};
pub use place::{Place, PlaceError, Route};
pub use pull::{Pull, PullOptions, PullPlatforms, Pulled};
pub use push::{PushOptions, PushPreview, Pushed, preview_push, push, tag_remote, tags_to_push};
pub use read::{read_config, read_digest, read_images_of, read_manifest, read_manifest_of};
pub use referrers::{
    CopiedImage, CopiedReferrers, CopyReferrersOptions, ReferrersPreview, copy_referrers, preview_referrers,
};
pub use referrers::{NodeState, ReferrerTree, RelatedTags, Relation, referrers};
pub use remove::{Removal, Removed, remove_image};
pub use save::{SaveOptions, images_to_save, save};
pub use signature::{
    FoundSignature, SignatureForm, SignatureOrigin, SignatureOutcome, SignaturePolicy, SignatureReport,
    Signers, read_public_keys, read_trusted_root, verify_signatures,
};
pub use size::{ImageSize, image_size};
pub use tags::{
    InvalidTags, ListedTags, TagFilter, TagOrder, TagPages, TagsOptions, Unread, describe_tags,
    document_shelf, list_tags,
};
pub use tree::{ImageTree, image_trees};
pub use verify::{Finding, Remedy, Verified, Verify};
