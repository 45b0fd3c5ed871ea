//! The files of images.

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use regcli::diagnose::Failure;
use regcli::ops::Error;
use regcli::ops::files::{FileBytes, ImageFiles};
use regcli::transfer::{Event, Observer};

use super::courier::Courier;
use super::worker::Worker;
use crate::browse::entry::Entry;
use crate::browse::file_tree::{FileTree, Nodes};
use crate::browse::kind::Subject;
use crate::browse::message::News;
use crate::ui::format::safe::{is_harmful, safe_document};
use crate::ui::format::units;

/// How much of a file is shown, in bytes.
const TEXT_MAX: u64 = 256 << 10;

/// The columns that a tab takes.
const TAB: &str = "    ";

/// The files that are wanted.
pub(super) struct Wanted {
    pub(super) subject: Subject,
    /// One layer; `None` for all of them.
    pub(super) layer: Option<usize>,
}

/// Loads the files of an image or of a layer. Of other layers, nothing is read for a single one that is listed.
pub(super) async fn files(worker: &Worker<'_>, courier: &Courier, wanted: Wanted) -> Result<(), Failure> {
    let Wanted { subject, layer } = wanted;
    let observer = Arc::new(Progress { courier: courier.clone(), state: Mutex::default() });
    let options = worker.context.files(&[&subject.place], subject.platform.clone(), observer)?;
    let image = ImageFiles::open(worker.access(), &subject.place, options).await?;
    let listings = image.listings().await?;
    let hostile = listings.iter().map(regcli::filesystem::Listing::hostile).sum();
    courier.bring(News::Progress("merging".to_owned()));
    let nodes = tokio::task::spawn_blocking(move || match layer {
        None => Nodes::of_image(&listings),
        Some(layer) => match listings.get(layer) {
            Some(listing) => Nodes::of_layer(listing, layer),
            None => Nodes::of_image(&[]),
        },
    });
    let nodes = nodes.await.map_err(std::io::Error::other).and_then(|nodes| nodes);
    let nodes = nodes.map_err(|error| Error::Invalid(error.to_string()))?;
    let title = layer.map_or_else(|| "files".to_owned(), |layer| format!("layer {}", layer + 1));
    courier.bring(News::Files(Arc::new(nodes.tree(image, title, hostile))));
    Ok(())
}

/// Shows the beginning of a file.
pub(super) async fn text(courier: &Courier, tree: &FileTree, node: usize) -> Result<Option<String>, Failure> {
    let node = tree.node(node);
    let mut file: FileBytes = tree.image.read(&node.path.clone().into()).await?;
    if file.layer != node.layer {
        return Ok(Some("a higher layer replaces this file: open all files to see it".to_owned()));
    }
    let mut bytes = Vec::new();
    let read = file.by_ref().take(TEXT_MAX).read_to_end(&mut bytes);
    read.map_err(|error| Error::Invalid(error.to_string()))?;
    let Some(text) = as_text(&bytes) else {
        return Ok(Some(format!("{} of binary content are not shown", units::size(node.size))));
    };
    let lines = safe_document(&text).replace('\t', TAB);
    courier.bring(News::All(lines.lines().map(Entry::named).collect()));
    let is_cut = node.size > TEXT_MAX;
    Ok(is_cut.then(|| format!("only the first {} are shown", units::size(TEXT_MAX))))
}

/// Returns a text. A character may be cut at the end.
fn as_text(bytes: &[u8]) -> Option<String> {
    let valid = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let is_text = |c: char| matches!(c, '\n' | '\t' | '\r') || !is_harmful(c);
    // A few escape sequences do not make a text binary: they are shown.
    (valid.chars().filter(|c| !is_text(*c)).count() * 10 <= valid.len()).then(|| valid.replace("\r\n", "\n"))
}

/// Reports to the view how much of the layers has been read.
struct Progress {
    courier: Courier,
    state: Mutex<State>,
}

/// What has been read.
#[derive(Default)]
struct State {
    bytes: u64,
    planned: u64,
    told: u64,
}

impl Observer for Progress {
    fn event(&self, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Planned { bytes, .. } => state.planned = state.planned.saturating_add(bytes),
            Event::Advanced { bytes, .. } => state.bytes = state.bytes.saturating_add(bytes),
            _ => return,
        }
        // A message for each percent is enough.
        if state.bytes == 0 || state.bytes - state.told >= state.planned / 100 {
            state.told = state.bytes;
            let part = units::part(state.bytes, state.planned);
            self.courier.bring(News::Progress(format!("reading layers: {part}")));
        }
    }
}
