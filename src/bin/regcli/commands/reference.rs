//! `regcli reference`

use std::io::{self, BufRead};

use async_trait::async_trait;
use clap::{Args, ValueEnum};
use regcli::diagnose::Failure;
use regcli::reference::{Error, Reference, without_user_info};
use serde_json::{Value, json};

use super::run::Run;
use crate::context::Context;
use crate::ui::format::safe::safe_start;
use crate::ui::report;
use crate::ui::report::Reported;
use crate::ui::streams::OutputError;

/// Show references in their canonical form
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli reference ubuntu localhost:5000/app\n  \
    regcli reference --format json - < names.txt")]
pub(crate) struct ShowReference {
    /// Output: text, or json with one object per line
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    format: Form,

    /// References; - reads one per line from standard input
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// The maximum length of a line from standard input, in bytes. A longer one is not a reference.
const LINE_MAX: u64 = 64 * 1024;

/// The maximum length of a shown invalid reference, in characters. A valid one may have 600.
const SHOWN_MAX: usize = 1000;

#[async_trait(?Send)]
impl Run for ShowReference {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let mut all_good = true;
        for text in &self.references {
            if text == "-" {
                all_good &= self.answer_lines(context)?;
            } else {
                all_good &= self.answer(context, text)?;
            }
        }
        if all_good { Ok(()) } else { Err(Reported(report::code(regcli::diagnose::ErrorKind::Usage)).into()) }
    }
}

impl ShowReference {
    fn answer_lines(&self, context: &Context) -> Result<bool, Failure> {
        let mut all_good = true;
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = io::Read::take(&mut stdin, LINE_MAX).read_until(b'\n', &mut line);
            if read.map_err(OutputError::reading)? == 0 {
                return Ok(all_good);
            }
            match line.last() {
                Some(b'\n') => drop(line.pop()),
                _ => skip_line(&mut stdin)?,
            }
            all_good &= self.answer(context, &String::from_utf8_lossy(&line))?;
        }
    }

    /// Prints the result for one reference, and reports whether it is valid.
    fn answer(&self, context: &Context, text: &str) -> Result<bool, Failure> {
        let parsed = text.parse::<Reference>();
        match (self.format, &parsed) {
            (Form::Json, _) => context.ui.line(&object(text, &parsed).to_string())?,
            (Form::Text, Ok(reference)) => {
                context.ui.line(&reference.clone().or_latest().to_string())?;
            }
            (Form::Text, Err(error)) => {
                let (text, error) = (without_user_info(text), error.to_string());
                let (text, error) = (safe_start(&text, SHOWN_MAX), safe_start(&error, SHOWN_MAX));
                context.ui.line(&format!("error: {text}: {error}"))?;
            }
        }
        Ok(parsed.is_ok())
    }
}

/// Skips the rest of a line.
fn skip_line(stdin: &mut impl BufRead) -> Result<(), Failure> {
    stdin.skip_until(b'\n').map_err(OutputError::reading)?;
    Ok(())
}

fn object(input: &str, parsed: &Result<Reference, Error>) -> Value {
    let reference = match parsed {
        Ok(reference) => reference,
        Err(error) => return json!({ "input": without_user_info(input), "error": error.to_string() }),
    };
    let full = reference.clone().or_latest();
    json!({
        "input": input,
        "domain": full.name.registry.as_str(),
        "path": full.name.repository.as_str(),
        "tag": full.tag.as_ref().map(ToString::to_string),
        "digest": full.digest.as_ref().map(ToString::to_string),
        "familiar": full.familiar(),
        "canonical": full.to_string(),
    })
}
