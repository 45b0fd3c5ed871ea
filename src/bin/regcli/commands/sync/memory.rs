//! The file with what earlier syncs have found out about indexes.

use std::path::PathBuf;

use regcli::sync::Narrowed;

use super::plan_file;
use crate::context::Context;

/// The file in the folder of caches.
const FILE_NAME: &str = "narrowed.json";

/// The maximum size of the file in bytes.
const BYTES_MAX: u64 = 32 << 20;

/// Reads the file. Without one, or if it is unusable, nothing is known.
pub(super) fn load(context: &Context) -> Narrowed {
    let content = path(context).and_then(|path| plan_file::content(&path, BYTES_MAX).ok());
    Narrowed::parse(&content.unwrap_or_default())
}

/// Writes the file if something is new. An error is only logged: the next sync then reads the indexes again.
pub(super) fn save(context: &Context, narrowed: &Narrowed) {
    let (Some(path), Some(json)) = (path(context), narrowed.to_json()) else { return };
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    if let Err(error) = folder.and_then(|()| plan_file::replace(&path, json.as_bytes())) {
        tracing::debug!(%error, "what indexes become is not saved");
    }
}

fn path(context: &Context) -> Option<PathBuf> {
    context.config.cache().ok().map(|folder| folder.join(FILE_NAME))
}
