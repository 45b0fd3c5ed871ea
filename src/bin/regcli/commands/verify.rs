//! `regcli verify`

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::{ErrorKind, Failure};
use regcli::ops::{self, Finding, Remedy, Verified};
use regcli::store::{Condition, Holding};

use super::run::Run;
use crate::context::Context;
use crate::ui::format::units;
use crate::ui::progress::Verbosity;
use crate::ui::progress::{Direction, Work};
use crate::ui::report;
use crate::ui::report::Reported;

/// Verify the store, and fetch damaged or missing blobs again
#[derive(Args, Debug)]
#[command(
    after_help = "A blob that does not match its digest is set aside and fetched again from the registry in the\n\
    name of the image. The exit code is 6 if damage remains.\n\n\
    Examples:\n  \
    regcli verify\n  \
    regcli verify 127.0.0.1:5000/team/app:1 ubuntu\n  \
    regcli verify --no-fetch"
)]
pub(crate) struct Verify {
    /// Only check; set nothing aside and fetch nothing
    #[arg(long)]
    no_fetch: bool,

    /// Images to verify [default: all in the store]
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,
}

#[async_trait(?Send)]
impl Run for Verify {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let mut verify = ops::Verify::of(&context.store()?, &self.images, context.transfer(&[])).await?;
        loop {
            let work = Work { image: "store".to_owned(), direction: Direction::Verify };
            let hash = async |observer| Ok(verify.hash(observer).await?);
            let lacking = context.ui.show(work, Verbosity::Normal, hash).await?;
            if self.no_fetch {
                break;
            }
            verify.set_aside()?;
            if lacking.is_empty() {
                break;
            }
            for holding in &lacking {
                repair(context, &verify, holding).await;
            }
        }
        let verified = verify.end()?;
        for finding in &verified.findings {
            context.ui.line(&told(finding))?;
        }
        context.ui.line(&summary(&verified))?;
        match verified.is_well() {
            true => Ok(()),
            false => Err(Reported(report::code(ErrorKind::Corrupt)).into()),
        }
    }
}

/// Fetches the missing blobs of an image. A failure is reported immediately, because other images may
/// still succeed.
async fn repair(context: &Context, verify: &ops::Verify, holding: &Holding) {
    let work = Work { image: holding.called(), direction: Direction::Pull };
    let fetch = async |observer| Ok(verify.repair(&context.remote, holding, observer).await?);
    if let Err(failure) = context.ui.show(work, Verbosity::Normal, fetch).await {
        report::tell(&failure);
    }
}

/// Describes a blob that was damaged or missing.
fn told(finding: &Finding) -> String {
    let found = match finding.found {
        Condition::Whole => "whole",
        Condition::Missing => "missing",
        Condition::Damaged => "damaged",
    };
    let needed = match finding.images.iter().map(String::as_str).collect::<Vec<_>>().join(", ") {
        names if names.is_empty() => "needed by no image".to_owned(),
        names => format!("needed by {names}"),
    };
    let remedy = match finding.remedy {
        Remedy::Fetched => ", fetched again",
        Remedy::SetAside => ", set aside",
        Remedy::Nothing => "",
    };
    format!("{}: {found}, {needed}{remedy}", finding.digest)
}

fn summary(verified: &Verified) -> String {
    let looked = format!("{}, {}", units::count(verified.blobs, "blob"), units::size(verified.bytes));
    let bad = verified.findings.len();
    let left = verified.findings.iter().filter(|finding| finding.remedy == Remedy::Nothing).count();
    match (bad, left) {
        (0, _) => format!("Verified {looked}: all intact"),
        (_, 0) => format!("Verified {looked}: {bad} repaired"),
        _ => format!("Verified {looked}: {left} damaged or missing"),
    }
}
