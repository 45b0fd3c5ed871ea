//! `regcli verify-signature`

use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place, SignatureReport};
use regcli::reference::{Name, Reference};

use super::run::Run;
use super::signature_keys::SignatureKeys;
use crate::cli::flags::{self, TextOrJson};
use crate::cli::usage::check_image;
use crate::context::Context;
use crate::ui::format::wrap::wrapped_lines;
use crate::ui::format::{json, signatures};

/// Verify that an image is signed with a public key
#[derive(Args, Debug)]
#[command(
    after_help = "Signatures are those of cosign: the tag sha256-DIGEST.sig of its versions 1 and 2,\n\
    the sigstore bundles of version 3, and its OCI referrers. One signature by one of\n\
    the keys is enough. It has to name the digest of the image; for a multi-platform\n\
    image that is the digest of the index, or with --platform that of the manifest.\n\n\
    Checked are the signature and the digest. Not checked are certificates, entries in\n\
    transparency logs, time stamps, annotations, and the name of the image in the\n\
    signature. Attestations are not signatures.\n\n\
    The exit code is 6 if no signature is found or none is verified, and 3 if there is\n\
    no such image.\n\n\
    Examples:\n  \
    regcli verify-signature --key cosign.pub 127.0.0.1:5000/app:1\n  \
    regcli verify-signature --key old.pub --key new.pub 127.0.0.1:5000/app:1\n  \
    regcli verify-signature --key cosign.pub --format json 127.0.0.1:5000/app:1"
)]
pub(crate) struct VerifySignature {
    /// Public key, PEM; repeatable, any of them counts
    #[arg(id = "public_key", long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TextOrJson::Text)]
    format: TextOrJson,

    /// Verify the image for this platform
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    /// Repository of the signatures [default: same]
    #[arg(long, value_name = "REPOSITORY", value_parser = flags::repository)]
    signatures: Option<Name>,

    /// Key of --cert, which is --key elsewhere
    // It has the name of the global flag inside, so that clap does not add that one, and its value is passed on.
    #[arg(id = "key", long = "client-key", value_name = "FILE", requires = "cert")]
    _client_key: Option<PathBuf>,

    /// An image at a registry
    #[arg(value_name = "NAME[:TAG|@DIGEST]", value_parser = Place::at_registry)]
    image: Reference,
}

#[async_trait(?Send)]
impl Run for VerifySignature {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_image(&self.image)?;
        let keys = SignatureKeys::read(&self.keys, self.signatures.as_ref())?;
        let image = self.image.clone().or_latest();
        let access = context.access(None);
        let report = ops::verify_signatures(access, &image, self.platform.as_ref(), &keys.policy()).await?;
        self.show(context, &report, &keys)?;
        report.require(&image)?;
        Ok(())
    }
}

impl VerifySignature {
    fn show(&self, context: &Context, report: &SignatureReport, keys: &SignatureKeys) -> Result<(), Failure> {
        let name = self.image.clone().or_latest().familiar();
        match self.format {
            TextOrJson::Json => {
                let document = signatures::json(&name, report, |signature| keys.file(signature));
                context.ui.line(&json::indented(&document))
            }
            TextOrJson::Text => {
                let text = signatures::text(&name, report, |signature| keys.name(signature));
                let columns = context.ui.columns().unwrap_or(usize::MAX);
                context.ui.write(wrapped_lines(&text, columns).as_bytes())
            }
        }
    }
}
