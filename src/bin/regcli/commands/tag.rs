//! `regcli tag`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::ops::{self, Wanted};
use regcli::reference::{self, Reference};

use super::run::Run;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::docker_words;

/// Give an image another name
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli tag ubuntu:22.04 127.0.0.1:5000/ubuntu:22.04\n  \
    regcli tag 37bb9c63c8b2 registry-vpc.cn-shenzhen.aliyuncs.com/acs/agent:0.7\n  \
    regcli tag --remote 127.0.0.1:5000/app:1.0 127.0.0.1:5000/app:stable")]
pub(crate) struct Tag {
    /// Tag at the registry, within a repository, without a pull
    #[arg(long)]
    remote: bool,

    /// An image in the store: name, digest, or beginning of the ID
    #[arg(value_name = "SOURCE_IMAGE[:TAG]")]
    source: String,

    /// The new name
    #[arg(value_name = "TARGET_IMAGE[:TAG]")]
    target: String,
}

/// The new name is invalid.
#[derive(Debug, thiserror::Error)]
#[error("{}", docker_words::not_a_valid_tag(.0))]
struct NotATag(#[source] reference::Error);

impl Diagnose for NotATag {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn hint(&self) -> Option<Hint> {
        self.0.hint()
    }
}

#[async_trait(?Send)]
impl Run for Tag {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let target: Reference = self.target.parse().map_err(NotATag)?;
        if target.digest.is_some() {
            return Err(Usage::failure(docker_words::TAG_WITH_DIGEST));
        }
        let target = target.or_latest();
        if self.remote {
            return self.tag_remote(context, &target).await;
        }
        let store = context.store()?;
        let image = store.find(&self.source).map_err(ops::Error::from);
        let image = context.explained(image, Wanted::InStore).await?;
        Ok(store.tag(&image.descriptor, &target).await?)
    }
}

impl Tag {
    async fn tag_remote(&self, context: &Context, target: &Reference) -> Result<(), Failure> {
        let source = self.source.parse::<Reference>()?.or_latest();
        if source.name != target.name {
            return Err(Usage::failure(format!(
                "--remote tags within one repository; to copy to another: regcli copy {} {}",
                source.familiar(),
                target.familiar()
            )));
        }
        ops::tag_remote(&context.remote, &source, target).await?;
        Ok(())
    }
}
