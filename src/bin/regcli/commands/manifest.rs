//! `regcli manifest`, and Docker's `manifest inspect`.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use regcli::diagnose::Failure;
use regcli::image::{Descriptor, Manifest, MediaType, Platform, RawManifest};
use regcli::ops::{self, Place};
use regcli::reference::Reference;
use serde_json::{Value, json};

use super::run::Run;
use crate::cli::flags;
use crate::cli::usage::{Usage, check_image, check_place};
use crate::context::Context;

/// Show the manifest of an image, byte for byte
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "'regcli manifest inspect [-v] NAME' is Docker's spelling, with Docker's output.\n\n\
    Examples:\n  \
    regcli manifest ubuntu:22.04\n  \
    regcli manifest --platform linux/arm64 ubuntu:22.04\n  \
    regcli manifest oci:./layout:1.0"
)]
pub(crate) struct ShowManifest {
    /// Platform to choose from an index
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG], or
    /// docker-archive:FILE[:NAME:TAG]
    #[arg(value_name = "IMAGE", required = true)]
    image: Option<Place>,

    #[command(subcommand)]
    spelling: Option<DockersSpelling>,
}

#[derive(Debug, Subcommand)]
enum DockersSpelling {
    #[command(hide = true)]
    Inspect(Inspect),
}

/// Show the manifest or index of an image at its registry, as docker manifest inspect does
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli manifest inspect ubuntu:22.04\n  \
    regcli manifest inspect -v ubuntu:22.04")]
struct Inspect {
    /// Show each image with its platform, digest and manifest
    #[arg(short, long)]
    verbose: bool,

    /// The image
    #[arg(value_name = "NAME[:TAG|@DIGEST]")]
    image: Reference,
}

#[async_trait(?Send)]
impl Run for ShowManifest {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        match (self.spelling, self.image) {
            (Some(DockersSpelling::Inspect(inspect)), _) => inspect.run(context).await,
            (None, Some(image)) => {
                check_place(&image)?;
                let (store, platform) = (context.known_store(), self.platform.as_ref());
                let access = context.access(store.as_ref());
                let manifest = ops::read_manifest(access, &image, platform).await?;
                context.ui.document(manifest.bytes())
            }
            // The parser requires one of them.
            (None, None) => Err(Usage::failure("name an image")),
        }
    }
}

impl Inspect {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        check_image(&self.image)?;
        let root = ops::read_manifest_of(&context.remote, &self.image).await?;
        let is_index = matches!(root.parse()?, Manifest::Index(_));
        if !self.verbose {
            let indent: &[u8] = if is_index { b"   " } else { b"\t" };
            return context.ui.document(&indented(&parsed(&root), indent));
        }
        let mut shown = Vec::new();
        for (descriptor, manifest) in ops::read_images_of(&context.remote, &self.image, root).await? {
            let name = match is_index {
                true => format!("{}@{}", self.image, descriptor.digest),
                false => self.image.to_string(),
            };
            shown.push(verbose(&name, &descriptor, &manifest));
        }
        let shown = if is_index { Value::Array(shown) } else { shown.pop().unwrap_or_default() };
        context.ui.document(&indented(&shown, b"\t"))
    }
}

/// Returns what Docker shows of an image with `-v`.
fn verbose(name: &str, descriptor: &Descriptor, manifest: &RawManifest) -> Value {
    let mut shown = json!({
        "mediaType": descriptor.media_type.as_str(),
        "digest": descriptor.digest.to_string(),
        "size": descriptor.size,
    });
    if let Some(platform) = &descriptor.platform {
        shown["platform"] = json!({ "architecture": platform.architecture, "os": platform.os });
        if let Some(variant) = &platform.variant {
            shown["platform"]["variant"] = json!(variant);
        }
    }
    let is_dockers = descriptor.media_type == MediaType::DOCKER_MANIFEST;
    let field = if is_dockers { "SchemaV2Manifest" } else { "OCIManifest" };
    json!({
        "Ref": name,
        "Descriptor": shown,
        "Raw": STANDARD.encode(manifest.bytes()),
        field: parsed(manifest),
    })
}

/// Returns a manifest as JSON, which is valid because it was parsed before.
fn parsed(manifest: &RawManifest) -> Value {
    serde_json::from_slice(manifest.bytes()).unwrap_or_default()
}

fn indented(value: &Value, indent: &[u8]) -> Vec<u8> {
    use serde::Serialize as _;
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent);
    // Writing a value to memory cannot fail.
    let _ = value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter));
    text.push(b'\n');
    text
}
