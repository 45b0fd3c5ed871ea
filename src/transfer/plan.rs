//! The plan: everything to copy, known before the first blob moves.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::{Error, Event, choose, open_files};
use crate::content::Source;
use crate::digest::Digest;
use crate::image::{self, Descriptor, ImageManifest, Index, Manifest, Platform, RawManifest};

/// The maximum depth of nested indexes.
const DEPTH_MAX: usize = 8;

/// The maximum number of manifests of one image.
const MANIFESTS_MAX: usize = 10_000;

/// How many manifests are read concurrently: each has few bytes and waits for a round trip.
const MANIFESTS_CONCURRENT: usize = 16;

/// The maximum size of all manifests together, because all of them are kept in memory. Real ones have 2 KB
/// each.
const MANIFEST_BYTES_MAX: u64 = 32 << 20;

/// The images of an index to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platforms {
    /// All of them, including attestations and other artifacts.
    All,
    /// The one that fits this machine best. A single image is taken as it is.
    Host,
    /// The ones that fit these platforms best. A single image is taken as it is.
    Fitting(Vec<Platform>),
    /// Only these manifests of the index; an index that is not listed is left out as a whole.
    Listed(HashSet<Digest>),
}

/// The content of an image.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All manifests, children before parents, the root last.
    pub manifests: Vec<RawManifest>,
    /// The images that were chosen: manifests that are not indexes.
    pub images: Vec<Descriptor>,
    /// All blobs in the order of the images; a blob that several layers share is listed several times.
    pub blobs: Vec<Descriptor>,
    /// The platforms of each blob, as far as an index names them.
    pub platforms: HashMap<Digest, Vec<Platform>>,
    /// The configs of images, each with the number of layers of its images.
    pub(super) configs: HashMap<Digest, Vec<usize>>,
}

impl Plan {
    /// Reads the manifests of `root` that are needed for `platforms`.
    ///
    /// # Errors
    /// [`Error::Content`] if a manifest cannot be read from the source, [`Error::Image`] if one is invalid or
    /// there is no image for a platform.
    pub async fn make(source: &dyn Source, root: &Descriptor, platforms: &Platforms) -> Result<Self, Error> {
        let mut ordering = Ordering {
            // The future is boxed, because futures that contain it would be nested too deeply for the
            // compiler.
            nodes: Box::pin(read_all(source, root, platforms)).await?,
            plan: Self {
                manifests: Vec::new(),
                images: Vec::new(),
                blobs: Vec::new(),
                platforms: HashMap::new(),
                configs: HashMap::new(),
            },
        };
        ordering.add(&root.digest, 0)?;
        let mut plan = ordering.plan;
        // An image may be part of several indexes, so images go first.
        plan.manifests.sort_by_key(|raw| raw.descriptor().media_type.is_index());
        Ok(plan)
    }

    /// Returns this plan with indexes that list only its content. This is for targets that do not accept
    /// other indexes, or could not be copied from with them. An index that lists other content is replaced
    /// by a new one with its own digest.
    ///
    /// # Errors
    /// [`Error::Image`] if an index cannot be parsed.
    pub fn narrowed(mut self) -> Result<Self, Error> {
        let contents = self.manifests.iter().map(RawManifest::descriptor).chain(&self.blobs);
        let mut kept: HashMap<Digest, Descriptor> =
            contents.map(|content| (content.digest.clone(), content.clone())).collect();
        // Children come first, so that an index lists the new digests of the indexes in it.
        for raw in self.manifests.iter_mut().filter(|raw| raw.descriptor().media_type.is_index()) {
            if let Some(index) = narrowed_index(raw, &kept)? {
                let replaced = std::mem::replace(raw, index);
                kept.insert(replaced.descriptor().digest.clone(), raw.descriptor().clone());
            }
        }
        Ok(self)
    }

    /// Returns the manifest or index that was requested, or the index that [`narrowed`](Self::narrowed) made
    /// of it.
    pub fn root(&self) -> &RawManifest {
        self.manifests.last().expect("a plan has its root")
    }

    /// Returns the sum of the sizes of all distinct blobs, in bytes.
    pub fn bytes(&self) -> u64 {
        let mut seen = HashSet::new();
        let distinct = self.blobs.iter().filter(|blob| seen.insert(&blob.digest));
        distinct.fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    /// Returns the event that announces this plan before anything moves.
    pub fn event(&self) -> Event {
        Event::Planned { blobs: self.blobs.clone(), platforms: self.platforms.clone(), bytes: self.bytes() }
    }

    /// Returns all blobs, and all manifests except the root.
    pub(super) fn contents(&self) -> Vec<Descriptor> {
        let manifests = self.manifests.iter().rev().skip(1).map(RawManifest::descriptor);
        self.blobs.iter().chain(manifests).cloned().collect()
    }

    fn add_image(&mut self, descriptor: &Descriptor, platform: Option<&Platform>, image: &ImageManifest) {
        self.images.push(descriptor.clone());
        if image.config.media_type.is_image_config() {
            let layers = self.configs.entry(image.config.digest.clone()).or_default();
            if !layers.contains(&image.layers.len()) {
                layers.push(image.layers.len());
            }
        }
        for blob in image.blobs() {
            self.blobs.push(blob.clone());
            if let Some(platform) = platform {
                let platforms = self.platforms.entry(blob.digest.clone()).or_default();
                if !platforms.contains(platform) {
                    platforms.push(platform.clone());
                }
            }
        }
    }
}

/// Returns a copy of an index that lists only the `kept` content, or `None` if the index lists nothing else.
/// `kept` maps the digest of an entry to the content that takes its place.
fn narrowed_index(
    raw: &RawManifest,
    kept: &HashMap<Digest, Descriptor>,
) -> Result<Option<RawManifest>, Error> {
    let failed = |source| image::Error::Parse { what: "image index", source };
    // The document is changed rather than a parsed index, which lacks unknown fields.
    let mut document: Value = serde_json::from_slice(raw.bytes()).map_err(failed)?;
    let Some(entries) = document.get_mut("manifests").and_then(Value::as_array_mut) else { return Ok(None) };
    let mut is_changed = false;
    entries.retain_mut(|entry| {
        let digest = entry["digest"].as_str().and_then(|digest| digest.parse::<Digest>().ok());
        let Some((digest, new)) = digest.and_then(|digest| kept.get_key_value(&digest)) else {
            is_changed = true;
            return false;
        };
        if *digest != new.digest {
            is_changed = true;
            entry["digest"] = new.digest.to_string().into();
            entry["size"] = new.size.into();
            // The content may be embedded.
            entry.as_object_mut().and_then(|fields| fields.shift_remove("data"));
        }
        true
    });
    let media_type = raw.descriptor().media_type.clone();
    Ok(is_changed.then(|| RawManifest::new(media_type, document.to_string().into())))
}

/// A manifest and its children.
struct Node {
    raw: RawManifest,
    /// The platform that the parent index names for it.
    platform: Option<Platform>,
    content: Content,
}

enum Content {
    Image(Box<ImageManifest>),
    /// The chosen manifests of an index, and what else it lists.
    Index {
        children: Vec<Descriptor>,
        blobs: Vec<Descriptor>,
    },
}

impl Node {
    async fn read(
        source: &dyn Source,
        descriptor: Descriptor,
        platforms: &Platforms,
    ) -> Result<(Digest, Self), Error> {
        let raw = source.manifest(&descriptor).await.map_err(Error::of_source(&descriptor))?;
        let content = match raw.parse()? {
            Manifest::Image(image) => Content::Image(image),
            Manifest::Index(index) => {
                let chosen = chosen(source, &index, platforms).await?.into_iter();
                let (children, blobs) = chosen.partition(|child| child.media_type.is_manifest());
                Content::Index { children, blobs }
            }
        };
        Ok((descriptor.digest, Self { raw, platform: descriptor.platform, content }))
    }

    fn children(&self) -> &[Descriptor] {
        match &self.content {
            Content::Image(_) => &[],
            Content::Index { children, .. } => children,
        }
    }
}

/// Reads `root` and its descendants, level by level; the manifests of a level are read concurrently.
async fn read_all(
    source: &dyn Source,
    root: &Descriptor,
    platforms: &Platforms,
) -> Result<HashMap<Digest, Node>, Error> {
    let concurrent = MANIFESTS_CONCURRENT.min(open_files::connections());
    let mut seen = HashSet::from([root.digest.clone()]);
    let mut nodes = HashMap::new();
    let (mut level, mut depth, mut bytes) = (vec![root.clone()], 0, 0_u64);
    while !level.is_empty() {
        check_limits(depth, seen.len())?;
        // Manifests have the sizes that are claimed, or are rejected.
        bytes = level.iter().fold(bytes, |sum, descriptor| sum.saturating_add(descriptor.size));
        check_bytes(bytes)?;
        let reads = stream::iter(level).map(|descriptor| Node::read(source, descriptor, platforms));
        let read: Vec<(Digest, Node)> = reads.buffered(concurrent).try_collect().await?;
        let children = read.iter().flat_map(|(_, node)| node.children());
        level = children.filter(|child| seen.insert(child.digest.clone())).cloned().collect();
        nodes.extend(read);
        depth += 1;
    }
    Ok(nodes)
}

/// Puts manifests that have been read in order.
struct Ordering {
    /// The manifests that have no position yet.
    nodes: HashMap<Digest, Node>,
    plan: Plan,
}

impl Ordering {
    /// Adds the children of a manifest, then the manifest itself, unless it was added before.
    fn add(&mut self, digest: &Digest, depth: usize) -> Result<(), Error> {
        check_limits(depth, self.plan.manifests.len())?;
        let Some(Node { raw, platform, content }) = self.nodes.remove(digest) else { return Ok(()) };
        match content {
            Content::Image(image) => self.plan.add_image(raw.descriptor(), platform.as_ref(), &image),
            Content::Index { children, blobs } => {
                self.plan.blobs.extend(blobs);
                for child in children {
                    self.add(&child.digest, depth + 1)?;
                }
            }
        }
        self.plan.manifests.push(raw);
        Ok(())
    }
}

fn check_limits(depth: usize, manifests: usize) -> Result<(), Error> {
    if depth > DEPTH_MAX {
        return Err(image::Error::Limit("indexes lie more than 8 deep").into());
    }
    if manifests > MANIFESTS_MAX {
        return Err(image::Error::Limit("image consists of more than 10000 manifests").into());
    }
    Ok(())
}

fn check_bytes(manifests: u64) -> Result<(), Error> {
    if manifests > MANIFEST_BYTES_MAX {
        return Err(image::Error::Limit("image consists of more than 32 MiB of manifests").into());
    }
    Ok(())
}

async fn chosen(source: &dyn Source, index: &Index, platforms: &Platforms) -> Result<Vec<Descriptor>, Error> {
    match platforms {
        Platforms::All => Ok(index.manifests.clone()),
        Platforms::Host => match choose(source, index, &Platform::host_with_level()).await {
            // The error names the host platform in the usual form.
            Err(Error::Image(image::Error::NoPlatform { available, .. })) => {
                let wanted = Box::new(Platform::host());
                Err(image::Error::NoPlatform { wanted, available }.into())
            }
            best => Ok(vec![best?]),
        },
        Platforms::Listed(digests) => {
            Ok(index.manifests.iter().filter(|child| digests.contains(&child.digest)).cloned().collect())
        }
        Platforms::Fitting(wanted) => {
            let mut chosen = Vec::new();
            for platform in wanted {
                chosen.push(choose(source, index, platform).await?);
            }
            Ok(chosen)
        }
    }
}
