//! Questions about images that are not pulled: what each program moves to answer.

use anyhow::{Context as _, Result};

use crate::case::Case;
use crate::commands::Work;
use crate::field::{Field, failures_in};
use crate::ground::{Sample, Way, measure};
use crate::options::Part;
use crate::program::Program;
use crate::question::{Asked, Question};
use crate::table;
use crate::{Bench, Trial, print};

impl Field<'_> {
    /// Asks in a new home directory.
    fn ask(&self, question: Question, program: &Program, way: Way) -> Result<Sample> {
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
        self.on_corpus(part, |field| {
            print(&table::look_head(&format!("looking, {}, {}", part.profile, part.kind.name())));
            for question in Question::ALL {
                let mut programs = Vec::new();
                for program in &self.programs {
                    if field.answers(question, program)? {
                        programs.push(program.clone());
                    }
                }
                let trial =
                    Trial { title: question.name(), programs: &programs, way: Way::of(&part.profile) };
                let entries = self.trials(&trial, |program, way| field.ask(question, program, way))?;
                print(&table::look_rows(question.name(), &entries));
                failures.extend(failures_in(&format!("look, {}", question.name()), &entries));
            }
            print("\n");
            Ok(())
        })
    }
}
