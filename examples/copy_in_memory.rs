//! Copies an image between two places in memory, and shows that existing blobs are skipped.
//!
//! `cargo run --example copy_in_memory`

use std::sync::Arc;

use regcli::content::{Memory, Source as _};
use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::image::{MediaType, NewImage, NewLayer, Platform};
use regcli::reference::{Selector, Tag};
use regcli::transfer::{Ends, Event, Options, Plan, Recorder, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let tag = Selector::Tag(Tag::latest());
    // The connection breaks once, in the middle of a blob: the copy resumes at that byte.
    let source = Memory::default().cutting_at(300);
    insert_image(&source, &tag);
    let target = Memory::default();

    for run in 1..=2 {
        let observer = Arc::new(Recorder::default());
        let ends = Ends {
            source: Arc::new(source.clone()),
            target: Arc::new(target.clone()),
            observer: Arc::clone(&observer) as _,
        };
        let options = Options::default();
        let root = source.resolve(&tag).await.map_err(causes)?;
        let plan = Plan::make(&source, &root, &options.platforms).await?;
        let outcome = copy(ends, plan, &tag, &options).await?;

        let events = observer.events();
        let skipped = events.iter().filter(|event| matches!(event, Event::Skipped { .. })).count();
        let cut = events.iter().filter(|event| matches!(event, Event::Interrupted { .. })).count();
        say(&format!("run {run}: {} bytes moved, {skipped} blobs skipped, {cut} cuts", outcome.moved));
    }

    let (here, there) =
        (source.resolve(&tag).await.map_err(causes)?, target.resolve(&tag).await.map_err(causes)?);
    assert_eq!(here, there, "the copy has the digest of the original");
    say(&format!("{} is at both ends, {} bytes of blobs were sent in all", there.digest, source.sent()));
    Ok(())
}

/// Keeps the causes of an error of either end, for the last line of a failed run.
fn causes(failure: Failure) -> anyhow::Error {
    anyhow::Error::from_boxed(failure.into())
}

/// Puts an image with one layer into `memory`.
fn insert_image(memory: &Memory, tag: &Selector) {
    let content = vec![7; 1000];
    let layer = NewLayer { diff_id: Digest::sha256(&content), descriptor: memory.insert(content) };
    let image = NewImage {
        layers: vec![layer],
        platform: Platform::new("linux", "amd64", None),
        created: "2026-01-01T00:00:00Z".to_owned(),
        message: String::new(),
        changes: Vec::new(),
    };
    let image = image.build();
    memory.insert_as(MediaType::OCI_CONFIG, image.config_bytes);
    memory.insert_manifest(image.manifest, Some(tag.clone()));
}

#[expect(clippy::print_stdout, reason = "an example is a program")]
fn say(text: &str) {
    println!("{text}");
}
