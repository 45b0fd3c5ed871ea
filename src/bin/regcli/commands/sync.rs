//! `regcli sync`

mod apply;
mod arguments;
mod memory;
mod plan_file;
mod report;
mod show;

use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::sync::{Planned, Surplus, SyncProblem, plan_sync};
use regcli::sync::{Plan, PlanProblem, Recipe, Referrers};

use self::apply::{Limits, apply, failure};
use self::arguments::{ShardArg, TargetArgs};
use self::report::ReportArgs;
use super::run::Run;
use crate::cli::flags::{self, DeleteLimit, QuietArgs};
use crate::cli::usage::Usage;
use crate::context::{Context, Settings};
use crate::ui::format::template::Format;
use crate::ui::format::{preview, units};
use crate::ui::report::{Reported, SOMETHING_TO_DO, code, on_one_line, tell_about, write};

/// Synchronise repositories or whole registries by rules
#[derive(Args, Debug)]
#[command(after_help = "SOURCE and DESTINATION are a repository each, or end in a slash: all repositories\n\
        below. Files are regcli's own TOML (man regcli-sync), or those of regsync,\n\
        image-syncer, skopeo sync and dregsy, or a list of images, one on a line.\n\n\
        Nothing is deleted without --delete. --plan asks both ends and changes nothing;\n\
        its exit code is 10 if there is something to do. A sync that was interrupted\n\
        continues with the same command: what is there already is not copied again.\n\n\
        Examples:\n  \
        regcli sync -f mirror.toml\n  \
        regcli sync -f mirror.toml --plan --plan-out plan.json\n  \
        regcli sync --apply plan.json --shard 0/4\n  \
        regcli sync 127.0.0.1:5000/team/ registry.example.com/mirror/\n  \
        regcli sync -f images.txt --to registry.example.com/mirror\n\n\
        Fields for --format:\n  \
        .Action .Source .Destination .Digest .Found .Bytes .Result .Error .Seconds")]
pub(crate) struct Sync {
    /// File with rules; - is standard input; repeatable for image-syncer's two files
    #[arg(short, long = "file", value_name = "FILE", conflicts_with_all = ["source", "apply"])]
    files: Vec<PathBuf>,

    #[command(flatten)]
    target: TargetArgs,

    /// Check the files and ask no registry
    #[arg(long, requires = "files")]
    check: bool,

    /// Print the rules of the files as TOML
    #[arg(long, requires = "files", conflicts_with = "check")]
    convert: bool,

    /// Show what would be done, without changing anything
    #[arg(long, visible_alias = "dry-run", conflicts_with = "apply")]
    plan: bool,

    /// With --plan: write the plan to FILE
    #[arg(long, value_name = "FILE", requires = "plan")]
    plan_out: Option<PathBuf>,

    /// Do what the plan in FILE says
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    apply: Option<PathBuf>,

    /// With --apply: only part I of N, from 0/N; auto reads $JOB_COMPLETION_INDEX
    #[arg(long, value_name = "I/N", requires = "apply")]
    shard: Option<ShardArg>,

    /// Delete tags of the destinations that no rule brings
    #[arg(long)]
    delete: bool,

    /// Refuse to delete more than this, a number or a part of all tags
    #[arg(long, value_name = "LIMIT", default_value = "10%")]
    max_delete: DeleteLimit,

    /// Copy only this platform, os/arch[/variant]; repeatable; without a file
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform, conflicts_with_all = ["files", "apply"])]
    platform: Vec<Platform>,

    /// Copy signatures and other referrers as well; without a file
    #[arg(long, conflicts_with_all = ["files", "apply"])]
    referrers: bool,

    #[command(flatten)]
    report: ReportArgs,

    /// table [TEMPLATE], json, or a Go template
    #[arg(long, value_name = "FORMAT", conflicts_with = "quiet")]
    format: Option<Format>,

    #[command(flatten)]
    quiet: QuietArgs,

    /// Repository, or HOST/ or HOST/PATH/ with all repositories below
    #[arg(value_name = "SOURCE")]
    source: Option<String>,

    /// Repository, or HOST/ or HOST/PATH/
    #[arg(value_name = "DESTINATION")]
    destination: Option<String>,

    /// The rules, once they were read.
    #[arg(skip)]
    recipe: Option<Recipe>,
}

#[async_trait(?Send)]
impl Run for Sync {
    fn only_looks(&self) -> bool {
        self.plan || self.check || self.convert
    }

    fn settings(&mut self) -> Result<Settings, Failure> {
        // clap does not require what another argument excludes.
        if self.shard.is_some() && self.apply.is_none() {
            return Err(Usage::failure("--shard divides a plan: --apply PLAN --shard I/N"));
        }
        if self.plan_out.is_some() && !self.plan {
            return Err(Usage::failure("--plan-out writes a plan: --plan --plan-out FILE"));
        }
        if self.apply.is_none() {
            self.recipe = Some(self.rules()?);
        }
        let sharers = match &self.shard {
            Some(shard) => Some(shard.resolved()?.of()),
            None => None,
        };
        let logins = self.recipe.iter().flat_map(|recipe| &recipe.logins);
        Ok(Settings { sharers, given: arguments::given(logins) })
    }

    async fn run(mut self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let Some(recipe) = self.recipe.take() else { return self.apply_file(context).await };
        show::losses(&context.ui, &recipe);
        if self.convert {
            return context.ui.write(recipe.to_toml().as_bytes());
        }
        if self.check {
            return context.ui.line(&show::checked(&recipe));
        }
        let surplus = if self.delete { Surplus::Delete } else { Surplus::Keep };
        let narrowed = memory::load(context);
        let planning = plan_sync(context.access(None), &recipe, &narrowed, surplus);
        let planned = context.ui.while_it_lasts("Comparing both ends", planning).await;
        if !self.plan {
            memory::save(context, &narrowed);
        }
        let Planned { mut plan, problems, routes, limits } = planned;
        let (told, problems) = told(problems, plan.rows.is_empty());
        plan.problems = problems;
        if self.plan {
            self.show(context, &plan)?;
            for (registry, limit) in &limits {
                context.ui.note(&preview::pulls_left(registry, limit));
            }
            told?;
            return if plan.has_work() { Err(Reported(SOMETHING_TO_DO).into()) } else { Ok(()) };
        }
        context.budget.expect(routes);
        self.do_all(context, plan, told).await
    }
}

impl Sync {
    /// Returns the rules of the files or of the command line.
    fn rules(&self) -> Result<Recipe, Failure> {
        let (Some(source), Some(destination)) = (&self.source, &self.destination) else {
            if self.source.is_some() {
                return Err(Usage::failure("name the destination, too: regcli sync SOURCE DESTINATION"));
            }
            if self.files.is_empty() {
                return Err(Usage::failure(
                    "name the rules: --file FILE, --apply PLAN, or SOURCE DESTINATION",
                ));
            }
            return arguments::read(&self.files, &self.target);
        };
        let mut recipe = regcli::sync::ad_hoc(source, destination)?;
        for rule in &mut recipe.rules {
            rule.platforms.clone_from(&self.platform);
            rule.referrers = if self.referrers { Referrers::Carry } else { Referrers::Leave };
        }
        Ok(recipe)
    }

    /// Shows a plan, and writes its file.
    fn show(&self, context: &Context, plan: &Plan) -> Result<(), Failure> {
        show::plan(&context.ui, plan, self.format.as_ref())?;
        match &self.plan_out {
            Some(file) => plan_file::write(file, plan),
            None => Ok(()),
        }
    }

    async fn apply_file(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let Some(file) = &self.apply else { return Ok(()) };
        let plan = plan_file::read(file)?;
        let plan = match &self.shard {
            Some(shard) => plan.shard(shard.resolved()?),
            None => plan,
        };
        for PlanProblem { name, error, .. } in &plan.problems {
            context.ui.warn(&format!("not in the plan: {name}: {error}"));
        }
        let told = if plan.problems.is_empty() { Ok(()) } else { Err(Reported(1).into()) };
        self.do_all(context, plan, told).await
    }

    /// Does what a plan says. `told` is the result for what is not in it.
    async fn do_all(&self, context: &Context, plan: Plan, told: Result<(), Failure>) -> Result<(), Failure> {
        let limits = Limits { delete: self.delete, most: self.max_delete.0 };
        let (plan, kept) = limits.checked(plan)?;
        let report = self.report.begin(&context.ui, &plan, self.format.as_ref())?;
        report.begin_lines(&context.ui)?;
        let applied = apply(context, &plan, &report, self.quiet.verbosity()).await;
        if applied.is_ok() && told.is_ok() {
            report.succeed();
        }
        report.end(context)?;
        if kept > 0 {
            let tags = units::count(kept, "tag");
            context.ui.note(&format!("{tags} of the plan not deleted: add --delete"));
        }
        applied.and(told)?;
        if kept > 0 { Err(Reported(SOMETHING_TO_DO).into()) } else { Ok(()) }
    }
}

/// The maximum number of problems that are reported one by one.
const PROBLEMS_TOLD: usize = 20;

/// Reports what failed while the plan was made, and returns the result and the problems for the plan.
///
/// If that is not all (`is_all`), the exit code says that some of several failed.
fn told(problems: Vec<SyncProblem>, is_all: bool) -> (Result<(), Failure>, Vec<PlanProblem>) {
    let (mut codes, mut planned) = (Vec::new(), Vec::new());
    for (number, SyncProblem { name, error }) in problems.into_iter().enumerate() {
        let failure = failure(error);
        if number < PROBLEMS_TOLD {
            tell_about(&name, &failure);
        }
        codes.push(code(failure.kind()));
        let (kind, error) = (report::label(failure.kind()).to_owned(), on_one_line(&failure));
        planned.push(PlanProblem { name, kind, error });
    }
    if let Some(more) = planned.len().checked_sub(PROBLEMS_TOLD).filter(|more| *more > 0) {
        write(&format!("error: {more} more images or repositories failed, too"));
    }
    let result = match codes[..] {
        [] => Ok(()),
        [first, ..] if is_all && codes.iter().all(|code| *code == first) => Err(Reported(first).into()),
        _ => Err(Reported(1).into()),
    };
    (result, planned)
}
