//! All repositories to another registry: `regcli sync` beside `skopeo sync`.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::case::Case;
use crate::commands::{Hosts, Work};
use crate::field::{Field, failures_in};
use crate::ground::{Sample, Way, kill_when, measure};
use crate::options::Part;
use crate::process::Invocation;
use crate::program::Program;
use crate::registry::Registry;
use crate::table;
use crate::{Bench, Trial, print, say};

/// What the destination has at the beginning.
#[derive(Clone, Copy)]
enum Moment {
    /// Nothing.
    First,
    /// Everything, from the same program.
    Unchanged,
    /// What the same program had brought when it was killed.
    Killed,
}

impl Moment {
    const ALL: [Self; 3] = [Self::First, Self::Unchanged, Self::Killed];

    fn name(self) -> &'static str {
        match self {
            Self::First => "first, to an empty registry",
            Self::Unchanged => "again, unchanged",
            Self::Killed => "after kill -9 at half of the tags",
        }
    }
}

impl Field<'_> {
    /// Synchronises to a new registry, in a new home directory.
    fn synchronise(&self, moment: Moment, program: &Program, way: Way) -> Result<Sample> {
        let destination = self.site.registry()?;
        let from = self.site.end(Case::Sync, &self.ground.origin, way)?;
        let to = self.site.end(Case::Sync, &destination, way)?;
        let seat = self.site.seat()?;
        let seat = seat.path();
        let work = Work { subject: self.corpus, seat, http: self.http };
        let hosts = Hosts { from: from.host(), to: to.host() };
        let sync = program.sync(hosts, work)?.context("the program cannot do this")?;
        match moment {
            Moment::First => {}
            Moment::Unchanged => drop(measure(vec![sync.clone()], seat, &[])?),
            Moment::Killed => self.kill_at_half(&sync, seat, &destination)?,
        }
        let sample = measure(vec![sync], seat, &[&from, &to])?;
        for image in &self.corpus.images {
            self.http.check(destination.host(), image)?;
        }
        Ok(sample)
    }

    /// Starts a command, and kills it when the destination has half of the tags.
    fn kill_at_half(&self, sync: &Invocation, seat: &Path, destination: &Registry) -> Result<()> {
        let half = self.corpus.images.len() / 2;
        kill_when(sync, seat, || Ok(destination.tags()? >= half))?;
        say(&format!("killed with {} of {} tags", destination.tags()?, self.corpus.images.len()));
        Ok(())
    }
}

impl Bench<'_> {
    /// Measures regcli and skopeo in turn, and prints a table.
    pub(crate) fn measure_sync(&self, part: &Part, failures: &mut Vec<String>) -> Result<()> {
        self.on_corpus(part, |field| {
            let able = self.programs.iter().filter(|program| program.can(Case::Sync));
            let programs: Vec<Program> = able.cloned().collect();
            let megabytes = field.corpus.size() as f64 / 1e6;
            print(&table::sync_head(&format!(
                "sync of {}, {megabytes:.0} MB, {}, {}",
                field.corpus.name,
                part.profile,
                part.kind.name()
            )));
            for moment in Moment::ALL {
                let trial = Trial { title: moment.name(), programs: &programs, way: Way::of(&part.profile) };
                let entries = self.trials(&trial, |program, way| field.synchronise(moment, program, way))?;
                print(&table::sync_rows(moment.name(), &entries));
                failures.extend(failures_in(&format!("sync, {}", moment.name()), &entries));
            }
            print("\n");
            Ok(())
        })
    }
}
