//! `regcli verify-signature`

use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::{self, Place, SignatureReport};
use regcli::reference::{Name, Reference};
use regcli::signature::Identity;

use super::run::Run;
use super::trusted_signers::{SignerFlags, TrustedSigners};
use crate::cli::flags::{self, TextOrJson};
use crate::cli::usage::check_image;
use crate::context::Context;
use crate::ui::format::wrap::wrapped_lines;
use crate::ui::format::{json, signatures};

/// Verify that an image is signed by a key or an identity
#[derive(Args, Debug)]
#[command(
    after_help = "Signatures are those of cosign: the tag sha256-DIGEST.sig of its versions 1 and 2,\n\
    the sigstore bundles of version 3, and its OCI referrers. One signature by one of\n\
    the keys is enough. It has to name the digest of the image; for a multi-platform\n\
    image that is the digest of the index, or with --platform that of the manifest.\n\n\
    With --key, the signature and the digest are checked. Not checked are certificates,\n\
    entries in transparency logs, time stamps, annotations, and the name of the image\n\
    in the signature. Attestations are not signatures.\n\n\
    With --identity and --issuer (keyless), both must be equal to those in the\n\
    certificate of the signer. Also checked are its authority and transparency log,\n\
    that it was valid at the time of the signature, and the entry in the log of\n\
    signatures. None of these services is asked. Those of sigstore's public instance,\n\
    as of October 2026, are trusted; --trusted-root replaces them by a file, such as\n\
    cosign's trusted_root.json.\n\n\
    The exit code is 6 if no signature is found or none is verified, and 3 if there is\n\
    no such image.\n\n\
    Examples:\n  \
    regcli verify-signature --key cosign.pub 127.0.0.1:5000/app:1\n  \
    regcli verify-signature --key old.pub --key new.pub 127.0.0.1:5000/app:1\n  \
    regcli verify-signature --key cosign.pub --format json 127.0.0.1:5000/app:1\n  \
    regcli verify-signature --identity me@example.com \\\n    \
    --issuer https://accounts.google.com registry.example.com/app:1"
)]
pub(crate) struct VerifySignature {
    /// Public key, PEM; repeatable, any of them counts
    #[arg(id = "public_key", long = "key", value_name = "FILE", conflicts_with = "identity")]
    #[arg(required_unless_present_any = ["identity", "issuer", "trusted_root"])]
    keys: Vec<PathBuf>,

    /// Email address or URI of the signer (keyless)
    #[arg(long, value_name = "NAME", requires = "issuer", alias = "certificate-identity")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    identity: Option<String>,

    /// OpenID Connect issuer that confirms the identity
    #[arg(long, value_name = "URL", requires = "identity", alias = "certificate-oidc-issuer")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    issuer: Option<String>,

    /// Authorities and logs to trust [default: sigstore's]
    #[arg(long, value_name = "FILE", requires = "identity", conflicts_with = "public_key")]
    trusted_root: Option<PathBuf>,

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
        let identity = self.identity.clone().zip(self.issuer.clone());
        let signers = SignerFlags {
            keys: &self.keys,
            identity: identity.map(|(name, issuer)| Identity { name, issuer }),
            root: self.trusted_root.as_deref(),
            repository: self.signatures.as_ref(),
        };
        let signers = signers.read()?;
        let image = self.image.clone().or_latest();
        let access = context.access(None);
        let report =
            ops::verify_signatures(access, &image, self.platform.as_ref(), &signers.policy()).await?;
        self.show(context, &report, &signers)?;
        report.require(&image)?;
        Ok(())
    }
}

impl VerifySignature {
    fn show(
        &self,
        context: &Context,
        report: &SignatureReport,
        signers: &TrustedSigners,
    ) -> Result<(), Failure> {
        let name = self.image.clone().or_latest().familiar();
        match self.format {
            TextOrJson::Json => {
                let document = signatures::json(&name, report, |key| signers.file(key));
                context.ui.line(&json::indented(&document))
            }
            TextOrJson::Text => {
                let text = signatures::text(&name, report, |key| signers.file(key));
                let columns = context.ui.columns().unwrap_or(usize::MAX);
                context.ui.write(wrapped_lines(&text, columns).as_bytes())
            }
        }
    }
}
