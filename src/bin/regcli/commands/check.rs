//! `regcli check`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::digest::Digest;
use regcli::mentions::Step;
use regcli::ops::{self, Current, Place, PlaceError};
use regcli::reference::Reference;

use super::batch::Batch;
use super::mentioned::NamedFile;
use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::{Usage, check_image};
use crate::context::Context;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::report::{Reported, SOMETHING_TO_DO};

/// Check whether images are out of date
#[derive(Args, Debug)]
#[command(after_help = "Checks the tags of images in the store, and the images that files name: compose\n\
    files, Kubernetes manifests, Helm values, kustomizations, Dockerfiles, and lists\n\
    with one image in each line. Registries are asked by HEAD requests, which count\n\
    as pulls nowhere. Exit code 10 means that an image is out of date.\n\n\
    An image of a file is compared by the digest in the file, else by that in the\n\
    store. Tags are resolved by the registries themselves, not by mirrors. To write\n\
    digests into files: regcli pin.\n\n\
    --newer also looks for newer versions of the same variant: 1.28-alpine is newer\n\
    than 1.27-alpine, and neither 1.28 nor 1.28.1-alpine is. PART is the part of the\n\
    version that may grow: patch, minor or major.\n\n\
    Statuses: current; outdated: the tag has another digest now; newer version; not\n\
    pinned, not pulled: no digest to compare; unknown: the registry did not say it.\n\n\
    Examples:\n  \
    regcli check\n  \
    regcli check nginx:1.27 compose.yaml Dockerfile\n  \
    regcli check --newer=minor k8s/*.yaml\n\n\
    Fields for --format:\n  \
    .Image .Status .Here .There .Newer .Where")]
pub(crate) struct Check {
    /// Also look for newer versions [default: major]
    #[arg(
        long, value_name = "PART", value_parser = flags::step, num_args = 0..=1, require_equals = true,
        default_missing_value = "major"
    )]
    newer: Option<Step>,

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Images or files to check; all images in the store if none is given
    #[arg(value_name = "IMAGE|FILE")]
    subjects: Vec<String>,
}

/// An image to check.
struct Wanted {
    /// With its tag, and without a digest.
    image: Reference,
    here: Option<Digest>,
    /// Where it is named: a line of a file, or `store`.
    place: String,
}

#[async_trait(?Send)]
impl Run for Check {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let table = match self.newer {
            Some(_) => "{{.Image}}\t{{.Status}}\t{{.Here}}\t{{.There}}\t{{.Newer}}\t{{.Where}}",
            None => "{{.Image}}\t{{.Status}}\t{{.Here}}\t{{.There}}\t{{.Where}}",
        };
        let printer = self.format.compile::<CheckRow>(table)?;
        let stored = stored(context)?;
        let wanted = match &self.subjects[..] {
            [] => all_stored(&stored),
            subjects => wanted(context, subjects, &stored)?,
        };
        if wanted.is_empty() && self.subjects.is_empty() {
            context.ui.note("The store has no images to check");
        }
        let images: BTreeSet<_> = wanted.iter().map(|wanted| wanted.image.clone()).collect();
        let current = ops::current_images(&context.remote, &images, self.newer).await;
        let rows: Vec<_> =
            wanted.iter().map(|wanted| CheckRow::new(wanted, current.get(&wanted.image))).collect();
        context.ui.write(printer.fitted(&rows, context.ui.columns())?.as_bytes())?;
        let is_any_out_of_date = rows.iter().any(CheckRow::is_out_of_date);
        let mut batch = Batch::of(current.len());
        for (image, result) in current {
            batch.take_of(Some(&image.familiar()), result.map(drop).map_err(Failure::from))?;
        }
        batch.end()?;
        if is_any_out_of_date { Err(Reported(SOMETHING_TO_DO).into()) } else { Ok(()) }
    }
}

/// Returns the digests of the tags in the store.
fn stored(context: &Context) -> Result<BTreeMap<Reference, Digest>, Failure> {
    let Some(store) = context.known_store() else { return Ok(BTreeMap::new()) };
    let catalog = store.catalog()?;
    let tagged = catalog.images().filter_map(|image| {
        let named = image.reference.as_ref().filter(|named| named.digest.is_none())?;
        Some((named.clone(), image.descriptor.digest.clone()))
    });
    Ok(tagged.collect())
}

fn all_stored(stored: &BTreeMap<Reference, Digest>) -> Vec<Wanted> {
    let wanted = |(image, digest): (&Reference, &Digest)| Wanted {
        image: image.clone(),
        here: Some(digest.clone()),
        place: "store".to_owned(),
    };
    stored.iter().map(wanted).collect()
}

/// Reads the arguments: a file that exists is one, everything else names an image.
fn wanted(
    context: &Context,
    subjects: &[String],
    stored: &BTreeMap<Reference, Digest>,
) -> Result<Vec<Wanted>, Failure> {
    let mut wanted = Vec::new();
    for subject in subjects {
        match std::fs::metadata(subject) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(Usage::failure(format!("{subject} is a directory: name its files")));
            }
            Ok(_) => {
                let file = NamedFile::read(context, Path::new(subject))?;
                wanted.extend(file.document.mentions.iter().filter_map(|mention| {
                    let place = file.place(mention.line);
                    let Some(image) = mention.tagged() else {
                        let image = mention.image.familiar();
                        context.ui.note(&format!("{place}: {image} is left out: it names no tag"));
                        return None;
                    };
                    let here = mention.image.digest.clone().or_else(|| stored.get(&image).cloned());
                    Some(Wanted { image, here, place })
                }));
            }
            Err(error) if looks_like_a_file(subject) => {
                let path = Path::new(subject).to_owned();
                return Err(ops::Error::File { path, source: error }.into());
            }
            Err(_) => wanted.push(named(subject, stored)?),
        }
    }
    Ok(wanted)
}

/// Reports whether a missing file is meant, and not an image.
fn looks_like_a_file(subject: &str) -> bool {
    let name = subject.rsplit('/').next().unwrap_or(subject);
    let is_document = |end: &str| name.to_ascii_lowercase().ends_with(end);
    [".yaml", ".yml", ".json", ".txt", ".list", "dockerfile", "containerfile"]
        .iter()
        .any(|end| is_document(end))
        || subject.starts_with(['.', '/', '~'])
}

/// Reads the name of an image.
fn named(subject: &str, stored: &BTreeMap<Reference, Digest>) -> Result<Wanted, Failure> {
    let image = match Place::as_typed(subject) {
        Ok(Place::Store(image)) => image,
        Err(PlaceError::Reference(error)) if !subject.contains("://") => {
            return Err(Usage::failure(format!("{subject} is neither a file nor an image: {error}")));
        }
        Ok(_) | Err(_) => Place::at_registry(subject)?,
    };
    check_image(&image)?;
    let Reference { name, tag, digest } = image.or_latest();
    let Some(tag) = tag else {
        return Err(Usage::failure(format!("{subject} names no tag, so it cannot be out of date")));
    };
    let image = Reference::tagged(name, tag);
    let (here, place) = match (digest, stored.get(&image)) {
        (Some(digest), _) => (Some(digest), ""),
        (None, Some(stored)) => (Some(stored.clone()), "store"),
        (None, None) => (None, ""),
    };
    Ok(Wanted { image, here, place: place.to_owned() })
}

/// An image as a row, with its fields for templates.
struct CheckRow<'a> {
    wanted: &'a Wanted,
    /// `None` if it could not be found out.
    current: Option<&'a Current>,
}

impl<'a> CheckRow<'a> {
    fn new(wanted: &'a Wanted, current: Option<&'a Result<Current, ops::Error>>) -> Self {
        Self { wanted, current: current.and_then(|current| current.as_ref().ok()) }
    }

    fn is_out_of_date(&self) -> bool {
        self.current.is_some_and(|current| {
            current.newer.is_some() || self.wanted.here.as_ref().is_some_and(|here| *here != current.digest)
        })
    }

    fn status(&self) -> &'static str {
        match (self.current, &self.wanted.here) {
            (None, _) => "unknown",
            (Some(Current { digest, .. }), Some(here)) if here != digest => "outdated",
            (Some(Current { newer: Some(_), .. }), _) => "newer version",
            (Some(_), Some(_)) => "current",
            (Some(_), None) if self.wanted.place.is_empty() => "not pulled",
            (Some(_), None) => "not pinned",
        }
    }
}

impl Row for CheckRow<'_> {
    const TYPE: &'static str = "*registry.checkContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Image", "IMAGE"),
        ("Status", "STATUS"),
        ("Here", "HERE"),
        ("There", "THERE"),
        ("Newer", "NEWER"),
        ("Where", "WHERE"),
    ];

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[
        ("Image", Flexible::middle(12)),
        ("Here", Flexible::end(7)),
        ("There", Flexible::end(7)),
        ("Newer", Flexible::middle(9)),
        ("Where", Flexible::middle(12)),
    ];

    fn cells(&self) -> Vec<Cell> {
        let digest = |digest: Option<&Digest>| match digest {
            Some(digest) => Cell::with_json(digest.short(), digest.as_str()),
            None => Cell::with_json("-", ""),
        };
        let newer = self.current.and_then(|current| current.newer.as_ref());
        let newer = newer.map_or(Cell::with_json("-", ""), |tag| tag.as_str().into());
        vec![
            self.wanted.image.familiar().into(),
            self.status().into(),
            digest(self.wanted.here.as_ref()),
            digest(self.current.map(|current| &current.digest)),
            newer,
            self.wanted.place.as_str().into(),
        ]
    }
}
