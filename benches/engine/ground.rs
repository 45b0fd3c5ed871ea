//! The places where cases run: registries, the links to them, and a directory for each run.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::case::Case;
use crate::commands::{Task, Work, curl_push};
use crate::cuts::{Cuts, Place};
use crate::images::Subject;
use crate::link::{Counts, Link};
use crate::process::{Invocation, Usage, eventually};
use crate::profile::Profile;
use crate::program::Program;
use crate::registry::{Http, Kind, Registry};

/// How long a program may take for half of an image.
const HALF_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The number of bytes before each of the four cuts.
pub(crate) const PROGRESS: u64 = 512 * 1024;

/// The number of images that the bench pushes with one curl. All their uploads are open meanwhile, and `regcli
/// serve` accepts 250 from one address.
const SEEDED: usize = 40;

/// The result of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) usage: Usage,
    /// The traffic of the links; empty without links.
    pub(crate) counts: Option<Counts>,
    /// The part of it on the last of the links: between two registries, that of the destination.
    pub(crate) last: Option<Counts>,
}

/// Whether programs reach registries over links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    Linked,
}

impl Way {
    /// Returns the way of the timed runs.
    pub(crate) fn of(profile: &Profile) -> Self {
        if profile.is_direct() { Self::Direct } else { Self::Linked }
    }
}

/// The common parts of all runs of one profile.
pub(crate) struct Site<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) http: &'a Http<'a>,
    /// The directory for registries and runs.
    pub(crate) scratch: &'a Path,
    /// The regcli that serves the embedded registry.
    pub(crate) regcli: &'a Path,
    pub(crate) profile: &'a Profile,
    pub(crate) kind: Kind,
}

impl Site<'_> {
    pub(crate) fn registry(&self) -> Result<Registry> {
        Registry::start(self.kind, self.scratch, self.regcli, self.http.authority())
    }

    /// Creates the way to `registry`.
    pub(crate) fn end(&self, case: Case, registry: &Registry, way: Way) -> Result<End> {
        let profile = if case == Case::Killed { self.profile.paced() } else { self.profile.clone() };
        let link = match way {
            Way::Direct => None,
            Way::Linked => Some(Link::open(self.runtime, &profile, registry.host())?),
        };
        Ok(End { host: registry.host().to_owned(), link })
    }

    /// A directory for one run, with a home and space for the pulled image.
    pub(crate) fn seat(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("seat-").tempdir_in(self.scratch)?)
    }
}

/// A registry from the view of a program.
pub(crate) struct End {
    host: String,
    link: Option<Link>,
}

impl End {
    pub(crate) fn host(&self) -> &str {
        self.link.as_ref().map_or(&self.host, Link::host)
    }

    fn counts(&self) -> Option<Counts> {
        self.link.as_ref().map(Link::counts)
    }

    fn link(&self) -> Result<&Link> {
        self.link.as_ref().context("this case needs a link")
    }
}

/// A registry that has the images.
pub(crate) struct Ground<'a> {
    site: &'a Site<'a>,
    subject: &'a Subject,
    pub(crate) origin: Registry,
}

impl<'a> Ground<'a> {
    /// Starts a registry and pushes the images to it.
    pub(crate) fn prepare(site: &'a Site<'a>, subject: &'a Subject) -> Result<Self> {
        let origin = site.registry()?;
        let seat = site.seat()?;
        for images in subject.images.chunks(SEEDED) {
            let some = Subject { name: subject.name.clone(), images: images.to_vec() };
            curl_push(origin.host(), &some, seat.path(), site.http)?.measure(seat.path())?;
        }
        for image in &subject.images {
            site.http.put_manifest(origin.host(), image)?;
        }
        Ok(Self { site, subject, origin })
    }

    /// Runs a case once. Fails if the program fails, or if anything is missing afterwards.
    pub(crate) fn run(&self, case: Case, program: &Program, way: Way) -> Result<Sample> {
        let way = if case.needs_link() { Way::Linked } else { way };
        let seat = self.site.seat()?;
        let run = Run { ground: self, program, seat: seat.path() };
        match case {
            Case::Pull | Case::PullMany | Case::PullAgain | Case::Killed | Case::Cut | Case::CutFourTimes => {
                self.pull(case, &run, &self.site.end(case, &self.origin, way)?)
            }
            Case::Push | Case::PushMany | Case::PushAgain => {
                let registry = self.site.registry()?;
                self.push(case, &run, &self.site.end(case, &registry, way)?)
            }
            Case::Copy => {
                let registry = self.site.registry()?;
                self.copy(&run, way, &registry)
            }
            Case::Growth | Case::Sync | Case::Look => bail!("{} is not one operation", case.name()),
        }
    }

    fn pull(&self, case: Case, run: &Run<'_>, from: &End) -> Result<Sample> {
        let task = Task::Pull { from: from.host() };
        match case {
            Case::PullAgain => drop(run.measure(task, &[])?),
            Case::Killed => run.kill_at_half(task, from.link()?)?,
            Case::Cut => from.link()?.cut(Cuts::of(self.subject, 1, Place::Half)),
            Case::CutFourTimes => from.link()?.cut(Cuts::of(self.subject, 4, Place::After(PROGRESS))),
            Case::Pull
            | Case::PullMany
            | Case::Push
            | Case::PushMany
            | Case::PushAgain
            | Case::Copy
            | Case::Growth
            | Case::Sync
            | Case::Look => {}
        }
        let sample = run.measure(task, &[from])?;
        let layout = run.seat.join("layout");
        for image in &self.subject.images {
            image.check_blobs(&layout)?;
            if !run.program.is_curl() {
                image.check_manifest(&layout)?;
            }
        }
        if case == Case::Cut && from.link()?.cuts_left() > 0 {
            bail!("not every layer was cut, so this says nothing");
        }
        Ok(sample)
    }

    fn push(&self, case: Case, run: &Run<'_>, to: &End) -> Result<Sample> {
        let task = Task::Push { to: to.host() };
        if case == Case::PushAgain {
            run.measure(task, &[])?;
        }
        let sample = run.measure(task, &[to])?;
        for image in &self.subject.images {
            if run.program.is_curl() {
                self.site.http.put_manifest(&to.host, image)?;
            }
            self.site.http.check(&to.host, image)?;
        }
        Ok(sample)
    }

    fn copy(&self, run: &Run<'_>, way: Way, registry: &Registry) -> Result<Sample> {
        let (from, to) =
            (self.site.end(Case::Copy, &self.origin, way)?, self.site.end(Case::Copy, registry, way)?);
        let sample = run.measure(Task::Copy { from: from.host(), to: to.host() }, &[&from, &to])?;
        for image in &self.subject.images {
            self.site.http.check(&to.host, image)?;
        }
        Ok(sample)
    }
}

/// One run of one program.
struct Run<'a> {
    ground: &'a Ground<'a>,
    program: &'a Program,
    seat: &'a Path,
}

impl Run<'_> {
    fn work(&self) -> Work<'_> {
        Work { subject: self.ground.subject, seat: self.seat, http: self.ground.site.http }
    }

    /// Runs a task to its end, and counts the traffic over `ends` meanwhile.
    fn measure(&self, task: Task<'_>, ends: &[&End]) -> Result<Sample> {
        measure(self.program.invocations(task, self.work())?, self.seat, ends)
    }

    /// Starts a pull, and kills it at half, as a crash would.
    fn kill_at_half(&self, task: Task<'_>, link: &Link) -> Result<()> {
        let half = link.counts().down + self.ground.subject.size() / 2;
        for invocation in self.program.invocations(task, self.work())? {
            kill_when(&invocation, self.seat, || Ok(link.counts().down >= half))?;
        }
        Ok(())
    }
}

/// Starts a command, and kills it when half is there, as a crash would.
pub(crate) fn kill_when(
    invocation: &Invocation,
    seat: &Path,
    mut is_half: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let mut running = invocation.spawn(seat)?;
    let over = eventually(HALF_LIMIT, || {
        if is_half()? {
            return Ok(Some(false));
        }
        Ok(running.is_over()?.then_some(true))
    })?;
    match over {
        Some(false) => running.kill(),
        Some(true) => bail!("it ended before half had come"),
        None => bail!("half has not come in time"),
    }
}

/// Runs commands one after the other, and counts the traffic over `ends` meanwhile.
pub(crate) fn measure(invocations: Vec<Invocation>, seat: &Path, ends: &[&End]) -> Result<Sample> {
    let (before, last_before) = (counts(ends), counts_of_last(ends));
    let mut usage = Usage::default();
    for invocation in invocations {
        usage = usage.then(invocation.measure(seat)?);
    }
    let counts = counts(ends).zip(before).map(|(after, before)| after.since(before));
    let last = counts_of_last(ends).zip(last_before).map(|(after, before)| after.since(before));
    Ok(Sample { usage, counts: counts.filter(|_| !ends.is_empty()), last })
}

fn counts_of_last(ends: &[&End]) -> Option<Counts> {
    ends.last().and_then(|end| end.counts())
}

/// Returns the traffic over several ways, as far as they are links.
fn counts(ends: &[&End]) -> Option<Counts> {
    ends.iter().try_fold(Counts::default(), |sum, end| Some(sum.plus(end.counts()?)))
}
