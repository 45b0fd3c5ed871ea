//! `regcli inspect`

use std::convert::Infallible;
use std::str::FromStr;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::image::Platform;
use regcli::ops::{self, Subject};
use regcli::store;
use serde_json::Value;

use super::batch::Batch;
use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::template::{Document, DocumentTemplate, Reader};
use crate::ui::format::{docker_words, inspect, json};

/// Display detailed information on one or more images
#[derive(Args, Debug)]
#[command(
    after_help = "An image that is not in the store is looked up at its registry. Only its manifest and its config\n\
    are read, no layers. Size is that of the config and the compressed layers.\n\n\
    Examples:\n  \
    regcli inspect ubuntu:22.04\n  \
    regcli inspect --remote --platform linux/arm64 127.0.0.1:5000/team/app\n  \
    regcli inspect -f '{{json .Config.Env}}' ubuntu:22.04\n  \
    regcli inspect -f '{{index .RepoDigests 0}}' ubuntu:22.04\n  \
    regcli inspect oci:./layout:1.0"
)]
pub(crate) struct Inspect {
    /// json, or a Go template
    #[arg(short, long, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    format: Format,

    /// Choose this platform of an image with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// Read from the registry, even if it is in the store
    #[arg(long)]
    remote: bool,

    /// Docker's flag; images always show their size
    #[arg(short, long)]
    size: bool,

    /// Docker's flag; regcli has only images
    #[arg(long = "type", value_name = "TYPE", value_parser = ["image"])]
    _type: Option<String>,

    /// Name, digest, beginning of the ID, or a place such as oci:DIR[:TAG]
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<Subject>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    /// All images in one array, on many lines.
    Indented,
    /// All images in one array, on one line.
    Json,
    /// A template for each image.
    Template(String),
}

impl FromStr for Format {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "" => Self::Indented,
            "json" => Self::Json,
            template => Self::Template(template.to_owned()),
        })
    }
}

/// The error for a missing image, in the words of `docker inspect`. Its cause has those of `docker image
/// inspect`.
#[derive(Debug, thiserror::Error)]
#[error("{}", docker_words::no_such_object(name))]
struct NoSuchObject {
    name: String,
    source: ops::Error,
}

impl Diagnose for NoSuchObject {
    fn kind(&self) -> ErrorKind {
        self.source.kind()
    }

    fn hint(&self) -> Option<Hint> {
        self.source.hint()
    }
}

fn told(subject: &Subject, source: ops::Error) -> Failure {
    match source {
        ops::Error::NoSuchImage { .. } | ops::Error::Store(store::Error::NoSuchImage(_)) => {
            NoSuchObject { name: subject.as_str().to_owned(), source }.into()
        }
        other => other.into(),
    }
}

/// Returns an image at its registry, for `--remote`.
pub(super) fn at_registry(image: &Subject) -> Result<Subject, Failure> {
    let unknown =
        || Usage::failure(format!("--remote requires the name of an image, not {}", image.as_str()));
    image.at_registry().ok_or_else(unknown)
}

#[async_trait(?Send)]
impl Run for Inspect {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let template = match &self.format {
            Format::Template(source) => Some(DocumentTemplate::parse(source, &inspect::empty_fields())?),
            Format::Indented | Format::Json => None,
        };
        let subjects = self.subjects()?;
        if self.size {
            context.ui.warn(docker_words::SIZE_IGNORED);
        }
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let (mut batch, mut documents, mut text) = (Batch::default(), Vec::new(), String::new());
        for subject in &subjects {
            let found = ops::inspect(access, subject, self.platform.as_ref()).await;
            let document = found.map(|image| inspect::document(&image)).map_err(|e| told(subject, e));
            batch.take(match (document, &template) {
                (Ok(document), None) => {
                    documents.push(document);
                    Ok(())
                }
                (Ok(document), Some(template)) => apply(template, &document, context).map(|shown| {
                    text += &shown;
                    text.push('\n');
                }),
                (Err(failure), _) => Err(failure),
            })?;
        }
        context.ui.line(&match self.format {
            Format::Indented => json::indented(&documents),
            Format::Json => json::line(&documents),
            // As in docker: an empty line if nothing was found.
            Format::Template(_) => text.strip_suffix('\n').unwrap_or_default().to_owned(),
        })?;
        batch.end()
    }
}

impl Inspect {
    fn subjects(&self) -> Result<Vec<Subject>, Failure> {
        match self.remote {
            true => self.images.iter().map(at_registry).collect(),
            false => Ok(self.images.clone()),
        }
    }
}

fn apply(template: &DocumentTemplate, document: &Value, context: &Context) -> Result<String, Failure> {
    let reader = if context.ui.columns().is_some() { Reader::Terminal } else { Reader::Program };
    let fields = inspect::fields(document);
    Ok(template.execute(&Document { fields: &fields, json: document }, reader)?)
}
