//! What an index becomes if only some of its platforms are copied, as earlier syncs have found out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::image::Platform;

/// The maximum number of entries, of some 200 bytes each.
const ENTRIES_MAX: usize = 50_000;

/// The digests of images for some platforms, by the digest of the index that they come from. An entry stays true for
/// ever, because an index cannot change under its digest; knowing it saves reading the index.
#[derive(Debug, Default)]
pub struct Narrowed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    is_changed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    result: Digest,
    /// Whether this process has used it. What no sync uses is forgotten first.
    #[serde(skip)]
    is_used: bool,
}

impl Narrowed {
    /// Reads the entries from JSON. A text that is none has no entries.
    pub fn parse(json: &[u8]) -> Self {
        let entries = serde_json::from_slice(json).unwrap_or_default();
        Self(Mutex::new(State { entries, is_changed: false }))
    }

    /// Returns the entries as JSON, or `None` if they are those that were read.
    pub fn to_json(&self) -> Option<String> {
        let mut state = self.state();
        if !state.is_changed {
            return None;
        }
        if state.entries.len() > ENTRIES_MAX {
            state.entries.retain(|_, entry| entry.is_used);
        }
        while state.entries.len() > ENTRIES_MAX {
            state.entries.pop_last();
        }
        serde_json::to_string(&state.entries).ok()
    }

    /// Returns the digest of the image for these platforms in an index.
    pub fn find(&self, index: &Digest, platforms: &[Platform]) -> Option<Digest> {
        let mut state = self.state();
        let entry = state.entries.get_mut(&key(index, platforms))?;
        entry.is_used = true;
        Some(entry.result.clone())
    }

    /// Records the digest of the image for these platforms.
    pub fn learn(&self, index: &Digest, platforms: &[Platform], result: &Digest) {
        let mut state = self.state();
        let entry = Entry { result: result.clone(), is_used: true };
        state.entries.insert(key(index, platforms), entry);
        state.is_changed = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(index: &Digest, platforms: &[Platform]) -> String {
    let platforms: Vec<_> = platforms.iter().map(ToString::to_string).collect();
    format!("{index} {}", platforms.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_known_to_the_next_sync() {
        let [index, result] = [b"index", b"image"].map(|content| Digest::sha256(content));
        let platforms = ["linux/amd64".parse().unwrap(), "linux/arm64".parse().unwrap()];
        let first = Narrowed::parse(b"not json");
        assert_eq!((first.find(&index, &platforms), first.to_json()), (None, None));
        first.learn(&index, &platforms, &result);
        let next = Narrowed::parse(first.to_json().unwrap().as_bytes());
        assert_eq!(next.find(&index, &platforms), Some(result));
        assert_eq!(next.find(&index, &platforms[..1]), None, "other platforms are another image");
        assert_eq!(next.to_json(), None, "nothing is new");
    }
}
