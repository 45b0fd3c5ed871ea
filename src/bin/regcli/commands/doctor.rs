//! `regcli doctor`

mod advice;
mod words;

use std::str::FromStr;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::ops::doctor::{self, Breadth, Check, Options, Parts, Report, Status};
use regcli::reference::{Registry, RepositoryName};
use serde::{Serialize, Serializer};

use super::run::Run;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::json;
use crate::ui::format::safe::safe;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::report;
use crate::ui::report::Reported;
use crate::ui::streams;

/// Diagnose a registry: network, TLS, login, mirrors
#[derive(Args, Debug)]
#[command(
    after_help = "Without HOST it checks Docker Hub, all mirrors, and the credentials of this machine. Nothing is\n\
    changed, except that --write starts an upload in REPOSITORY and cancels it. A wrong password is\n\
    sent once, and no password is ever shown. All checks together take at most half a minute.\n\n\
    The exit code is 0 if nothing fails, else that of the first failure: 5 unreachable, 4 denied, ...\n\n\
    Fields for --format: .ID .Status .Title .Detail .Hint; json is one object with all checks\n\n\
    Examples:\n  \
    regcli doctor\n  \
    regcli doctor registry.example.com\n  \
    regcli doctor 127.0.0.1:5000/team/app\n  \
    regcli doctor --write team/scratch registry.example.com"
)]
pub(crate) struct Doctor {
    /// table, table TEMPLATE, json, or a Go template [default: one line per check]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Start an upload in this repository, and cancel it
    #[arg(long, value_name = "REPOSITORY")]
    write: Option<RepositoryName>,

    /// The registry, optionally with a readable repository
    #[arg(value_name = "HOST[:PORT][/REPOSITORY]")]
    place: Option<Place>,
}

/// A registry, optionally with one of its repositories.
#[derive(Clone, Debug)]
struct Place {
    registry: Registry,
    repository: Option<RepositoryName>,
}

impl FromStr for Place {
    type Err = regcli::reference::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let registry = Registry::from_server(text)?;
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let path = rest.split_once('/').map_or("", |(_, path)| path.trim_end_matches('/'));
        // `https://index.docker.io/v1/` is the name of the Hub in Docker's files; `/v2` is the API of
        // every registry.
        if path.is_empty() || path == "v1" || path == "v2" {
            return Ok(Self { registry, repository: None });
        }
        let is_official = registry.is_hub() && !path.contains('/');
        let path = if is_official { format!("library/{path}") } else { path.to_owned() };
        Ok(Self { registry, repository: Some(path.parse()?) })
    }
}

#[async_trait(?Send)]
impl Run for Doctor {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let printer = match &self.format {
            None | Some(Format::Json) => None,
            Some(format) => {
                Some(format.compile::<CheckRow>("{{.Status}}\t{{.Title}}\t{{.Detail}}\t{{.Hint}}")?)
            }
        };
        let breadth = if self.place.is_some() { Breadth::Registry } else { Breadth::Everything };
        let place = self.place.unwrap_or(Place { registry: Registry::hub(), repository: None });
        let Place { registry, repository } = place;
        if self.write.is_some() && registry.is_hub() && breadth == Breadth::Everything {
            return Err(Usage::failure("--write requires a registry"));
        }
        let options = Options { registry, repository, write: self.write, breadth };
        let parts = Parts { config: &context.config, keychain: &context.keychain, remote: &context.remote };
        let report = doctor::examine(parts, &options).await;
        let rows: Vec<CheckRow> = report.checks.iter().map(CheckRow::of).collect();
        let shown = match (&printer, &self.format) {
            (Some(printer), _) => printer.show(&rows)?,
            (None, Some(_)) => format!("{}\n", json::line(&Document::of(&report, &rows))),
            (None, None) => list(&rows, Paint::of_results()),
        };
        context.ui.write(shown.as_bytes())?;
        match report.failure() {
            None => Ok(()),
            Some(kind) => Err(Reported(report::code(kind)).into()),
        }
    }
}

/// A check in words.
#[derive(Serialize)]
struct CheckRow {
    id: &'static str,
    #[serde(serialize_with = "as_word")]
    status: Status,
    title: &'static str,
    detail: String,
    hint: Option<String>,
}

impl CheckRow {
    fn of(check: &Check) -> Self {
        Self {
            id: check.subject.id(),
            status: check.status,
            title: words::title(check.subject),
            detail: words::detail(check),
            hint: check.advice.as_ref().map(advice::words),
        }
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warn => "warn",
        Status::Fail(_) => "fail",
        Status::Skip => "skip",
    }
}

fn as_word<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(word(*status))
}

impl Row for CheckRow {
    const TYPE: &'static str = "*registry.checkContext";

    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("ID", "ID"), ("Status", "STATUS"), ("Title", "CHECK"), ("Detail", "DETAIL"), ("Hint", "HINT")];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.id.into(),
            word(self.status).into(),
            self.title.into(),
            self.detail.clone().into(),
            self.hint.clone().unwrap_or_default().into(),
        ]
    }
}

/// The whole report for programs.
#[derive(Serialize)]
struct Document<'a> {
    registry: &'a str,
    status: &'static str,
    checks: &'a [CheckRow],
}

impl<'a> Document<'a> {
    fn of(report: &'a Report, checks: &'a [CheckRow]) -> Self {
        let status = match report.failure() {
            Some(_) => "fail",
            None if report.has_warnings() => "warn",
            None => "ok",
        };
        Self { registry: report.registry.as_str(), status, checks }
    }
}

/// Whether the output is coloured.
#[derive(Clone, Copy)]
enum Paint {
    Plain,
    Colours,
}

impl Paint {
    fn of_results() -> Self {
        if streams::has_colours(&std::io::stdout()) { Self::Colours } else { Self::Plain }
    }

    /// Returns the word of a status in its colour, padded to five columns.
    fn status(self, status: Status) -> String {
        let word = word(status);
        let colour = match status {
            Status::Ok => "32",
            Status::Warn => "33",
            Status::Fail(_) => "1;31",
            Status::Skip => "2",
        };
        match self {
            Self::Plain => format!("{word:<5}"),
            Self::Colours => format!("\u{1b}[{colour}m{word}\u{1b}[0m{}", " ".repeat(5 - word.len())),
        }
    }
}

/// Returns a line for each check, with a hint below if there is one. Checks that were skipped for the
/// same reason share a line.
fn list(rows: &[CheckRow], paint: Paint) -> String {
    let mut text = String::new();
    let is_skipped = |row: &CheckRow| row.status == Status::Skip;
    for alike in rows.chunk_by(|one, next| is_skipped(one) && is_skipped(next) && one.detail == next.detail) {
        let row = &alike[0];
        let (title, detail) = match alike {
            [_] => (row.title, row.detail.clone()),
            all => {
                let titles: Vec<_> = all.iter().map(|row| row.title).collect();
                ("the rest", format!("{}: {}", row.detail, titles.join(", ")))
            }
        };
        let line = format!("{} {title:<13} {}", paint.status(row.status), safe(&detail));
        text.push_str(line.trim_end());
        text.push('\n');
        if let Some(hint) = &row.hint {
            text.push_str(&format!("{:19} hint: {}\n", "", safe(hint)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use regcli::diagnose::ErrorKind;

    use super::*;

    fn place(text: &str) -> Option<(String, Option<String>)> {
        let place = Place::from_str(text).ok()?;
        Some((place.registry.to_string(), place.repository.map(|name| name.to_string())))
    }

    #[test]
    fn a_place_is_a_registry_and_perhaps_a_repository() {
        let found = |registry: &str, repository: Option<&str>| {
            Some((registry.to_owned(), repository.map(str::to_owned)))
        };
        assert_eq!(place("127.0.0.1:5000"), found("127.0.0.1:5000", None));
        assert_eq!(place("http://127.0.0.1:5000/v2/"), found("127.0.0.1:5000", None));
        assert_eq!(place("https://index.docker.io/v1/"), found("docker.io", None));
        assert_eq!(place("[::1]:5000/team/app"), found("[::1]:5000", Some("team/app")));
        assert_eq!(place("docker.io/nginx"), found("docker.io", Some("library/nginx")));
        for bad in ["", "a b", "r.lab/Team", "r.lab/app:1", "r.lab//"] {
            assert_eq!(place(bad).filter(|(_, repository)| repository.is_some()), None, "{bad}");
        }
    }

    #[test]
    fn a_terminal_gets_colours_and_never_foreign_ones() {
        let row = |status, detail: &str| CheckRow {
            id: "tls",
            status,
            title: "TLS",
            detail: detail.to_owned(),
            hint: Some("\u{1b}[2J".to_owned()),
        };
        let rows = [row(Status::Fail(ErrorKind::Other), "\u{1b}[31mred\nline")];
        assert_eq!(
            list(&rows, Paint::Plain),
            "fail  TLS           \\u{1b}[31mred\\u{a}line\n                    hint: \\u{1b}[2J\n"
        );
        assert!(list(&rows, Paint::Colours).starts_with("\u{1b}[1;31mfail\u{1b}[0m  TLS"));
    }

    #[test]
    fn u11_what_was_left_out_for_one_reason_has_one_row() {
        let row = |status, title, detail: &str| CheckRow {
            id: "x",
            status,
            title,
            detail: detail.to_owned(),
            hint: None,
        };
        let since = "skipped because TLS failed";
        let rows = [
            row(Status::Fail(ErrorKind::Other), "TLS", "expired"),
            row(Status::Skip, "API", since),
            row(Status::Skip, "login", since),
            row(Status::Skip, "mirror", "none configured"),
        ];
        let expected = "fail  TLS           expired\n\
                        skip  the rest      skipped because TLS failed: API, login\n\
                        skip  mirror        none configured\n";
        assert_eq!(list(&rows, Paint::Plain), expected);
    }
}
