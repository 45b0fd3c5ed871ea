//! Questions about images that are not pulled: what each program moves to answer.

use anyhow::{Context as _, Result};

use crate::case::Case;
use crate::commands::Work;
use crate::corpus::Corpus;
use crate::ground::{Ground, Sample, Site, Way, measure};
use crate::images::Subject;
use crate::options::Part;
use crate::program::Program;
use crate::question::{Asked, Question};
use crate::registry::Http;
use crate::table;
use crate::{Bench, ROOM, Trial, print, scratch};

/// What takes place in all rows of the table.
struct Field<'a> {
    site: &'a Site<'a>,
    http: &'a Http<'a>,
    corpus: &'a Subject,
    ground: Ground<'a>,
}

impl Field<'_> {
    /// Asks in a new home directory.
    fn run(&self, question: Question, program: &Program, way: Way) -> Result<Sample> {
        let end = self.site.end(Case::Look, &self.ground.origin, way)?;
        let seat = self.site.seat()?;
        let work = Work { subject: self.corpus, seat: seat.path(), http: self.http };
        let commands = program.ask(question, Asked { host: end.host(), work }).context("no such command")?;
        if question.is_again() {
            measure(commands.clone(), seat.path(), &[])?;
        }
        measure(commands, seat.path(), &[&end])
    }

    /// Reports whether a program has commands for a question.
    fn answers(&self, question: Question, program: &Program) -> Result<bool> {
        let seat = self.site.seat()?;
        let work = Work { subject: self.corpus, seat: seat.path(), http: self.http };
        Ok(program.ask(question, Asked { host: self.ground.origin.host(), work }).is_some())
    }
}

impl Bench<'_> {
    /// Measures regcli and its peers in turn, and prints a table.
    pub(crate) fn measure_looking(&self, part: &Part, failures: &mut Vec<String>) -> Result<()> {
        let corpus = Corpus::of(self.options.scale).open(&self.options.images())?;
        let scratch = scratch(self.options.scratch.as_deref(), corpus.size() * ROOM)?;
        let http = self.http(part)?;
        let site = self.site(part, &http, scratch.path());
        let ground = Ground::prepare(&site, &corpus)?;
        let field = Field { site: &site, http: &http, corpus: &corpus, ground };
        print(&table::look_head(&format!("looking, {}, {}", part.profile, part.kind.name())));
        for question in Question::ALL {
            let mut programs = Vec::new();
            for program in &self.programs {
                if field.answers(question, program)? {
                    programs.push(program.clone());
                }
            }
            let trial = Trial { title: question.name(), programs: &programs, way: Way::of(&part.profile) };
            let entries = self.trials(&trial, |program, way| field.run(question, program, way))?;
            print(&table::look_rows(question.name(), &entries));
            let ours = entries.iter().filter(|entry| entry.program.is_ours());
            let told = |failure: &String| format!("look, {}: {failure}", question.name());
            failures.extend(ours.flat_map(|entry| &entry.failures).map(told));
        }
        print("\n");
        Ok(())
    }
}
