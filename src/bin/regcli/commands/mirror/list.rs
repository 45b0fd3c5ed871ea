//! `regcli mirror list`

use std::path::PathBuf;

use async_trait::async_trait;
use clap::Args;
use regcli::config::{GeneralMirror, NamedMirror};
use regcli::diagnose::Failure;
use regcli::reference::Registry;

use crate::commands::run::Run;
use crate::context::Context;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::units;

/// List the mirrors of each registry, in the order of use
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = "Fields for --format: .Registry .Mirror .Source .State\n\n\
        Mirrors come from config.toml (any registry), \"registry-mirrors\" in daemon.json (Docker Hub), and, for\n\
        a registry without any, containerd's hosts.toml, else podman's registries.conf. A mirror that did not\n\
        respond is tried last for five minutes. Those of every public registry have the registry *, and {host} stands\n\
        for its name.\n\n\
        Examples:\n  regcli mirror list\n  regcli mirror list --registry ghcr.io\n  \
        regcli mirror list --format json"
)]
pub(crate) struct List {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Only the mirrors of this registry
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Registry::from_server)]
    registry: Option<Registry>,
}

#[async_trait(?Send)]
impl Run for List {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let table = "{{.Registry}}\t{{.Mirror}}\t{{.Source}}\t{{.State}}";
        let printer = self.format.compile::<MirrorRow>(table)?;
        let state = |named: &NamedMirror| {
            let dead_for = context.remote.dead_for(named)?;
            Some(format!("tried last, no response {} ago", units::duration(dead_for).to_lowercase()))
        };
        let row = |named: NamedMirror| MirrorRow {
            registry: named.registry.to_string(),
            mirror: named.to_string(),
            state: state(&named),
            source: named.source,
        };
        let general = |general: GeneralMirror| MirrorRow {
            registry: "*".to_owned(),
            mirror: general.address,
            state: state(&general.of_hub),
            source: general.of_hub.source,
        };
        let rows: Vec<_> = match &self.registry {
            Some(registry) => context.config.mirrors_of(registry).into_iter().map(row).collect(),
            None => {
                let general = context.config.general_mirrors().into_iter().map(general);
                context.config.mirrors().into_iter().map(row).chain(general).collect()
            }
        };
        context.ui.write(printer.fitted(&rows, context.ui.columns())?.as_bytes())
    }
}

/// A mirror as a row, with its fields for templates.
struct MirrorRow {
    /// The registry; `*` for every public one.
    registry: String,
    mirror: String,
    source: Option<PathBuf>,
    state: Option<String>,
}

impl Row for MirrorRow {
    const TYPE: &'static str = "*registry.mirrorContext";

    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("Registry", "REGISTRY"), ("Mirror", "MIRROR"), ("Source", "SOURCE"), ("State", "STATE")];

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[
        ("Registry", Flexible::middle(9)),
        ("Mirror", Flexible::middle(16)),
        ("Source", Flexible::middle(12)),
        ("State", Flexible::end(12)),
    ];

    fn cells(&self) -> Vec<Cell> {
        let source = self.source.as_ref();
        vec![
            self.registry.as_str().into(),
            self.mirror.as_str().into(),
            source.map(|path| path.display().to_string()).unwrap_or_default().into(),
            Cell::with_json(self.state.as_deref().unwrap_or("-"), self.state.as_deref().unwrap_or_default()),
        ]
    }
}
