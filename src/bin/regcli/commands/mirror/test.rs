//! `regcli mirror test`

use async_trait::async_trait;
use clap::Args;
use regcli::config::NamedMirror;
use regcli::diagnose::Failure;
use regcli::ops::{choose_mirrors, test_mirrors};
use regcli::reference::Reference;
use regcli::remote::{Probe, Step};

use crate::commands::run::Run;
use crate::context::Context;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::report::Reported;

/// Test whether mirrors are reachable and have an image
#[derive(Args, Debug)]
#[command(
    after_help = "Fields for --format: .Registry .Mirror .Reachable .TLS .API .Manifest .Time .Verdict\n\n\
    A mirror of Docker Hub is tested with hello-world, another one only for being a registry, unless\n\
    --image names an image. The exit code is 0 if each registry has a working mirror, else 1.\n\n\
    Examples:\n  regcli mirror test\n  regcli mirror test https://mirror.example.com\n  \
    regcli mirror test --image nginx:1.27"
)]
pub(crate) struct Test {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Test the mirrors of this image's registry with this image
    #[arg(long, value_name = "NAME[:TAG|@DIGEST]")]
    image: Option<Reference>,

    /// A single mirror, by address or host; it need not be configured
    #[arg(value_name = "MIRROR")]
    mirror: Option<String>,
}

#[async_trait(?Send)]
impl Run for Test {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let table = "{{.Registry}}\t{{.Mirror}}\t{{.Reachable}}\t{{.TLS}}\t{{.API}}\t{{.Manifest}}\t{{.Time}}\t{{.Verdict}}";
        let printer = self.format.compile::<TestRow>(table)?;
        let image = self.image.map(Reference::or_latest);
        let mirrors = choose_mirrors(&context.config, self.mirror.as_deref(), image.as_ref())?;
        let tested = test_mirrors(&context.remote, mirrors, image.as_ref()).await;
        let rows: Vec<_> = tested.into_iter().map(|(named, probe)| TestRow { named, probe }).collect();
        context.ui.write(printer.show(&rows)?.as_bytes())?;
        let works = |wanted: &TestRow| {
            let same = rows.iter().filter(|row| row.named.registry == wanted.named.registry);
            same.into_iter().any(|row| row.probe.error.is_none())
        };
        if rows.iter().all(works) { Ok(()) } else { Err(Reported(1).into()) }
    }
}

/// A tested mirror as a row, with its fields for templates.
struct TestRow {
    named: NamedMirror,
    probe: Probe,
}

impl TestRow {
    /// Returns whether a step succeeded: `yes`, `no`, or `-` if it was not reached.
    fn passed(&self, step: Step, before: Step) -> &'static str {
        match self.probe.passed {
            passed if passed >= step => "yes",
            passed if passed >= before && self.probe.error.is_some() => "no",
            _ => "-",
        }
    }

    fn tls(&self) -> &'static str {
        let is_https = self.named.to_string().starts_with("https:");
        if is_https { self.passed(Step::Tls, Step::Connection) } else { "-" }
    }

    fn api(&self) -> &'static str {
        let is_https = self.named.to_string().starts_with("https:");
        self.passed(Step::Api, if is_https { Step::Tls } else { Step::Connection })
    }
}

impl Row for TestRow {
    const TYPE: &'static str = "*registry.mirrorTestContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Registry", "REGISTRY"),
        ("Mirror", "MIRROR"),
        ("Reachable", "REACHABLE"),
        ("TLS", "TLS"),
        ("API", "API"),
        ("Manifest", "MANIFEST"),
        ("Time", "TIME"),
        ("Verdict", "VERDICT"),
    ];

    fn cells(&self) -> Vec<Cell> {
        let verdict = self.probe.error.as_ref().map_or_else(|| "works".to_owned(), ToString::to_string);
        vec![
            self.named.registry.to_string().into(),
            self.named.to_string().into(),
            self.passed(Step::Connection, Step::Nothing).into(),
            self.tls().into(),
            self.api().into(),
            self.passed(Step::Manifest, Step::Api).into(),
            format!("{}ms", self.probe.took.as_millis()).into(),
            verdict.into(),
        ]
    }
}
