//! `regcli prune`

mod repositories;
mod rows;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use regcli::diagnose::Failure;
use regcli::ops::deletion::{
    Applied, PLAN_BYTES_MAX, Policy, PrunePlan, Pruning, RepositoryPlan, apply_prune, plan_prune,
};
use regcli::ops::{self, deletion::DeletionError};
use regcli::sync::{Pattern, Range};

use super::batch::Batch;
use super::rules;
use super::run::Run;
use crate::cli::flags::DeleteLimit;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::template::Format;
use crate::ui::report::{Reported, SOMETHING_TO_DO};
use repositories::Wanted;
use rows::PruneRow;

/// How old an untagged manifest must be unless the user says otherwise. A push stores an index after its images.
const GRACE: &str = "24h";

/// Delete old images of a registry by rules; shows a plan first
#[derive(Args, Debug)]
#[command(after_help = "Without --yes, nothing is deleted: the plan is shown, and the exit code is 10 if\n\
    there is something to delete. --plan-out keeps it, and --apply does only what it\n\
    says, after a check that every tag still has the same digest.\n\n\
    With a tag goes what only it needs: the manifest, the images of an index, its\n\
    signatures and other referrers. Whatever a tag that stays needs stays, too. A\n\
    tag with an unknown date stays. Dates are those of the push where the registry\n\
    has them (Harbor, Quay, Google, Azure), else those in the images.\n\n\
    --match says which tags the other rules are about; the rest stays. The newest\n\
    N tags and the versions of --keep-semver stay, even if they are old. Several\n\
    rules together delete only what all of them allow.\n\n\
    REPOSITORY/ with a slash at the end means all repositories below it, as far as\n\
    the registry lists them.\n\n\
    Examples:\n  \
    regcli prune --keep 10 registry.example.com/team/app\n  \
    regcli prune --match '^pr-' --older-than 30d registry.example.com/team/\n  \
    regcli prune --keep 5 --plan-out plan.json registry.example.com/team/app\n  \
    regcli prune --apply plan.json\n\n\
    Fields for --format:\n  \
    .Repository .Tag .Digest .ID .Created .Dated .Action .Reason")]
pub(crate) struct Prune {
    /// Keep the newest N tags of each repository
    #[arg(long, value_name = "N")]
    keep: Option<usize>,

    /// Keep versions in this range, such as '>=2'; repeatable
    #[arg(long, value_name = "RANGE", value_parser = rules::range)]
    keep_semver: Vec<Range>,

    /// Delete only tags that are older: 12h, 90d, 2w
    #[arg(long, value_name = "TIME", value_parser = rules::age)]
    older_than: Option<SignedDuration>,

    /// Consider only tags that match this regular expression
    #[arg(long = "match", value_name = "REGEX", value_parser = rules::regex)]
    matching: Option<Pattern>,

    /// Delete manifests without a tag, as far as they are known
    #[arg(long)]
    untagged: bool,

    /// Keep untagged manifests that are younger
    #[arg(long, value_name = "TIME", value_parser = rules::age, default_value = GRACE)]
    grace: SignedDuration,

    /// Refuse to delete more tags of a repository: 20, 50%
    #[arg(long, value_name = "LIMIT")]
    max_delete: Option<DeleteLimit>,

    /// Delete without showing a plan first
    #[arg(short, long, conflicts_with = "plan_out")]
    yes: bool,

    /// Write the plan to a file
    #[arg(long, value_name = "FILE")]
    plan_out: Option<PathBuf>,

    /// Delete what the plan in a file says
    #[arg(long, value_name = "FILE", conflicts_with = "repositories")]
    apply: Option<PathBuf>,

    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Repositories, or with / at the end all below
    #[arg(value_name = "REPOSITORY", required_unless_present = "apply")]
    repositories: Vec<Wanted>,
}

#[async_trait(?Send)]
impl Run for Prune {
    fn only_looks(&self) -> bool {
        !self.yes && self.apply.is_none()
    }

    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        if let Some(path) = &self.apply {
            let plan = read_plan(path)?;
            let mut batch = Batch::default();
            for plan in &plan.repositories {
                apply(context, plan, &mut batch).await?;
            }
            return batch.end();
        }
        let policy = self.policy()?;
        let mut plan = PrunePlan::default();
        let mut batch = Batch::default();
        for name in repositories::names(context, &self.repositories).await? {
            let pruning = self.plan(context, &name, &policy).await;
            match pruning {
                Ok(pruning) if self.yes && !pruning.decision.removal.is_empty() => {
                    apply(context, &RepositoryPlan::of(&name, &pruning.decision.removal), &mut batch).await?;
                }
                Ok(pruning) => {
                    match self.yes {
                        true => context.ui.line(&rows::summary(&pruning))?,
                        false => self.show(context, &pruning)?,
                    }
                    plan.repositories.push(RepositoryPlan::of(&name, &pruning.decision.removal));
                    batch.take(Ok(()))?;
                }
                Err(error) => batch.take(Err(error.into()))?,
            }
        }
        if let Some(path) = &self.plan_out {
            let failed = |source| ops::Error::File { path: path.clone(), source };
            std::fs::write(path, plan.text()).map_err(failed)?;
        }
        batch.end()?;
        match self.yes || plan.repositories.iter().all(RepositoryPlan::is_empty) {
            true => Ok(()),
            false => {
                context.ui.note(&self.next_step());
                Err(Reported(SOMETHING_TO_DO).into())
            }
        }
    }
}

impl Prune {
    fn policy(&self) -> Result<Policy, Failure> {
        let policy = Policy {
            matching: self.matching.clone(),
            keep: self.keep,
            keep_semver: self.keep_semver.clone(),
            older_than: self.older_than,
            untagged: self.untagged.then_some(self.grace),
        };
        if !policy.removes_tags() && policy.untagged.is_none() {
            let rules = "--keep N, --older-than TIME, --keep-semver RANGE or --untagged";
            return Err(Usage::failure(format!("say what to delete: {rules}")));
        }
        Ok(policy)
    }

    async fn plan(
        &self,
        context: &Context,
        name: &regcli::reference::Name,
        policy: &Policy,
    ) -> Result<Pruning, DeletionError> {
        let pruning = plan_prune(&context.remote, name, policy).await?;
        if let Some(DeleteLimit(limit)) = self.max_delete {
            pruning.check(limit)?;
        }
        Ok(pruning)
    }

    fn show(&self, context: &Context, pruning: &Pruning) -> Result<(), Failure> {
        let table = "{{.Tag}}\t{{.Action}}\t{{.Created}}\t{{.Reason}}";
        let printer = self.format.compile::<PruneRow>(table)?;
        let now = Timestamp::now();
        let is_table = printer.is_table();
        let row = |row| PruneRow { name: &pruning.name, row, now, is_table };
        let rows: Vec<_> = pruning.decision.rows.iter().map(row).collect();
        if !is_table || !rows.is_empty() {
            context.ui.write(printer.show(&rows)?.as_bytes())?;
        }
        if is_table { context.ui.line(&rows::summary(pruning)) } else { Ok(()) }
    }

    /// Describes how to do what the plan says.
    fn next_step(&self) -> String {
        match &self.plan_out {
            Some(path) => format!("to delete this: regcli prune --apply {}", path.display()),
            None => "to delete this: the same command with --yes".to_owned(),
        }
    }
}

/// Reads a plan.
fn read_plan(path: &Path) -> Result<PrunePlan, Failure> {
    let failed = |source| ops::Error::File { path: path.to_owned(), source };
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(PLAN_BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    Ok(PrunePlan::read(&path.display().to_string(), &text)?)
}

/// Applies a plan, and prints each deletion as it happens.
async fn apply(context: &Context, plan: &RepositoryPlan, batch: &mut Batch) -> Result<(), Failure> {
    let shared = Mutex::new((std::mem::take(batch), Ok(())));
    let report = |applied: Applied| {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = rows::applied(&context.ui, applied);
        let taken = shared.0.take(shown);
        // Deletions are finished even if their report has no reader.
        if shared.1.is_ok() {
            shared.1 = taken;
        }
    };
    let result = apply_prune(&context.remote, plan, &report).await;
    let (taken, printed) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    *batch = taken;
    printed?;
    batch.take(result.map_err(Failure::from))
}
