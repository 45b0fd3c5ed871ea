//! How the costs of regcli grow with the number of images and tags.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::case::Case;
use crate::commands::Work;
use crate::fleet::Fleet;
use crate::ground::{End, Ground, Sample, Site, Way, measure};
use crate::images::{Subject, lend};
use crate::options::Part;
use crate::program::Program;
use crate::registry::{Http, Kind, reference};
use crate::table::{self, Entry};
use crate::{Bench, Trial, print, say, scratch};

/// The numbers of images in one command.
const IN_ONE_COMMAND: [usize; 3] = [1, 64, 1000];

/// The numbers of tags in one repository.
const TAGS: [usize; 3] = [100, 10_000, 100_000];

/// The numbers of tags whose sizes and dates are read.
const DESCRIBED: [usize; 2] = [100, 2000];

/// The numbers of images in the store.
const IN_STORE: [usize; 3] = [100, 1000, 10_000];

/// The room for registries and stores: mostly small files, and each takes at least a page.
const ROOM: u64 = 1_000_000_000;

/// The name of the store below the directory of a run.
const STORE: &str = "store";

/// The host of the store's images where no registry takes part.
const NOWHERE: &str = "127.0.0.1:5000";

/// What takes place in all rows of one table.
struct Field<'a> {
    part: &'a Part,
    site: Site<'a>,
    http: &'a Http<'a>,
    /// The most images of any row.
    fleet: &'a Subject,
    programs: Vec<Program>,
}

/// A command in a store with many images.
#[derive(Clone, Copy)]
enum InStore {
    List,
    Tag,
    PushOne,
}

/// A repository whose tags are listed with sizes and dates.
struct Described<'a> {
    /// Its images.
    subject: &'a Subject,
    /// How often the same was done before.
    before: usize,
}

/// A command, and the images in the store.
struct Stock {
    what: InStore,
    subject: Subject,
}

impl InStore {
    fn name(self) -> &'static str {
        match self {
            Self::List => "images -q, images in the store",
            Self::Tag => "tag, images in the store",
            Self::PushOne => "push of one, images in the store",
        }
    }
}

impl Field<'_> {
    fn trial<'a>(&'a self, title: &'a str) -> Trial<'a> {
        Trial { title, programs: &self.programs, way: Way::of(&self.part.profile) }
    }

    fn first(&self, number: usize) -> Subject {
        let images = self.fleet.images[..number.min(self.fleet.images.len())].to_vec();
        Subject { name: format!("{number} images"), images }
    }

    fn work<'a>(&'a self, seat: &'a Path) -> Work<'a> {
        Work { subject: self.fleet, seat, http: self.http }
    }

    /// Lists the tags of a repository that has `number`.
    fn list_tags(&self, program: &Program, end: &End, number: usize) -> Result<Sample> {
        let seat = self.site.seat()?;
        let list = program.regcli(STORE, self.work(seat.path())).context("only a regcli grows")?;
        let list = list.args(["tags".to_owned(), format!("{}/bench/tags", end.host())]);
        let sample = measure(vec![list], seat.path(), &[end])?;
        expect_lines(seat.path(), number)?;
        Ok(sample)
    }

    /// Lists the tags of a repository with sizes and dates.
    fn describe_tags(&self, program: &Program, end: &End, described: &Described<'_>) -> Result<Sample> {
        let Described { subject, before } = *described;
        let seat = self.site.seat()?;
        let list = program.regcli(STORE, self.work(seat.path())).context("only a regcli grows")?;
        let name = &subject.images[0].name;
        let list = list.args(["tags".to_owned(), "-l".to_owned(), format!("{}/bench/{name}", end.host())]);
        for _ in 0..before {
            measure(vec![list.clone()], seat.path(), &[])?;
        }
        let sample = measure(vec![list], seat.path(), &[end])?;
        expect_lines(seat.path(), subject.images.len() + 1)?;
        Ok(sample)
    }

    /// Runs a command in a new store with the images of `stock`.
    fn in_store(&self, stock: &Stock, program: &Program, way: Way) -> Result<Sample> {
        let subject = &stock.subject;
        let seat = self.site.seat()?;
        let seat = seat.path();
        let command = program.regcli(STORE, self.work(seat)).context("only a regcli grows")?;
        let first = &subject.images[0];
        let fill = |host: &str| lend(&subject.images, &seat.join(STORE), |image| reference(host, image));
        match stock.what {
            InStore::List => {
                fill(NOWHERE)?;
                let sample = measure(vec![command.args(["images", "-q"])], seat, &[])?;
                expect_lines(seat, subject.images.len())?;
                Ok(sample)
            }
            InStore::Tag => {
                fill(NOWHERE)?;
                let other = format!("{NOWHERE}/bench/another:1");
                measure(vec![command.args(["tag".to_owned(), reference(NOWHERE, first), other])], seat, &[])
            }
            InStore::PushOne => {
                let registry = self.site.registry()?;
                let end = self.site.end(Case::Push, &registry, way)?;
                fill(end.host())?;
                let push = command.args(["push".to_owned(), reference(end.host(), first)]);
                let sample = measure(vec![push], seat, &[&end])?;
                self.http.check(registry.host(), first)?;
                Ok(sample)
            }
        }
    }
}

/// Fails unless the last command of the run has printed `number` lines.
fn expect_lines(seat: &Path, number: usize) -> Result<()> {
    let lines = fs::read_to_string(seat.join("report.out"))?.lines().count();
    ensure!(lines == number, "{lines} lines instead of {number}");
    Ok(())
}

impl Bench<'_> {
    /// Measures only regcli, with more and more images and tags, and prints a table as it grows.
    pub(crate) fn measure_growth(&self, part: &Part, failures: &mut Vec<String>) -> Result<()> {
        print(&table::growth_head(&format!("growth, {}, {}", part.profile, part.kind.name())));
        let numbers = [self.numbers(IN_STORE), self.numbers(IN_ONE_COMMAND), self.numbers(DESCRIBED)];
        let most = numbers.into_iter().flatten().max();
        let fleet = Fleet::tiny(most.unwrap_or(1)).open(&self.options.images())?;
        let scratch = scratch(self.options.scratch.as_deref(), ROOM)?;
        let http = self.http(part)?;
        let field = Field {
            part,
            site: self.site(part, &http, scratch.path()),
            http: &http,
            fleet: &fleet,
            programs: self.programs.iter().filter(|program| program.is_ours()).cloned().collect(),
        };
        let mut entries = self.grow_command(&field)?;
        entries.extend(self.grow_tags(&field)?);
        entries.extend(self.grow_facts(&field)?);
        entries.extend(self.grow_store(&field)?);
        let told = |failure: &String| format!("growth, {failure}");
        failures.extend(entries.iter().flat_map(|entry| &entry.failures).map(told));
        print("\n");
        Ok(())
    }

    /// Moves more and more images in one command.
    fn grow_command(&self, field: &Field<'_>) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        for number in self.numbers(IN_ONE_COMMAND) {
            let subject = field.first(number);
            let ground = Ground::prepare(&field.site, &subject)?;
            for case in [Case::PullMany, Case::PushMany] {
                let run = |program: &Program, way| ground.run(case, program, way);
                let entries = self.trials(&field.trial(case.name()), run)?;
                print(&table::growth_rows(&format!("{}, images", case.name()), number, &entries));
                all.extend(entries);
            }
        }
        Ok(all)
    }

    /// Lists more and more tags.
    fn grow_tags(&self, field: &Field<'_>) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        if field.part.kind == Kind::Embedded {
            say("tags: left out, only docker-registry's are created without pushing each");
            return Ok(all);
        }
        for number in self.numbers(TAGS) {
            let registry = field.site.registry()?;
            registry.create_tags("bench/tags", number)?;
            let run = |program: &Program, way| {
                field.list_tags(program, &field.site.end(Case::Pull, &registry, way)?, number)
            };
            let entries = self.trials(&field.trial("tags"), run)?;
            print(&table::growth_rows("tags", number, &entries));
            all.extend(entries);
        }
        Ok(all)
    }

    /// Reads sizes and dates of more and more tags: for the first time, and again.
    fn grow_facts(&self, field: &Field<'_>) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        for number in self.numbers(DESCRIBED) {
            let mut subject = field.first(number);
            for image in &mut subject.images {
                image.tag = std::mem::replace(&mut image.name, "described".to_owned());
            }
            let ground = Ground::prepare(&field.site, &subject)?;
            for (before, title) in ["tags -l", "tags -l again"].into_iter().enumerate() {
                let described = Described { subject: &subject, before };
                let run = |program: &Program, way| {
                    let end = field.site.end(Case::Growth, &ground.origin, way)?;
                    field.describe_tags(program, &end, &described)
                };
                let entries = self.trials(&field.trial(title), run)?;
                print(&table::growth_rows(title, number, &entries));
                all.extend(entries);
            }
        }
        Ok(all)
    }

    /// Works in stores with more and more images.
    fn grow_store(&self, field: &Field<'_>) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        for number in self.numbers(IN_STORE) {
            for what in [InStore::List, InStore::Tag, InStore::PushOne] {
                let stock = Stock { what, subject: field.first(number) };
                let run = |program: &Program, way| field.in_store(&stock, program, way);
                let entries = self.trials(&field.trial(what.name()), run)?;
                print(&table::growth_rows(what.name(), number, &entries));
                all.extend(entries);
            }
        }
        Ok(all)
    }

    /// Returns fewer images and tags for smaller scales.
    fn numbers<const N: usize>(&self, numbers: [usize; N]) -> Vec<usize> {
        let scale = self.options.scale.min(1.0);
        let mut numbers = numbers.map(|number| ((number as f64 * scale) as usize).max(1)).to_vec();
        numbers.dedup();
        numbers
    }
}
