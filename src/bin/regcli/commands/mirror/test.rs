//! `regcli mirror test`

use async_trait::async_trait;
use clap::Args;
use jiff::Timestamp;
use regcli::diagnose::{Diagnose as _, ErrorKind, Failure};
use regcli::ops::{ChangedLists, Freshness, Ranked, choose_mirrors, rank_mirrors, write_ranks};
use regcli::reference::{Reference, Registry};
use regcli::remote::Step;

use crate::commands::run::Run;
use crate::context::Context;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::units;
use crate::ui::report::Reported;

/// Test which mirrors are reachable, up to date and fast
#[derive(Args, Debug)]
#[command(
    after_help = "Fields for --format: .Registry .Mirror .Reachable .TLS .API .Manifest .Time .Speed .Tag .Verdict\n\n\
    MIRROR is a URL, as https://mirror.example.com, or the host of a configured mirror. HOST[:PORT] is the\n\
    registry whose mirrors are tested, as docker.io or ghcr.io, and not a mirror.\n\n\
    Each registry's servers are ranked: the fastest first, those with an error last. The speed is that of\n\
    up to 4 MiB of the image's largest layer. A mirror of Docker Hub is tested with hello-world, which is too\n\
    small for a speed, another one only for being a registry, unless --image names an image. The exit code is\n\
    0 if each registry has a working mirror, else 1.\n\n\
    TAG says whether the tag of the image is the registry's present one: current; behind by the time between\n\
    the builds of both versions; or other, if one of these is unknown or the registry has the older one.\n\
    Nothing is compared by the age of the tag itself, which registries do not say.\n\n\
    --write orders the lists in config.toml: those of registries, and that of every registry, by the first\n\
    registry tested.\n\n\
    Examples:\n  regcli mirror test\n  regcli mirror test https://mirror.example.com\n  \
    regcli mirror test --image nginx:1.27 --write"
)]
pub(crate) struct Test {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Test the mirrors of this image's registry with this image
    #[arg(long, value_name = "NAME[:TAG|@DIGEST]")]
    image: Option<Reference>,

    /// Test the mirrors of this registry only
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Registry::from_server, conflicts_with = "image")]
    registry: Option<Registry>,

    /// Order the mirrors in config.toml by their ranks
    #[arg(long, conflicts_with = "mirror")]
    write: bool,

    /// A single mirror, by address or host; it need not be configured
    #[arg(value_name = "MIRROR")]
    mirror: Option<String>,
}

#[async_trait(?Send)]
impl Run for Test {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let table = "{{.Registry}}\t{{.Mirror}}\t{{.Time}}\t{{.Speed}}\t{{.Tag}}\t{{.Verdict}}";
        let printer = self.format.compile::<TestRow>(table)?;
        let image = self.image.map(Reference::or_latest);
        let registry = image.as_ref().map(|image| &image.name.registry).or(self.registry.as_ref());
        let mirrors = choose_mirrors(&context.config, self.mirror.as_deref(), registry)?;
        let ranked = rank_mirrors(&context.remote, mirrors, image.as_ref()).await;
        let now = Timestamp::now();
        let rows: Vec<_> = ranked.iter().map(|ranked| TestRow { ranked, now }).collect();
        context.ui.write(printer.fitted(&rows, context.ui.columns())?.as_bytes())?;
        if self.write {
            let changed = write_ranks(&context.config, &ranked)?;
            for registry in &changed.registries {
                context.ui.note(&format!("Ordered the mirrors of {registry} in config.toml"));
            }
            if let Some(registry) = &changed.general {
                let by = format!("as they are for {registry}");
                context.ui.note(&format!("Ordered the mirrors of every registry in config.toml, {by}"));
            }
            if changed == ChangedLists::default() {
                context.ui.note("The order of mirrors in config.toml is unchanged");
            }
        }
        let works = |wanted: &Ranked| {
            let mut same =
                ranked.iter().filter(|row| row.registry == wanted.registry && row.mirror.is_some());
            same.any(|row| row.probe.error.is_none())
        };
        if ranked.iter().all(works) { Ok(()) } else { Err(Reported(1).into()) }
    }
}

/// A tested server as a row, with its fields for templates.
struct TestRow<'a> {
    ranked: &'a Ranked,
    now: Timestamp,
}

impl TestRow<'_> {
    /// Returns whether a step succeeded: `yes`, `no`, or `-` if it was not reached.
    fn passed(&self, step: Step, before: Step) -> &'static str {
        match self.ranked.probe.passed {
            passed if passed >= step => "yes",
            passed if passed >= before && self.ranked.probe.error.is_some() => "no",
            _ => "-",
        }
    }

    fn is_https(&self) -> bool {
        self.ranked.mirror.as_ref().is_none_or(|named| named.to_string().starts_with("https:"))
    }

    fn speed(&self) -> String {
        let speed = self.ranked.sample.map(|sample| format!("{}/s", units::size(sample.per_second())));
        speed.unwrap_or_else(|| "-".to_owned())
    }

    fn tag(&self) -> String {
        match &self.ranked.freshness {
            Freshness::Current => "current".to_owned(),
            Freshness::Other { built, current } => {
                let behind = current.as_deref().and_then(|current| units::behind(built.as_deref()?, current));
                let ago = built.as_ref().map(|built| units::ago_or_unknown(built, self.now));
                match (behind, ago) {
                    (Some(behind), _) => format!("{behind} behind"),
                    (None, Some(ago)) if ago.ends_with("ago") => format!("other, built {ago}"),
                    (None, Some(_) | None) => "other".to_owned(),
                }
            }
            Freshness::Unknown => "-".to_owned(),
        }
    }

    fn tls(&self) -> &'static str {
        if self.is_https() { self.passed(Step::Tls, Step::Connection) } else { "-" }
    }

    fn api(&self) -> &'static str {
        self.passed(Step::Api, if self.is_https() { Step::Tls } else { Step::Connection })
    }
}

impl Row for TestRow<'_> {
    const TYPE: &'static str = "*registry.mirrorTestContext";

    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("Registry", "REGISTRY"),
        ("Mirror", "MIRROR"),
        ("Reachable", "REACHABLE"),
        ("TLS", "TLS"),
        ("API", "API"),
        ("Manifest", "MANIFEST"),
        ("Time", "TIME"),
        ("Speed", "SPEED"),
        ("Tag", "TAG"),
        ("Verdict", "VERDICT"),
    ];

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[
        ("Registry", Flexible::middle(7)),
        ("Mirror", Flexible::middle(12)),
        ("Tag", Flexible::end(7)),
        ("Verdict", Flexible::end(5)),
    ];

    fn cells(&self) -> Vec<Cell> {
        let mirror = self.ranked.mirror.as_ref().map(ToString::to_string);
        let verdict = match &self.ranked.probe.error {
            Some(error) if error.kind() == ErrorKind::Corrupt => format!("wrong content: {error}"),
            Some(error) => error.to_string(),
            None => "works".to_owned(),
        };
        vec![
            self.ranked.registry.to_string().into(),
            Cell::with_json(
                mirror.as_deref().unwrap_or("(the registry)"),
                mirror.as_deref().unwrap_or_default(),
            ),
            self.passed(Step::Connection, Step::Nothing).into(),
            self.tls().into(),
            self.api().into(),
            self.passed(Step::Manifest, Step::Api).into(),
            format!("{}ms", self.ranked.probe.took.as_millis()).into(),
            self.speed().into(),
            self.tag().into(),
            verdict.into(),
        ]
    }
}
