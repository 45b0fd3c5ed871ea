//! Where cases are run: registries, the links to them, and a folder for each run.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::case::Case;
use crate::cuts::{Cuts, Place};
use crate::images::Image;
use crate::link::{Counts, Link};
use crate::process::{Usage, eventually};
use crate::profile::Profile;
use crate::program::{Program, Task, Work, curl_push};
use crate::registry::{Http, Kind, Registry};

/// How long a program may take until half of an image has come.
const HALF_LIMIT: Duration = Duration::from_secs(20 * 60);

/// What an answer is let through each of the four times that it is cut, in bytes.
pub(crate) const PROGRESS: u64 = 512 * 1024;

/// One run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) usage: Usage,
    /// What went over the links; nothing if there were none.
    pub(crate) counts: Option<Counts>,
}

/// Whether programs meet registries over links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    Linked,
}

/// What all runs of one profile have in common.
pub(crate) struct Site<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) http: &'a Http<'a>,
    /// Where registries and seats are.
    pub(crate) scratch: &'a Path,
    /// The regcli that has the embedded registry.
    pub(crate) regcli: &'a Path,
    pub(crate) profile: &'a Profile,
    pub(crate) kind: Kind,
}

impl Site<'_> {
    fn registry(&self) -> Outcome<Registry> {
        Registry::start(self.kind, self.scratch, self.regcli)
    }

    /// The end of a way to `registry`.
    fn end(&self, case: Case, registry: &Registry, way: Way) -> Outcome<End> {
        let profile = if case == Case::Killed { self.profile.paced() } else { self.profile.clone() };
        let link = match way {
            Way::Direct => None,
            Way::Linked => Some(Link::open(self.runtime, &profile, registry.host())?),
        };
        Ok(End { host: registry.host().to_owned(), link })
    }

    /// A folder for one run: home, and place for what comes.
    fn seat(&self) -> Outcome<TempDir> {
        Ok(tempfile::Builder::new().prefix("seat-").tempdir_in(self.scratch)?)
    }
}

/// A registry as a program meets it.
struct End {
    host: String,
    link: Option<Link>,
}

impl End {
    fn host(&self) -> &str {
        self.link.as_ref().map_or(&self.host, Link::host)
    }

    fn counts(&self) -> Option<Counts> {
        self.link.as_ref().map(Link::counts)
    }

    fn link(&self) -> Outcome<&Link> {
        self.link.as_ref().ok_or_else(|| "this case needs a link".into())
    }
}

/// A registry that has an image.
pub(crate) struct Ground<'a> {
    site: &'a Site<'a>,
    image: &'a Image,
    origin: Registry,
}

impl<'a> Ground<'a> {
    /// Starts a registry and brings the image there.
    pub(crate) fn prepare(site: &'a Site<'a>, image: &'a Image) -> Outcome<Self> {
        let origin = site.registry()?;
        let seat = site.seat()?;
        curl_push(origin.host(), image, seat.path(), site.http)?.measure(seat.path())?;
        site.http.put_manifest(origin.host(), image)?;
        Ok(Self { site, image, origin })
    }

    /// Runs a case once. Fails if the program does, or if not everything is where it should be.
    pub(crate) fn run(&self, case: Case, program: &Program, way: Way) -> Outcome<Sample> {
        let way = if case.needs_link() { Way::Linked } else { way };
        let seat = self.site.seat()?;
        let run = Run { ground: self, program, seat: seat.path() };
        match case {
            Case::Pull | Case::PullAgain | Case::Killed | Case::Cut | Case::CutFourTimes => {
                self.pull(case, &run, &self.site.end(case, &self.origin, way)?)
            }
            Case::Push | Case::PushAgain => {
                let registry = self.site.registry()?;
                self.push(case, &run, &self.site.end(case, &registry, way)?)
            }
            Case::Copy => {
                let registry = self.site.registry()?;
                self.copy(&run, way, &registry)
            }
        }
    }

    fn pull(&self, case: Case, run: &Run<'_>, from: &End) -> Outcome<Sample> {
        let task = Task::Pull { from: from.host() };
        match case {
            Case::PullAgain => drop(run.measure(task, &[])?),
            Case::Killed => run.kill_at_half(task, from.link()?)?,
            Case::Cut => from.link()?.cut(Cuts::of(self.image, 1, Place::Half)),
            Case::CutFourTimes => from.link()?.cut(Cuts::of(self.image, 4, Place::After(PROGRESS))),
            Case::Pull | Case::Push | Case::PushAgain | Case::Copy => {}
        }
        let sample = run.measure(task, &[from])?;
        let layout = run.seat.join("layout");
        self.image.check_blobs(&layout)?;
        if !run.program.is_floor() {
            self.image.check_manifest(&layout)?;
        }
        if case == Case::Cut && from.link()?.cuts_left() > 0 {
            return Err("not every layer was cut, so this says nothing".into());
        }
        Ok(sample)
    }

    fn push(&self, case: Case, run: &Run<'_>, to: &End) -> Outcome<Sample> {
        let task = Task::Push { to: to.host() };
        if case == Case::PushAgain {
            run.measure(task, &[])?;
        }
        let sample = run.measure(task, &[to])?;
        if run.program.is_floor() {
            self.site.http.put_manifest(&to.host, self.image)?;
        }
        self.site.http.check(&to.host, self.image)?;
        Ok(sample)
    }

    fn copy(&self, run: &Run<'_>, way: Way, registry: &Registry) -> Outcome<Sample> {
        let (from, to) =
            (self.site.end(Case::Copy, &self.origin, way)?, self.site.end(Case::Copy, registry, way)?);
        let sample = run.measure(Task::Copy { from: from.host(), to: to.host() }, &[&from, &to])?;
        self.site.http.check(&to.host, self.image)?;
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
        Work { image: self.ground.image, seat: self.seat, http: self.ground.site.http }
    }

    /// Does a task to its end, and counts what goes over `ends` meanwhile.
    fn measure(&self, task: Task<'_>, ends: &[&End]) -> Outcome<Sample> {
        let invocations = self.program.invocations(task, self.work())?;
        let before = counts(ends);
        let mut usage = Usage::default();
        for invocation in invocations {
            usage = usage.then(invocation.measure(self.seat)?);
        }
        let counts = counts(ends).zip(before).map(|(after, before)| after.since(before));
        Ok(Sample { usage, counts })
    }

    /// Begins a pull, and ends it as a crash does when half has come.
    fn kill_at_half(&self, task: Task<'_>, link: &Link) -> Outcome<()> {
        let half = link.counts().down + self.ground.image.size() / 2;
        for invocation in self.program.invocations(task, self.work())? {
            let mut running = invocation.spawn(self.seat)?;
            let over = eventually(HALF_LIMIT, || {
                if link.counts().down >= half {
                    return Ok(Some(false));
                }
                Ok(running.is_over()?.then_some(true))
            })?;
            match over {
                Some(false) => running.kill()?,
                Some(true) => return Err("it ended before half had come".into()),
                None => return Err("half has not come in time".into()),
            }
        }
        Ok(())
    }
}

/// What has gone over several links, if they are links.
fn counts(ends: &[&End]) -> Option<Counts> {
    ends.iter().try_fold(Counts::default(), |sum, end| Some(sum.plus(end.counts()?)))
}
