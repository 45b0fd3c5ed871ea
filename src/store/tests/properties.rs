//! Properties that hold for every way in which bytes and names may arrive.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use tempfile::TempDir;

use super::{Sample, parse};
use crate::content::BlobWriter;
use crate::image::{Descriptor, MediaType};
use crate::reference::Reference;
use crate::store::image::EntryName;
use crate::store::index::Index;
use crate::store::{Blobs, Image, Store};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn image(text: impl AsRef<[u8]>) -> Descriptor {
    Descriptor::of(MediaType::OCI_MANIFEST, text.as_ref())
}

/// Generates at most `most` bytes without short repetitions.
fn content(most: usize) -> impl Strategy<Value = Bytes> {
    (0..most, any::<u8>()).prop_map(|(length, seed)| {
        (0..length).map(|at| (at % 251) as u8 ^ (at / 251) as u8 ^ seed).collect::<Vec<u8>>().into()
    })
}

/// What one writer does before the next one takes over.
#[derive(Clone, Debug)]
struct Turn {
    /// The sizes of the pieces that it writes.
    pieces: Vec<usize>,
    /// Whether it writes more bytes than the blob has.
    too_much: bool,
}

fn turn() -> impl Strategy<Value = Turn> {
    let piece = prop_oneof![0..10_usize, 0..100_000_usize, 200_000..400_000_usize];
    (prop::collection::vec(piece, 0..4), any::<bool>())
        .prop_map(|(pieces, too_much)| Turn { pieces, too_much })
}

/// Writes the rest of a blob in pieces. In between, other writers take over.
async fn ingest(blobs: &Blobs, blob: &Descriptor, content: &Bytes, turns: &[Turn]) {
    let mut at = 0;
    for Turn { pieces, too_much } in turns {
        let mut writer = blobs.create(blob).await.unwrap();
        assert_eq!(writer.offset(), at as u64, "what one writer has taken, the next one has");
        for piece in pieces {
            let end = content.len().min(at + piece);
            writer.write(content.slice(at..end)).await.unwrap();
            at = end;
        }
        if *too_much {
            let more = vec![0; content.len() - at + 1];
            assert!(writer.write(more.into()).await.is_err());
            assert_eq!(writer.offset(), at as u64);
        }
    }
    let mut writer = blobs.create(blob).await.unwrap();
    writer.write(content.slice(at..)).await.unwrap();
    writer.commit().await.unwrap();
}

fn files_below(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

#[derive(Clone, Debug)]
enum Edit {
    /// Gives the name to the image.
    Set(usize, usize),
    /// Removes the name.
    Unset(usize),
    /// Removes the image.
    Remove(usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        4 => (0..5_usize, 0..4_usize).prop_map(|(name, image)| Edit::Set(name, image)),
        1 => (0..5_usize).prop_map(Edit::Unset),
        1 => (0..4_usize).prop_map(Edit::Remove),
    ];
    prop::collection::vec(edit, 0..20)
}

fn name(number: usize) -> Reference {
    parse(&format!("lab/app:{number}"))
}

fn names_of(index: &Index) -> BTreeMap<Reference, Descriptor> {
    let named = |image: &Arc<Image>| {
        let Descriptor { media_type, digest, size, .. } = image.descriptor.clone();
        Some((image.reference.clone()?, Descriptor::new(media_type, digest, size)))
    };
    index.images().filter_map(named).collect()
}

/// Returns an index of another program: one unreadable entry, and entries of our images with all kinds of
/// names, including several equal ones.
fn foreign(entries: &[(usize, usize, bool)]) -> Index {
    let mut manifests = vec![serde_json::json!({"x": [1, null]})];
    for (number, short, verbose) in entries {
        let mut entry = serde_json::json!(image(number.to_string()));
        let full = name(*short).to_string();
        entry["annotations"] = match verbose {
            true => serde_json::json!({
                "org.opencontainers.image.ref.name": short.to_string(), "io.containerd.image.name": full,
            }),
            false => serde_json::json!({ "org.opencontainers.image.ref.name": full, "z": "1" }),
        };
        manifests.push(entry);
    }
    Index::parse(serde_json::json!({ "manifests": manifests, "y": 1 }).to_string().as_bytes()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_blob_is_the_same_however_its_bytes_are_cut_and_whichever_writer_resumes(
        content in content(700_000),
        turns in prop::collection::vec(turn(), 0..5),
    ) {
        let folder = TempDir::new().unwrap();
        let blobs = Blobs::new(folder.path());
        let blob = Descriptor::of(MediaType::OCI_LAYER, &content);

        run(ingest(&blobs, &blob, &content, &turns));

        prop_assert!(blobs.read(&blob.digest, 1 << 20).unwrap() == content);
        prop_assert_eq!(blobs.list().unwrap(), [blob.digest.clone()]);
        prop_assert_eq!(blobs.partial(&blob).unwrap(), 0);
        prop_assert_eq!(files_below(folder.path()), 1, "no part and no lock is left");
    }
}

proptest! {
    #[test]
    fn a_name_means_what_it_was_last_given_to_and_no_image_is_lost_with_its_name(edits in edits()) {
        let mut index = Index::empty();
        let (mut names, mut images) = (BTreeMap::new(), BTreeMap::new());
        for edit in edits {
            match edit {
                Edit::Set(number, text) => {
                    let image = image(text.to_string());
                    index.set(&EntryName::of(&name(number)), &image);
                    names.insert(name(number), image.clone());
                    images.insert(image.digest.clone(), image);
                }
                Edit::Unset(number) => {
                    let was_there = names.remove(&name(number));
                    prop_assert_eq!(index.unset(&EntryName::of(&name(number))), was_there.is_some());
                    // Removing the last name of an image removes the image.
                    let lost = was_there.filter(|image| names.values().all(|other| other != image));
                    lost.iter().for_each(|image| drop(images.remove(&image.digest)));
                }
                Edit::Remove(text) => {
                    let digest = image(text.to_string()).digest;
                    prop_assert_eq!(!index.remove(&digest).is_empty(), images.remove(&digest).is_some());
                    names.retain(|_, image| image.digest != digest);
                }
            }
            prop_assert_eq!(names_of(&index), names.clone());
            for number in 0..5 {
                let found = index.find(&EntryName::of(&name(number))).map(|image| &image.descriptor.digest);
                prop_assert_eq!(found, names.get(&name(number)).map(|image| &image.digest));
            }
            prop_assert_eq!(index.of_repository(&name(0).name).count(), names.len());
            for (digest, image) in &images {
                let entries = names.values().filter(|named| *named == image).count().max(1);
                prop_assert_eq!(index.with_digest(digest).count(), entries);
            }
            let entries: Vec<_> = index.images().map(|image| &image.descriptor).collect();
            prop_assert!(images.keys().all(|digest| entries.iter().any(|entry| entry.digest == *digest)));
            prop_assert!(entries.iter().all(|entry| images.contains_key(&entry.digest)));
            let read = Index::parse(&index.to_bytes()).unwrap();
            prop_assert_eq!(read.to_bytes(), index.to_bytes());
            prop_assert!(read.images().eq(index.images()), "what is understood of each entry is what stands there");
        }
    }

    #[test]
    fn in_an_index_of_others_a_name_is_taken_over_and_no_image_is_lost(
        entries in prop::collection::vec((0..4_usize, 0..3_usize, any::<bool>()), 0..6),
        given in (0..3_usize, 0..5_usize),
    ) {
        let mut index = foreign(&entries);
        let before: Vec<_> = index.images().map(|image| image.descriptor.digest.clone()).collect();
        let (entry_name, image) = (EntryName::of(&name(given.0)), image(given.1.to_string()));

        index.set(&entry_name, &image);

        let holders: Vec<_> = index.images().filter(|image| entry_name.names(image)).map(|image| &image.descriptor).collect();
        prop_assert!(!holders.is_empty() && holders.iter().all(|entry| entry.digest == image.digest));
        let after: Vec<_> = index.images().map(|image| image.descriptor.digest.clone()).collect();
        prop_assert!(before.iter().all(|digest| after.contains(digest)), "{before:?} {after:?}");
        let text = String::from_utf8(index.to_bytes()).unwrap();
        prop_assert!(text.starts_with(r#"{"manifests":[{"x":[1,null]}"#) && text.ends_with(r#","y":1}"#), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn concurrent_taggers_lose_no_name(plans in prop::collection::vec(1..6_usize, 2..5)) {
        let folder = TempDir::new().unwrap();
        run(async {
            let mut tasks = tokio::task::JoinSet::new();
            for (who, &count) in plans.iter().enumerate() {
                // Each opens the store itself, as another process does.
                let store = Store::open(folder.path().join("store"));
                tasks.spawn(async move {
                    for number in 0..count {
                        let reference = parse(&format!("lab/{who}:{number}"));
                        let sample = Sample::image(&format!("{who} {number}"), "linux/amd64");
                        sample.pull_to(&store.repository(&reference.name), &reference.selector()).await;
                    }
                    assert!(store.untag(&parse(&format!("lab/{who}:0"))).await.unwrap());
                });
            }
            tasks.join_all().await;
        });
        let index = Store::open(folder.path().join("store")).catalog().unwrap().index().clone();
        let mut expected: Vec<Reference> = (plans.iter().enumerate())
            .flat_map(|(who, &count)| (1..count).map(move |number| parse(&format!("lab/{who}:{number}"))))
            .collect();
        expected.sort();
        prop_assert_eq!(names_of(&index).into_keys().collect::<Vec<_>>(), expected);
    }
}
